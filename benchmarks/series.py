"""What a person or a CI job waits for: one guide's seven notebooks, by each way to run them.

    python -m benchmarks.series [--rounds 3] [--guide genesys]

Each way runs the same notebooks on a testbed of its own, which it starts and ends, by turns; the
medians are printed. All of them wait for the same calls, and for the testbed to start. Last come
the imports, in processor time of a fresh process.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from benchmarks.ratios import Ratio, table
from sfsip_nb.engine.record import read
from sfsip_nb.testbed import life

ROOT = Path(__file__).parents[1]
_IMPORTS = 9

_LOOP = """
import sys, papermill, yaml
guide, kernel, out, *notebooks = sys.argv[1:]
values = yaml.safe_load(open(f"parameters/{guide}.testbed.yaml"))
for number, path in enumerate(notebooks):
    papermill.execute_notebook(
        path, f"{out}/{number}.ipynb", values, kernel_name=kernel, progress_bar=False
    )
"""

OVERHEAD = "sfsip replay, less the steps' own time"
BARE = "import papermill, seven times"

Commands = Sequence[Sequence[str]]


def ways(guide: str, run: Path, out: Path) -> dict[str, Commands]:
    """The commands of each way, to run one after the other."""
    notebooks = [str(path) for path in sorted((ROOT / "notebooks" / guide).glob("0*.ipynb"))]
    file = f"parameters/{guide}.testbed.yaml"
    nbval = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--rootdir", str(out))
    convert = ("-m", "nbconvert", "--execute", "--to", "notebook", "--output-dir", str(out))
    each = [(path, str(out / Path(path).name)) for path in notebooks]
    return {
        "sfsip replay": [("-m", "sfsip_nb", "replay", file, "--quiet", "--out", str(run))],
        "a papermill command for each": [("-m", "papermill", *two, "-f", file) for two in each],
        "papermill in a loop": [("-c", _LOOP, guide, "python3", str(out), *notebooks)],
        "papermill in a loop, kernel sfsip": [("-c", _LOOP, guide, "sfsip", str(out), *notebooks)],
        "nbconvert --execute": [(*convert, *notebooks)],
        "nbval": [(*nbval, "--nbval-current-env", *notebooks)],
        "nbval, kernel sfsip": [(*nbval, "--nbval-kernel-name=sfsip", *notebooks)],
        BARE: [("-c", "import papermill")] * len(notebooks),
    }


def taken(commands: Commands, run: Path) -> float:
    """Seconds of a way from its start to its end; its testbed is ended afterwards."""
    began = time.perf_counter()
    try:
        for words in commands:
            _run(words)
    finally:
        seconds = time.perf_counter() - began
        life.stop(run)
    return seconds


def own_time(run: Path) -> float:
    """Seconds that the steps of a run's replay took: its calls, and what else they wait for."""
    [attempt] = (run / "attempts").iterdir()
    steps = read(attempt / "record.json").steps
    spans = ((datetime.fromisoformat(s.started), datetime.fromisoformat(s.ended)) for s in steps)
    return sum((ended - started).total_seconds() for started, ended in spans)


def processor(words: Sequence[str]) -> float:
    """Seconds of processor time of one process."""
    before = os.times()
    _run(words)
    after = os.times()
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system


def _run(words: Sequence[str]) -> None:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words[:3])}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def by_turns(guide: str, rounds: int) -> dict[str, float]:
    """The median of each way, in seconds."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        run, out = Path(folder) / "run", Path(folder) / "out"
        os.environ["SFSIP_RUN_DIR"] = str(run)
        for turn in range(rounds):
            for name, commands in ways(guide, run, out).items():
                out.mkdir()
                found.setdefault(name, []).append(taken(commands, run))
                print(f"round {turn + 1}: {name} {found[name][-1]:.1f} s", flush=True)
                if name == "sfsip replay":
                    beside = found[name][-1] - own_time(run)
                    found.setdefault(OVERHEAD, []).append(beside)
                shutil.rmtree(run, ignore_errors=True)
                shutil.rmtree(out)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Measure all ways and the imports, print the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--guide", default="genesys")
    asked = parser.parse_args(arguments)
    medians = by_turns(asked.guide, asked.rounds)
    ours, beside = medians.pop("sfsip replay"), medians.pop(OVERHEAD)
    rows = [Ratio("sfsip replay", ours, name, medians[name], "s") for name in medians]
    for name in ("papermill in a loop", "nbval"):
        forked = f"{name}, kernel sfsip"
        rows.append(Ratio(forked, medians[forked], name, medians[name], "s"))
    rows.append(Ratio(OVERHEAD, beside, BARE, medians[BARE], "s"))
    papermill = _import("import papermill")
    for what, code in {
        "from sfsip_nb import open_run": "from sfsip_nb import open_run",
        "sfsip --help": "import sys; sys.argv[1:] = ['--help']; import sfsip_nb.__main__",
    }.items():
        rows.append(Ratio(f"{what} (processor)", _import(code), "import papermill", papermill, "s"))
    print(table(rows))
    return rows


def _import(code: str) -> float:
    return statistics.median(processor(("-c", code)) for _ in range(_IMPORTS))


if __name__ == "__main__":
    main()
