"""Meet faults on a live testbed and keep what a run sees of each: ``python -m tests.causes.sweep``.

A healthy run is applied once for each guide. For each fault its folder is copied, the testbed goes
on from there with the fault switched on, and one attempt verifies everything. A fault that such a
run cannot show is met in its own way (`OTHERWISE`). Of a pair ``one+two`` that hides ``two``, the
second round is ``one+two>two``: in the same run ``one`` is mended, and another attempt verifies.
What the checks say is kept as a JSON file, so that the tests can reason over it again in no time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfsip_nb.engine.rows import StepRow
from sfsip_nb.runs import session
from sfsip_nb.testbed import life, seal
from sfsip_nb.testbed.faults import faults as known
from sfsip_nb.testbed.world import STATE

PARAMETERS = Path(__file__).parents[2] / "parameters"
HEALTHY = "healthy"
LEFT = ">"
"""In the name of a second round, before the fault that is left in it."""
OVER_TLS = "@tls"
"""At the end of the name of a fault that is met on a trunk over TLS."""
Seen = dict[str, Any]

_KEPT = ("id", "number", "verdict", "weight", "expected", "seen", "title")
_SPEED = 200
_CALLS = ("verify.inbound/", "verify.transfer/", "verify.outbound/", "probe.codec/")


@dataclass(frozen=True)
class Way:
    """How a fault is met: with inputs of its own, and, `anew`, while everything is set up."""

    sets: tuple[str, ...] = ()
    anew: bool = False


_TLS = "sip.transport=tls"
_TWO = 'numbers=["+15551230001", "+15551230002"]'
OTHERWISE = {
    "genesys.identifier-taken": Way(anew=True),
    "genesys.srtp-off": Way((_TLS,)),
    "synthflow.not-enterprise": Way(anew=True),
    "synthflow.one-number": Way((_TWO,), anew=True),
    "talkdesk.slip-fallback": Way(anew=True),
}
"""Faults that a healthy run over UDP of one number, verified again, cannot show."""


def parameters(guide: str) -> Path:
    """The testbed customer of a guide."""
    return PARAMETERS / f"{guide}.testbed.yaml"


@contextmanager
def attempt(guide: str, folder: Path, mode: str, sets: Sequence[str]) -> Iterator[session.Session]:
    """One attempt of the run in a folder."""
    with closing(session.prepare(parameters(guide), [*sets, f"mode={mode}"], out=folder)) as opened:
        yield opened


def provision(
    guide: str, folder: Path, sets: Sequence[str] = (), faults: Sequence[str] = ()
) -> list[StepRow]:
    """Apply a whole guide: its steps; the testbed's state stays in the folder."""
    life.ensure(folder, time_scale=_SPEED, faults=list(faults))
    try:
        with attempt(guide, folder, "apply", sets) as opened:
            return _carry_out(opened)
    finally:
        life.stop(folder)


def met(
    guide: str, healthy: Path, *rounds: Sequence[str], sets: Sequence[str] = ()
) -> list[StepRow]:
    """Verify a copy of a healthy run, in each round with its faults on: the last one's steps."""
    rows: list[StepRow] = []
    with tempfile.TemporaryDirectory(prefix="sfsip-") as made:
        folder = Path(made) / "run"
        shutil.copytree(healthy, folder)
        for faults in rounds:
            _mend(folder, healthy)
            testbed = life.ensure(folder, time_scale=_SPEED, faults=list(faults))
            try:
                with attempt(guide, folder, "verify", sets) as opened:
                    rows = _carry_out(opened)
            finally:
                for fault in faults:
                    testbed.control("DELETE", f"/faults/{fault}")
                life.stop(folder)
    return rows


def _mend(folder: Path, healthy: Path) -> None:
    """Everything is set up as in the healthy run; what was recorded of calls stays."""
    now, before = (seal.read(run / "testbed" / STATE) for run in (folder, healthy))
    assert now
    assert before
    whole = json.loads(now) | {"systems": json.loads(before)["systems"]}
    seal.write(folder / "testbed" / STATE, json.dumps(whole).encode())


def _carry_out(opened: session.Session) -> list[StepRow]:
    for step in opened.guide.steps:
        opened.engine.run(step.id)
    rows = opened.journal.steps(opened.attempt).values()
    return [row for row in rows if row.id != "diagnose"]


def compact(rows: Iterable[StepRow]) -> list[Seen]:
    """The checks of some steps as they are kept: what a sign may look at, and no more."""
    return [
        {name: str(getattr(check, name)) for name in _KEPT} for row in rows for check in row.checks
    ]


def changed(seen: list[Seen], healthy: list[Seen]) -> Seen:
    """What is not as in the healthy run: checks that ended otherwise, and those that are gone.

    Of a call what was seen is kept in any case: the same verdict may stand on something else. A
    check has only what differs.
    """
    before = {check["id"]: check for check in healthy}
    there = {check["id"] for check in seen}
    kept = [
        {name: text for name, text in check.items() if name == "id" or old.get(name) != text}
        for check in seen
        if (old := before.get(check["id"], {})).get("verdict") != check["verdict"]
        or check["id"].startswith(_CALLS)
    ]
    return {"changed": kept, "gone": [id for id in before if id not in there]}


