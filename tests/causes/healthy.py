"""Apply and verify a healthy set-up again and again: ``python -m tests.causes.healthy GUIDE``.

Each round is a new run: apply from nothing, then verify. No cause may be named, of either.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sfsip_nb.engine.rows import StepRow
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import naming
from tests.causes.reasoned import inputs
from tests.causes.sweep import met, provision


def named(guide: str, rows: Sequence[StepRow]) -> list[str]:
    """The causes that an attempt's checks name, and what none explains."""
    found = naming.diagnose(ALL[guide], inputs(guide), [c for row in rows for c in row.checks])
    return [f"{cause.id}: {cause.sentence}" for cause in found.named] + [
        f"{left.check}: {left.seen}" for left in found.unexplained
    ]


def main() -> None:
    """Say what each round came to; the exit code is that of a run with a cause."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("guide", choices=("genesys", "talkdesk"))
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    clean = True
    for number in range(1, given.rounds + 1):
        with tempfile.TemporaryDirectory(prefix="sfsip-healthy-") as made:
            folder = Path(made) / "run"
            applied = named(given.guide, provision(given.guide, folder))
            verified = named(given.guide, met(given.guide, folder, ()))
        clean = clean and not applied and not verified
        told = "; ".join([*applied, *verified]) or "no cause"
        print(f"{given.guide}, round {number}: {told}", flush=True)
    raise SystemExit(0 if clean else 1)


if __name__ == "__main__":
    main()
