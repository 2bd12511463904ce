"""What the record says, chapter by chapter: counted, sorted and numbered, before it is drawn."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfsip_nb.engine import people
from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import ChangeRow, CheckRow, StepRow
from sfsip_nb.engine.verdicts import Verdict, Weight, worst
from sfsip_nb.inputs.answered import each_of
from sfsip_nb.present import outcome
from sfsip_nb.present.alike import alike, named
from sfsip_nb.present.html import Row, seen_files
from sfsip_nb.present.style import VERDICTS
from sfsip_nb.present.text import links, utc
from sfsip_nb.sip.shown import counted

_OPEN = ("fail", "blocked", "waiting", "inconclusive")

_MEANING = {
    "pass": "Every required check passed.",
    "fail": "Something required failed. See “What is open” for what it is and what to do.",
    "blocked": "Something could not be tried because a step that it needs did not pass.",
    "waiting": "Nothing failed; something is waiting for a person.",
    "inconclusive": "Nothing failed, but something required is not proven.",
    "skipped": "There was nothing to judge.",
}


def tally(steps: list[StepRow]) -> str:
    """`12 steps: 10 pass, 1 fail, 1 waiting`."""
    return _counted([step.verdict for step in steps], "step") if steps else "no step ran"


def _counted(verdicts: Iterable[Any], noun: str) -> str:
    counts = Counter(map(str, verdicts))
    words = ", ".join(f"{counts[word]} {word}" for word in sorted(counts, key=list(VERDICTS).index))
    return f"{counted(counts.total(), noun)}: {words}"


def summary(data: Record) -> list[str]:
    """The verdict's meaning and the counts behind it, as sentences."""
    steps = data.steps
    checks = [check for step in steps for check in step.checks]
    required = [check.verdict for check in checks if check.weight is Weight.REQUIRED]
    advised = [check for check in checks if check.weight is Weight.ADVISORY]
    advisory = [check.verdict for check in advised]
    meaning = _MEANING.get(data.verdict, "")
    if data.verdict == "pass" and "waived" in required:
        meaning = "Every required check passed, or somebody waived it."
    if undone := data.rollback:
        by = f", approved by {undone.by}" if undone.by else ""
        meaning = "What the run had created or changed was undone" + by + "."
        left = "Everything is as before." if undone.ok else "Not everything is as before: below."
        return [meaning, left]
    led = outcome.word(data)
    said = [*outcome.sentences(data), meaning if led == data.verdict else "", f"{tally(steps)}."]
    if led == outcome.PLAN:
        return [sentence for sentence in said if sentence]
    if required:
        said.append(f"{_counted(required, 'required check')}.")
    if advisory:
        which = "It does" if len(advisory) == 1 else "They do"
        proved = sum(check.verdict == "pass" and bool(check.proved_by) for check in advised)
        by = f"; {proved} proved by a later step" if proved else ""
        said.append(f"{_counted(advisory, 'advisory check')}{by}. {which} not affect the result.")
    return [sentence for sentence in said if sentence]


def given(inputs: Row) -> tuple[list[dict[str, Any]], list[str]]:
    """The inputs that were given, as rows, and the names of those left empty.

    What people answered and who waived what have chapters of their own.
    """
    rows = list(_flat({k: v for k, v in inputs.items() if k not in ("people", "waive")}))
    empty = [row["key"] for row in rows if row["value"] in (None, "", [], {})]
    return [row for row in rows if row["key"] not in empty], empty


