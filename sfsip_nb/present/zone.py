"""Times in the reader's own zone: chosen on the page, or for paper, and computed without a script.

A `time` element says its day, minute and second as numbers, and the style sheet adds the chosen
offset and makes date and clock of them. Whatever cannot do that shows UTC.
"""

from datetime import UTC, datetime

from sfsip_nb.present.text import utc, visible

_EPOCH = datetime(2000, 3, 1, tzinfo=UTC)
"""Where counting begins: a year that ends with February makes a date from days without cases."""

_BY_QUARTER = {-570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765}
OFFSETS = sorted({*range(-12 * 60, 14 * 60 + 1, 60), *_BY_QUARTER})
"""The offsets from UTC that are in use, in minutes (tz database)."""


def label(offset: int) -> str:
    """`UTC+02:00`, and `UTC` alone for none."""
    hours, minutes = divmod(abs(offset), 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}" if offset else "UTC"


def anchor(offset: int) -> str:
    """The fragment of a record's address that opens it with times at an offset."""
    return f"z{offset}"


CHOICES = [(anchor(offset), label(offset)) for offset in OFFSETS]
"""What the page offers, as anchor and label."""


def chosen() -> str:
    """The rules that take the chosen offset, of a list or of the page's address, as the page's."""
    return "".join(
        f'body:has(#{anchor(offset)}:is(:checked,:target)){{--o:{offset};--z:"{label(offset)[3:]}"}}'
        for offset in OFFSETS
        if offset
    )


def numbered(instant: object) -> str:
    """Day, minute and second of an ISO instant in UTC, as custom properties; empty for others."""
    if utc(instant) == visible(str(instant)):
        return ""
    try:
        at = datetime.fromisoformat(str(instant))
    except ValueError:
        return ""
    return f"--d:{(at - _EPOCH).days};--t:{at.hour * 60 + at.minute};--s:{at.second}"
