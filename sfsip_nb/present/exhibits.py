"""Evidence on the page: numbered, pictured where it can be, and summed so that it can be found."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import EvidenceRow
from sfsip_nb.engine.verdicts import DONE
from sfsip_nb.present import exchanges, figures, ladders
from sfsip_nb.present.text import visible

TEXT_LIMIT = 60_000
"""Characters of one evidence file that the page holds; longer ones are cut, and it says so."""

MESSAGE_LIMIT, MESSAGES = 4_000, 60
"""Characters of one SIP message, and messages of one ladder, that the page holds."""


EXCHANGES = 8
"""Requests of one step that the page names at most; the file has all, with what was answered."""


@dataclass
class Exhibits:
    """All evidence that a record names: an anchor for each file, calls by step, the files."""

    anchors: dict[str, str]
    calls: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)


def gather(data: Record, contents: Mapping[str, bytes]) -> Exhibits:
    """Number the evidence in the order in which steps and people name it.

    `contents`: bytes by reference, as far as they are at hand.
    """
    named = _named(data)
    anchors = {ref: f"E{number}" for number, ref in enumerate(named, 1)}
    found = Exhibits(anchors)
    kept = {item.name: item for item in data.evidence}
    steps = {step.id: step.title for step in data.steps}
    passed = {step.id for step in data.steps if step.verdict in DONE}
    for ref, anchor in anchors.items():
        content = contents.get(ref)
        about = kept.get(name_of(ref))
        if about is not None and about.step in steps:
            step, title = about.step, steps[about.step]
        else:
            step, title = named[ref]
        picture = _picture(ref, anchor, content)
        found.files.append(
            _file(ref, anchor, content, about, bool(picture)) | {"passed": step in passed}
        )
        if picture:
            call = found.calls[-1] if found.calls else None
            if call is None or call["step"] != step:
                call = {"step": step, "title": title, "passed": step in passed, "pictures": []}
                found.calls.append(call)
            call["pictures"].append(picture)
    return found


def name_of(ref: str) -> str:
    """A reference's file name; a leading `evidence/` does not count."""
    return ref.rsplit("/", 1)[-1]


def _named(data: Record) -> dict[str, tuple[str, str]]:
    """Each reference, with id and title of the first step or person that names it."""
    found: dict[str, tuple[str, str]] = {}
    for step in data.steps:
        for ref in [*(ref for check in step.checks for ref in check.evidence), *step.evidence]:
            found.setdefault(ref, (step.id, step.title))
    for person in data.people:
        for ref in person.evidence:
            found.setdefault(ref, (person.step, person.title))
    return found


def _picture(ref: str, anchor: str, content: bytes | None) -> dict[str, Any] | None:
    if content is None:
        return None
    with suppress(ValueError):  # whatever else it is, it is listed with the files
        if ref.endswith(".svg"):
            ladder = ladders.read(content)
            title = ladder.title or "SIP messages"
            messages = [
                {"told": message.told, "text": _cut(message.text, MESSAGE_LIMIT)}
                for message in ladder.messages[:MESSAGES]
            ]
            return {
                "anchor": anchor,
                "title": title,
                "alt": f"{title}: {ladder.about}",
                "source": ladder.source,
                "messages": messages,
                "more": len(ladder.messages) - len(messages),
                "figure": "",
            }
        if ref.endswith(".json"):
            figure = figures.heard(content)
            return {
                "anchor": anchor,
                "title": figure.title,
                "messages": [],
                "figure": Markup(figure.inline),
            }
    return None


def _file(
    ref: str, anchor: str, content: bytes | None, about: EvidenceRow | None, pictured: bool
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "anchor": anchor,
        "name": name_of(ref),
        "title": about.title if about else "",
        "sha256": about.sha256 if about else "",
        "size": "",
        "pictured": pictured,
        "text": None,
        "why": "",
    }
    if content is None:
        return item | {"why": "Not available when this page was made."}
    item["size"] = f"{len(content)} bytes"
    item["sha256"] = item["sha256"] or hashlib.sha256(content).hexdigest()
    if pictured:
        return item
    with suppress(ValueError):  # whatever else it is, it is text or is not
        return item | {"text": exchanges.text(exchanges.read(content), EXCHANGES)}
    try:
        text = content.decode()
    except ValueError:
        return item | {"why": "Not text; see the run's evidence folder."}
    if ref.endswith(".json"):
        with suppress(ValueError):
            text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    return item | {"text": _cut(text, TEXT_LIMIT)}


def _cut(text: str, most: int) -> str:
    if len(text) > most:
        text = f"{text[:most]}\n… cut here; the full text is in the run's evidence folder."
    return visible(text)
