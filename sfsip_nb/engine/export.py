"""The journal as data: record.json and journal.json are made from it, never beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from sfsip_nb.engine.difference import text
from sfsip_nb.engine.journal import Change, Journal
from sfsip_nb.engine.model import Flow, Guide, Hop
from sfsip_nb.engine.verdicts import STRANDED, Verdict, worst
from sfsip_nb.inputs.facts import changes

SCHEMA = files("sfsip_nb.engine") / "record.schema.json"
"""The JSON Schema of record.json."""


def record(journal: Journal, attempt: int, guide: Guide) -> dict[str, Any]:
    """record.json of one attempt (contract: only additions without a new schema number)."""
    row = journal.attempt(attempt)
    facts = row["facts"]
    done = journal.steps(attempt)
    steps = [_step(done[s.id], s.section, s.title) for s in guide.steps if s.id in done]
    people = [
        _person(step, data, journal.verdict(data["card"]["proved_by"]) or "not run")
        for step, data in journal.people().items()
    ]
    broke_off = journal.get(f"broke_off/{attempt}", "")
    undone = journal.get(f"rollback/{attempt}")
    verdicts = [Verdict(step["verdict"]) for step in steps]
    if broke_off:  # what did not run was not seen
        verdicts.append(Verdict.INCONCLUSIVE)
    if undone:
        verdicts.append(Verdict.PASS if undone["ok"] else Verdict.FAIL)
    made: dict[str, Any] = wellformed(
        {
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
            "verdict": worst(verdicts).value,
            "versions": facts["versions"],
            "inputs": facts["inputs"],
            "sections": [{"id": s.notebook, "title": s.title} for s in guide.sections],
            "steps": steps,
            "not_run": [
                {"id": s.id, "section": s.section, "title": s.title}
                for s in guide.steps
                if s.id not in done and not undone
            ],
            "broke_off": broke_off,
            "rollback": undone,
            "rolled_back": _rolled_back(journal, attempt),
            "alerts": _alerts(steps, undone),
            "plan": _plan(journal.get(f"plan/{attempt}")),
            "changes": [_change(c) for c in journal.changes(attempt)],
            "people": people,
            "waivers": facts["waivers"],
            "diagnosis": journal.get(f"diagnosis/{attempt}", []),
            "testbed": facts["testbed"],
            "notes": [asdict(note) for note in changes(guide.name)],
            "map": [asdict(line) for line in guide.lines() if not undone],
            "flows": [flow_of(flow, facts["inputs"], steps) for flow in guide.flows if not undone],
            "dialled": [
                {k: d[k] for k in ("step", "number", "mark", "at")}
                for d in journal.dialled(attempt)
            ],
            "evidence": _evidence(journal, steps, people),
        }
    )
    return made


def _rolled_back(journal: Journal, attempt: int) -> str:
    """When a later attempt rolled this run back; empty where none did."""
    later = (a["id"] for a in journal.attempts() if a["id"] > attempt)
    undone = [made["at"] for id_ in later if (made := journal.get(f"rollback/{id_}"))]
    return str(undone[-1]) if undone else ""


def _alerts(steps: list[dict[str, Any]], undone: Mapping[str, Any] | None) -> list[str]:
    """What somebody has to see to at once: it stands on the cover."""
    checks = (check for step in steps for check in step["checks"])
    found = [f"{c['seen']} {c['settle']}" for c in checks if c["id"].endswith(STRANDED)]
    if undone:
        found += [f"Not as before: {what}." for what in undone["differences"]]
        found += [f"{i['what']}: {i['result']}." for i in undone["undone"] if not i["ok"]]
    return found


def everything(journal: Journal) -> dict[str, Any]:
    """journal.json: the whole journal as it stands."""
    whole: dict[str, Any] = wellformed(
        {
            "schema": 1,
            "attempts": [a | {"steps": journal.steps(a["id"])} for a in journal.attempts()],
            "changes": [asdict(change) for change in journal.changes()],
            "people": journal.people(),
            "evidence": journal.evidence(),
        }
    )
    return whole


def flow_of(flow: Flow, inputs: Mapping[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """A call's way with this customer's names, and what the checks say of each hop."""
    found = {check["id"]: check for step in steps for check in step["checks"]}
    return {
        "step": flow.step,
        "title": flow.title,
        "hops": [
            {
                "system": hop.system,
                "what": hop.what.format_map(inputs),
                "name": hop.name.format_map(inputs),
                "verdict": _hop_verdict(hop, found),
                "checks": [identity for identity in hop.checks if identity in found],
            }
            for hop in flow.hops
        ],
    }


def wellformed(data: Any) -> Any:
    """The same data, halves of surrogate pairs replaced: some readers of JSON refuse them."""
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, Mapping):
        return {wellformed(key): wellformed(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [wellformed(item) for item in data]
    return data


def _hop_verdict(hop: Hop, found: Mapping[str, dict[str, Any]]) -> str:
    """The worst of the hop's required checks, else of its advisory ones; empty if none ran."""
    checks = [found[identity] for identity in hop.checks if identity in found]
    required = [check for check in checks if check["weight"] == "required"]
    judged = required or checks
    return worst(Verdict(check["verdict"]) for check in judged).value if judged else ""


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


