"""An assistant that answers numbers of others is changed only if somebody adopts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfsip_nb.inputs import samples
from tests.fates.harness import Inputs, Place, Run

FOREIGN = samples.SUPPORT_DID
NAME = samples.SYNTHFLOW_ASSISTANT_NAME
STEPS = ("number.add", "assistant.attach")


@pytest.mark.parametrize("adopted", [False, True])
def test_an_assistant_whose_pool_has_a_number_of_others_waits_for_adoption(
    place: Place, tmp_path: Path, adopted: bool
) -> None:
    place.standins.restore(place.untouched)
    place.begin()
    assistants = place.standins.world.systems["synthflow"]["assistants"]
    assistant = assistants[samples.SYNTHFLOW_ASSISTANT_ID]
    assistant["_phone_numbers"].append(FOREIGN)
    adopt = (f'adopt=["synthflow.assistant:{NAME}"]',) if adopted else ()
    done = Run(place, Inputs("talkdesk", adopt, STEPS), tmp_path).attempt()
    verdict, number = ("pass", samples.DID) if adopted else ("waiting", "")
    assert done.verdicts["assistant.attach"] == verdict
    assert assistant["phone_number"] == number
    assert assistant["_phone_numbers"] == [FOREIGN]
