"""Ladder diagrams of SIP traces as self-contained SVG.

The picture takes the page's text color, light or dark. What went wrong is told by a mark and a
dashed line, and only then by color. Its description says the same in words. A long trace
is folded: what is left out is counted in its place.
"""

import hashlib
import html
import itertools
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..media.quality import is_stream
from ..shown import counted, plain, where
from ..trace import Address, TraceEntry, once
from .sound import Stream

_CHAR, _ROW, _TOP, _GUTTER = 7.3, 30, 64, 118
_LABEL, _NAME = 48, 30
"""Longest label and name drawn, in characters; the whole text stands in the tooltip."""

_TIP = 2_000
_HEAD, _TAIL = 80, 40
"""Messages drawn at the begin and at the end of a trace that is folded."""

_LIFELINES = 9
"""Most lifelines; who is not among the busiest shares the last one."""

_RULES = {
    "text": "font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "fill:currentColor",
    ".n": "font-weight:600",
    ".t": "opacity:.75",
    "line": "stroke:currentColor;opacity:.8",
    "path": "fill:currentColor;opacity:.8",
    ".l": "opacity:.3",
    ".m": "stroke-width:3;stroke-dasharray:1 4;stroke-linecap:round",
    ".a": "stroke-dasharray:2 3",
    ".x": "stroke:#d33f3f;stroke-dasharray:7 3;opacity:1",
    ".f": "font-style:italic",
}
# Rules that reach no other drawing in the page.
_STYLE = "".join(f".sfsip-ladder {name}{{{rule}}}" for name, rule in _RULES.items())


@dataclass(frozen=True)
class _Line:
    """One row of the picture: an arrow, or a remark where `source` is empty."""

    at: datetime
    label: str
    source: str = ""
    target: str = ""
    number: int = 0
    look: str = ""
    tip: str = ""


def svg(
    entries: Iterable[TraceEntry],
    names: Mapping[Address, str] | None = None,
    title: str = "",
    streams: Iterable[Stream] = (),
) -> str:
    """Draw the messages in order, and a line for each way that RTP went.

    `names` label addresses; else the agents' own names do, and addresses as they are. Equal names
    share a lifeline, as do the ports of one host that does not talk to itself. A message seen at
    both ends is drawn once. Text of messages is a stranger's: it is cut, escaped, and never more
    than text.
    """
    rows = sorted(once(entries), key=lambda entry: entry.at)
    known = _names(rows, names or {})
    lines = _messages(rows, known)
    lines = sorted([*_folded(lines), *_media(streams, known)], key=lambda line: line.at)
    busy = Counter(end for line in lines for end in (line.source, line.target) if end)
    columns, shared = _columns(busy)
    places, right = _places(columns, shared, lines)
    width, height = right + 24, _TOP + _ROW * len(lines) + 24
    began = rows[0].at if rows else None
    heading = title or "SIP messages"
    texts = [_told(line, began) for line in lines]
    ends = ", ".join(columns) or "nobody"
    about = "\n".join([f"{counted(len(rows), 'message')} between {ends}", *texts])
    parts = [_open(heading, about, width, height)]
    for name, x in places.items():
        parts.append(
            f'<line class="l" x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP - 18}" y2="{height - 12}"/>'
            f"<g><title>{_text(name)}</title>{_label('n', x, _TOP - 28, plain(name, _NAME))}</g>"
        )
    for index, line in enumerate(lines):
        y = _TOP + _ROW * index + 12
        xs = [places[shared.get(end, end)] if end else 0.0 for end in (line.source, line.target)]
        parts.append(_drawn(line, xs, y, places, began))
    return "".join([*parts, "</svg>"])


def _open(heading: str, about: str, width: float, height: float) -> str:
    mark = hashlib.sha256((heading + about).encode("utf-8", "replace")).hexdigest()[:10]
    return (
        '<svg class="sfsip-ladder" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}" '
        f'style="max-width:100%;height:auto" role="img" '
        f'aria-labelledby="t{mark}" aria-describedby="d{mark}">'
        f'<title id="t{mark}">{_text(heading)}</title><desc id="d{mark}">{_text(about)}</desc>'
        f"<style>{_STYLE}</style>"
    )


