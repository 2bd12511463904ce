"""The journal as data: record.json and journal.json are made from it, never beside it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sfsip_nb.inputs.facts import changes
from sfsip_nb.runbook.difference import text
from sfsip_nb.runbook.journal import Change, Journal
from sfsip_nb.runbook.model import Guide
from sfsip_nb.runbook.verdicts import Verdict, worst


def record(journal: Journal, attempt: int, guide: Guide) -> dict[str, Any]:
    """record.json of one attempt (contract: only additions without a new schema number)."""
    row = journal.attempt(attempt)
    facts = row["facts"]
    done = journal.steps(attempt)
    steps = [_step(done[s.id], s.section, s.title) for s in guide.steps if s.id in done]
    return {
        "schema": 1,
        "guide": guide.name,
        "title": guide.title,
        "customer": facts["customer"],
        "run": facts["run"],
        "attempt": attempt,
        "target": facts["target"],
        "mode": row["mode"],
        "started": row["started"],
        "ended": row["ended"],
        "verdict": worst(Verdict(step["verdict"]) for step in steps).value,
        "versions": facts["versions"],
        "inputs": facts["inputs"],
        "sections": [{"id": s.notebook, "title": s.title} for s in guide.sections],
        "steps": steps,
        "changes": [_change(c) for c in journal.changes(attempt)],
        "people": [
            _person(step, data, journal.verdict(data["card"]["proved_by"]) or "not run")
            for step, data in journal.people().items()
        ],
        "waivers": facts["waivers"],
        "diagnosis": journal.get(f"diagnosis/{attempt}", []),
        "testbed": facts["testbed"],
        "notes": [asdict(note) for note in changes(guide.name)],
        "map": [asdict(line) for line in guide.lines()],
        "dialled": [
            {k: d[k] for k in ("step", "number", "mark", "at")} for d in journal.dialled(attempt)
        ],
    }


def everything(journal: Journal) -> dict[str, Any]:
    """journal.json: the whole journal as it stands."""
    return {
        "schema": 1,
        "attempts": [a | {"steps": journal.steps(a["id"])} for a in journal.attempts()],
        "changes": [asdict(change) for change in journal.changes()],
        "people": journal.people(),
        "evidence": journal.evidence(),
    }


def _step(row: dict[str, Any], section: str, title: str) -> dict[str, Any]:
    checks = [check | {"settle": check.pop("reason")} for check in row["checks"]]
    evidence = sorted({name for check in checks for name in check["evidence"]})
    return {
        "id": row["step"],
        "section": section,
        "title": title,
        "verdict": row["verdict"],
        "change": row["change"],
        "checks": checks,
        "evidence": evidence,
        "note": row["reason"],
        "started": row["started"],
        "ended": row["ended"],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "step": change.step,
        "system": change.kind.split(".")[0],
        "object": f"{change.kind}:{change.key}",
        "change": change.op,
        "fields": [
            {"field": name, "before": text(change.before.get(name)), "after": text(value)}
            for name, value in change.after.items()
        ],
        "cannot_restore": sorted(change.prints) if change.op == "update" else [],
        "outcome": change.outcome or "",
        "undone": change.undone or "",
    }


def _person(step: str, data: dict[str, Any], proof: str) -> dict[str, Any]:
    proved_by = data["card"]["proved_by"]
    return {
        "step": step,
        "title": data["card"]["title"],
        "done_by": data["done_by"],
        "done_at": data["done_at"],
        "note": data["note"],
        "values": data["given"],
        "card": data["card"],
        "entered": [f"{f['label']}: {f['value']}" for f in data["card"]["fields"]],
        "proof": f"{proved_by}: {proof}" if proved_by else "this person's word",
        "evidence": data["evidence"],
    }
