"""Name the causes of what the sweep kept: ``python -m tests.causes.reasoned GUIDE [FAULT…]``."""

from __future__ import annotations

import functools
import sys
from typing import Any

from sfsip_nb.engine.cause_rows import CausesRow
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.inputs.load import load_file
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming
from tests.causes.sweep import HEALTHY, OVER_TLS, parameters, read, whole

_read = functools.cache(read)


@functools.cache
def inputs(guide: str, faults: str = "") -> dict[str, Any]:
    """The testbed customer's inputs, with which a run met some faults."""
    found: dict[str, Any] = load_file(parameters(guide)).model_dump(mode="json", by_alias=True)
    tls = {"transport": "tls"} if faults.endswith(OVER_TLS) else {}
    return found | {"sip": found["sip"] | tls}


def seen(guide: str, faults: str) -> list[CheckRow]:
    """The checks of a run that met some faults."""
    kept = _read(guide)
    found = kept[HEALTHY] if faults == HEALTHY else whole(kept[faults], kept[HEALTHY])
    return [CheckRow(vantage="here", evidence=[], **check) for check in found]


def causes(guide: str, faults: str) -> CausesRow:
    """What explains what was seen of some faults."""
    return naming.diagnose(ALL[guide], inputs(guide, faults), seen(guide, faults))


def main() -> None:
    """Print them."""
    guide, *names = sys.argv[1:]
    for name in names or _read(guide):
        found = causes(guide, name)
        print(f"== {name}")
        for one in found.named:
            equals = ", ".join(other.id for other in one.equals)
            print(f"  {one.id}: {one.sentence}" + (f" (or {equals})" if equals else ""))
            print(f"      explains {len(one.explains)}: {', '.join(one.explains[:6])}")
        for out in found.ruled_out:
            print(f"  - not {out.id}: {out.by.check}: {out.by.seen[:80]}")
        print(f"  not tested: {', '.join(one.id for one in found.untested)}")
        for left in found.unexplained:
            print(f"  ? {left.check}: {left.seen[:100]}")


if __name__ == "__main__":
    main()
