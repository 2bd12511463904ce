"""Rollback: undo what a run made, newest first, and only that; say what is not as before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import baseline, difference, effects, plan
from sfsip_nb.engine.apply import stranded, update
from sfsip_nb.engine.changes import Change, Meant
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.effects import Unsettled
from sfsip_nb.engine.journal import AnswerRow
from sfsip_nb.engine.model import Fields, Refused, Resource, Seen

_BY_HAND = "by_hand"
_TROUBLE = (ApiError, Refused, Unsettled)


@dataclass(frozen=True)
class Undone:
    """One change and what became of undoing it. ``ok`` is false where a person must look."""

    what: str
    result: str
    ok: bool


@dataclass(frozen=True)
class Rolledback:
    """What a rollback did, and what is not as the run's first plan found it (empty: all is)."""

    undone: list[Undone]
    differences: list[str]

    @property
    def ok(self) -> bool:
        """Whether everything is as before."""
        return not self.differences and all(item.ok for item in self.undone)


def outlook(ctx: Context) -> list[str]:
    """What a rollback would do, in its order. Nothing is written or read."""
    people = [
        f"{step}: {said.card.title}" + ("" if said.before else " (undo by hand)")
        for step, said in reversed(list(ctx.journal.people().items()))
        if said.before or _by_hand_only(ctx, said)
    ]
    return people + [_intention(ctx, change) for change in _standing(ctx)]


def rollback(ctx: Context, by: str = "") -> Rolledback:
    """Take back every standing change of the run, newest first; a second call goes on.

    An object that this run made is deleted; one that it changed gets its former values back,
    except where somebody has changed it since: that is reported, not overwritten. What a person
    did is undone by a person (on the testbed, by the simulated administrator). At the end, what
    the first plan observed is held against what is there now. ``by`` names who approved it.
    """
    plan.path_of(ctx).unlink(missing_ok=True)  # nobody is to carry it out any more
    results = [*_people(ctx), *_settled(ctx), *_changes(ctx)]
    ended = Rolledback(results, baseline.differences(ctx))
    if ended.ok:
        baseline.forget(ctx)
    told = {"at": now(), "by": by, "ok": ended.ok} | asdict(ended)
    ctx.journal.put(f"rollback/{ctx.attempt}", told)
    return ended


def _standing(ctx: Context) -> list[Change]:
    return [change for change in reversed(ctx.journal.changes.all()) if change.stands]


def _name(change: Change) -> str:
    return f"{change.op} of {change.kind} “{change.key}”"


def _intention(ctx: Context, change: Change) -> str:
    if change.op == "create":
        return f"delete {change.kind} “{change.key}”"
    write_only = ctx.resource(change.kind).write_only
    fields = "; ".join(
        f"{name} (cannot be restored)" if name in write_only else f"{name}: {text(value)}"
        for name, value in change.before.items()
    )
    return f"set {change.kind} “{change.key}” back to {fields}"


# -- people -------------------------------------------------------------------------------


def _by_hand_only(ctx: Context, said: AnswerRow) -> bool:
    """Whether a person entered something that no simulated administrator can take back."""
    entered = bool(said.card.fields) and not said.card.each_attempt
    return ctx.surroundings.administer is None and entered


def _people(ctx: Context) -> Iterator[Undone]:
    """What people did; what was once to be undone by hand is told again, for nothing shows it."""
    by_hand: dict[str, str] = ctx.journal.get(_BY_HAND, {})
    for step, said in reversed(list(ctx.journal.people().items())):
        what = f"{step}: {said.card.title}"
        if said.before and ctx.surroundings.administer is not None:
            ctx.surroundings.administer(said.card.system, step, said.before)
            yield Undone(what, "undone by the simulated administrator", True)
        elif _by_hand_only(ctx, said):
            by_hand[step] = what
            ctx.journal.put(_BY_HAND, by_hand)
        else:
            yield Undone(what, "nothing to undo on a platform", True)
        ctx.journal.forget_answer(step)
    for what in by_hand.values():
        yield Undone(what, "done by a person; undo it by hand along the same card", False)


# -- changes ------------------------------------------------------------------------------


def _settled(ctx: Context) -> Iterator[Undone]:
    """Settle what is open; where that fails, the others are undone all the same."""
    for change in ctx.journal.changes.all():
        try:
            effects.resume(ctx, [change])
        except _TROUBLE as error:
            yield Undone(_name(change), f"whether it was carried out is unknown: {error}", False)


