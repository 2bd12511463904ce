"""Ladder diagrams of SIP traces as self-contained SVG."""

import html
import itertools
from collections.abc import Iterable, Mapping

from ..trace import Address, TraceEntry, once

_CHAR, _ROW, _TOP, _TIME = 7.3, 30, 64, 84
_LABEL, _NAME = 46, 30
"""Longest label and name drawn, in characters; the whole text stands in the tooltip."""

_RULES = {
    "text": "font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "fill:currentColor",
    ".n": "font-weight:600",
    ".t": "opacity:.65",
    "line": "stroke:currentColor;opacity:.75",
    ".l": "opacity:.25",
    ".e": "fill:#dc2626",
    ".x": "stroke:#dc2626",
}
# The page's own text colour, light or dark; rules that reach no other drawing in the page.
_STYLE = "".join(f".sfsip-ladder {name}{{{rule}}}" for name, rule in _RULES.items())


def svg(
    entries: Iterable[TraceEntry], names: Mapping[Address, str] | None = None, title: str = ""
) -> str:
    """Draw the messages in order. `names` label addresses; else the agents' own names do.

    Equal names share a lifeline. A message seen at both ends is drawn once. Text of messages is
    a stranger's: it is cut, escaped, and never more than text.
    """
    rows = sorted(once(entries), key=lambda entry: entry.at)
    known = {entry.local: entry.agent for entry in rows if entry.agent} | dict(names or {})
    ends = [tuple(_name(known, a) for a in (e.source, e.destination)) for e in rows]
    columns = list(dict.fromkeys(name for pair in ends for name in pair))
    labels = [_cut(entry.summary, _LABEL) for entry in rows]
    places = _places(columns, ends, labels)
    width = (places[columns[-1]] if columns else _TIME) + 120
    height = _TOP + _ROW * len(rows) + 24
    heading = title or "SIP messages"
    about = f"{len(rows)} messages between {', '.join(columns) or 'nobody'}"
    parts = [
        '<svg class="sfsip-ladder" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" role="img">',
        f"<title>{_text(heading)}</title><desc>{_text(about)}</desc><style>{_STYLE}</style>",
        '<defs><marker id="sfsip-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#6b7280"/></marker></defs>',
    ]
    for name, x in places.items():
        parts.append(
            f'<line class="l" x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP - 18}" y2="{height - 12}"/>'
            f'<text class="n" x="{x:.0f}" y="{_TOP - 28}" text-anchor="middle">'
            f"{_text(_cut(name, _NAME))}<title>{_text(name)}</title></text>"
        )
    for index, (entry, (source, target), label) in enumerate(zip(rows, ends, labels, strict=True)):
        seconds = (entry.at - rows[0].at).total_seconds()
        y = _TOP + _ROW * index + 12
        parts.append(_row(entry, places[source], places[target], y, label, seconds))
    return "".join([*parts, "</svg>"])


def _row(entry: TraceEntry, start: float, end: float, y: float, label: str, seconds: float) -> str:
    # A challenge or the end of a cancelled call is no failure.
    bad = bool(entry.faults) or (
        entry.summary[:1] in "456" and entry.summary[:3] not in ("401", "407", "487")
    )
    if start == end:  # A message to oneself: a short stroke to the right.
        end = start + 40
    tip = entry.data.decode("utf-8", "replace")[:4000]
    faults = "".join(f"\n! {fault.text} ({fault.rule})" for fault in entry.faults)
    return (
        f"<g><title>{_text(tip + faults)}</title>"
        f'<text class="t" x="8" y="{y + 4:.0f}">+{seconds:.3f} s</text>'
        f'<line{" class=" + chr(34) + "x" + chr(34) if bad else ""} x1="{start:.0f}" '
        f'x2="{end:.0f}" y1="{y:.0f}" y2="{y:.0f}" marker-end="url(#sfsip-arrow)"/>'
        f'<text{" class=" + chr(34) + "e" + chr(34) if bad else ""} x="{(start + end) / 2:.0f}" '
        f'y="{y - 5:.0f}" text-anchor="middle">{_text(label)}</text></g>'
    )


def _places(columns: list[str], ends: list[tuple[str, ...]], labels: list[str]) -> dict[str, float]:
    """x of each lifeline: no label crosses a lifeline that it does not belong to."""
    gaps = [
        (len(_cut(a, _NAME)) + len(_cut(b, _NAME))) / 2 * _CHAR + 24
        for a, b in itertools.pairwise(columns)
    ]
    order = {name: index for index, name in enumerate(columns)}
    for (source, target), label in zip(ends, labels, strict=True):
        low, high = sorted((order[source], order[target]))
        need = len(label) * _CHAR + 28
        if low == high:
            low, high = low, min(low + 1, len(gaps))
        # A long arrow has the room of all the gaps under it; what lacks is shared out.
        lacking = need - sum(gaps[low:high])
        for index in range(low, high):
            gaps[index] += max(0.0, lacking) / (high - low)
    places: dict[str, float] = {}
    first = len(_cut(columns[0], _NAME)) * _CHAR / 2 if columns else 0
    x = _TIME + max(first, 24.0) + 12
    for index, name in enumerate(columns):
        places[name] = x
        x += gaps[index] if index < len(gaps) else 0
    return places


def _name(known: Mapping[Address, str], address: Address) -> str:
    return known.get(address) or "{}:{}".format(*address)


def _cut(text: str, most: int) -> str:
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML forbids."""
    return html.escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))
