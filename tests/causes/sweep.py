"""Meet faults on a live testbed and keep what a run sees of each: ``python -m tests.causes.sweep``.

A healthy run is applied once for each guide. For each fault its folder is copied, the testbed goes
on from there with the fault switched on, and one attempt verifies everything. What its checks say
is kept as a JSON file, so that the tests can reason over it again in no time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sfsip_nb.engine.rows import StepRow
from sfsip_nb.runs import session
from sfsip_nb.testbed import life

PARAMETERS = Path(__file__).parents[2] / "parameters"
SEEN = Path(__file__).parent / "seen"
_HEALTHY = "healthy"
_SPEED = 200


def parameters(guide: str) -> Path:
    """The testbed customer of a guide."""
    return PARAMETERS / f"{guide}.testbed.yaml"


@contextmanager
def attempt(guide: str, folder: Path, mode: str, sets: Sequence[str]) -> Iterator[session.Session]:
    """One attempt of the run in a folder."""
    with closing(session.prepare(parameters(guide), [*sets, f"mode={mode}"], out=folder)) as opened:
        yield opened


def provision(guide: str, folder: Path, sets: Sequence[str] = ()) -> None:
    """Apply a whole guide; the testbed's state stays in the folder."""
    life.ensure(folder, time_scale=_SPEED)
    try:
        with attempt(guide, folder, "apply", sets) as opened:
            _carry_out(opened)
    finally:
        life.stop(folder)


def met(
    guide: str, healthy: Path, faults: Sequence[str], sets: Sequence[str] = (), mode: str = "verify"
) -> list[StepRow]:
    """The steps of an attempt that verifies a copy of a healthy run with some faults on."""
    with tempfile.TemporaryDirectory(prefix="sfsip-") as made:
        folder = Path(made) / "run"
        shutil.copytree(healthy, folder)
        testbed = life.ensure(folder, time_scale=_SPEED, faults=list(faults))
        try:
            with attempt(guide, folder, mode, sets) as opened:
                _carry_out(opened)
                rows = opened.journal.steps(opened.attempt).values()
                return [row for row in rows if row.id != "diagnose"]
        finally:
            for fault in faults:
                testbed.control("DELETE", f"/faults/{fault}")
            life.stop(folder)


def _carry_out(opened: session.Session) -> None:
    for step in opened.guide.steps:
        opened.engine.run(step.id)


def compact(rows: Iterable[StepRow]) -> list[dict[str, Any]]:
    """The checks of some steps as they are kept: what a rule may look at, and no more."""
    return [
        {
            "id": check.id,
            "verdict": check.verdict.value,
            "weight": check.weight.value,
            "expected": check.expected,
            "seen": check.seen,
            "title": check.title,
            "reason": check.reason,
        }
        for row in rows
        for check in row.checks
    ]


def kept(guide: str, name: str) -> Path:
    """The file of what a guide's run saw of a fault, or of several."""
    return SEEN / guide / f"{name}.json"


def _meet(guide: str, healthy: Path, faults: tuple[str, ...], sets: tuple[str, ...]) -> str:
    began = time.monotonic()
    rows = met(guide, healthy, faults, sets)
    path = kept(guide, "+".join(faults) or _HEALTHY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(compact(rows), indent=0, ensure_ascii=False) + "\n", "utf-8")
    failed = sum(check.verdict == "fail" for row in rows for check in row.checks)
    return f"{path.stem}: {failed} checks failed, {time.monotonic() - began:.0f} s"


def main() -> None:
    """Sweep the faults named, or all that a guide's testbed has."""
    from sfsip_nb.testbed.faults import faults as known

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guide", choices=("genesys", "talkdesk"))
    parser.add_argument("faults", nargs="*", help="names; a pair is joined by +")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--healthy", type=Path, help="folder of a run to go on from, made if empty")
    parser.add_argument("--set", action="append", default=[], dest="sets")
    given = parser.parse_intermixed_args()
    other = {"genesys": "talkdesk", "talkdesk": "genesys"}[given.guide]
    wanted = given.faults or [
        _HEALTHY,
        *(f for f in known() if not f.startswith(f"{other}.") and known()[f].cause),
    ]
    with tempfile.TemporaryDirectory(prefix="sfsip-sweep-") as made:
        healthy = given.healthy or Path(made) / "run"
        if not healthy.exists():
            provision(given.guide, healthy, given.sets)
        with ProcessPoolExecutor(given.workers) as pool:
            waiting = [
                pool.submit(
                    _meet,
                    given.guide,
                    healthy,
                    tuple(f for f in name.split("+") if f != _HEALTHY),
                    tuple(given.sets),
                )
                for name in wanted
            ]
            for one in waiting:
                print(one.result(), flush=True)


if __name__ == "__main__":
    main()
