"""What happens in a replay, and the two ways to tell it: lines for people, JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfsip_nb.api.reach import Reached
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.model import Section
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import PlanRow, StepRow
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.present import style
from sfsip_nb.present.hosts import table
from sfsip_nb.present.html import deciding
from sfsip_nb.present.outcome import PLANNED, planned, planned_rows, sentences, word
from sfsip_nb.present.text import clock, columns, one_line, utc
from sfsip_nb.runs.kept import outcome
from sfsip_nb.runs.waiting import Wait


@dataclass(frozen=True)
class Approved:
    """The command approved the saved plan, which is carried out now."""

    plan: PlanRow


@dataclass(frozen=True)
class Started:
    """A section's notebook begins."""

    section: Section


@dataclass(frozen=True)
class Ended:
    """A section's notebook ran to its end. `verdict` is empty for a section without steps."""

    section: Section
    seconds: float
    verdict: str
    open: tuple[StepRow, ...]


@dataclass(frozen=True)
class Hosts:
    """Some hosts that the run needs cannot be reached; all that were tried."""

    hosts: tuple[Reached, ...]


@dataclass(frozen=True)
class Waiting:
    """Something takes long. `section` is None before the first one begins."""

    wait: Wait
    section: Section | None = None


@dataclass(frozen=True)
class BrokeOff:
    """The series stopped early."""

    why: str


@dataclass(frozen=True)
class Finished:
    """The attempt's folder is written."""

    record: Record
    page: Path
    exit_code: int


Event = Approved | Hosts | Waiting | Started | Ended | BrokeOff | Finished
Tell = Callable[[Event], None]
Say = Callable[[str], None]


def in_lines(say: Say) -> Tell:
    """A line as each section starts and ends, and for each step that it leaves open.

    What is blocked follows from those and is left out. The plan that the command approved, if it
    did, comes first; the outcome, and where the record is, last.
    """

    def tell(event: Event) -> None:
        match event:
            case Approved(plan):
                of = f"Approved by {plan.approved_by}: the plan of {utc(plan.made_at)}"
                rows = [list(row.values()) for row in planned_rows(plan)]
                say(columns(f"{of}. {planned(plan)}", list(PLANNED.values()), rows))
            case Hosts(hosts):
                say(table(hosts).text)
            case Waiting(wait):
                say(f"   … {one_line(wait)}")
            case Started(section):
                say(f"{_name(section)}: begins at {clock(now())} UTC")
            case Ended(section, seconds, verdict, open_):
                judged = f"{style.verdict(verdict)}, " if verdict else ""
                say(f"{_name(section)}: {judged}{seconds:.1f} s")
                for step in (row for row in open_ if row.verdict is not Verdict.BLOCKED):
                    why = one_line(deciding(step))
                    say(f"   {style.verdict(step.verdict)} {step.id}: {why}")
            case BrokeOff(why):
                say(f"Stopped early in {why.rstrip('.')}. Run the same command to continue.")
            case Finished(record, page, _):
                say(outcome(record))
                say(f"record: {page}")

    return tell


def if_not_passed(say: Say) -> Tell:
    """Nothing where all passed; else why the series broke off, the outcome and the record."""
    told = in_lines(say)

    def tell(event: Event) -> None:
        match event:
            case BrokeOff() | Hosts():
                told(event)
            case Finished(exit_code=code) if code:
                told(event)

    return tell


def in_json(say: Say) -> Tell:
    """One line of JSON for each event."""

    def tell(event: Event) -> None:
        say(json.dumps({"at": now()} | _data(event)))

    return tell


def _data(event: Event) -> dict[str, Any]:
    match event:
        case Approved(plan):
            about = {"by": plan.approved_by, "made_at": plan.made_at, "told": planned(plan)}
            return {"event": "approved", **about, "planned": planned_rows(plan)}
        case Hosts(hosts):
            return {"event": "hosts", "hosts": [vars(host) for host in hosts]}
        case Waiting(wait, section):
            where = _section(section) if section else {}
            return {"event": "waiting", **where, **wait.as_json()}
        case Started(section):
            return {"event": "section_started", **_section(section)}
        case Ended(section, seconds, verdict, open_):
            left = [
                {"step": s.id, "title": s.title, "verdict": s.verdict, "why": deciding(s)}
                for s in open_
            ]
            took = {"seconds": round(seconds, 1), "verdict": verdict, "open": left}
            return {"event": "section_ended", **_section(section), **took}
        case BrokeOff(why):
            return {"event": "broke_off", "why": why}
        case Finished(record, page, code):
            return {
                "event": "ended",
                "verdict": record.verdict,
                "exit_code": code,
                "steps": Counter(step.verdict for step in record.steps),
                "not_run": len(record.not_run),
                "partial": record.partial,
                "outcome": word(record),
                "told": list(sentences(record)),
                "record": str(page),
            }


def _section(section: Section) -> dict[str, str]:
    return {"section": section.notebook, "title": section.title}


def _name(section: Section) -> str:
    return f"{section.notebook[:2]} {section.title}"
