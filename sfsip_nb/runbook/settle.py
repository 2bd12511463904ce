"""Making one object as it should be: as planned and approved, read back, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import stamina

from sfsip_nb.clients.transport import ApiError
from sfsip_nb.runbook import difference, plan
from sfsip_nb.runbook.context import Context
from sfsip_nb.runbook.difference import Look
from sfsip_nb.runbook.model import Desired, Resource, Seen
from sfsip_nb.runbook.verdicts import Check, Verdict

# Creates become visible late (facts: a GET right after a create may answer 404).
_PATIENCE = 15.0


class NotYet(Exception):
    """What was written cannot be seen yet."""


@dataclass
class Settled:
    """What became of one wanted object."""

    checks: list[Check]
    change: str = "none"
    found: list[str] = field(default_factory=list)


def read_until(
    resource: Resource, key: str, enough: Callable[[Seen | None], bool], patience: float = _PATIENCE
) -> Seen | None:
    """Read an object again and again until it is as it should be, or patience (seconds) ends."""
    latest: Seen | None = None
    try:
        for attempt in stamina.retry_context(
            on=NotYet, attempts=None, timeout=patience, wait_initial=0.1, wait_max=1.0
        ):
            with attempt:
                latest = resource.read(key)
                if not enough(latest):
                    raise NotYet
    except NotYet:
        pass
    return latest


def reconcile(ctx: Context, want: Desired, resource: Resource) -> list[str]:
    """Settle what an earlier, killed execution left open. Says what it found half done.

    The intent stands in the journal without an outcome: either the write never reached the
    platform, or it did and its outcome was lost.
    """
    found = []
    for change in ctx.journal.standing(want.kind, want.key):
        if change.outcome is not None:
            continue
        if change.op == "create":
            seen = read_until(resource, want.key, lambda s: s is not None, patience=3.0)
            # Where ownership can be read, an object of the same name may be somebody else's.
            happened = seen is not None and (not resource.marked or ctx.marker in seen.marker)
        else:
            seen = resource.read(want.key)
            current = seen.fields if seen else {}
            happened = any(
                current.get(name) != value
                for name, value in change.before.items()
                if name in current
            )
        what = f"{change.op} of {want.kind} “{want.key}”"
        if happened:
            ctx.journal.done(
                change.id, "recovered", seen.id if seen else None, difference.digest(seen)
            )
            found.append(f"An interrupted {what} had taken effect; it was not done again.")
        else:
            ctx.journal.done(change.id, "refused: interrupted before it took effect", None, "")
            found.append(f"An interrupted {what} had not taken effect; it is done now.")
    return found


def as_wanted(ctx: Context, step: str, want: Desired, planned: plan.Plan | None) -> Settled:
    """Compare only, for ``plan`` (with what is planned) and ``verify``: nothing is written."""
    resource = ctx.resource(want.kind)
    found = difference.look(ctx, want, resource)
    if ctx.mode == "verify" or not found.changed:
        return Settled(difference.field_checks(step, found, resource.write_only))
    entry = planned.entry(step, want) if planned else None
    op = entry.op if entry else found.op
    check = Check(
        id=f"{step}/{want.kind}",
        title=f"{want.kind} “{want.key}”",
        expected="as the guide wants it",
        seen=f"{len(found.changed)} of {len(want.fields)} fields differ"
        if found.seen
        else "not there yet",
        verdict=Verdict.WAITING,
        reason=f"Planned: {op}. Approve the plan and apply it."
        if op != "none"
        else "An earlier step of the plan brings it.",
    )
    return Settled([check], op)


def carry_out(ctx: Context, step: str, want: Desired, approved: plan.Plan) -> Settled:
    """Make one object as the approved plan says; stop where the world has moved."""
    resource = ctx.resource(want.kind)
    half_done = reconcile(ctx, want, resource)
    found = difference.look(ctx, want, resource)
    stop = _obstacle(ctx, step, found, approved)
    if stop:
        return Settled(stop, found=half_done)
    if not found.changed:
        return Settled(difference.field_checks(step, found, resource.write_only), found=half_done)
    _write(ctx, step, found, resource, approved)
    after = read_until(
        resource,
        want.key,
        lambda seen: (
            seen is not None and not difference.hold(ctx, want, seen, resource.write_only).changed
        ),
    )
    last = ctx.journal.standing(want.kind, want.key)[-1]
    ctx.journal.done(last.id, "done", after.id if after else last.object, difference.digest(after))
    read_back = difference.hold(ctx, want, after, resource.write_only)
    return Settled(
        difference.field_checks(step, read_back, resource.write_only), found.op, half_done
    )


def _write(ctx: Context, step: str, found: Look, resource: Resource, approved: plan.Plan) -> None:
    """Write an object, intent first. What the platform refuses is noted as refused."""
    want, seen = found.want, found.seen
    before = {name: seen.fields.get(name) for name in found.changed} if seen else {}
    change = ctx.journal.intend(
        ctx.attempt,
        approved.id,
        step,
        want.kind,
        want.key,
        found.op,
        difference.shown(before),
        difference.shown({name: want.fields[name] for name in found.changed}),
        {name: mark for name, mark in found.prints.items() if name in found.changed},
    )
    try:
        if seen is None:
            resource.create(want.key, want.fields, ctx.marker)
        else:
            resource.update(want.key, seen, {n: want.fields[n] for n in found.changed})
    except ApiError as error:
        # Only an answer proves that nothing happened; a broken connection proves nothing.
        if 400 <= error.status < 500:
            ctx.journal.done(change, f"refused: {error}", None, "")
        raise


def _obstacle(ctx: Context, step: str, found: Look, approved: plan.Plan) -> list[Check]:
    """Why the plan must not be carried out here, as checks; empty if it may."""
    want, seen = found.want, found.seen
    entry = approved.entry(step, want)
    name = f"{want.kind} “{want.key}”"
    if entry is None or not all(
        difference.planned_as(entry.after.get(field), value)
        for field, value in difference.shown(want.fields).items()
    ):
        return [_stop(step, name, "as in the approved plan", "the inputs ask for something else")]
    mine = [c for c in ctx.journal.standing(want.kind, want.key) if c.plan == approved.id]
    expected = mine[-1].left if mine else entry.observed
    if difference.digest(seen) != expected:
        differences = plan.moved(entry, seen, bool(mine)) or [(name, "as planned", "changed")]
        return [
            _stop(step, field, f"{planned} (as planned)", now)
            for field, planned, now in differences
        ]
    if approved.stopped and found.changed:
        return [
            Check(
                id=f"{step}/plan",
                title="The plan may still be carried out",
                expected="nothing has moved since it was made",
                seen=approved.stopped,
                verdict=Verdict.BLOCKED,
                reason="Make a new plan.",
            )
        ]
    if found.changed and not approved.approved_by:
        return [
            Check(
                id=f"{step}/approval",
                title="The plan is approved",
                expected="approved by a person",
                seen="not approved yet",
                verdict=Verdict.WAITING,
                reason="Read the plan, then approve it by name.",
            )
        ]
    if difference.adoption_needed(ctx, want, seen, found.changed):
        return [
            Check(
                id=f"{step}/adopt",
                title=f"{name} may be changed",
                expected="made by this run, or adopted",
                seen=(seen.owner if seen else "") or "made before this run by somebody else",
                verdict=Verdict.WAITING,
                reason=f'To let this run change it, add "{want.address}" to adopt; '
                "else choose another name.",
            )
        ]
    return []


def _stop(step: str, title: str, expected: str, seen: str) -> Check:
    return Check(
        id=f"{step}/plan",
        title=title,
        expected=expected,
        seen=seen,
        verdict=Verdict.FAIL,
        reason="This has moved since the plan was made, so nothing was written. "
        "Look at the difference, then make a new plan.",
    )
