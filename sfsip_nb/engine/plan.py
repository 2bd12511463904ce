"""The plan: what would change, saved, approved, and carried out as approved or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from sfsip_nb.engine import baseline, difference, fitting, people
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, Desired, Fields, Seen, Step
from sfsip_nb.engine.rows import CardRow
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.schema import Parameters

NAME = "plan.json"
SCHEMA = 1


@dataclass(frozen=True)
class PlannedChange:
    """One wanted object of one step: what is, what will be, and a digest of what was observed."""

    step: str
    kind: str
    key: str
    op: str
    before: Fields
    after: Fields
    changed: list[str]
    observed: str
    owner: str = ""
    needs_adoption: bool = False
    cannot_restore: str = ""
    why: str = ""


@dataclass
class Plan:
    """A saved plan.

    ``inputs`` is a digest of the inputs that it was made for, ``decided`` what people had decided
    by then, ``cards`` what they are to do, as far as nobody has done it yet (``rows.CardRow``).
    """

    id: str
    run: str
    guide: str
    made_at: str
    attempt: int
    inputs: str
    entries: list[PlannedChange] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    approved_by: str = ""
    approved_at: str = ""
    stopped: str = ""
    decided: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """A plan from its data. Raises ``TypeError`` or ``KeyError`` where it is none."""
        return cls(**data | {"entries": [PlannedChange(**entry) for entry in data["entries"]]})

    def entry(self, step: str, want: Desired) -> PlannedChange | None:
        """The entry for one wanted object of one step."""
        return self._by_want.get((step, want.kind, want.key))

    @cached_property
    def _by_want(self) -> dict[tuple[str, str, str], PlannedChange]:
        return {(e.step, e.kind, e.key): e for e in self.entries}

    def fits(self, ctx: Context) -> bool:
        """Whether it was made for the inputs and the decisions as they are now."""
        return self.inputs == inputs_digest(ctx.typed) and self.decided == people.decided(ctx)

    @property
    def changes(self) -> list[PlannedChange]:
        """The entries that change something."""
        return [entry for entry in self.entries if entry.op != "none"]

    def digest(self, ctx: Context) -> str:
        """A digest of what it says, as far as a person approves it, whenever it was made."""
        said = [self.inputs, self.decided, self._data["entries"]]
        text = json.dumps(ctx.redactor.data(said), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def approve(self, by: str) -> None:
        """Note who approved the plan. Raises ``InputError`` without a name."""
        if not by.strip():
            raise InputError("plan", "A person approves a plan: give a name.")
        self.approved_by, self.approved_at = by.strip(), now()

    def save(self, ctx: Context) -> None:
        """Write plan.json, whole or not at all."""
        path = path_of(ctx)
        data = ctx.redactor.data({"schema": SCHEMA} | self._data)
        temporary = path.with_suffix(".tmp")
        private.write(temporary, json.dumps(data, indent=1, sort_keys=True, default=str) + "\n")
        os.replace(temporary, path)
        self.note(ctx)

    def note(self, ctx: Context) -> None:
        """Keep it in the journal as the plan of this attempt, which the record shows."""
        ctx.journal.put(f"plan/{ctx.attempt}", self._data)

    @property
    def _data(self) -> dict[str, Any]:
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        return data | {"entries": [vars(entry) for entry in self.entries]}


def path_of(ctx: Context) -> Path:
    """Where the run's last plan stands."""
    return ctx.run_dir / NAME


def read(path: Path) -> Plan | None:
    """The plan in a file, if there is one. Raises ``InputError`` for one that cannot be read."""
    try:
        data = json.loads(path.read_bytes())
        if data.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        return Plan.of(data)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            str(path),
            f"The plan {path} cannot be read ({type(error).__name__}): it is damaged, or of another"
            " version. Delete it and make a new plan (mode plan).",
        ) from None


def to_approve(path: Path, parameters: Parameters) -> Plan:
    """The saved plan that a person may approve.

    Raises ``InputError`` where none is saved for these inputs: nobody approves unread.
    """
    saved = read(path)
    if saved is None or saved.inputs != inputs_digest(parameters):
        raise unplanned()
    return saved


def unplanned() -> InputError:
    """That there is nothing which a person could have read and may approve."""
    return InputError(
        "plan",
        "There is no saved plan for these inputs to approve. Make one first (mode plan), "
        "read it, then approve it.",
    )


