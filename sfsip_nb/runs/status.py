"""Where a run stands: the one account of it that the bar, the list of runs and a verdict go by.

Verdicts are those of the run's last attempt; what only an earlier one has seen is told as that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sfsip_nb.engine import people
from sfsip_nb.engine.cause_rows import CausesRow
from sfsip_nb.engine.journal import AttemptRow, Journal, JournaledStep
from sfsip_nb.engine.model import Guide, Section
from sfsip_nb.engine.verdicts import DONE, worst
from sfsip_nb.present.outcome import PARTIAL
from sfsip_nb.present.text import utc
from sfsip_nb.runs import places, todo
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.kept import attempts_of
from sfsip_nb.runs.seen import DIAGNOSE, LastSeen, read

RUNBOOK = "runbook"
"""The folder of a run that holds its own copies of the notebooks."""


def status_of(
    folder: Path, known: Mapping[str, Any], here: str = "", opened: Journal | None = None
) -> dict[str, Any] | None:
    """Where one run stands, as `present.status` wants it; None for no run's folder.

    `known` is what is known beside the journal, under the names guide, customer and target; the
    journal's own comes first, but for the `faults`, which are chosen before they are on. While a
    `surprise` is on that nobody has named, no cause is told. `here`
    names the notebook that a person is in. `opened` is the run's journal where it is open already.
    """
    seen = read(folder, opened)
    if surprise := known.get("surprise", False):
        seen = replace(seen, causes=CausesRow())
    notebooks = sorted((folder / RUNBOOK).glob("*.ipynb"))
    name = seen.facts.get("guide") or known.get("guide") or _guide_of(notebooks)
    if (guide := sessions.GUIDES.get(name)) is None:
        return None
    place = folder / RUNBOOK if notebooks else places.home() / "notebooks" / guide.name
    sections = [_section(guide, section, seen, place, here) for section in guide.sections]
    sections[-1]["record"] = _record(folder, seen.attempt)
    attempt = seen.attempt
    faults = known.get("faults", seen.facts.get("faults", []))
    return {
        "run": folder.name,
        "guide": guide.title,
        "customer": seen.facts.get("customer") or known.get("customer", ""),
        "target": seen.facts.get("target") or known.get("target", ""),
        "faults": faults,
        "surprise": surprise,
        "number": attempt.id if attempt else 0,
        "attempt": f"{attempt.mode}, attempt {attempt.id}" if attempt else "not begun",
        "begun": f"begun {utc(attempt.started)}" if attempt else "",
        "sections": sections,
        "todo": [*todo.asked(sections, surprise), *todo.first(seen, sections, faults)],
        **todo.following(sections, attempt),
    }


def _record(folder: Path, attempt: AttemptRow | None) -> dict[str, str]:
    """The way to the newest record of a run, a replay's own included; empty where there is none."""
    if attempt and places.is_replay():
        return {"href": "../record.html", "words": f"{attempt.id:04}-{attempt.mode}"}
    made = [path for path in attempts_of(folder) if (path / "record.html").is_file()]
    if not made:
        return {}
    return {"href": os.path.relpath(made[-1] / "record.html", Path.cwd()), "words": made[-1].name}


def _section(
    guide: Guide, section: Section, seen: LastSeen, place: Path, here: str
) -> dict[str, Any]:
    steps = guide.of_section(section.notebook)
    rows = [seen.rows[s.id].titled(s.section, s.title) for s in steps if s.id in seen.rows]
    own = [row for row in rows if seen.is_of_now(row)]
    earlier = [row for row in rows if not seen.is_of_now(row)]
    verdict: str = worst(row.verdict for row in own) if own else ""
    if 0 < len(own) < len(steps) and verdict in DONE:
        verdict = PARTIAL
    open_ = [row for row in rows if row.verdict not in DONE]
    ran = {row.id for row in rows}
    page = _address(place, section.notebook)
    return {
        "title": f"{section.notebook[:2]} {section.title}",
        "href": page,
        "page": page,
        "here": section.notebook == here,
        "verdict": verdict,
        "before": _before(earlier) if earlier and not own else "",
        "causes": len(seen.named) if any(step.id == DIAGNOSE for step in steps) else 0,
        "own": own,
        "open": open_,
        "pending": [row for row in open_ if not people.only_awaits_proof(row)],
        "ids": [step.id for step in steps],
        "left": [step.id for step in steps if step.id not in ran],
        "steps": f"{len(own)} of {len(steps)}" if steps else "",
        "record": {},
    }


def _before(rows: list[JournaledStep]) -> str:
    """What earlier attempts came to: `pass in attempt 1`."""
    return f"{worst(row.verdict for row in rows)} in attempt {max(row.attempt for row in rows)}"


def _address(place: Path, notebook: str) -> str:
    """From a notebook to another one; from a replayed one to the page that stands beside it."""
    if places.is_replay():
        return f"{notebook}.html"
    return os.path.relpath(place / f"{notebook}.ipynb", Path.cwd())


def _guide_of(notebooks: list[Path]) -> str:
    """The guide whose sections these notebooks are."""
    names = {path.stem for path in notebooks}
    return next(
        (g.name for g in sessions.GUIDES.values() if {s.notebook for s in g.sections} <= names), ""
    )