def _told(line: _Line, began: datetime | None) -> str:
    way = f" ({plain(line.source, _NAME)} to {plain(line.target, _NAME)})" if line.source else ""
    number = f"{line.number}. " if line.number else ""
    return f"{number}{_time(line, began)} {line.label}{way}"


def _time(line: _Line, began: datetime | None) -> str:
    seconds = (line.at - began).total_seconds() if began else 0.0
    return f"+{seconds:.3f} s"


# -- what is drawn ------------------------------------------------------------------------


def _names(rows: list[TraceEntry], given: Mapping[Address, str]) -> dict[Address, str]:
    """The lifeline of each address."""
    known = {entry.local: entry.agent for entry in rows if entry.agent} | dict(given)
    ends = {end for entry in rows for end in (entry.source, entry.destination)}
    ports = Counter(host for host, _ in ends)
    alone = {entry.source[0] for entry in rows if entry.source[0] == entry.destination[0]}
    for end in ends:
        shares = ports[end[0]] > 1 and end[0] not in alone
        known.setdefault(end, end[0] if shares else where(end))
    return known


def _messages(rows: list[TraceEntry], known: Mapping[Address, str]) -> list[_Line]:
    lines = []
    seen: set[tuple[Address, Address, bytes]] = set()
    for number, entry in enumerate(rows, start=1):
        key = entry.source, entry.destination, entry.data
        again, look, marks = key in seen, "", ""
        seen.add(key)
        # A challenge or the end of a canceled call is no failure.
        failed = entry.summary[:1] in "456" and entry.summary[:3] not in ("401", "407", "487")
        if again:
            look, marks = "a", "again: "
        if entry.faults:
            marks = "! " + marks
        if failed or entry.summary == "unreadable":
            look, marks = "x", "✖ " + marks
        body = entry.data[: _TIP * 2].decode("utf-8", "replace")
        tip = body if len(body) <= _TIP else body[:_TIP] + f"… ({len(entry.data)} bytes)"
        faults = "".join(f"\n! {fault.text} ({fault.rule})" for fault in entry.faults[:8])
        lines.append(
            _Line(
                entry.at,
                plain(marks + entry.summary, _LABEL),
                known[entry.source],
                known[entry.destination],
                number,
                look,
                f"{entry.at.isoformat(timespec='milliseconds')} {entry.transport.upper()} "
                f"{where(entry.source)} → {where(entry.destination)}\n{tip}{faults}",
            )
        )
    return lines


def _folded(lines: list[_Line]) -> list[_Line]:
    """Of a long trace its begin and its end, and between them what was left out."""
    if len(lines) <= _HEAD + _TAIL + 1:
        return lines
    left = lines[_HEAD:-_TAIL]
    kinds = Counter(line.label for line in left)
    most = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common(4))
    others = sum(kinds.values()) - sum(count for _, count in kinds.most_common(4))
    more = f", {counted(others, 'other')}" if others else ""
    said = f"{len(left)} messages ({left[0].number} to {left[-1].number}) are not drawn: "
    return [*lines[:_HEAD], _Line(left[0].at, said + most + more, look="f"), *lines[-_TAIL:]]


