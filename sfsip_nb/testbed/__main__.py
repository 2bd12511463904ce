"""``python -m sfsip_nb.testbed``: the testbed's process."""

from __future__ import annotations

import argparse
from pathlib import Path

from .faults import faults
from .life import main
from .server import IDLE_SECONDS

parser = argparse.ArgumentParser(prog="python -m sfsip_nb.testbed", description=__doc__)
parser.add_argument("--dir", type=Path, required=True, help="the run's folder")
parser.add_argument("--time-scale", type=float, default=60, help="how many times faster waits run")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--fault", action="append", default=[], choices=list(faults()), metavar="NAME")
parser.add_argument("--idle", type=float, default=IDLE_SECONDS, help="seconds of quiet to end")
given = parser.parse_args()
main(given.dir.resolve(), given.time_scale, given.seed, given.fault, given.idle)
