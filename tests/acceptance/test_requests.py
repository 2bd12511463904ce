"""How many requests a guide takes up to its calls, which nobody's patience depends on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from sfsip_nb.runs import session as sessions

PARAMETERS = Path(__file__).parents[2] / "parameters"
UP_TO_CALLS = ("01", "02", "03", "04")

MOST = {"genesys": 104, "talkdesk": 30}
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
