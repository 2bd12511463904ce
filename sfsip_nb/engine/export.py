"""The journal as data: record.json and journal.json are made from it, never beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from sfsip_nb.engine import comparison, leftover, spelling
from sfsip_nb.engine.changes import Change
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.journal import AnswerRow, Journal
from sfsip_nb.engine.model import CallFlow, Guide
from sfsip_nb.engine.plan import Plan, PlannedChange
from sfsip_nb.engine.record import NotRunRow, Record, SectionRow
from sfsip_nb.engine.rows import (
    ChangeRow,
    CheckRow,
    EvidenceRow,
    FieldRow,
    FlowRow,
    HopRow,
    PersonRow,
    PlanRow,
    RollbackRow,
    StepRow,
)
from sfsip_nb.engine.shape import wellformed
from sfsip_nb.engine.verdicts import STRANDED, Verdict, Weight, worst
from sfsip_nb.inputs.facts import changes


def record(journal: Journal, attempt: int, guide: Guide) -> Record:
    """The record of one attempt (within schema 1, keys are only added)."""
    made = _alone(journal, attempt, guide)
    before = journal.last_judged(before=attempt)
    if before is None or made.rollback:
        return made.model_copy(update={"compared": None})
    compared = comparison.compared(made, _alone(journal, before, guide))
    return made.model_copy(update={"compared": compared})


def _alone(journal: Journal, attempt: int, guide: Guide) -> Record:
    """The record without a look at the attempt before."""
    row = journal.attempt(attempt)
    facts = row.facts
    inputs = spelling.corrected(facts.inputs, journal)
    done = journal.steps(attempt)
    steps = [done[s.id].titled(s.section, s.title) for s in guide.steps if s.id in done]
    people = [
        _person(answer, journal.verdict(answer.card.proved_by) or "not run")
        for answer in journal.people().values()
    ]
    broke_off = journal.get(f"broke_off/{attempt}", "")
    told = journal.get(f"rollback/{attempt}")
    undone = RollbackRow.model_validate(told) if told else None
    verdicts = [step.verdict for step in steps]
    not_run = [s for s in guide.steps if s.id not in done and not undone]
    if broke_off or not_run:  # what did not run was not seen
        verdicts.append(Verdict.INCONCLUSIVE)
    if undone:
        verdicts.append(Verdict.PASS if undone.ok else Verdict.FAIL)
    return Record.model_validate(
        {
            "version": 1,
            "guide": guide.name,
            "title": guide.title,
            "customer": facts.customer,
            "run": facts.run,
            "attempt": attempt,
            "target": facts.target,
            "mode": row.mode,
            "started": row.started,
            "ended": row.ended,
            "verdict": worst(verdicts),
            "versions": facts.versions,
            "inputs": inputs,
            "sections": [SectionRow(id=s.notebook, title=s.title) for s in guide.sections],
            "steps": steps,
            "not_run": [NotRunRow(id=s.id, section=s.section, title=s.title) for s in not_run],
            "partial": bool(not_run),
            "broke_off": broke_off,
            "rollback": undone,
            "rolled_back": _rolled_back(journal, attempt),
            "alerts": _alerts(journal, attempt, steps, undone),
            "plan": plan_of(journal, attempt),
            "changes": [_change(c) for c in journal.changes.of_attempt(attempt)],
            "people": people,
            "waivers": facts.waivers,
            "diagnosis": journal.get(f"diagnosis/{attempt}", []),
            "causes": journal.get(f"causes/{attempt}", {}),
            "testbed": facts.testbed,
            "notes": [asdict(note) for note in changes(guide.name)],
            "map": [] if undone else guide.lines(),
            "flows": [flow_of(flow, inputs, steps) for flow in guide.flows if not undone],
            "dialled": journal.dialled(attempt),
            "evidence": _evidence(journal, steps, people),
            "operator": facts.operator,
            "requests": journal.requests(attempt),
        }
    )


def _rolled_back(journal: Journal, attempt: int) -> str:
    """When a later attempt rolled this run back; empty where none did."""
    later = (a.id for a in journal.attempts() if a.id > attempt)
    undone = [made["at"] for id_ in later if (made := journal.get(f"rollback/{id_}"))]
    return str(undone[-1]) if undone else ""


def _alerts(
    journal: Journal, attempt: int, steps: Sequence[StepRow], undone: RollbackRow | None
) -> list[str]:
    """What somebody has to see to at once: it stands on the cover."""
    checks = (check for step in steps for check in step.checks)
    found = [f"{c.seen} {c.reason}" for c in checks if c.id.endswith(STRANDED)]
    if undone:
        found += [f"Not as before: {what}." for what in undone.differences]
        found += [f"{i.what}: {i.result}." for i in undone.undone if not i.ok]
    return found + [
        each.told for each in leftover.left(journal, attempt) if not each.is_told_in(found)
    ]


def everything(journal: Journal) -> dict[str, Any]:
    """journal.json: the whole journal as it stands."""
    rows = journal.database.rows
    steps = rows(f"SELECT * FROM steps WHERE {journal.over} ORDER BY id")
    whole: dict[str, Any] = wellformed(
        {
            "schema": 1,
            "attempts": [
                row | {"steps": {s["step"]: s for s in steps if s["attempt"] == row["id"]}}
                for row in rows("SELECT * FROM attempts ORDER BY id")
            ],
            "changes": rows("SELECT * FROM changes ORDER BY id"),
            "people": {row["step"]: row for row in rows("SELECT * FROM people ORDER BY done_at")},
            "evidence": {row["name"]: row for row in rows("SELECT * FROM evidence ORDER BY kept")},
        }
    )
    return whole


def flow_of(flow: CallFlow, inputs: Mapping[str, Any], steps: Iterable[StepRow]) -> FlowRow:
    """A call's way with this customer's names, and what the checks say of each hop."""
    names, found = names_of(inputs), [check for step in steps for check in step.checks]
    hops = []
    for hop in flow.hops:
        checks = [c for identity in hop.checks for c in found if _is(c.id, identity)]
        hops.append(
            HopRow(
                system=hop.system,
                what=hop.what.format_map(names),
                name=hop.name.format_map(names),
                verdict=_hop_verdict(checks),
                checks=[check.id for check in checks],
            )
        )
    return FlowRow(step=flow.step, title=flow.title, hops=hops)


def names_of(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The inputs, with the numbers, and the assistants that answer them, in words."""
    entries = [e if isinstance(e, dict) else {"number": e} for e in inputs.get("numbers", ())]
    usual = inputs.get("synthflow", {}).get("assistant")
    assistants = dict.fromkeys(str(e.get("assistant") or usual) for e in entries)
    numbers = ", ".join(str(e["number"]) for e in entries)
    return {**inputs, "numbers": numbers, "assistants": ", ".join(assistants)}


