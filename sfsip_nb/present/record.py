"""The onboarding record: one offline HTML page from the dict of `record.json` and its evidence.

Same dict and same evidence, same bytes: nothing here asks the clock, the locale or the machine.
"""

import html
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from sfsip_nb.runbook.verdicts import Verdict, worst

from .html import Row, environment, lenient, short, svg_uri
from .text import utc, visible

TEXT_LIMIT = 60_000
"""Characters of one evidence file that the page holds; longer ones are cut, and it says so."""

_OPEN = ("fail", "blocked", "waiting", "inconclusive")


def record_html(record: Row, evidence: Mapping[str, bytes]) -> str:
    """The page.

    `evidence`: content by reference (`evidence/…`), as far as it is at hand; SVG files become
    pictures, text is folded in, anything else is named with its size.
    """
    data = lenient(record)
    references = sorted(_references(data["steps"] or []), key=_order(data))
    anchors = {reference: f"E{number}" for number, reference in enumerate(references, 1)}
    ladders = [
        _ladder(reference, anchors[reference], evidence[reference])
        for reference in references
        if reference.endswith(".svg") and reference in evidence
    ]
    pictured = {item["anchor"] for item in ladders}
    sections = list(_sections(data))
    open_points = list(_open_points(data["steps"] or []))
    return (
        environment()
        .get_template("record.html")
        .render(
            record=data,
            guide=data["title"] or data["guide"],
            attempt=f"{data['attempt']:04}-{data['mode']}",
            tally=tally(data["steps"] or []),
            warnings=list(_warnings(data)),
            facts=_facts(data),
            contents=list(_contents(data, sections, bool(open_points), bool(ladders))),
            open=open_points,
            sections=sections,
            anchors=anchors,
            ladders=ladders,
            evidence=[
                _folded(reference, anchors[reference], evidence.get(reference))
                for reference in references
                if anchors[reference] not in pictured
            ],
            inputs=list(flat(data["inputs"] or {})),
        )
    )


def card_page(card: Row, customer: str) -> str:
    """A card as one page of its own, to print or to send to the customer's administrator."""
    return environment().get_template("card.html").render(card=lenient(card), customer=customer)


def tally(steps: list[Row]) -> str:
    """`12 steps: 10 pass, 1 fail, 1 waiting`."""
    counts = Counter(str(step.get("verdict")) for step in steps)
    words = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    return f"{len(steps)} step{'' if len(steps) == 1 else 's'}: {words}" if steps else "no step ran"


def flat(inputs: Row, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Nested inputs as rows with dotted keys, in the given order."""
    for key, value in inputs.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield {"key": f"{prefix}{key}", "value": value, "help": ""}


def _references(steps: list[Row]) -> set[str]:
    found: set[str] = set()
    for step in steps:
        found.update(step["evidence"] or [])
        for check in step["checks"] or []:
            found.update(check["evidence"] or [])
    return found


def _order(data: Row) -> Any:
    """Sort key: evidence in the order in which the steps name it."""
    seen: dict[str, int] = {}
    for step in data["steps"] or []:
        for check in step["checks"] or []:
            for reference in check["evidence"] or []:
                seen.setdefault(reference, len(seen))
        for reference in step["evidence"] or []:
            seen.setdefault(reference, len(seen))
    return seen.__getitem__


def _sections(data: Row) -> Iterator[dict[str, Any]]:
    steps = data["steps"] or []
    titles = {item["id"]: item["title"] for item in data["sections"] or []}
    for step in steps:
        titles.setdefault(step["section"], step["section"])
    for identity, title in titles.items():
        own = [step for step in steps if step["section"] == identity]
        if own:
            yield {
                "anchor": f"s-{identity}",
                "title": title,
                "steps": own,
                "tally": tally(own),
                "verdict": worst(Verdict(step["verdict"]) for step in own).value,
            }


def _open_points(steps: list[Row]) -> Iterator[dict[str, Any]]:
    for step in steps:
        checks = [
            check
            for check in step["checks"] or []
            if check["verdict"] in _OPEN and check["weight"] != "advisory"
        ]
        for check in checks:
            yield {
                "what": f"{step['title']}: {check['title']}",
                "verdict": check["verdict"],
                "seen": check["seen"],
                "settle": check["settle"],
            }
        if not checks and step["verdict"] in _OPEN:
            yield {
                "what": step["title"],
                "verdict": step["verdict"],
                "seen": None,
                "settle": step["note"],
            }


def _warnings(data: Row) -> Iterator[str]:
    if data["target"] == "testbed":
        detail = ""
        if testbed := data["testbed"]:
            faults = ", ".join(testbed["faults"] or [])
            detail = f" Waits were shortened {testbed['time_scale'] or 1} times."
            detail += f" Faults switched on: {faults}." if faults else ""
        yield (
            "This attempt ran against the testbed on this machine, not against a customer's"
            f" systems.{detail}"
        )
    if data["mode"] == "plan":
        yield "This attempt only planned: nothing was written and nothing was dialled."


def _facts(data: Row) -> list[tuple[str, Any]]:
    versions = data["versions"] or {}
    return [
        ("Customer", data["customer"]),
        ("Run", data["run"]),
        ("Guide", data["title"] or data["guide"]),
        ("Target and mode", f"{data['target']}, {data['mode']}"),
        ("Started", utc(data["started"] or "")),
        ("Ended", utc(data["ended"] or "")),
        ("Versions", ", ".join(f"{name} {versions[name]}" for name in versions)),
    ]


def _contents(
    data: Row, sections: list[dict[str, Any]], is_open: bool, has_ladders: bool
) -> Iterator[tuple[str, str, str]]:
    if is_open:
        yield "open", "What is open", ""
    for section in sections:
        yield section["anchor"], section["title"], section["verdict"]
    optional = (
        ("calls", "Calls as seen on the wire", has_ladders),
        ("people", "Done by a person", data["people"]),
        ("changes", "Changes made", True),
        ("dialled", "Test calls placed", data["dialled"]),
        ("waivers", "Waivers", data["waivers"]),
        ("diagnosis", "Diagnosis", data["diagnosis"]),
        ("inputs", "Inputs", True),
        ("notes", "Since the guide was written", data["notes"]),
        ("map", "The guide, line by line", data["map"]),
    )
    yield from ((anchor, title, "") for anchor, title, there in optional if there)


def _ladder(reference: str, anchor: str, content: bytes) -> dict[str, str]:
    svg = content.decode("utf-8", "replace")
    title = svg.partition("<title")[2].partition(">")[2].partition("</title>")[0].strip()
    title = html.unescape(title)
    return {"anchor": anchor, "source": svg_uri(svg), "alt": title or f"Ladder {short(reference)}"}


def _folded(reference: str, anchor: str, content: bytes | None) -> dict[str, Any]:
    item: dict[str, Any] = {"anchor": anchor, "name": reference.rsplit("/", 1)[-1], "text": None}
    if content is None:
        return item | {"size": "", "why": "Not at hand when this page was written."}
    item["size"] = f"{len(content)} bytes"
    try:
        text = content.decode()
    except ValueError:
        return item | {"why": "Not text; it stands in the run's evidence folder."}
    if reference.endswith(".json"):
        with suppress(ValueError):
            text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    if len(text) > TEXT_LIMIT:
        text = f"{text[:TEXT_LIMIT]}\n… cut here; the whole file is in the run's evidence folder."
    return item | {"text": visible(text)}
