"""The way of a call, hop by hop, with the customer's own names and each hop's verdict."""

from collections.abc import Iterator
from itertools import groupby

from sfsip_nb.engine.rows import FlowRow, HopRow
from sfsip_nb.present.style import verdict

from .base import Figure, escaped, label, wrapped

_BOX, _GAP, _HIGH, _TOP = 126, 28, 76, 30
_NARROW, _WIDE = 15, 18
"""Characters of a line of a name, and of what the hop is, which is set smaller."""


def callflow(flow: FlowRow) -> Figure:
    """Draw one of the record's `flows`: a box a hop, an arrow into each, a verdict below it.

    What did not pass is dashed, so that color is never the only sign.
    """
    hops = flow.hops
    parts = [*_systems(hops)]
    for index, hop in enumerate(hops):
        parts.append(_hop(hop, index * (_BOX + _GAP)))
    width = len(hops) * (_BOX + _GAP) - _GAP
    return Figure(flow.title, _in_words(hops), width, _TOP + _HIGH + 24, "".join(parts))


def _systems(hops: list[HopRow]) -> Iterator[str]:
    """Who owns which hops, as a line above them."""
    for system, group in groupby(enumerate(hops), key=lambda pair: pair[1].system):
        places = [index * (_BOX + _GAP) for index, _ in group]
        yield label(places[0], 12, system, "quiet")
        yield f'<path class="hair" d="M{places[0]} 19H{places[-1] + _BOX}"/>'


def _hop(hop: HopRow, x: int) -> str:
    look = verdict(hop.verdict)
    state = "" if hop.verdict in ("pass", "waived") else " dashed"
    middle, y = x + _BOX // 2, _TOP
    arrow = ""
    if x:
        at = y + _HIGH // 2
        arrow = (
            f'<path class="edge {look.color}{state}" d="M{x - _GAP + 2} {at}H{x - 7}"/>'
            f'<path class="head {look.color}" d="M{x - 1} {at}l-8 -4v8z"/>'
        )
    what = [(line, "quiet small") for line in wrapped(hop.what, _WIDE, 2)]
    name = [(line, "strong") for line in wrapped(hop.name, _NARROW, 2)]
    lines = what + name
    first = y + (_HIGH - 15 * len(lines)) / 2 + 11
    texts = "".join(
        label(middle, first + 15 * row, text, kind, "middle")
        for row, (text, kind) in enumerate(lines)
    )
    judged = label(middle, y + _HIGH + 17, str(look), f"{look.color} strong", "middle")
    return (
        f"<g><title>{escaped(_hop_in_words(hop))}</title>{arrow}"
        f'<rect class="box {look.color}{state}" x="{x}.5" y="{y}.5" width="{_BOX - 1}" '
        f'height="{_HIGH - 1}" rx="3"/>{texts}{judged if hop.verdict else ""}</g>'
    )


def _hop_in_words(hop: HopRow) -> str:
    words = f"{hop.what} {hop.name}".strip()
    return f"{words}, {verdict(hop.verdict).word}" if hop.verdict else words


def _in_words(hops: list[HopRow]) -> str:
    return ". Then ".join(f"{hop.system}: {_hop_in_words(hop)}" for hop in hops)
