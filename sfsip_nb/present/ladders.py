"""A kept ladder read again: the picture for the page, its messages as text beside it.

The file is evidence, so it may have been changed since: it is shown as an image, which can run
and fetch nothing, and its texts as text.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from .html import svg_uri

_SVG = "{http://www.w3.org/2000/svg}"
_MOST = 2_000_000
"""Bytes of a ladder that is read; no real one comes near."""

# The image has no page around it to take a colour from.
_COLOURS = "svg:root{color:#1c1f24}@media (prefers-color-scheme:dark){svg:root{color:#e6e8eb}}"

ET.register_namespace("", _SVG.strip("{}"))


@dataclass(frozen=True)
class Message:
    """One message of a ladder: seconds since the first one, from whom, to whom, and its text."""

    after: str
    source: str
    target: str
    summary: str
    text: str


@dataclass(frozen=True)
class Ladder:
    """A ladder for a page: its title, its picture as a data URI, and what was said."""

    title: str
    about: str
    source: str
    messages: tuple[Message, ...]


def read(content: bytes) -> Ladder:
    """Read a ladder as `sip.evidence.ladder` draws it. Raises `ValueError` for anything else."""
    if len(content) > _MOST:
        raise ValueError("too long for a ladder")
    try:
        root = ET.fromstring(content)
    except ET.ParseError as error:
        raise ValueError(f"not a ladder: {error}") from None
    if root.tag != f"{_SVG}svg":
        raise ValueError("not a ladder: no SVG")
    lifelines = [text for text in root.iter(f"{_SVG}text") if "n" in text.get("class", "").split()]
    names = {line.get("x", ""): _name(line) for line in lifelines}
    rows = [group for group in root.iter(f"{_SVG}g") if group.find(f"{_SVG}title") is not None]
    messages = tuple(_message(row, names) for row in rows)
    for row in rows:  # the texts stand beside the picture, and an image shows no tooltip
        row.remove(row.findall(f"{_SVG}title")[0])
    for sheet in root.iter(f"{_SVG}style"):
        sheet.text = f"{sheet.text or ''}{_COLOURS}"
    return Ladder(
        title=root.findtext(f"{_SVG}title", ""),
        about=root.findtext(f"{_SVG}desc", ""),
        source=svg_uri(ET.tostring(root, encoding="unicode")),
        messages=messages,
    )


def _name(line: ET.Element) -> str:
    return line.findtext(f"{_SVG}title") or "".join(line.itertext())


def _message(row: ET.Element, names: dict[str, str]) -> Message:
    line = row.find(f"{_SVG}line")
    start, end = (line.get(key, "") if line is not None else "" for key in ("x1", "x2"))
    texts = [text.text or "" for text in row.findall(f"{_SVG}text")]
    source = names.get(start, "")
    return Message(
        after=next((text for text in texts if text.startswith("+")), ""),
        source=source,
        target=names.get(end, source),  # a message to oneself ends beside its own line
        summary=next((text for text in texts if not text.startswith("+")), ""),
        # XML has no carriage return; the ladder stands a mark in its place.
        text=row.findtext(f"{_SVG}title", "").replace("\ufffd\n", "\n").rstrip("\ufffd\n"),
    )
