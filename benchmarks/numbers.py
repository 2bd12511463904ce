"""What a run of 100, 1,000 and 10,000 numbers takes: time, memory, requests, and its record.

    python -m benchmarks.numbers [--sizes 100,1000,10000]

Each size is a process of its own, with a testbed of its own, so that its peak of memory is its own
too. The Genesys guide is applied and then verified, all but its calls, and both attempts leave
their folders. The numbers are in no DID pool yet, and twenty of them are the stated sample.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from benchmarks.ratios import Ratio, table
from sfsip_nb.engine import export
from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs import ranges
from sfsip_nb.runs import session
from sfsip_nb.runs.folder import Attempt
from sfsip_nb.testbed import life

ROOT = Path(__file__).parents[1]
_FIRST = 15552000000
_UNITS = {
    "wall": "s",
    "processor": "s",
    "requests": "",
    "checks": "",
    "page": "MB",
    "folder": "MB",
    "peak memory": "MB",
}
"""What is measured, and in what; the processor's time is this process's, without the testbed's."""


def run_of(count: int) -> dict[str, float]:
    """A run of `count` numbers in this process: what it took."""
    numbers = ranges.written(f"+{_FIRST}", f"+{_FIRST + count - 1}")
    yes = {"done_by": "benchmark", "values": {"numbers": numbers}}
    sets = (
        f'numbers=["{numbers}"]',
        f"people.access.number={json.dumps(yes)}",
        "test_calls.allowed=false",
        "test_calls.sample=20",
        "genesys.inbound_fqdn=synthflow-acme.byoc.usw2.pure.cloud",
        "testbed.time_scale=1000",
    )
    took: dict[str, float] = dict.fromkeys(_UNITS, 0.0)
    wall, processor = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        try:
            for mode in ("apply", "verify"):
                for what, value in attempt(Path(folder), sets, mode).items():
                    took[what] += value
        finally:
            life.stop(Path(folder))
    took["wall"], took["processor"] = time.perf_counter() - wall, time.process_time() - processor
    took["peak memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return took


def attempt(out: Path, sets: Sequence[str], mode: str) -> dict[str, float]:
    """One attempt as a replay makes it, but for its notebooks and calls."""
    file = ROOT / "parameters" / "genesys.testbed.yaml"
    run = session.prepare(file, sets, mode, out, keep_testbed=True)
    folder, clean = Attempt(run.run_dir, run.attempt_name), run.redactor.data
    try:
        run.reach()
        for step in run.guide.steps:
            if not step.dials:
                run.engine.run(step.id)
    finally:
        run.close()
    with closing(Journal(run.run_dir / "journal.sqlite3", clean)) as journal:
        record = export.record(journal, run.attempt, run.guide).through(clean)
        folder.fill(record, clean(export.everything(journal)))
        kept = folder.publish(run.redactor)
    if failed := [step.id for step in record.steps if step.verdict in ("fail", "blocked")]:
        raise RuntimeError(f"{mode}: {', '.join(failed)} did not pass")
    return {
        "requests": sum(record.requests.values()),
        "checks": sum(len(step.checks) for step in record.steps),
        "page": (kept / "record.html").stat().st_size / 1e6,
        "folder": sum(path.stat().st_size for path in kept.rglob("*") if path.is_file()) / 1e6,
    }


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Measure each size, print what it took, and each size against the one before."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        print(json.dumps(run_of(asked.one)))
        return []
    found: dict[int, dict[str, float]] = {}
    for size in map(int, asked.sizes.split(",")):
        words = (sys.executable, "-m", "benchmarks.numbers", "--one", str(size))
        said = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found[size] = json.loads(said.stdout.splitlines()[-1])
        told = (f"{what} {found[size][what]:,.1f} {unit}".strip() for what, unit in _UNITS.items())
        print(f"{size:,} numbers: {', '.join(told)}", flush=True)
    rows = [
        Ratio(f"{more:,} numbers, {what}", found[more][what], f"{less:,}", found[less][what], unit)
        for less, more in pairwise(found)
        for what, unit in _UNITS.items()
    ]
    print(table(rows))
    return rows


if __name__ == "__main__":
    main()
