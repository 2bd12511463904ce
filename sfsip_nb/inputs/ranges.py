"""Ranges of telephone numbers, as parameters and tables write them: ``+15551230000..99``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

from sfsip_nb.inputs.numbers import meant as one_meant

_RANGE = re.compile(r"(\+[0-9]+)\s*\.\.\s*(\+?[0-9]+)")
_NUMBER = re.compile(r"\+[0-9]{1,15}")

MOST = 10_000
"""Most numbers of one run."""


def expand(text: str) -> list[str]:
    """The numbers of a range, or the number that `text` is, as it is written.

    The end of a range replaces the last digits of its beginning, or is a whole number. Raises
    ValueError with the end of a sentence.
    """
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        if ".." in text and (plainly := meant(text)) != text:
            raise ValueError(f"is the range '{text}': write '{plainly}'.")
        return [text.strip()]
    first, last = match.groups()
    if not last.startswith("+"):
        last = first[: -len(last)] + last if len(last) < len(first) else last
    low, high = int(first), int(last)
    if len(first) != len(last) or low > high:
        raise ValueError(
            f"is the range '{text}', whose end does not come after its beginning. Write"
            " '+15551230000..99' for +15551230000 to +15551230099."
        )
    if high - low >= MOST:
        raise ValueError(f"is the range '{text}', which holds more than {MOST:,} numbers.")
    return [f"+{number}" for number in range(low, high + 1)]


def meant(text: str) -> str:
    """The number (`numbers.meant`) or the range of numbers that `text` plainly is; else `text`."""
    first, dots, last = text.partition("..")
    number = one_meant(first)
    if not dots or not _RANGE.fullmatch(whole := f"{number}..{_end(last)}"):
        return text if dots else number
    return whole


def _end(text: str) -> str:
    """The end of a range: a whole number, or the last digits of one."""
    bare = re.sub(r"[\s()./-]", "", text)
    return bare if bare.isdecimal() and not bare.startswith("00") else one_meant(text)


def found_in(text: str) -> list[str]:
    """The numbers that a person wrote in a text, alone or as ranges."""
    found: list[str] = []
    for entry in re.findall(r"\+[0-9]+(?:\s*\.\.\s*\+?[0-9]+)?", text):
        with contextlib.suppress(ValueError):
            found += expand(entry)
    return found


def spans(numbers: Iterable[str]) -> list[tuple[str, str]]:
    """First and last of each run of consecutive numbers (E.164), in order."""
    found: list[tuple[str, str]] = []
    for number in sorted(numbers, key=lambda number: (len(number), number)):
        if found and len(number) == len(found[-1][1]) and int(number) == int(found[-1][1]) + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def written(first: str, last: str) -> str:
    """A range as `expand` reads it; one number as it is."""
    if first == last:
        return first
    alike = next(i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b)
    return f"{first}..{last[alike:]}"


def is_number(text: str) -> bool:
    """Whether a text is one number (E.164), and no range."""
    return _NUMBER.fullmatch(text) is not None


def compact(numbers: Iterable[str]) -> list[str]:
    """Numbers (E.164) as ranges, in order; behind them what is no number, as it is."""
    listed = list(dict.fromkeys(numbers))
    good = [number for number in listed if is_number(number)]
    others = [number for number in listed if not is_number(number)]
    return [*(written(first, last) for first, last in spans(good)), *others]
