"""The whole run in one picture: a row a section, a cell a step."""

from collections import Counter
from collections.abc import Sequence

from sfsip_nb.present.html import Row
from sfsip_nb.present.style import verdict

from .base import Figure, escaped, label, wrapped

_CELL, _GAP, _ROW = 24, 4, 30
_LABEL, _CHAR = 32, 6.6
_LOUD, _CALM = ("fail", "blocked"), ("pass", "waived", "skipped")


def strip(sections: Sequence[Row], title: str) -> Figure:
    """Draw sections (`title`, `steps`) with their steps' verdicts; a cell's tooltip names its step.

    A verdict is a glyph; what failed or was blocked is filled, what is open has a
    thicker edge, what did not run a dashed one.
    """
    names = [(wrapped(section["title"], _LABEL, 1) or [""])[0] for section in sections]
    left = round(max(map(len, names), default=0) * _CHAR) + 14
    most = max((len(section["steps"]) for section in sections), default=0)
    parts = []
    for row, (section, name) in enumerate(zip(sections, names, strict=True)):
        y = row * _ROW + 2
        parts.append(label(0, y + 16, name))
        for column, step in enumerate(section["steps"]):
            parts.append(_cell(step, left + column * (_CELL + _GAP), y))
    width = left + most * (_CELL + _GAP)
    return Figure(title, _in_words(sections), width, len(sections) * _ROW, "".join(parts))


def _cell(step: Row, x: int, y: int) -> str:
    look = verdict(step["verdict"])
    loud = " loud" if step["verdict"] in _LOUD else ""
    state = "" if step["verdict"] in _CALM else " thick" if step["verdict"] else " dashed"
    words = f"{step['title']} ({step['id']}): {look.word}"
    return (
        f"<g><title>{escaped(words)}</title>"
        f'<rect class="box {look.color}{loud or state}" x="{x}.5" y="{y}.5" '
        f'width="{_CELL - 1}" height="{_CELL - 1}" rx="3"/>'
        f"{label(x + _CELL / 2, y + 17, look.glyph, f'glyph {look.color}{loud}', 'middle')}</g>"
    )


def _in_words(sections: Sequence[Row]) -> str:
    said = []
    for section in sections:
        counts = Counter(step["verdict"] for step in section["steps"])
        words = ", ".join(f"{count} {verdict(word).word}" for word, count in counts.items())
        said.append(f"{section['title']}: {words}")
    return ". ".join(said)