def _flat(inputs: Row, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Nested inputs as rows with dotted keys, in the given order."""
    for key, value in inputs.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield {"key": f"{prefix}{key}", "value": value, "help": "", "problem": ""}


def sections(data: Record) -> Iterator[dict[str, Any]]:
    """The guide's sections in which a step ran, with their steps and call flows."""
    titles = {item.id: item.title for item in data.sections}
    for step in data.steps:
        titles.setdefault(step.section, step.section)
    for identity, title in titles.items():
        own = [step for step in data.steps if step.section == identity]
        if own:
            drawn = {step.id for step in own}
            yield {
                "anchor": f"s-{identity}",
                "title": title,
                "steps": own,
                "flows": [flow for flow in data.flows if flow.step in drawn],
                "evidence": any(
                    seen_files(check.evidence) for step in own for check in step.checks
                ),
                "tally": tally(own),
                "verdict": worst(step.verdict for step in own).value,
            }


def overview(data: Record) -> list[dict[str, Any]]:
    """Every section with all of its steps, also those that did not run, for the picture."""
    titles = {item.id: item.title for item in data.sections}
    cells: dict[str, list[dict[str, str]]] = {name: [] for name in titles}
    whole = [(step.section, step.id, step.title, str(step.verdict)) for step in data.steps]
    whole += [(step.section, step.id, step.title, "") for step in data.not_run]
    for section, identity, title, verdict in whole:
        cell = {"id": identity, "title": title, "verdict": verdict}
        cells.setdefault(section, []).append(cell)
    return [{"title": titles.get(name, name), "steps": own} for name, own in cells.items() if own]


def open_points(data: Record) -> list[dict[str, Any]]:
    """What is required and did not pass, the worst first, with what to do next.

    Of a plan only what has to be fixed before it: not what waits for being carried out.
    """
    return sorted(_open_points(data), key=lambda point: _OPEN.index(point["verdict"]))


def _open_points(data: Record) -> Iterator[dict[str, Any]]:
    planning = data.plan if data.mode == "plan" else None
    kinds = {change.object.partition(":")[0] for change in planning.changes} if planning else set()
    for step in data.steps:
        checks = [
            check
            for check in alike(step.checks)
            if check.verdict in _OPEN and check.weight is Weight.REQUIRED
        ]
        if planning:
            checks = [check for check in checks if not _planned(check, kinds)]
        yield from (_point(step, check) for check in checks)
        if not checks and step.verdict in _OPEN and not planning:
            yield {
                "step": step.id,
                "what": step.title,
                "verdict": step.verdict,
                "seen": None,
                "reason": step.reason,
            }


def _planned(check: CheckRow, kinds: set[str]) -> bool:
    """Whether a check waits for the plan's own changes, or for a person who has a card for it."""
    waits = check.verdict is Verdict.WAITING
    _, kind, *_ = *check.id.split("/"), ""
    return waits and (people.is_word(check.id) or kind in kinds)


def doubts(steps: list[StepRow]) -> Iterator[dict[str, Any]]:
    """Advisory checks that did not pass: they decide nothing, and a reader should know them.

    The causes stand by themselves, above.
    """
    for step in steps:
        if step.id == "diagnose":
            continue
        for check in alike(step.checks):
            if check.weight is Weight.ADVISORY and check.verdict in _OPEN:
                yield _point(step, check)


def _point(step: StepRow, check: CheckRow) -> dict[str, Any]:
    return {
        "step": step.id,
        "what": f"{step.title}: {check.title}",
        "verdict": check.verdict,
        "seen": check.seen,
        "reason": check.reason,
    }


def causes(data: Record) -> list[dict[str, Any]]:
    """The troubleshooting rows that something in this run speaks for; of a plan there are none."""
    if data.mode == "plan":
        return []
    return [
        {"cause": row.cause, "because": "\n".join(row.because), "remedy": row.remedy}
        for row in data.diagnosis
        if row.because
    ]


def warnings(data: Record) -> Iterator[str]:
    """What a reader must not overlook."""
    if data.target == "testbed":
        detail = ""
        if testbed := data.testbed:
            faults = ", ".join(testbed.faults)
            detail = f" Waits ran {testbed.time_scale or 1:g}× faster."
            detail += f" Faults on: {faults}." if faults else ""
        yield (
            "This attempt ran against the testbed on this machine, not against a customer's"
            f" systems.{detail}"
        )
    if data.mode == "plan":
        yield "This attempt only planned: nothing was written and nothing was dialed."
    if data.rolled_back:
        yield f"The run was rolled back at {utc(data.rolled_back)}: see that attempt's record."
    if data.broke_off:
        yield f"This attempt stopped early in {data.broke_off}"
    if not data.ended:
        yield "This attempt was never closed: it was killed, or is still running."


def numbers(data: Record) -> list[dict[str, str]]:
    """The numbers that the AI agent answers, those alike in one row: who, for what, how judged."""
    usual = str(data.inputs.get("synthflow", {}).get("assistant", ""))
    entries = list(each_of(data.inputs.get("numbers", ())))
    if len(entries) < 2:
        return []
    checks: dict[str, list[tuple[str, CheckRow]]] = {}
    for step in data.steps:
        for check in step.checks:
            checks.setdefault(check.number, []).append((step.id, check))
    groups: dict[tuple[str, ...], list[str]] = {}
    for number, assistant, label in entries:
        own = checks.get(number, [])
        verdict = worst(c.verdict for _, c in own if c.weight is Weight.REQUIRED)
        called = any(step.startswith("verify.") for step, _ in own)
        key = (label, assistant or usual, verdict, str(called))
        groups.setdefault(key, []).append(number)
    return [
        {
            "count": str(len(group)),
            "numbers": named(group),
            "label": label,
            "assistant": assistant,
            "verdict": verdict,
            "called": "called" if called == "True" else "not called: no call proves it",
        }
        for (label, assistant, verdict, called), group in groups.items()
    ]


def turned(data: Record) -> dict[str, Any]:
    """What differs from the attempt before: steps by how they turned, and checks worth a look.

    What only waited for this attempt, as all of a plan does, is told by its steps.
    """
    made = data.compared
    if made is None:
        return {}
    steps: dict[tuple[str, str], list[str]] = {}
    for step in made.steps:
        steps.setdefault((step.before, step.after), []).append(step.id)
    return {
        "before": made,
        "steps": [
            {"before": before, "after": after, "steps": ids}
            for (before, after), ids in steps.items()
        ],
        "checks": [
            check for check in made.checks if check.wanted or "fail" in (check.before, check.after)
        ],
    }


def left_over(data: Record) -> list[ChangeRow]:
    """Planned changes that neither this attempt nor an earlier one has carried out."""
    if data.mode != "apply" or not data.plan:
        return []
    done = {(change.step, change.object) for change in data.changes}
    left = (c for c in data.plan.changes if c.outcome != "done")
    return [c for c in left if (c.step, c.object) not in done]


def references(data: Record) -> list[dict[str, str]]:
    """What the guide refers to, and the dated sources of what changed since."""
    found = []
    for line in data.map:
        if line.kind == "reference":
            title, _, where = line.text.replace("\\", "").rpartition(": ")
            found.append({"what": title or where, "where": where, "from": "the guide"})
    for note in data.notes:
        if any(address for _, address in links(note.source)):
            found.append({"what": f"On: {note.heading}", "where": note.source, "from": note.date})
    return list({row["where"]: row for row in reversed(found)}.values())[::-1]
