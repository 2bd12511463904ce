"""Rollback: undo what a run made, newest first, and only that; say what is not as before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import baseline, difference, effects, plan
from sfsip_nb.engine.apply import Trouble, half_of, put_right
from sfsip_nb.engine.changes import Change, Meant
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.journal import AnswerRow
from sfsip_nb.engine.model import Fields, Refused, Seen
from sfsip_nb.engine.rows import RollbackRow, UndoneRow

_BY_HAND = "by_hand"


def outlook(ctx: Context) -> list[str]:
    """What a rollback would do, in its order. Nothing is written or read."""
    people = [
        f"{step}: {said.card.title}" + ("" if said.before else " (undo by hand)")
        for step, said in reversed(list(ctx.journal.people().items()))
        if said.before or _by_hand_only(ctx, said)
    ]
    return people + [_intention(change) for change in _standing(ctx)]


def rollback(ctx: Context, by: str = "") -> RollbackRow:
    """Take back every standing change of the run, newest first; a second call goes on.

    An object that this run made is deleted; one that it changed gets its former values back,
    except where somebody has changed it since: that is reported, not overwritten. What a person
    did is undone by a person (on the testbed, by the simulated administrator). At the end, what
    the first plan observed is held against what is there now. ``by`` names who approved it.
    Where a person interrupts, nothing is left half changed (`put_right`).
    """
    plan.path_of(ctx).unlink(missing_ok=True)  # nobody is to carry it out any more
    with ctx.journal.rolling_back(ctx.attempt):
        try:
            undone = [*_people(ctx), *_settled(ctx), *_changes(ctx)]
        except KeyboardInterrupt as interrupt:
            stop = interrupt
        else:
            return _ended(ctx, by, undone)
        raise _interrupted(ctx, stop)


def _ended(ctx: Context, by: str, undone: list[UndoneRow]) -> RollbackRow:
    differences = baseline.differences(ctx)
    ok = not differences and all(item.ok for item in undone)
    if ok:
        baseline.forget(ctx)
    ended = RollbackRow(at=now(), by=by, differences=differences, ok=ok, undone=undone)
    ctx.journal.put(f"rollback/{ctx.attempt}", ended.as_json())
    return ended


def _standing(ctx: Context) -> list[Change]:
    return [change for change in reversed(ctx.journal.changes.all()) if change.stands]


def _intention(change: Change) -> str:
    if change.op == "create":
        return f"delete {change.kind} “{change.key}”"
    fields = "; ".join(
        f"{name}: {text(value)}"
        if name not in change.fingerprints
        else f"{name} (cannot be restored)"
        for name, value in change.before.items()
    )
    return f"set {change.kind} “{change.key}” back to {fields}"


# -- people -------------------------------------------------------------------------------


def _by_hand_only(ctx: Context, said: AnswerRow) -> bool:
    """Whether a person entered something that no simulated administrator can take back."""
    entered = bool(said.card.fields) and not said.card.each_attempt
    return ctx.surroundings.administer is None and entered


def _people(ctx: Context) -> Iterator[UndoneRow]:
    """What people did; what was once to be undone by hand is told again, for nothing shows it."""
    by_hand: dict[str, str] = ctx.journal.get(_BY_HAND, {})
    for step, said in reversed(list(ctx.journal.people().items())):
        what = f"{step}: {said.card.title}"
        if said.before and ctx.surroundings.administer is not None:
            ctx.surroundings.administer(said.card.system, step, said.before)
            yield UndoneRow(what=what, result="undone by the simulated administrator", ok=True)
        elif _by_hand_only(ctx, said):
            by_hand[step] = what
            ctx.journal.put(_BY_HAND, by_hand)
        else:
            yield UndoneRow(what=what, result="nothing to undo on a platform", ok=True)
        ctx.journal.forget_answer(step)
    for what in by_hand.values():
        yield UndoneRow(
            what=what, result="done by a person; undo it by hand along the same card", ok=False
        )


# -- changes ------------------------------------------------------------------------------


def _settled(ctx: Context) -> Iterator[UndoneRow]:
    """Settle what is open; where that fails, the others are undone all the same."""
    for change in ctx.journal.changes.all():
        try:
            effects.resume(ctx, [change])
        except (ApiError, Refused) as error:
            yield UndoneRow(
                what=str(change), result=f"whether it was carried out is unknown: {error}", ok=False
            )


def _changes(ctx: Context) -> list[UndoneRow]:
    """Undo all changes; what puts a number at risk keeps all that it may still need.

    Where one change of an object could not be set back, nor can those before it: the object is
    not as they left it, and not because somebody else changed it.
    """
    results: list[UndoneRow] = []
    left: list[tuple[int, Change]] = []
    stuck: dict[tuple[str, str], str] = {}
    halted: Change | None = None
    for change in _standing(ctx):
        what = str(change)
        if halted is not None:
            why = f"left as it is: {halted.kind} “{halted.key}” may still need it"
            results.append(UndoneRow(what=what, result=why, ok=False))
            continue
        if change.op == "update" and (stays := stuck.get((change.kind, change.key))):
            left.append((len(results), change))
            results.append(UndoneRow(what=what, result=stays, ok=False))
            continue
        try:
            results.append(_undo(ctx, change))
        except (ApiError, Refused) as error:
            told: Trouble = error
            if change.op == "update" and ctx.resource(change.kind).at_risk:
                halted = change
                told = put_right(ctx, change, error)
                if isinstance(told, KeyboardInterrupt):
                    raise told from told.__cause__
            else:
                left.append((len(results), change))
                stuck[change.kind, change.key] = str(error)
            results.append(UndoneRow(what=what, result=str(told), ok=False))
    for place, change in left:
        # Undoing an older change may have taken a newer one along (a number and its attachment).
        if baseline.restored(ctx, change.kind, change.key):
            ctx.journal.changes.undone(change.id)
            results[place] = UndoneRow(
                what=str(change), result="deleted with what it belonged to", ok=True
            )
    return results


def _undo(ctx: Context, change: Change) -> UndoneRow:
    """Undo one change. Raises what kept it from being undone."""
    undo = _delete if change.op == "create" else _set_back
    result, ok = undo(ctx, change, ctx.resource(change.kind).read(change.key))
    return UndoneRow(what=str(change), result=result, ok=ok)


def _delete(ctx: Context, change: Change, seen: Seen | None) -> tuple[str, bool]:
    if seen is None:
        ctx.journal.changes.undone(change.id)
        return "already gone", True
    if not _made_by(ctx, change, seen):
        why = "not as this run left it, or a different object with the same name; left alone"
        return why, False
    write = effects.send(ctx, _undoing(change, "delete"), seen)
    effects.read_until(ctx, change, lambda now: now is None)
    ctx.journal.changes.left(write, seen.id, difference.ABSENT)
    return "deleted", True


def _set_back(ctx: Context, change: Change, seen: Seen | None) -> tuple[str, bool]:
    restorable = {n: v for n, v in change.before.items() if n not in change.fingerprints}
    lost = ", ".join(sorted(change.before.keys() & change.fingerprints.keys()))
    if seen is None:
        ctx.journal.changes.undone(change.id)
        return "gone; nothing to restore", not baseline.was_there(ctx, change.kind, change.key)
    moved = [n for n, value in _left(ctx, change).items() if seen.fields.get(n, value) != value]
    if effects.holds(restorable, seen):
        ctx.journal.changes.undone(change.id)
        effects.note_whole(ctx, change, seen)
        return "as before" + (f"; not {lost}" if lost else ""), not lost
    if moved:
        return f"changed since by somebody else: {', '.join(moved)}", False
    undoing = replace(_undoing(change, "update", restorable), half=_half(ctx, change))
    effects.send(ctx, undoing, seen)
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


def _half(ctx: Context, change: Change) -> str:
    """What is so once this change is undone, and the one that it completed is not yet."""
    resource = ctx.resource(change.kind)
    earlier = [c for c in ctx.journal.changes.standing(change.kind, change.key) if c.id < change.id]
    completes = bool(earlier) and earlier[-1].after == change.before
    return half_of(resource, change) if resource.at_risk and completes else ""


def _interrupted(ctx: Context, stop: KeyboardInterrupt) -> KeyboardInterrupt:
    """The interrupt, once what it may have left half changed is put right."""
    written = {(c.kind, c.key): c for c in ctx.journal.changes.of_attempt(ctx.attempt)}
    for change in written.values():
        if stop.__cause__ is None and ctx.resource(change.kind).at_risk:
            put_right(ctx, change, stop)
    return stop


def _made_by(ctx: Context, change: Change, seen: Seen) -> bool:
    """Whether the object is the one that this change made: by its id, else by its marker.

    One that carries no marker must also be as this run left it.
    """
    marked = ctx.resource(change.kind).marked
    if not marked and not effects.holds(_left(ctx, change), seen):
        return False  # an id may follow from the key, as a number's does: made anew, it is the same
    if change.object:
        return seen.id == change.object
    return marked and ctx.marker in seen.marker
