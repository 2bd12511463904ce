"""What really was said and heard in the calls of the testbed, for tests to compare with.

No part of what a run can ask for: neither the control interface nor the records of calls have it.
"""

from __future__ import annotations

import json

from sfsip_nb.inputs import private

from .world import Json, World

FILE = "truth.jsonl"


def tell(world: World, line: Json) -> None:
    """Add a line to the file in the testbed's folder."""
    with private.opened(world.directory / FILE, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
