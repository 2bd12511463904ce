"""Where a run stands: the one account of it that the bar, the list of runs and a verdict go by.

Verdicts are those of the run's last attempt; what only an earlier one has seen is told as that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sfsip_nb.engine import people
from sfsip_nb.engine.cause_rows import CauseRow, CausesRow
from sfsip_nb.engine.export import planned
from sfsip_nb.engine.found import JOURNAL
from sfsip_nb.engine.journal import AttemptRow, Journal, JournaledStep
from sfsip_nb.engine.model import Guide, Section
from sfsip_nb.engine.plan import Plan
from sfsip_nb.engine.verdicts import DONE, Verdict, Weight, worst
from sfsip_nb.present.html import deciding
from sfsip_nb.present.outcome import PARTIAL, counted
from sfsip_nb.present.text import utc
from sfsip_nb.runs import places
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.kept import attempts_of

RUNBOOK = "runbook"
"""The folder of a run that holds its own copies of the notebooks."""

_DIAGNOSE = "diagnose"
"""The step that names causes; its section shows them."""


@dataclass(frozen=True)
class _Seen:
    """What the journal says: what the run was last opened with, and each step's newest row."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    attempt: AttemptRow | None = None
    rows: Mapping[str, JournaledStep] = field(default_factory=dict)
    causes: CausesRow = field(default_factory=CausesRow)
    plan: Plan | None = None

    def is_of_now(self, row: JournaledStep) -> bool:
        """Whether a row is of the last attempt."""
        return self.attempt is not None and row.attempt == self.attempt.id

    @property
    def kinds(self) -> set[str]:
        """The kinds of objects that a plan changes which no person has approved yet."""
        planning = self.attempt is not None and self.attempt.mode == "plan"
        if self.plan is None or self.plan.stopped or not planning:
            return set()
        return {entry.kind for entry in self.plan.changes}

    def awaits_plan(self, row: JournaledStep) -> bool:
        """Whether a step waits for the plan to be approved, whatever else it waits for."""
        waits = [c.id.split("/") for c in row.checks if c.verdict is Verdict.WAITING]
        return self.is_of_now(row) and any(self.kinds & {*parts[1:2]} for parts in waits)

    @property
    def named(self) -> list[CauseRow]:
        """The causes that the attempt has named, as far as what they explain is still so."""
        open_ = {id_ for id_, row in self.rows.items() if row.verdict not in DONE}
        return [cause for cause in self.causes.named if _explained(cause) & (open_ | {_DIAGNOSE})]


def _explained(cause: CauseRow) -> set[str]:
    """The steps whose checks failed because of a cause."""
    return {check.partition("/")[0] for check in cause.explains}


def cell_of(step: str) -> str:
    """The id of a step's cell in its notebook."""
    return "step-" + re.sub(r"[._]", "-", step)


def status_of(
    folder: Path, known: Mapping[str, Any], here: str = "", opened: Journal | None = None
) -> dict[str, Any] | None:
    """Where one run stands, as `present.standing` wants it; None for no run's folder.

    `known` is what is known beside the journal, under the names guide, customer and target; the
    journal's own comes first, but for the `faults`, which are chosen before they are on. `here`
    names the notebook that a person is in. `opened` is the run's journal where it is open already.
    """
    seen = _read(folder, opened)
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
        "number": attempt.id if attempt else 0,
        "attempt": f"{attempt.mode}, attempt {attempt.id}" if attempt else "not begun",
        "begun": f"begun {utc(attempt.started)}" if attempt else "",
        "sections": sections,
        "todo": [
            *_plan(seen, sections),
            *_causes(seen, sections),
            *_steps(seen, sections),
            *_faults(faults, sections[0]),
        ],
        **_next(sections, attempt),
    }


