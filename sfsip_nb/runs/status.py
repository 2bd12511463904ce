"""Where a run stands: its sections with their verdicts, what is open, and what is needed next."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from sfsip_nb.engine import people
from sfsip_nb.engine.found import JOURNAL
from sfsip_nb.engine.journal import AttemptRow, Journal, JournaledStep
from sfsip_nb.engine.model import Guide, Section
from sfsip_nb.engine.verdicts import DONE, Weight, worst
from sfsip_nb.present.html import deciding
from sfsip_nb.present.outcome import PARTIAL
from sfsip_nb.present.text import utc
from sfsip_nb.runs import places
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.kept import attempts_of

RUNBOOK = "runbook"
"""The folder of a run that holds its own copies of the notebooks."""


def status_of(
    folder: Path, known: Mapping[str, Any], here: str = "", opened: Journal | None = None
) -> dict[str, Any] | None:
    """Where one run stands, as `tables.head` and `tables.runs` want it; None for no run's folder.

    `known` is what is known beside the journal, under the names guide, customer and target; the
    journal's own comes first. `here` names the notebook that a person is in. `opened` is
    the run's journal where it is open already.
    """
    facts, attempt, rows = _read(folder, opened)
    notebooks = sorted((folder / RUNBOOK).glob("*.ipynb"))
    name = facts.get("guide") or known.get("guide") or _guide_of(notebooks)
    if (guide := sessions.GUIDES.get(name)) is None:
        return None
    place = folder / RUNBOOK if notebooks else places.home() / "notebooks" / guide.name
    sections = [_section(guide, section, rows, attempt, place, here) for section in guide.sections]
    sections[-1]["record"] = _record(folder, attempt)
    following = _following(sections)
    begun = f"attempt {attempt.id}, begun {utc(attempt.started)}" if attempt else "not begun"
    return {
        "run": folder.name,
        "guide": guide.title,
        "customer": facts.get("customer") or known.get("customer", ""),
        "target": facts.get("target") or known.get("target", ""),
        "faults": facts.get("faults", []),
        "attempt": f"{attempt.mode}, {begun}" if attempt else begun,
        "sections": sections,
        "next": following,
        "needed": _needed(following, sections[-1]),
    }


def _following(sections: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Where to go on: what only waits for a call's proof does not keep anybody from that call."""
    for waits in ("pending", "open"):
        for section in sections:
            if section[waits] or (section["steps"] and section["verdict"] in ("", PARTIAL)):
                return section
    return None


def _record(folder: Path, attempt: AttemptRow | None) -> dict[str, str]:
    """The way to the newest record of a run, a replay's own included; empty where there is none."""
    if attempt and places.is_replay():
        return {"href": "../record.html", "words": f"{attempt.id:04}-{attempt.mode}"}
    made = [path for path in attempts_of(folder) if (path / "record.html").is_file()]
    if not made:
        return {}
    return {"href": os.path.relpath(made[-1] / "record.html", Path.cwd()), "words": made[-1].name}


def _read(
    folder: Path, opened: Journal | None
) -> tuple[dict[str, Any], AttemptRow | None, dict[str, JournaledStep]]:
    """What the run was last opened with, its last attempt, and each step's newest row.

    What was rolled back since is no longer so, whatever was seen before.
    """
    if not (folder / JOURNAL).exists():
        return {}, None, {}
    with nullcontext(opened) if opened else closing(Journal(folder / JOURNAL)) as journal:
        kept, attempts = journal.get("parameters", {}), journal.attempts()
        undone = max((a.id for a in attempts if a.kind == "rollback"), default=0)
        rows = {id_: row for id_, row in journal.steps().items() if row.attempt > undone}
    values = kept.get("values", {})
    facts = {name: values.get(name) for name in ("customer", "target")}
    facts["faults"] = values.get("testbed", {}).get("faults", [])
    return facts | {"guide": kept.get("guide")}, attempts[-1] if attempts else None, rows


def _section(
    guide: Guide,
    section: Section,
    rows: Mapping[str, JournaledStep],
    attempt: AttemptRow | None,
    place: Path,
    here: str,
) -> dict[str, Any]:
    steps = guide.of_section(section.notebook)
    own = [rows[step.id].titled(step.section, step.title) for step in steps if step.id in rows]
    newest = max((row.attempt for row in own), default=0)
    verdict: str = worst(row.verdict for row in own) if own else ""
    if 0 < len(own) < len(steps) and verdict in DONE:
        verdict = PARTIAL
    return {
        "title": f"{section.notebook[:2]} {section.title}",
        "href": _address(place, section.notebook),
        "here": section.notebook == here,
        "verdict": verdict,
        "of": f"attempt {newest}" if own and attempt and newest < attempt.id else "",
        "open": (still := [row for row in own if row.verdict not in DONE]),
        "pending": [row for row in still if not people.only_awaits_proof(row)],
        "steps": f"{len(own)} of {len(steps)}" if steps else "",
        "record": {},
    }


def _address(place: Path, notebook: str) -> str:
    """From a notebook to another one; from a replayed one to the page that stands beside it."""
    if places.is_replay():
        return f"{notebook}.html"
    return os.path.relpath(place / f"{notebook}.ipynb", Path.cwd())


def _needed(following: Mapping[str, Any] | None, last: Mapping[str, Any]) -> str:
    """In a sentence, what has to happen next, and who has to do it where that is a person."""
    if following is None:
        return f"Every step is done. Make the record: {last['title']}."
    if not following["open"]:
        return "Run its cells, from the top."
    step: JournaledStep = (following["pending"] or following["open"])[0]
    open_ = [
        check
        for check in step.checks
        if check.verdict is step.verdict and check.weight is Weight.REQUIRED
    ]
    what = f"{open_[0].title}. {open_[0].reason}" if open_ else deciding(step)
    return f"{step.title} ({step.verdict}): {what}".strip()


def _guide_of(notebooks: list[Path]) -> str:
    """The guide whose sections these notebooks are."""
    names = {path.stem for path in notebooks}
    return next(
        (g.name for g in sessions.GUIDES.values() if {s.notebook for s in g.sections} <= names), ""
    )