def _is(check: str, identity: str) -> bool:
    """Whether a check is the one of that id, or the same of one of several numbers."""
    return check == identity or check.startswith(f"{identity}/")


def _hop_verdict(checks: Sequence[CheckRow]) -> Verdict | Literal[""]:
    """The worst of the hop's required checks, else of its advisory ones; empty if none ran."""
    required = [check for check in checks if check.weight is Weight.REQUIRED]
    judged = required or checks
    return worst(check.verdict for check in judged) if judged else ""


def plan_of(journal: Journal, attempt: int) -> PlanRow | None:
    """The plan that the attempt made or carried out: who approved it, and what it changes.

    What an earlier attempt has carried out of it is marked as done.
    """
    if (kept := journal.get(f"plan/{attempt}")) is None:
        return None
    plan, own = Plan.of(kept), {change.id for change in journal.changes.of_attempt(attempt)}
    done = {
        (change.step, change.kind, change.key)
        for change in journal.changes.all()
        if change.plan == plan.id and change.done and change.id not in own
    }
    rows = [
        planned(entry).model_copy(update={"outcome": "done"})
        if (entry.step, entry.kind, entry.key) in done
        else planned(entry)
        for entry in plan.changes
    ]
    return PlanRow.model_validate(kept | {"changes": rows})


def planned(entry: PlannedChange) -> ChangeRow:
    """A plan's entry in the shape of a change."""
    note = (
        f"It belongs to {entry.owner or 'somebody else'}, so it stays as it is unless"
        f" adopt names it: {entry.kind}:{entry.key}"
    )
    return _row(
        entry,
        entry.changed,
        why=entry.why,
        cannot_restore=[entry.cannot_restore] if entry.cannot_restore else [],
        note=note if entry.needs_adoption else "",
    )


def _change(change: Change) -> ChangeRow:
    return _row(
        change,
        change.after,
        cannot_restore=sorted(change.fingerprints) if change.op == "update" else [],
        at=change.ended or change.intent,
        outcome=change.outcome or "",
        undone=change.undone or "",
    )


def _row(change: PlannedChange | Change, names: Iterable[str], **more: Any) -> ChangeRow:
    about = {
        "step": change.step,
        "system": change.kind.partition(".")[0],
        "object": f"{change.kind}:{change.key}",
        "change": change.op,
        "fields": [
            FieldRow(
                field=name, before=text(change.before.get(name)), after=text(change.after[name])
            )
            for name in names
        ],
    }
    return ChangeRow.model_validate(about | more)


def _person(answer: AnswerRow, proof: str) -> PersonRow:
    card = answer.card
    return PersonRow(
        step=answer.step,
        title=card.title,
        attempt=answer.attempt,
        done_by=answer.done_by,
        done_at=answer.done_at,
        note=answer.note,
        values=answer.given,
        card=card,
        entered=[f"{field.label}: {field.value}" for field in card.fields],
        proof=f"{card.proved_by}: {proof}" if card.proved_by else "this person's word",
        proved_by=card.proved_by,
        proof_verdict=proof if card.proved_by else "",
        evidence=answer.evidence,
    )


def _evidence(
    journal: Journal, steps: Sequence[StepRow], people: list[PersonRow]
) -> list[EvidenceRow]:
    """The files of evidence that the record names, with their sums, in the order of naming."""
    lists = [*(step.evidence for step in steps), *(person.evidence for person in people)]
    named = dict.fromkeys(name for names in lists for name in names)
    kept = journal.evidence()
    return [kept[name] for name in named if name in kept]