def _changes(ctx: Context) -> list[Undone]:
    """Undo all changes; what puts a number at risk keeps all that it may still need."""
    results: list[Undone] = []
    left: list[tuple[int, Change]] = []
    halted: Change | None = None
    previous: Change | None = None
    for change in _standing(ctx):
        what = _name(change)
        if halted is not None:
            why = f"left as it is: {halted.kind} “{halted.key}” may still need it"
            results.append(Undone(what, why, False))
            continue
        try:
            results.append(_undo(ctx, change))
            previous = change
        except _TROUBLE as error:
            told: Refused | ApiError | Unsettled = error
            if change.op == "update" and ctx.resource(change.kind).at_risk:
                halted = change
                told = _take_back(ctx, change, previous, error)
            else:
                left.append((len(results), change))
            results.append(Undone(what, str(told), False))
    for place, change in left:
        # Undoing an older change may have taken a newer one along (a number and its attachment).
        if _as_before(ctx, change):
            ctx.journal.changes.undone(change.id)
            results[place] = Undone(_name(change), "deleted with what it belonged to", True)
    return results


def _undo(ctx: Context, change: Change) -> Undone:
    """Undo one change. Raises what kept it from being undone."""
    resource = ctx.resource(change.kind)
    seen = resource.read(change.key)
    undo = _delete if change.op == "create" else _set_back
    result, ok = undo(ctx, change, resource, seen)
    return Undone(_name(change), result, ok)


def _delete(
    ctx: Context, change: Change, resource: Resource, seen: Seen | None
) -> tuple[str, bool]:
    if seen is None:
        ctx.journal.changes.undone(change.id)
        return "already gone", True
    if not _made_by(ctx, change, resource, seen):
        return "not as this run left it, or another of its name; left alone", False
    there = seen

    def request() -> None:
        resource.delete(change.key, there)

    write = effects.send(ctx, _undoing(change, "delete"), request)
    effects.read_until(resource, change.key, lambda now: now is None, effects.PATIENCE)
    ctx.journal.changes.left(write, there.id, difference.ABSENT)
    return "deleted", True


def _set_back(
    ctx: Context, change: Change, resource: Resource, seen: Seen | None
) -> tuple[str, bool]:
    restorable = {n: v for n, v in change.before.items() if n not in resource.write_only}
    lost = ", ".join(sorted(set(change.before) & resource.write_only))
    if seen is None:
        ctx.journal.changes.undone(change.id)
        return "gone; nothing to restore", not baseline.was_there(ctx, change.kind, change.key)
    moved = [n for n, value in _left(ctx, change).items() if seen.fields.get(n, value) != value]
    if effects.holds(restorable, seen):
        ctx.journal.changes.undone(change.id)
        return "as before" + (f"; not {lost}" if lost else ""), not lost
    if moved:
        return f"changed since by somebody else: {', '.join(moved)}", False
    update(ctx, resource, _undoing(change, "update", restorable), seen)
    return "former values restored" + (f"; not {lost}" if lost else ""), not lost


def _undoing(change: Change, op: str, after: Fields | None = None) -> Meant:
    before = {name: change.after.get(name) for name in after or {}}
    return Meant(change.step, change.kind, change.key, op, before, after or {}, undoes=(change.id,))


def _left(ctx: Context, change: Change) -> Fields:
    """The fields of a change as this run's writes left them, a rollback's own included."""
    values = dict(change.after)
    for write in ctx.journal.changes.of(change.kind, change.key):
        if write.id > change.id and write.done:
            values |= {n: v for n, v in write.after.items() if n in values}
    return values


def _take_back(
    ctx: Context, first: Change, second: Change | None, trouble: ApiError | Refused | Unsettled
) -> ApiError | Refused | Unsettled:
    """Redo the second half of a change whose first half could not be undone; what to say of it."""
    halves = second is not None and (second.kind, second.key) == (first.kind, first.key)
    if second is None or not halves or second.before != first.after:
        return trouble
    resource = ctx.resource(first.kind)
    again = Meant(
        second.step, second.kind, second.key, "update", second.before, second.after, {}, second.plan
    )
    try:
        seen = resource.read(first.key)
        if seen is not None and effects.holds(again.before, seen):
            update(ctx, resource, again, seen)
        return trouble
    except _TROUBLE as error:
        back = Meant(first.step, first.kind, first.key, "update", after=first.before)
        return stranded(resource, back, trouble, error)


def _made_by(ctx: Context, change: Change, resource: Resource, seen: Seen) -> bool:
    """Whether the object is the one that this change made: by its id, else by its marker.

    One that carries no marker must also be as this run left it.
    """
    if not resource.marked and not effects.holds(_left(ctx, change), seen):
        return False  # an id may follow from the key, as a number's does: made anew, it is the same
    if change.object:
        return seen.id == change.object
    return resource.marked and ctx.marker in seen.marker


def _as_before(ctx: Context, change: Change) -> bool:
    try:
        seen = ctx.resource(change.kind).read(change.key)
    except _TROUBLE:
        return False
    if change.op == "create":
        return seen is None
    return seen is not None and effects.holds(change.before, seen)
