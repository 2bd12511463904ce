"""Which of the run's numbers are called, all or the stated sample, and which are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sfsip_nb.engine.verdicts import Check
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms.shared.checks import check


def sampled(parameters: Parameters) -> list[str]:
    """The numbers that test calls ring and whose way is traced (``test_calls.sample``; 0 is all).

    Every assistant has its share, as far as there are enough; within it the numbers lie evenly
    apart, the first one included. The same inputs give the same sample.
    """
    groups = list(parameters.assistants.values())
    wanted = parameters.test_calls.sample or len(parameters.numbers)
    shares = [0] * len(groups)
    while sum(shares) < wanted:
        open_ = [i for i, group in enumerate(groups) if shares[i] < len(group)]
        if not open_:
            break
        for i in open_[: wanted - sum(shares)]:
            shares[i] += 1
    chosen = {
        group[place * len(group) // share]
        for group, share in zip(groups, shares, strict=True)
        for place in range(share)
    }
    return [number for number in parameters.numbers if number in chosen]


def one_each(parameters: Parameters) -> list[str]:
    """The first number of the sample for each assistant."""
    chosen = set(sampled(parameters))
    firsts = (
        next((number for number in group if number in chosen), None)
        for group in parameters.assistants.values()
    )
    return [number for number in firsts if number]


def not_called(step: str, called: Sequence[str], whole: Sequence[str]) -> Iterator[Check]:
    """What a step's calls say nothing of: the numbers among `whole` that were not to be called."""
    if left := _left(called, whole):
        yield check(
            f"{step}/not-called",
            "Every number was called",
            f"{len(whole)} numbers",
            f"{len(called)} called; not proven: {left}",
            None,
            advisory=True,
            reason="Nothing was called at these numbers, so only what was read speaks for them."
            " More are called with test_calls.sample (0: all).",
        )


def not_traced(parameters: Parameters, step: str) -> Iterator[Check]:
    """What a section's call paths say nothing of: the numbers that are not in the sample."""
    traced, whole = sampled(parameters), parameters.numbers
    if left := _left(traced, whole):
        yield check(
            f"{step}/not-traced",
            "Every number's call path was traced",
            f"{len(whole)} numbers",
            f"{len(traced)} traced; not traced: {left}",
            None,
            advisory=True,
            reason="Earlier steps read each number's own settings. To trace more numbers, raise"
            " test_calls.sample (0: all).",
        )


def _left(chosen: Iterable[str], whole: Iterable[str]) -> str:
    """The numbers among `whole` that are not chosen, as ranges; empty where all are."""
    those = set(chosen)
    return ", ".join(ranges.compact(number for number in whole if number not in those))
