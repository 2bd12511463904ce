"""What is to do first in a run, each thing with a link to its cell; else, what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfsip_nb.engine.export import planned
from sfsip_nb.engine.journal import AttemptRow, JournaledStep
from sfsip_nb.engine.verdicts import STRANDED, Verdict, Weight
from sfsip_nb.present.html import deciding
from sfsip_nb.present.outcome import counted
from sfsip_nb.runs.seen import DIAGNOSE, LastSeen, explained

Sections = list[dict[str, Any]]


def first(seen: LastSeen, sections: Sections, faults: Sequence[str]) -> list[dict[str, str]]:
    """What is to do before anything else, under the names what, verdict, why and href."""
    return [
        *_left(seen, sections),
        *_plan(seen, sections),
        *_causes(seen, sections),
        *_steps(seen, sections),
        *_faults(faults, sections[0]),
    ]


def asked(sections: Sections, surprise: bool) -> Iterator[dict[str, str]]:
    """What a person is to name in a rehearsal, before it is told."""
    if surprise:
        yield {
            "what": "A surprise is on: say what is broken",
            "verdict": "",
            "why": "05 shows the evidence, 06 asks",
            "href": f"{sections[-2]['page']}#cell-id=diagnosis",
        }


def _left(seen: LastSeen, sections: Sections) -> Iterator[dict[str, str]]:
    """What was left unknown or half changed; a step that tells it itself is below."""
    checks = [check for row in seen.rows.values() for check in row.checks]
    told = [check.seen for check in checks if check.id.endswith(STRANDED)]
    pages = {step: section["page"] for section in sections for step in section["ids"]}
    for left in seen.left:
        if not left.is_told_in(told):
            step = left.change.step
            yield {
                "what": left.what.rstrip("."),
                "verdict": Verdict.INCONCLUSIVE if left.change.open else Verdict.FAIL,
                "why": left.todo,
                "href": f"{pages.get(step, sections[0]['page'])}#cell-id={cell_of(step)}",
            }


def _plan(seen: LastSeen, sections: Sections) -> Iterator[dict[str, str]]:
    """The second section is the platform's own, and begins with the plan."""
    if seen.plan is not None and seen.kinds:
        changes = [planned(entry) for entry in seen.plan.changes]
        yield {
            "what": "Read the plan, and approve it by name",
            "verdict": Verdict.WAITING,
            "why": counted(changes, len(seen.plan.cards)),
            "href": f"{sections[1]['page']}#cell-id=plan",
        }


def _causes(seen: LastSeen, sections: Sections) -> Iterator[dict[str, str]]:
    where = next((section["page"] for section in sections if section["causes"]), "")
    for cause in seen.named:
        again = ", ".join(sorted(explained(cause) - {DIAGNOSE}))
        yield {
            "what": cause.sentence.rstrip("."),
            "verdict": Verdict.FAIL,
            "why": "the cause and its fix" + (f"; then run again: {again}" if again else ""),
            "href": f"{where}#cell-id=diagnosis",
        }


def _steps(seen: LastSeen, sections: Sections) -> list[dict[str, str]]:
    """What is open without a named cause, for each reason once.

    What only could not be tried because of the others comes after them; where those have not been
    run yet, they are next, and this is nothing to do.
    """
    told = {step for cause in seen.named for step in explained(cause)}
    due = [
        (section["page"], row)
        for section in sections
        for row in section["pending"]
        if row.id not in told and not seen.awaits_plan(row)
    ]
    tried = [item for item in due if item[1].verdict is not Verdict.BLOCKED]
    groups: dict[tuple[str, str], list[tuple[str, JournaledStep]]] = {}
    left = told or any(section["left"] for section in sections)
    for page, row in tried or ([] if left else due):
        groups.setdefault((row.verdict, _sentence(row)), []).append((page, row))
    return [
        {
            "what": _named([row for _, row in group]),
            "verdict": verdict,
            "why": sentence + _earlier(group[0][1], seen),
            "href": f"{group[0][0]}#cell-id={cell_of(group[0][1].id)}",
        }
        for (verdict, sentence), group in groups.items()
    ]


def _named(rows: list[JournaledStep]) -> str:
    return rows[0].title + (f" and {len(rows) - 1} more" if rows[1:] else "")


def _earlier(row: JournaledStep, seen: LastSeen) -> str:
    return "" if seen.is_of_now(row) else f" (in attempt {row.attempt}: run it again)"


def _faults(faults: Sequence[str], first: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """A record of a run with a fault on is no customer's: it comes off first."""
    if faults:
        yield {
            "what": "Take the fault off before the record",
            "verdict": "",
            "why": f"on: {', '.join(faults)}; sections run from now on show what it breaks",
            "href": f"{first['page']}#cell-id=inputs",
        }


def following(sections: Sections, attempt: AttemptRow | None) -> dict[str, Any]:
    """Where to go on once nothing is to do first, and what is needed there, in a sentence.

    What only waits for a call's proof does not keep anybody from that call. What an earlier
    attempt has seen need not be run again.
    """
    for section in sections:
        if section["left"]:
            href = f"{section['page']}#cell-id={cell_of(section['left'][0])}"
            return {"next": section | {"href": href}, "needed": "Run its cells from the top."}
    for section in sections:
        if section["open"]:
            return {"next": section, "needed": _sentence(section["open"][0])}
    last = sections[-1]
    if attempt and last["record"].get("words", "").startswith(f"{attempt.id:04}-"):
        return {"next": None, "needed": "Every step is done, and the record is made."}
    earlier = any(section["before"] for section in sections)
    lacks = " The record says which were not run in this attempt." if earlier else ""
    return {"next": last, "needed": f"Every step is done: make the record.{lacks}"}


def cell_of(step: str) -> str:
    """The id of a step's cell in its notebook."""
    return "step-" + re.sub(r"[._]", "-", step)


def _sentence(step: JournaledStep) -> str:
    """Why a step is open, and what to do."""
    open_ = [
        check
        for check in step.checks
        if check.verdict is step.verdict and check.weight is Weight.REQUIRED
    ]
    told = f"{open_[0].title}. {open_[0].reason}" if open_ else deciding(step)
    return told.strip()
