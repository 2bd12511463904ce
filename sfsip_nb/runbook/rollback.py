"""Rollback: undo what this run made, newest first, and only that."""

from __future__ import annotations

from dataclasses import dataclass

from sfsip_nb.clients.transport import ApiError
from sfsip_nb.runbook import plan
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.journal import Change
from sfsip_nb.runbook.model import Desired, Refused, Resource, Seen
from sfsip_nb.runbook.settle import read_until, reconcile


@dataclass(frozen=True)
class Undone:
    """One change and what became of undoing it. ``ok`` is false where a person must look."""

    what: str
    result: str
    ok: bool


def rollback(ctx: Context) -> list[Undone]:
    """Take back every standing change of the run, newest first.

    An object that this run made is deleted; one that it changed gets its former values back,
    except where somebody has changed it since: that is reported, not overwritten. What a person
    did is undone by a person (on the testbed, by the simulated administrator).
    """
    for change in ctx.journal.changes():
        if change.outcome is None:  # a killed run's: did it take effect?
            written = Desired(change.kind, change.key, {}, change.step)
            reconcile(ctx, written, ctx.resource(change.kind))
    results = [_undo_person(ctx, step) for step in reversed(list(ctx.journal.people()))]
    left: list[tuple[Change, Undone]] = []
    for change in reversed(ctx.journal.changes()):
        if change.stands:
            undone = _undo(ctx, change)
            results.append(undone)
            if not undone.ok:
                left.append((change, undone))
    for change, undone in left:
        # Undoing an older change may have taken a newer one along (a number and its attachment).
        if _as_before(ctx, change):
            ctx.journal.undone(change.id)
            place = results.index(undone)
            results[place] = Undone(undone.what, "gone with what it belonged to", True)
    plan.path_of(ctx).unlink(missing_ok=True)
    return results


def _as_before(ctx: Context, change: Change) -> bool:
    seen = ctx.resource(change.kind).read(change.key)
    if change.op == "create":
        return seen is None
    return seen is not None and all(
        seen.fields.get(name) == value
        for name, value in change.before.items()
        if name in seen.fields
    )


def _undo_person(ctx: Context, step: str) -> Undone:
    answered = ctx.journal.people()[step]
    what = f"{step}: {answered['card']['title']}"
    ctx.journal.forget_answer(step)
    if not answered["before"]:
        return Undone(what, "nothing to undo on a platform", True)
    if ctx.surroundings.administer is None:
        return Undone(what, "done by a person; undo it by hand along the same card", False)
    ctx.surroundings.administer(answered["card"]["system"], step, answered["before"])
    return Undone(what, "undone by the simulated administrator", True)


def _made_by(ctx: Context, change: Change, resource: Resource, seen: Seen) -> bool:
    """Whether the object is the one that this change made: by its id, else by its marker."""
    if change.object:
        return seen.id == change.object
    return resource.marked and ctx.marker in seen.marker


def _undo(ctx: Context, change: Change) -> Undone:
    what = f"{change.op} of {change.kind} “{change.key}”"
    resource = ctx.resource(change.kind)
    try:
        seen = resource.read(change.key)
        if change.op == "create":
            if seen is None:
                result, ok = "already gone", True
            elif not _made_by(ctx, change, resource, seen):
                return Undone(what, "another object has its name now; left alone", False)
            else:
                resource.delete(change.key, seen)
                read_until(resource, change.key, lambda s: s is None)
                result, ok = "deleted", True
        elif seen is None:
            result, ok = "gone; nothing to restore", True
        else:
            moved = [
                name
                for name, value in change.after.items()
                if name in seen.fields and seen.fields[name] != value
            ]
            if moved:
                return Undone(what, f"changed since by somebody else: {', '.join(moved)}", False)
            restorable = {
                name: value
                for name, value in change.before.items()
                if name not in resource.write_only
            }
            resource.update(change.key, seen, restorable)
            lost = sorted(set(change.before) & resource.write_only)
            result = "former values restored" + (f"; not {', '.join(lost)}" if lost else "")
            ok = not lost
    except (ApiError, Refused) as error:
        return Undone(what, str(error), False)
    ctx.journal.undone(change.id)
    return Undone(what, result, ok)
