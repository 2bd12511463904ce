"""The record's first page: whose, what, who, when; what was shown, and what was not."""

from collections.abc import Iterator

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import PlanRow
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs.answered import each_of
from sfsip_nb.present.alike import named
from sfsip_nb.present.text import visible
from sfsip_nb.sip.shown import counted

_OUTSIDE = "Telephone network"
_DONE = {"create": "created", "update": "changed", "delete": "deleted"}
_ABOUT = {"plan": "Planned in", "apply": "Set up in", "verify": "Looked at in"}


def facts(data: Record) -> Iterator[tuple[str, str]]:
    """What the run is about, and who took part; the times stand in the template."""
    for system, parts in _parts(data).items():
        yield f"{_ABOUT.get(data.mode, 'In')} {system}", "; ".join(parts)
    yield "Numbers", _numbers(data)
    yield "Done", _done(data)
    yield "Run", f"{data.run}, attempt {data.attempt} ({data.mode}, {data.target})"
    if data.operator:
        yield "Run by", " on ".join(filter(None, (data.operator.user, data.operator.host)))
    yield "Manual steps by", ", ".join(dict.fromkeys(person.done_by for person in data.people))


def _parts(data: Record) -> dict[str, list[str]]:
    """What calls go through on each platform, under the customer's own names."""
    found: dict[str, list[str]] = {}
    for flow in data.flows:
        for hop in flow.hops:
            part = f"{hop.what} “{hop.name}”"
            if hop.name and hop.system != _OUTSIDE and part not in found.get(hop.system, ()):
                found.setdefault(hop.system, []).append(part)
    return found


def _numbers(data: Record) -> str:
    answered = [number for number, _, _ in each_of(data.inputs.get("numbers", ()))]
    transfer = data.inputs.get("synthflow", {}).get("transfer", {}).get("number")
    told = [f"{named(answered)} (the AI agent answers)"] if answered else []
    return ", ".join([*told, f"{transfer} (live agents)"] if transfer else told)


def _done(data: Record) -> str:
    counts = {
        f"{word} by API": sum(change.change == op for change in data.changes)
        for op, word in _DONE.items()
    }
    told = [f"{counted(count, 'object')} {what}" for what, count in counts.items() if count]
    if by_hand := [person for person in data.people if not person.card.each_attempt]:
        told.append(f"{counted(len(by_hand), 'step')} by people")
    if data.dialled:
        told.append(f"{counted(len(data.dialled), 'test call')} placed")
    return ", ".join(told) or "nothing was changed, and no call was placed"


def approval(plan: PlanRow | None) -> tuple[str, str]:
    """Who approved the plan, in words, and when."""
    if plan is None:
        return "", ""
    return plan.approved_by or "nobody yet", plan.approved_at if plan.approved_by else ""


def tested(data: Record) -> Iterator[str]:
    """What the attempt looked at, section by section, and by how many calls."""
    titles = {section.id: section.title for section in data.sections}
    looked = [step for step in data.steps if step.verdict is not Verdict.SKIPPED]
    sections: dict[str, int] = {}
    for step in looked:
        title = titles.get(step.section, step.section)
        sections[title] = sections.get(title, 0) + 1
    if sections:
        told = ", ".join(f"{title} ({count})" for title, count in sections.items())
        yield f"Steps of the guide: {told}."
    checks = [check for step in looked for check in step.checks]
    if checks:
        yield f"{counted(len(checks), 'check')}, each with what should be and what was seen."
    if data.dialled:
        numbers = dict.fromkeys(call.number for call in data.dialled)
        yield f"{counted(len(data.dialled), 'test call')} to {named(numbers)}."
    else:
        yield "No test call was placed by this attempt."


def not_shown(data: Record) -> Iterator[str]:
    """What the record does not prove, of this attempt and of any."""
    if data.target == "testbed":
        yield "Anything about the customer's systems: stand-ins on one machine answered."
    if data.mode == "plan":
        yield "That the planned set-up works: nothing was written and nothing was dialed."
    if data.not_run:
        yield f"{counted(len(data.not_run), 'step')} that did not run."
    for step in data.steps:
        if step.verdict is Verdict.SKIPPED:
            yield f"{step.title}: skipped. {step.reason}".strip()
    for waiver in data.waivers:
        yield f"{waiver.check}: waived by {waiver.by} until {waiver.until}. {waiver.reason}"
    yield from _always(data)


def _always(data: Record) -> Iterator[str]:
    ended = "after it ended" if data.ended else "afterward"
    yield f"What was changed {ended}, and numbers and paths that no check names."
    yield "How the systems behave under load, and how good the AI agent's answers are."
    yield (
        "Emergency calls: none is ever dialed, and an AI leg carries no caller location, so they"
        " must not go over this trunk."
    )


_LONGEST = 70
"""Characters of a customer's name that fit into a page's foot."""


def page_foot(data: Record, word: str) -> str:
    """The rule by which each printed page names customer, attempt and verdict in its foot."""
    customer = f"{data.customer[:_LONGEST]}…" if len(data.customer) > _LONGEST else data.customer
    told = f"{customer} · attempt {data.attempt:04}-{data.mode} · {word}"
    return f"@page{{@bottom-left{{content:{_css_string(visible(told))}}}}}"


def _css_string(text: str) -> str:
    """A text as a string of a style sheet: what is no letter, digit or space is escaped."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'
