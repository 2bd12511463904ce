"""What a name or a number may have been meant to be: near words, spellings, one wrong digit."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Iterator

_DIGITS = "0123456789"


def near(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known words that `word` was probably meant to be, the likeliest first."""
    by_case = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_case, n=most, cutoff=0.6)
    return [by_case[name] for name in found]


def plain(name: str) -> str:
    """A name without what a person hardly sees: capitals, more than one space, spaces around it."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def one_digit_off(number: str, is_known: Callable[[str], bool], most: int = 3) -> list[str]:
    """The known numbers in which `number` turns by the usual slips of a hand.

    These are one wrong digit, two that changed places, one too many and one left out.
    """
    return [slip for slip in dict.fromkeys(_slips(number)) if is_known(slip)][:most]


def _slips(number: str) -> Iterator[str]:
    digits = number.removeprefix("+")
    for place, digit in enumerate(digits):
        before, after = digits[:place], digits[place + 1 :]
        yield from (f"+{before}{other}{after}" for other in _DIGITS if other != digit)
        yield f"+{before}{after}"
        yield from (f"+{before}{more}{digit}{after}" for more in _DIGITS)
        if after and after[0] != digit:
            yield f"+{before}{after[0]}{digit}{after[1:]}"
    yield from (f"+{digits}{more}" for more in _DIGITS)