def changed_since() -> InputError:
    """That the saved plan says something else than the one which a person read."""
    return InputError(
        "plan",
        "The plan has changed since you read it: another notebook or command has made a new one, "
        "which says something else. Nothing was approved. Read the new one (run.plan() shows it), "
        "then approve it.",
    )


def inputs_digest(parameters: Parameters) -> str:
    """A digest of the inputs that decide what is wanted (not of the mode or the answers)."""
    beside: dict[str, Any] = dict.fromkeys(("mode", "people", "waive", "testbed"), True)
    data = parameters.model_dump(mode="json", exclude=beside | {"test_calls": {"approved": True}})
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def make(ctx: Context) -> Plan:
    """Hold every wanted object against what is there. Writes nothing on any platform.

    A later step may want more fields of an object that an earlier one makes: it is compared
    with how the earlier one will leave it. Raises ``Refused`` where an input names what has to be
    there before and is not.
    """
    fitting.settle(ctx)
    plan = Plan(
        id=os.urandom(6).hex(),
        run=ctx.run,
        guide=ctx.guide.name,
        made_at=now(),
        attempt=ctx.attempt,
        inputs=inputs_digest(ctx.typed),
        decided=people.decided(ctx),
    )
    observed: dict[str, Seen | None] = {}
    coming: dict[str, Seen] = {}
    written: dict[str, dict[str, str]] = {}
    for step in ctx.guide.steps:
        for want in wanted(ctx, step):
            if want.address not in observed:
                observed[want.address] = ctx.resource(want.kind).read(want.key)
            plan.entries.append(_entry(ctx, step, want, observed[want.address], coming, written))
        if card := _due(ctx, step):
            plan.cards.append(CardRow.of(card).model_dump())
    baseline.keep(ctx, observed)
    return plan


def _due(ctx: Context, step: Step) -> Card | None:
    """What a person is still to do for a step; test calls come after what a plan is of."""
    if step.card is None or step.dials or (step.skip_reason and step.skip_reason(ctx)):
        return None
    card = step.card(ctx)
    return card if card and people.current_answer(ctx, card) is None else None


def wanted(ctx: Context, step: Step) -> list[Desired]:
    """The objects that a step wants; none where the inputs make the step needless."""
    if step.desired is None or (step.skip_reason and step.skip_reason(ctx)):
        return []
    return step.desired(ctx)


def _entry(
    ctx: Context,
    step: Step,
    want: Desired,
    seen: Seen | None,
    coming: dict[str, Seen],
    written: dict[str, dict[str, str]],
) -> PlannedChange:
    address = want.address
    current = coming.get(address, seen)
    if born := current is None and want.comes_with in coming:
        current = Seen("", want.born)
    found = difference.compare(ctx, want, current, written.get(address, {}))
    fields = current.fields if current else {}
    returned = {n: v for n, v in want.fields.items() if n not in found.fingerprints}
    coming[address] = Seen("", fields | returned)
    written[address] = written.get(address, {}) | found.fingerprints
    before = {name: fields.get(name) for name in found.changed}
    return PlannedChange(
        step=step.id,
        kind=want.kind,
        key=want.key,
        op=found.op,
        before=difference.shown(before) if current else {},
        after=difference.shown(want.fields),
        changed=found.changed,
        observed=difference.COMING if born else difference.digest(seen),
        owner=seen.owner if seen else "",
        needs_adoption=difference.adoption_needed(ctx, want, seen, found.changed),
        cannot_restore=want.cannot_restore if found.op == "update" else "",
        why=want.why,
    )


def as_observed(entry: PlannedChange, seen: Seen | None) -> bool:
    """Whether an object is still as it was when the plan was made."""
    if entry.observed == difference.COMING:
        born = seen is not None and all(seen.fields.get(n) == v for n, v in entry.before.items())
        return born or seen is None
    return difference.digest(seen) == entry.observed


def moved(entry: PlannedChange, seen: Seen | None, written: bool) -> list[tuple[str, str, str]]:
    """What has moved since the plan: field, as the plan had it, as it is now.

    ``written`` says that this plan already wrote the object, which then should be as planned.
    """
    name = f"{entry.kind} “{entry.key}”"
    if seen is None:
        return [(name, "there", "not there")]
    if entry.observed == difference.ABSENT and not written:
        return [(name, "not there", "there")]
    expected = entry.after if written else entry.after | entry.before
    return [
        (field, difference.text(value), difference.text(seen.fields[field]))
        for field, value in expected.items()
        if field in seen.fields and not difference.planned_as(value, seen.fields[field])
    ]