def _plan(seen: _Seen, sections: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """The second section is the platform's own, and begins with the plan."""
    if seen.plan is not None and seen.kinds:
        changes = [planned(entry) for entry in seen.plan.changes]
        yield {
            "what": "Read the plan, and approve it by name",
            "verdict": Verdict.WAITING,
            "why": counted(changes, len(seen.plan.cards)),
            "href": f"{sections[1]['page']}#cell-id=plan",
        }


def _causes(seen: _Seen, sections: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    where = next((section["page"] for section in sections if section["causes"]), "")
    for cause in seen.named:
        again = ", ".join(sorted(_explained(cause) - {_DIAGNOSE}))
        yield {
            "what": cause.sentence.rstrip("."),
            "verdict": Verdict.FAIL,
            "why": "the cause and its fix" + (f"; then run again: {again}" if again else ""),
            "href": f"{where}#cell-id=diagnosis",
        }


def _steps(seen: _Seen, sections: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What is open without a named cause, for each reason once.

    What only could not be tried because of the others comes after them; where those have not been
    run yet, they are next, and this is nothing to do.
    """
    explained = {step for cause in seen.named for step in _explained(cause)}
    due = [
        (section["page"], row)
        for section in sections
        for row in section["pending"]
        if row.id not in explained and not seen.awaits_plan(row)
    ]
    first = [item for item in due if item[1].verdict is not Verdict.BLOCKED]
    groups: dict[tuple[str, str], list[tuple[str, JournaledStep]]] = {}
    left = explained or any(section["left"] for section in sections)
    for page, row in first or ([] if left else due):
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


def _earlier(row: JournaledStep, seen: _Seen) -> str:
    return "" if seen.is_of_now(row) else f" (in attempt {row.attempt}: run it again)"


def _faults(faults: list[str], first: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """A record of a run with a fault on is no customer's: it comes off first."""
    if faults:
        yield {
            "what": "Take the fault off before the record",
            "verdict": "",
            "why": f"on: {', '.join(faults)}; sections run from now on show what it breaks",
            "href": f"{first['page']}#cell-id=inputs",
        }


def _next(sections: list[dict[str, Any]], attempt: AttemptRow | None) -> dict[str, Any]:
    """Where to go on once nothing is to do first, and what is needed there, in a sentence.

    What only waits for a call's proof does not keep anybody from that call. What an earlier
    attempt has seen need not be run again.
    """
    for section in sections:
        if section["left"]:
            href = f"{section['page']}#cell-id={cell_of(section['left'][0])}"
            return {"next": section | {"href": href}, "needed": "Run its cells, from the top."}
    for section in sections:
        if section["open"]:
            return {"next": section, "needed": _sentence(section["open"][0])}
    last = sections[-1]
    if attempt and last["record"].get("words", "").startswith(f"{attempt.id:04}-"):
        return {"next": None, "needed": "Every step is done, and the record is made."}
    earlier = any(section["before"] for section in sections)
    lacks = " It says which were not run in this attempt." if earlier else ""
    return {"next": last, "needed": f"Every step is done: make the record.{lacks}"}


def _record(folder: Path, attempt: AttemptRow | None) -> dict[str, str]:
    """The way to the newest record of a run, a replay's own included; empty where there is none."""
    if attempt and places.is_replay():
        return {"href": "../record.html", "words": f"{attempt.id:04}-{attempt.mode}"}
    made = [path for path in attempts_of(folder) if (path / "record.html").is_file()]
    if not made:
        return {}
    return {"href": os.path.relpath(made[-1] / "record.html", Path.cwd()), "words": made[-1].name}


def _read(folder: Path, opened: Journal | None) -> _Seen:
    """What was rolled back since is no longer so, whatever was seen before."""
    if not (folder / JOURNAL).exists():
        return _Seen()
    with nullcontext(opened) if opened else closing(Journal(folder / JOURNAL)) as journal:
        kept, attempts = journal.get("parameters", {}), journal.attempts()
        undone = max((a.id for a in attempts if a.kind == "rollback"), default=0)
        rows = {id_: row for id_, row in journal.steps().items() if row.attempt > undone}
        last = _current(attempts, journal.last_judged())
        causes = journal.get(f"causes/{last.id}", {}) if last else {}
        plan = journal.get(f"plan/{last.id}") if last else None
    values = kept.get("values", {})
    facts = {name: values.get(name) for name in ("customer", "target")}
    facts["faults"] = values.get("testbed", {}).get("faults", [])
    facts["guide"] = kept.get("guide")
    return _Seen(
        facts, last, rows, CausesRow.model_validate(causes), Plan.of(plan) if plan else None
    )


def _current(attempts: list[AttemptRow], judged: int | None) -> AttemptRow | None:
    """The last attempt; the one before where none of its steps has run and it is of the same kind.

    Looking into a notebook after the record begins another one.
    """
    if not attempts:
        return None
    kinds = {a.id: (a.mode, a.facts.testbed and a.facts.testbed.faults) for a in attempts}
    last = attempts[-1]
    same = judged is not None and kinds[judged] == kinds[last.id]
    return next(a for a in attempts if a.id == judged) if same else last


def _section(guide: Guide, section: Section, seen: _Seen, place: Path, here: str) -> dict[str, Any]:
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
        "causes": len(seen.named) if any(step.id == _DIAGNOSE for step in steps) else 0,
        "own": own,
        "open": open_,
        "pending": [row for row in open_ if not people.only_awaits_proof(row)],
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


def _sentence(step: JournaledStep) -> str:
    """Why a step is open, and what to do."""
    open_ = [
        check
        for check in step.checks
        if check.verdict is step.verdict and check.weight is Weight.REQUIRED
    ]
    told = f"{open_[0].title}. {open_[0].reason}" if open_ else deciding(step)
    return told.strip()


def _guide_of(notebooks: list[Path]) -> str:
    """The guide whose sections these notebooks are."""
    names = {path.stem for path in notebooks}
    return next(
        (g.name for g in sessions.GUIDES.values() if {s.notebook for s in g.sections} <= names), ""
    )
