"""What is the same of many numbers is told once, and what differs is told of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sfsip_nb.engine.rows import ChangeRow, CheckRow
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs import ranges

_MOST = 3
"""How many different things are told of like checks, and how many ranges of numbers are named."""


def alike(checks: Iterable[CheckRow]) -> list[CheckRow]:
    """The checks of a table, where those that differ in their number alone become one.

    Checks that passed become one even where each saw something else, such as its own call.
    """
    groups: dict[tuple[str, ...], dict[str, list[CheckRow]]] = {}
    for check in checks:
        by_seen = groups.setdefault(_key(check), {})
        by_seen.setdefault(check.seen.replace(check.number or "\0", "…"), []).append(check)
    found: list[CheckRow] = []
    for by_seen in groups.values():
        kinds = list(by_seen.values())
        if len(kinds) > _MOST and kinds[0][0].verdict is Verdict.PASS:
            kinds = [[check for kind in kinds for check in kind]]
        found += [kind[0] if len(kind) == 1 else _one(kind) for kind in kinds]
    return found


def _key(check: CheckRow) -> tuple[str, ...]:
    if not check.number:
        return (check.id,)
    told = (check.id, check.title, check.expected, check.reason)
    parts = (text.replace(check.number, "…") for text in told)
    return (check.verdict, check.weight, check.vantage, *parts)


def _one(group: Sequence[CheckRow]) -> CheckRow:
    first, each = group[0], f"each of {len(group)} numbers"
    same = len({check.seen.replace(check.number, "…") for check in group}) == 1
    seen = first.seen.replace(first.number, "the number itself") if same else f"e.g. {first.seen}"
    title = first.title.replace(first.number, each)
    return first.model_copy(
        update={
            "title": title[:1].upper() + title[1:],
            "expected": first.expected.replace(first.number, "the number itself"),
            "seen": f"{seen} ({named(check.number for check in group)})",
            "reason": first.reason.replace(first.number, each),
        }
    )


def named(numbers: Iterable[str]) -> str:
    """Numbers as ranges, the first few of them."""
    spans = ranges.compact(numbers)
    more = f" and {len(spans) - _MOST} more" if len(spans) > _MOST else ""
    return ", ".join(spans[:_MOST]) + more


def alike_changes(changes: Iterable[ChangeRow]) -> list[ChangeRow]:
    """Changes, where those that differ in their object's number alone become one."""
    groups: dict[tuple[str, ...], list[ChangeRow]] = {}
    for change in changes:
        groups.setdefault(_change_key(change), []).append(change)
    return [group[0] if len(group) == 1 else _one_change(group) for group in groups.values()]


def _change_key(change: ChangeRow) -> tuple[str, ...]:
    kind, _, number = change.object.partition(":")
    if not number.startswith("+"):
        return (change.object, change.step, change.at)
    fields = [text for f in change.fields for text in (f.field, str(f.before), str(f.after))]
    told = [*fields, change.why, *change.cannot_restore, change.note, change.outcome]
    parts = (text.replace(number, "…") for text in told)
    return (kind, change.step, change.change, str(bool(change.undone)), *parts)


def _one_change(group: Sequence[ChangeRow]) -> ChangeRow:
    first = group[0]
    kind, _, number = first.object.partition(":")
    which = named(change.object.partition(":")[2] for change in group)
    same = "the number itself"
    fields = [
        field.model_copy(
            update={
                name: value.replace(number, same)
                for name in ("before", "after")
                if isinstance(value := getattr(field, name), str)
            }
        )
        for field in first.fields
    ]
    note = first.note.replace(number, same)
    return first.model_copy(
        update={"object": f"{kind}:{which}", "fields": fields, "note": note, "at": group[-1].at}
    )