def _plan(plan: dict[str, Any] | None) -> dict[str, Any] | None:
    """The plan that the attempt made or carried out: who approved it, and what it changes."""
    if plan is None:
        return None
    names = ("id", "made_at", "approved_by", "approved_at", "stopped")
    return {name: plan[name] for name in names} | {
        "changes": [planned(entry) for entry in plan["entries"] if entry["op"] != "none"]
    }


def planned(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's entry in the shape of a change."""
    address = f"{entry['kind']}:{entry['key']}"
    return {
        "step": entry["step"],
        "system": entry["kind"].partition(".")[0],
        "object": address,
        "change": entry["op"],
        "fields": [
            {
                "field": name,
                "before": text(entry["before"].get(name)),
                "after": text(entry["after"][name]),
            }
            for name in entry["changed"]
        ],
        "why": entry.get("why", ""),  # a plan of an earlier version has none
        "cannot_restore": [entry["cannot_restore"]] if entry["cannot_restore"] else [],
        "note": f"It belongs to {entry['owner'] or 'somebody else'}, so it stays as it is unless"
        f" adopt names it: {address}"
        if entry["needs_adoption"]
        else "",
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "step": change.step,
        "system": change.kind.partition(".")[0],
        "object": f"{change.kind}:{change.key}",
        "change": change.op,
        "fields": [
            {"field": name, "before": text(change.before.get(name)), "after": text(value)}
            for name, value in change.after.items()
        ],
        "cannot_restore": sorted(change.prints) if change.op == "update" else [],
        "at": change.ended or change.intent,
        "outcome": change.outcome or "",
        "undone": change.undone or "",
    }


def _person(step: str, data: dict[str, Any], proof: str) -> dict[str, Any]:
    proved_by = data["card"]["proved_by"]
    return {
        "step": step,
        "title": data["card"]["title"],
        "attempt": data["attempt"],
        "done_by": data["done_by"],
        "done_at": data["done_at"],
        "note": data["note"],
        "values": data["given"],
        "card": data["card"],
        "entered": [f"{f['label']}: {f['value']}" for f in data["card"]["fields"]],
        "proof": f"{proved_by}: {proof}" if proved_by else "this person's word",
        "proved_by": proved_by,
        "proof_verdict": proof if proved_by else "",
        "evidence": data["evidence"],
    }


def _evidence(
    journal: Journal, steps: list[dict[str, Any]], people: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The files of evidence that the record names, with their sums, in the order of naming."""
    named = dict.fromkeys(name for item in (*steps, *people) for name in item["evidence"])
    kept = journal.evidence()
    names = ("name", "step", "title", "sha256", "kept")
    return [{n: kept[name][n] for n in names} for name in named if name in kept]