def whole(change: Seen, healthy: list[Seen]) -> list[Seen]:
    """The checks of a run again, from what `changed` kept of it."""
    before = {check["id"]: check for check in healthy}
    new = {check["id"]: before.get(check["id"], {}) | check for check in change["changed"]}
    gone = {*change["gone"], *new}
    return [check for check in healthy if check["id"] not in gone] + list(new.values())


def file_of(guide: str) -> Path:
    """What a guide's runs saw, a line for each fault or pair of faults; the healthy one first."""
    return Path(__file__).parent / "seen" / f"{guide}.jsonl"


def read(guide: str) -> dict[str, Any]:
    """What was kept, by the names of the faults."""
    if not file_of(guide).exists():
        return {}
    lines = file_of(guide).read_text("utf-8").splitlines()
    return {line["faults"]: line["seen"] for line in map(json.loads, lines)}


def write(guide: str, kept: dict[str, Any]) -> None:
    """Keep it, in a stable order."""
    names = sorted(kept, key=lambda name: (name != HEALTHY, "+" in name, name))
    lines = [json.dumps({"faults": n, "seen": kept[n]}, ensure_ascii=False) for n in names]
    file_of(guide).parent.mkdir(exist_ok=True)
    file_of(guide).write_text("\n".join(lines) + "\n", "utf-8")


def _meet(guide: str, healthy: Path, name: str) -> tuple[list[Seen], float]:
    began = time.monotonic()
    way = OTHERWISE.get(name, Way((_TLS,)) if name.endswith(OVER_TLS) else Way())
    first, _, left = name.removesuffix(OVER_TLS).partition(LEFT)
    faults = () if first == HEALTHY else tuple(first.split("+"))
    rounds = [faults, (left,)] if left else [faults]
    with tempfile.TemporaryDirectory(prefix="sfsip-sweep-") as made:
        own = Path(made) / "run"
        if way.anew:
            rows = provision(guide, own, way.sets, faults)
        else:
            if way.sets:
                provision(guide, own, way.sets)
            rows = met(guide, own if way.sets else healthy, *rounds, sets=way.sets)
    return compact(rows), time.monotonic() - began


def pairs(guide: str, count: int, seed: int) -> list[str]:
    """Pairs of faults that a guide's healthy run can meet, as they are drawn at random."""
    drawn = random.Random(seed)
    names = [name for name in single(guide) if name not in (HEALTHY, *OTHERWISE, *THIS_MACHINE)]
    every = [f"{one}+{two}" for one, two in itertools.combinations(names, 2)]
    return drawn.sample(every, count)


THIS_MACHINE = ("synthflow.no-name",)
"""Faults of the machine that a run is made on, and of nothing that is set up."""

NO_FAULT = {"talkdesk": ("synthflow.other-realm",)}
"""By guide: what breaks nothing there. A Talkdesk trunk has no realm and answers any."""


def single(guide: str) -> list[str]:
    """The healthy run, and each fault that breaks something of a guide's."""
    other = {"genesys": "talkdesk", "talkdesk": "genesys"}[guide]
    broken = [name for name, fault in known().items() if fault.cause and not name.startswith(other)]
    return [HEALTHY, *(name for name in broken if name not in NO_FAULT.get(guide, ()))]


def main() -> None:
    """Sweep the faults named, or all that a guide's testbed has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guide", choices=("genesys", "talkdesk"))
    parser.add_argument("faults", nargs="*", help="names; one+two for a pair, one+two>two later")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--healthy", type=Path, help="folder of a run to go on from, made if empty")
    parser.add_argument("--pairs", type=int, default=0, help="so many pairs, drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_intermixed_args()
    wanted = given.faults or single(given.guide)
    if given.pairs:
        wanted = pairs(given.guide, given.pairs, given.seed)
    kept = read(given.guide)
    if HEALTHY not in (*kept, *wanted):
        wanted = [HEALTHY, *wanted]
    with tempfile.TemporaryDirectory(prefix="sfsip-sweep-") as made:
        folder = given.healthy or Path(made) / "run"
        if not folder.exists():
            provision(given.guide, folder)
        with ProcessPoolExecutor(given.workers) as pool:
            waiting = {name: pool.submit(_meet, given.guide, folder, name) for name in wanted}
            for name, one in waiting.items():
                seen, took = one.result()
                kept[name] = seen if name == HEALTHY else changed(seen, kept[HEALTHY])
                write(given.guide, kept)
                failed = sum(check["verdict"] == "fail" for check in seen)
                print(f"{name}: {failed} checks failed, {took:.0f} s", flush=True)


if __name__ == "__main__":
    main()
