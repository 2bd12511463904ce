"""A platform's faults stand in its folder; each breaks objects or a line, or is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from sfsip_nb.inputs.platform import Fault
from sfsip_nb.testbed.faults import faults

PACKAGE = Path(__file__).parents[2] / "sfsip_nb"
PLATFORMS = PACKAGE / "platforms"
RESOLVER = PACKAGE / "runs" / "environment.py"
"""What a run on the testbed finds in DNS."""


@pytest.mark.parametrize("name", ["genesys", "talkdesk", "synthflow"])
def test_each_fault_of_a_platform_breaks_objects_or_is_asked_for(name: str) -> None:
    module = import_module(f"sfsip_nb.platforms.{name}.faults")
    made = {constant: fault for constant, fault in vars(module).items() if isinstance(fault, Fault)}
    assert made
    assert set(made.values()) <= set(module.FAULTS) <= set(faults().values())
    stand_in = [*(PLATFORMS / name / "standin").rglob("*.py"), RESOLVER]
    text = "\n".join(path.read_text(encoding="utf-8") for path in stand_in)
    asked = {fault for constant, fault in made.items() if f"faults.{constant}" in text}
    assert {fault for fault in module.FAULTS if not (fault.breaks or fault.line)} == asked
    assert [f.name for f in module.FAULTS if f.name.partition(".")[0] != name] == []