def _media(streams: Iterable[Stream], known: dict[Address, str]) -> list[_Line]:
    """One line for each way between two hosts."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for (host, _), name in known.items():
        hosts[host].add(name)

    def lifeline(address: Address) -> str:
        # RTP has ports of its own; the host's lifeline is meant where there is one only.
        there = hosts.get(address[0], ())
        return next(iter(there)) if len(there) == 1 else where(address)

    ways: dict[tuple[str, str], list[Stream]] = defaultdict(list)
    for stream in streams:
        ways[lifeline(stream.source), lifeline(stream.destination)].append(stream)
    lines = []
    for (source, target), found in ways.items():
        packets = sum(stream.packets for stream in found)
        lost = sum(stream.lost for stream in found)
        first, last = min(s.first for s in found), max(s.last for s in found)
        seconds = (last - first).total_seconds()
        told = lost and is_stream(packets, lost + packets)
        share = f", {100 * lost / (lost + packets):.1f} % lost" if told else ""
        label = f"RTP: {counted(packets, 'packet')}, {seconds:.1f} s{share}"
        lines.append(_Line(first, label, source, target, look="m", tip=label))
    return lines


# -- where it is drawn --------------------------------------------------------------------


def _columns(busy: Counter[str]) -> tuple[list[str], dict[str, str]]:
    """The lifelines in the order of their first line, and for whom another one stands in."""
    if len(busy) <= _LIFELINES:
        return list(busy), {}
    kept = {name for name, _ in busy.most_common(_LIFELINES - 1)}
    rest = [name for name in busy if name not in kept]
    together = f"{len(rest)} others"
    return [name for name in busy if name in kept] + [together], dict.fromkeys(rest, together)


def _places(
    columns: list[str], shared: Mapping[str, str], lines: list[_Line]
) -> tuple[dict[str, float], float]:
    """x of each lifeline and of the right edge: each label has a gap of its own beside its
    sender, so that it crosses no lifeline."""
    gaps = [
        (_width(plain(a, _NAME)) + _width(plain(b, _NAME))) / 2 + 24
        for a, b in itertools.pairwise([*columns, ""])
    ]
    order = {name: index for index, name in enumerate(columns)}
    remark = 0.0
    for line in lines:
        if not line.source:
            remark = max(remark, _width(line.label))
            continue
        source, target = (order[shared.get(end, end)] for end in (line.source, line.target))
        index = source - 1 if target < source else source
        gaps[index] = max(gaps[index], _width(line.label) + (60 if source == target else 28))
    first = _width(plain(columns[0], _NAME)) / 2 if columns else 0.0
    x = _GUTTER + max(first, 24.0) + 12
    places: dict[str, float] = {}
    for name, gap in zip(columns, gaps, strict=False):
        places[name] = x
        x += gap
    # The last gap has only what messages to oneself need.
    return places, max(x, _GUTTER + remark)


def _drawn(
    line: _Line, ends: list[float], y: float, places: Mapping[str, float], began: datetime | None
) -> str:
    number = f"{line.number} " if line.number else ""
    when = _label("t", 8, y + 4, f"{number.rjust(5)}{_time(line, began)}", "start")
    if not line.source:
        return f"<g>{when}{_label('f', _GUTTER, y + 4, line.label, 'start')}</g>"
    start, end = ends
    beside = [x for x in places.values() if (x > start if end >= start else x < start)]
    near = min(beside, key=lambda x: abs(x - start)) if beside else start + 60
    middle = (start + near) / 2
    look = f' class="{line.look}"' if line.look else ""
    if start == end:  # A message to oneself: a short stroke to the right.
        end = start + 40
        text = _label(line.look, start + 46, y + 4, line.label, "start")
    else:
        text = _label(line.look, middle, y - 5, line.label)
    back = -8 if end > start else 8
    return (
        f"<g><title>{_text(line.tip)}</title>{when}"
        f'<line{look} x1="{start:.0f}" x2="{end + back / 2:.0f}" y1="{y:.0f}" y2="{y:.0f}"/>'
        f'<path d="M{end:.0f} {y:.0f}l{back} -4v8z"/>{text}</g>'
    )


def _label(look: str, x: float, y: float, text: str, anchor: str = "middle") -> str:
    """A text that is as wide as was reckoned, whatever font the reader has."""
    kind = f' class="{look}"' if look in ("n", "t", "f") else ""
    return (
        f'<text{kind} x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" '
        f'textLength="{_width(text):.0f}" lengthAdjust="spacingAndGlyphs" '
        f'xml:space="preserve">{_text(text)}</text>'
    )


def _width(text: str) -> float:
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return (len(text) + wide) * _CHAR


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML forbids."""
    return html.escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))
