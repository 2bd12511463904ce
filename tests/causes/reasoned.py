"""Name the causes of evidence that was kept: ``python -m tests.causes.reasoned FILE…``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sfsip_nb.engine.cause_rows import CausesRow
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.inputs.load import load_file
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming
from tests.causes.sweep import parameters


def checks(path: Path) -> list[CheckRow]:
    """The checks of a file that the sweep kept."""
    kept = json.loads(path.read_text("utf-8"))
    return [CheckRow(vantage="here", evidence=[], **check) for check in kept]


def causes(path: Path) -> CausesRow:
    """What explains a file's evidence; its folder is the guide."""
    guide = path.parent.name
    return naming.diagnose(ALL[guide], load_file(parameters(guide)), checks(path))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        found = causes(Path(name))
        print(f"== {Path(name).stem}")
        for one in found.named:
            equals = ", ".join(other.id for other in one.equals)
            print(f"  {one.id}: {one.sentence}" + (f" (or {equals})" if equals else ""))
            print(f"      explains {len(one.explains)}: {', '.join(one.explains[:6])}")
        for out in found.ruled_out:
            print(f"  - not {out.id}: {out.by.check}: {out.by.seen[:80]}")
        for left in found.unexplained:
            print(f"  ? {left.check}: {left.seen[:100]}")
