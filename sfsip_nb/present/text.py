"""Values as text that is safe to show: nothing invisible, nothing that steers a terminal."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from markupsafe import Markup

from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import StepRow

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")
_ADDRESS = re.compile(r"(?:https://)?(?:[a-z0-9-]+\.)+[a-z]{2,24}/[\w./#?=&%~+-]*", re.ASCII)
_BEYOND = re.compile(r"[^\n\t -~]")
"""Each character that has to be looked at: most text has none."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"})
LONG = 640
"""A value with more characters is folded or cut in a table; a platform's refusal is shorter."""


def visible(text: str) -> str:
    """`text` with every character that is not seen made visible.

    That is controls, bidirectional and zero-width marks, surrogates and unassigned ones. Each
    becomes its code point (⟨U+202E⟩): the control pictures (␛) are missing in plain fonts, where
    all of them are the same empty box. Newline and tab stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return _BEYOND.sub(lambda char: _picture(char[0]), text)


def _picture(char: str) -> str:
    if unicodedata.category(char) not in _UNSEEN:
        return char
    return f"⟨U+{ord(char):04X}⟩"


def shown(value: object) -> str:
    """Any JSON-like value as a person reads it: yes and no, lists by comma, `–` for nothing.

    ISO instants in UTC are written as `utc` writes them.
    """
    if isinstance(value, Markup):
        return value
    if value is None or value == "" or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{visible(str(key))}: {shown(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(item) for item in value)
    return visible(_INSTANT.sub(r"\1 \2 UTC", str(value)))


def utc(instant: object) -> str:
    """An ISO instant in UTC as `2026-11-20 09:12:06 UTC`; anything else as it is."""
    text = str(instant)
    match = _INSTANT.fullmatch(text)
    return f"{match[1]} {match[2]} UTC" if match else visible(text)


def clock(instant: object) -> str:
    """An ISO instant in UTC as `09:12:06`; anything else as it is."""
    text = str(instant)
    match = _INSTANT.fullmatch(text)
    return match[2] if match else visible(text)


def lasted(item: StepRow | Record | CustomerRow) -> str:
    """`, 12.3 s` or `, 4 min 10 s`; empty where begin or end is not known."""
    try:
        began = datetime.fromisoformat(item.started)
        ended = datetime.fromisoformat(item.ended or "")
    except ValueError:
        return ""
    seconds = (ended - began).total_seconds()
    if seconds < 60:
        return f", {seconds:.1f} s"
    return f", {int(seconds) // 60} min {int(seconds) % 60} s"


def one_line(value: object) -> str:
    """`shown`, on one line."""
    return " ".join(shown(value).split())


def some(names: Sequence[str], most: int = 8) -> str:
    """The first few of many names."""
    return ", ".join(names[:most]) + (f" … of {len(names)}" if len(names) > most else "")


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}… ({len(text)} characters)"


def links(text: str) -> Iterator[tuple[str, str]]:
    """A text in pieces, each with the address that it is, or an empty one."""
    end = 0
    for match in _ADDRESS.finditer(text):
        yield text[end : match.start()], ""
        address = match[0]
        yield address, address if address.startswith("https://") else f"https://{address}"
        end = match.end()
    yield text[end:], ""


def unmarked(text: str) -> str:
    """Markdown without its marks for bold, code and escapes."""
    return text.replace("**", "").replace("`", "").replace("\\", "")


def columns(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain-text table: the title, then aligned columns; the last one is never padded.

    A long cell is cut: it would push all others out of sight.
    """
    body = [list(head), *([_cut(one_line(cell)) for cell in row] for row in rows)]
    widths = [max(len(row[index]) for row in body) for index in range(len(head))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in body
    )
    return "\n".join([one_line(title), *lines])
