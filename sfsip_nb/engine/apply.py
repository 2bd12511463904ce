"""Making one object as it should be: as planned and approved, read back, and never twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import difference, effects, plan
from sfsip_nb.engine.changes import Change, Meant
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import Comparison
from sfsip_nb.engine.effects import Unsettled, read_until
from sfsip_nb.engine.model import Desired, Refused, Resource, Seen, Stranded
from sfsip_nb.engine.verdicts import Check, Verdict
from sfsip_nb.inputs.errors import SfsipError


@dataclass
class Settled:
    """What became of one wanted object."""

    checks: list[Check]
    change: str = "none"
    found: list[str] = field(default_factory=list)


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
        expected="as in the guide",
        seen=f"{len(found.changed)} of {len(want.fields)} fields differ"
        if found.seen
        else "does not exist yet",
        verdict=Verdict.WAITING,
        reason=f"Planned: {op}. Approve the plan and apply it."
        if op != "none"
        else "An earlier step of the plan creates it.",
    )
    return Settled([check], op)


def carry_out(ctx: Context, step: str, want: Desired, approved: plan.Plan) -> Settled:
    """Make one object as the approved plan says; stop where the world has moved.

    Raises ``Stranded`` where the object was left between what it was and what it should be.
    """
    resource = ctx.resource(want.kind)
    written = ctx.journal.changes.of(want.kind, want.key)
    half_done = effects.resume(ctx, written, approved.id if approved.approved_by else "")
    found = _look(ctx, step, want, resource, approved)
    stop = _obstacle(ctx, step, found, approved)
    if stop:
        return Settled(stop, found=half_done)
    if not found.changed:
        return Settled(difference.field_checks(step, found, resource.write_only), found=half_done)
    last = _write(ctx, step, found, resource, approved)
    after = _read_back(ctx, want, resource, last)
    read_back = difference.hold(ctx, want, after, resource.write_only)
    return Settled(
        difference.field_checks(step, read_back, resource.write_only), found.op, half_done
    )


def _look(
    ctx: Context, step: str, want: Desired, resource: Resource, approved: plan.Plan
) -> Comparison:
    """The object as it is; what this plan has made, or another object brings, may be seen late."""
    found = difference.look(ctx, want, resource)
    entry = approved.entry(step, want)
    coming = entry is not None and entry.observed == difference.COMING
    if found.seen is None and (coming or _written(ctx, want, approved)):
        seen = read_until(resource, want.key, lambda seen: seen is not None, effects.PATIENCE)
        return difference.hold(ctx, want, seen, resource.write_only)
    return found


def _write(
    ctx: Context, step: str, found: Comparison, resource: Resource, approved: plan.Plan
) -> int:
    """Create or update an object, one effect a request. Returns the last one's id.

    Where a later request of an update fails, what the earlier ones did is taken back at once.
    """
    want, seen = found.want, found.seen
    meant = Meant(step, want.kind, want.key, found.op, plan=approved.id)
    wanted = {name: want.fields[name] for name in found.changed}
    fingerprints = {n: mark for n, mark in found.fingerprints.items() if n in found.changed}
    if seen is None:
        made = replace(meant, after=wanted, fingerprints=fingerprints)
        return effects.send(ctx, made, lambda: resource.create(want.key, want.fields, ctx.marker))
    done: list[Meant] = []
    for fields in resource.stages(seen, wanted):
        before = {name: seen.fields.get(name) for name in fields}
        marks = {name: fingerprints[name] for name in fields if name in fingerprints}
        stage = replace(meant, before=before, after=fields, fingerprints=marks)
        try:
            last = update(ctx, resource, stage, seen)
        except (ApiError, Refused, Unsettled) as error:
            if done:
                _take_back(ctx, resource, done[-1], last, error)
            raise
        done.append(stage)
        seen = Seen(seen.id, seen.fields | fields, seen.marker, shared=seen.shared)
    return last


def update(ctx: Context, resource: Resource, meant: Meant, seen: Seen) -> int:
    """Set fields of an object that is there, as one effect."""

    def request() -> None:
        resource.update(meant.key, seen, meant.after)

    return effects.send(ctx, meant, request)


def _take_back(
    ctx: Context, resource: Resource, stage: Meant, id_: int, trouble: SfsipError
) -> None:
    """Undo a stage whose following one failed. Raises ``Stranded`` where that fails too."""
    back = replace(stage, before=stage.after, after=stage.before, undoes=(id_,))
    try:
        seen = resource.read(stage.key)
        if seen is not None and effects.holds(stage.after, seen):
            update(ctx, resource, back, seen)
    except (ApiError, Refused, Unsettled) as error:
        raise stranded(resource, back, trouble, error) from None


def stranded(resource: Resource, back: Meant, trouble: SfsipError, error: SfsipError) -> Stranded:
    """Says what stands half changed, why, and what a person does at once."""
    wanted = "; ".join(f"{name}: {difference.text(value)}" for name, value in back.after.items())
    return Stranded(
        f"{back.kind} “{back.key}” was left half changed. {resource.at_risk} The change was not "
        f"completed ({trouble}), nor undone ({error}).",
        f"Put it back by hand at once ({wanted}), or run the same command again: apply completes "
        "the change, rollback undoes it.",
    )


def _read_back(ctx: Context, want: Desired, resource: Resource, write: int) -> Seen | None:
    after = read_until(
        resource,
        want.key,
        lambda seen: (
            seen is not None and not difference.hold(ctx, want, seen, resource.write_only).changed
        ),
        effects.PATIENCE,
    )
    if after is not None:
        ctx.journal.changes.left(write, after.id, difference.digest(after))
    return after


def _obstacle(ctx: Context, step: str, found: Comparison, approved: plan.Plan) -> list[Check]:
    """Why the plan must not be carried out here, as checks; empty if it may."""
    want, seen = found.want, found.seen
    entry = approved.entry(step, want)
    name = f"{want.kind} “{want.key}”"
    if entry is None or not all(
        difference.planned_as(entry.after.get(field), value)
        for field, value in difference.shown(want.fields).items()
    ):
        return [
            _stop(step, name, "as in the approved plan", "the inputs ask for something different")
        ]
    mine = _written(ctx, want, approved)
    as_planned = effects.as_left(mine[-1], seen) if mine else plan.as_observed(entry, seen)
    if not as_planned:
        differences = plan.moved(entry, seen, bool(mine)) or [(name, "as planned", "changed")]
        return [
            _stop(step, field, f"{planned} (as planned)", now)
            for field, planned, now in differences
        ]
    if approved.stopped and found.changed:
        return [
            Check(
                id=f"{step}/plan",
                title="The plan is still valid",
                expected="nothing has changed since it was made",
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
                seen=(seen.owner if seen else "") or "created before this run by somebody else",
                verdict=Verdict.WAITING,
                reason=f'To let this run change it, add "{want.address}" to adopt; '
                "otherwise choose another name.",
            )
        ]
    return []


def _written(ctx: Context, want: Desired, approved: plan.Plan) -> list[Change]:
    """The writes of this plan to an object that were carried out, one taken back included."""
    writes = ctx.journal.changes.of(want.kind, want.key)
    return [c for c in writes if c.plan == approved.id and c.done]


def _stop(step: str, title: str, expected: str, seen: str) -> Check:
    return Check(
        id=f"{step}/plan",
        title=title,
        expected=expected,
        seen=seen,
        verdict=Verdict.FAIL,
        reason="This has changed since the plan was made, so nothing was written. "
        "Look at the difference, then make a new plan.",
    )
