"""How many requests a guide takes up to its calls, and what is asked for anew all the same."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from sfsip_nb.api.exchanges import noted
from sfsip_nb.inputs import samples
from sfsip_nb.runs import session as sessions

PARAMETERS = Path(__file__).parents[2] / "parameters"
UP_TO_CALLS = ("01", "02", "03", "04")

MOST = {"genesys": 84, "talkdesk": 24}
"""The requests of a whole apply up to the calls, and a few for objects that are seen late."""


@pytest.mark.parametrize("guide", MOST)
def test_a_guide_asks_no_more_than_it_needs(guide: str, tmp_path: Path) -> None:
    prepared = sessions.prepare(PARAMETERS / f"{guide}.testbed.yaml", [], out=tmp_path / "run")
    with closing(prepared):
        prepared.engine.ctx.recalls = True  # as in a notebook that nobody watches
        for step in prepared.guide.steps:
            if step.section.startswith(UP_TO_CALLS):
                prepared.engine.run(step.id)
        prepared.release()
        asked = prepared.journal.requests(prepared.attempt)
    assert asked["Synthflow"] > 0
    assert sum(asked.values()) <= MOST[guide], asked


def test_what_a_plan_has_read_is_read_again_before_anything_is_written(tmp_path: Path) -> None:
    prepared = sessions.prepare(PARAMETERS / "genesys.testbed.yaml", [], out=tmp_path / "run")
    with closing(prepared):
        engine, testbed = prepared.engine, prepared.testbed
        engine.ctx.recalls = True
        for step in ("access.platform", "access.synthflow", "access.number"):
            engine.run(step)
        engine.plan()
        assert testbed is not None
        by_hand = {"name": "Synthflow AI", "description": "made by hand", "properties": {}}
        testbed.control("POST", "/state/genesys/trunks", by_hand)
        result = engine.run("trunk.create")
        trunks = testbed.control("GET", "/state")["genesys"]["trunks"].values()
    assert result.verdict == "fail"
    assert [(c.id, c.seen) for c in result.checks] == [("trunk.create/plan", "there")]
    assert [trunk["description"] for trunk in trunks if trunk["name"] == "Synthflow AI"] == [
        "made by hand"
    ]


def test_what_an_administrator_only_reads_is_known_on_and_what_one_sets_is_read_anew(
    tmp_path: Path,
) -> None:
    prepared = sessions.prepare(PARAMETERS / "genesys.testbed.yaml", [], out=tmp_path / "run")
    with closing(prepared):
        engine = prepared.engine
        engine.ctx.recalls = True
        for step in ("access.platform", "access.synthflow", "access.number", "trunk.create"):
            engine.run(step)
        asked = {}
        for step in ("trunk.inbound", "trunk.outbound"):
            with noted() as heard:
                assert engine.run(step).verdict in ("pass", "inconclusive")
            asked[step] = [one.recalled for one in heard if one.path.endswith("settings")]
    assert asked == {"trunk.inbound": [True], "trunk.outbound": [True, False]}


def test_what_this_run_has_made_or_found_at_synthflow_is_read_alone_by_its_next_kernel(
    tmp_path: Path,
) -> None:
    prepared = sessions.prepare(PARAMETERS / "talkdesk.testbed.yaml", [], out=tmp_path / "run")
    with closing(prepared):
        asked = {}
        for step in prepared.guide.steps:
            if step.section.startswith(UP_TO_CALLS[:3]):
                prepared.engine.run(step.id)
        for id in ("number.add", "transfer.action", "flow.inbound"):
            prepared.release()  # as in a kernel that has read nothing yet
            with noted() as heard:
                prepared.engine.run(id)
            asked[id] = [one.path for one in heard]
        [transfer, *_] = prepared.journal.changes.of_kinds("synthflow.action")
    number = f"/numbers/{samples.DID.lstrip('+')}"
    assert asked == {
        "number.add": [number],
        "transfer.action": ["/assistants/", f"/actions/{transfer.object}"],
        "flow.inbound": [f"/assistants/{samples.SYNTHFLOW_ASSISTANT_ID}", number],
    }
