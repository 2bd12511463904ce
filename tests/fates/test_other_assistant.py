"""Inputs that name another assistant by now: what the run did to the first one is still told."""

from __future__ import annotations

from pathlib import Path

from sfsip_nb.inputs import samples
from tests.fates import judging
from tests.fates.cases import Story
from tests.fates.harness import Inputs, Place, Run
from tests.fates.scenarios import SCENARIOS

OTHER = f"synthflow.assistant={samples.SYNTHFLOW_SECOND_ASSISTANT_NAME}"


def test_the_transfer_is_taken_from_the_assistant_that_got_it(place: Place, tmp_path: Path) -> None:
    scenario = SCENARIOS["genesys_synthflow"]
    story = Story(place, scenario, tmp_path, scenario.inputs)
    story.go_back(story.applied)
    place.begin()
    now = Inputs(scenario.inputs.guide, (*scenario.inputs.sets, OTHER), scenario.inputs.steps)
    done = Run(place, now, story.run.folder).rollback()
    assert done.ok, done.named
    assert judging.differences(story.before, story.state) == []


def test_several_numbers_that_the_first_assistant_still_answers_are_named(
    place: Place, tmp_path: Path
) -> None:
    place.standins.restore(place.untouched)
    systems = place.standins.world.systems["synthflow"]
    both = (samples.DID, samples.SPARE_DID)
    support = systems["numbers"][samples.SUPPORT_DID.removeprefix("+")]
    for number in both:
        slug = number.removeprefix("+")
        systems["numbers"][slug] = support | {"slug": slug, "phone_number": number}
    place.begin()
    sets = (f'numbers=["{both[0]}","{both[1]}"]',)
    first = Run(place, Inputs("genesys", sets, ("assistant.attach",)), tmp_path)
    assert first.attempt().failed == []
    now = Inputs("genesys", (*sets, OTHER), ("assistant.attach",))
    done = Run(place, now, tmp_path).rollback()
    assert systems["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]["_phone_numbers"] == [*both]
    assert not done.ok
    assert "does not detach numbers" in done.named
