"""All benchmarks, one after another, and one table of their ratios: `make bench`."""

import pytest

from benchmarks import calls, fleet, numbers, options, probe, series
from benchmarks.ratios import Ratio, table

ALL = (series, fleet, probe, options, calls, numbers)


def main() -> None:
    """Run each by its defaults; one that lacks a program says so and is left out."""
    rows: list[Ratio] = []
    for benchmark in ALL:
        print(f"\n{benchmark.__name__}: {(benchmark.__doc__ or '').splitlines()[0]}", flush=True)
        try:
            rows += benchmark.main(())
        except (SystemExit, pytest.skip.Exception) as missing:
            print(f"left out: {missing}")
    print(f"\n{table(rows)}")


if __name__ == "__main__":
    main()
