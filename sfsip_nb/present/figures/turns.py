"""The turns of a call on its axis of time: what the caller said, and the gap until each reply."""

from collections.abc import Iterator
from dataclasses import dataclass

from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.present.answering import words

from .base import label, wrapped

HEIGHT = 76
"""Pixels of it, with the space below."""

_BAR, _THICK, _APART = 54, 8, 34
"""Pixels down to the bars, of a bar, and between two labels that do not touch."""

_LINE = 88
"""Characters of the figures in words that fit in a line."""


@dataclass(frozen=True)
class Scale:
    """Seconds after the answer to pixels."""

    left: int
    width: int
    start: float
    end: float

    def x(self, seconds: float) -> int:
        """The place of a moment, at most at either end."""
        span = self.end - self.start
        part = (seconds - self.start) / span if span > 0 else 0.0
        return self.left + round(self.width * min(1.0, max(0.0, part)))


def drawn(found: AnsweringRow, scale: Scale, top: int) -> Iterator[str]:
    """A bar for each turn of the caller, a line for each gap with its ms, dots for dead air."""
    yield label(
        scale.left, top + 11, "Turns of the caller, and the gaps until the agent replies (ms)"
    )
    told = "; ".join(words(found))
    yield label(scale.left, top + 26, (wrapped(told, _LINE, 1) or [""])[0], "quiet small")
    middle = top + _BAR
    bars = gaps = ""
    labels: list[tuple[int, str]] = []
    if found.first_word:
        gaps += _gap(scale.x(0), scale.x(found.first_word.ms / 1000), middle)
        labels.append((scale.x(found.first_word.ms / 2000), str(found.first_word.ms)))
    for turn in found.turns:
        start, end = scale.x(turn.start_s), scale.x(turn.end_s)
        wide = max(1, end - start)
        bars += f"M{start} {middle - _THICK // 2}h{wide}v{_THICK}h-{wide}z"
        if turn.gap and turn.reply_s is not None:
            gaps += _gap(end, scale.x(turn.reply_s), middle)
            labels.append((scale.x((turn.end_s + turn.reply_s) / 2), str(turn.gap.ms)))
    dead = "".join(
        f"M{scale.x(one.at_s)} {middle}H{scale.x(one.at_s + one.s)}" for one in found.dead_air
    )
    for look, path in (("gap", dead), ("hair", gaps), ("wave", bars)):
        if path:
            yield f'<path class="{look}" d="{path}"/>'
    last = -_APART
    for x, text in labels:
        if x - last >= _APART:
            yield label(x, middle - 8, text, "quiet small", "middle")
            last = x


def _gap(start: int, end: int, middle: int) -> str:
    return f"M{start} {middle - 3}v6M{start} {middle}H{end}M{end} {middle - 3}v6"
