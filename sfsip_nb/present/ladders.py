"""A kept ladder read again: the picture for the page, its messages as text beside it.

The file is evidence, so it may have been changed since: it is shown as an image, which can run
and fetch nothing, and its texts as text.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from sfsip_nb.present.html import svg_uri

_SVG = "{http://www.w3.org/2000/svg}"
_MOST = 2_000_000
"""Bytes of a ladder that is read; no real one comes near."""

# The image has no page around it to take a color from.
_COLORS = "svg:root{color:#1c1f24}@media (prefers-color-scheme:dark){svg:root{color:#e6e8eb}}"

ET.register_namespace("", _SVG.strip("{}"))


@dataclass(frozen=True)
class Message:
    """One arrow of a ladder: its number, time and label in a line, and the whole message."""

    told: str
    text: str


@dataclass(frozen=True)
class Ladder:
    """A ladder for a page: its title, what it shows, its picture as a data URI, what was said."""

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
    rows = [group for group in root.iter(f"{_SVG}g") if group.find(f"{_SVG}title") is not None]
    messages = tuple(_message(row) for row in rows if row.find(f"{_SVG}line") is not None)
    for row in rows:  # the texts stand beside the picture, and an image shows no tooltip
        row.remove(row.findall(f"{_SVG}title")[0])
    about = root.find(f"{_SVG}desc")
    said = (about.text or "").partition("\n")[0] if about is not None else ""
    if about is not None:
        about.text = said
    for sheet in root.iter(f"{_SVG}style"):
        sheet.text = f"{sheet.text or ''}{_COLORS}"
    return Ladder(
        title=root.findtext(f"{_SVG}title", ""),
        about=said,
        source=svg_uri(ET.tostring(root, encoding="unicode")),
        messages=messages,
    )


def _message(row: ET.Element) -> Message:
    told = " ".join(" ".join(text.itertext()) for text in row.findall(f"{_SVG}text"))
    # XML has no carriage return; the ladder has a mark in its place.
    text = row.findtext(f"{_SVG}title", "").replace("\ufffd\n", "\n")
    return Message(" ".join(told.split()), text.rstrip("\ufffd\n"))
