"""What is known of one Synthflow workspace is not taken for another's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.context import Context
from sfsip_nb.platforms.shared import checks
from sfsip_nb.platforms.shared.checks import synthflow
from tests.engine.world import engine


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "origin", lambda ctx, name: "http://127.0.0.1:9/v2")


def within(run_dir: Path, **own: Any) -> Context:
    """A kernel of the run, with some of its inputs corrected."""
    ctx = engine(run_dir).ctx
    settings = ctx.parameters.synthflow.model_copy(update=own)
    ctx.parameters = ctx.parameters.model_copy(update={"synthflow": settings})
    return ctx


@pytest.mark.parametrize(
    ("corrected", "known"),
    [({}, {"Receptionist": "a1"}), ({"workspace_id": "w2"}, {}), ({"region": "eu"}, {})],
    ids=["the same", "another workspace", "another region"],
)
def test_an_assistants_id_is_known_to_the_next_kernel_of_its_workspace(
    tmp_path: Path, corrected: Mapping[str, str], known: Mapping[str, str]
) -> None:
    synthflow(within(tmp_path)).assistant_ids["Receptionist"] = "a1"
    assert synthflow(within(tmp_path, **corrected)).assistant_ids == known
