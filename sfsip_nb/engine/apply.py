"""Making one object as it should be: as planned and approved, read back, and never twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import difference, effects, leftover, plan
from sfsip_nb.engine.changes import Change, Meant
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import Comparison
from sfsip_nb.engine.effects import read_until
from sfsip_nb.engine.model import Desired, Fields, Refused, Resource, Seen, Stranded
from sfsip_nb.engine.verdicts import Check, Verdict
from sfsip_nb.sip.shown import counted

Trouble = ApiError | Refused | KeyboardInterrupt


@dataclass
class Settled:
    """What became of one wanted object."""

    checks: list[Check]
    change: str = "none"
    found: list[str] = field(default_factory=list)


def as_wanted(ctx: Context, step: str, want: Desired, planned: plan.Plan | None) -> Settled:
    """Compare only, for ``plan`` (with what is planned) and ``verify``: nothing is written."""
    found = difference.compare(ctx, want, ctx.resource(want.kind).read(want.key))
    if found.seen and (not found.changed or _is_back(ctx, want, found.seen)):
        effects.note_whole(ctx, want, found.seen)
    if ctx.mode == "verify" or not found.changed:
        return Settled(difference.field_checks(step, found))
    entry = planned.entry(step, want) if planned else None
    op = entry.op if entry else found.op
    check = Check(
        id=f"{step}/{want.kind}",
        title=str(want),
        expected="as in the guide",
        seen=f"{len(found.changed)} of {counted(len(want.fields), 'field')} differ"
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
    written = ctx.journal.changes.of(want.kind, want.key)
    half_done = effects.resume(ctx, written, approved.id if approved.approved_by else "")
    found = _look(ctx, step, want, approved)
    stop = _obstacle(ctx, step, found, approved)
    if stop:
        return Settled(stop, found=half_done)
    if not found.changed:
        if found.seen is not None:
            effects.note_whole(ctx, want, found.seen)
        return Settled(difference.field_checks(step, found), found=half_done)
    last = _write(ctx, step, found, approved)

    def as_written(seen: Seen | None) -> bool:
        return seen is not None and not difference.compare(ctx, want, seen).changed

    late = ctx.resource(want.kind).late if found.op == "create" else 0.0
    after = read_until(ctx, want, as_written, first=late)
    if after is not None:
        ctx.journal.changes.left(last, after.id, difference.digest(after))
    read_back = difference.compare(ctx, want, after)
    return Settled(difference.field_checks(step, read_back), found.op, half_done)


def _look(ctx: Context, step: str, want: Desired, approved: plan.Plan) -> Comparison:
    """The object as it is; what this plan has made, or another object brings, may be seen late."""
    seen = ctx.resource(want.kind).read(want.key)
    entry = approved.entry(step, want)
    coming = entry is not None and entry.observed == difference.COMING
    if seen is None and (coming or _written(ctx, want, approved)):
        seen = read_until(ctx, want, lambda seen: seen is not None)
    return difference.compare(ctx, want, seen)


def _write(ctx: Context, step: str, found: Comparison, approved: plan.Plan) -> int:
    """Create or update an object, one effect a request. Returns the last one's id.

    Where a later request of an update fails, or a person interrupts it, what the earlier ones did
    is taken back at once.
    """
    want, seen, resource = found.want, found.seen, ctx.resource(found.want.kind)
    wanted = {name: want.fields[name] for name in found.changed}
    stages = [wanted] if seen is None else resource.stages(seen, wanted)
    try:
        for left, fields in zip(reversed(range(len(stages))), stages, strict=True):
            meant = Meant(
                step,
                want.kind,
                want.key,
                found.op,
                before={name: seen.fields.get(name) for name in fields} if seen else {},
                after=fields,
                fingerprints={n: mark for n, mark in found.fingerprints.items() if n in fields},
                plan=approved.id,
                half=half_of(resource, want) if left else "",
            )
            last = effects.send(ctx, meant, seen)
            seen = seen and replace(seen, fields=seen.fields | fields)
        return last
    except (ApiError, Refused, KeyboardInterrupt) as error:
        if len(stages) == 1 and ctx.journal.changes.half(want.kind, want.key) is None:
            raise
        trouble = error
    raise put_right(ctx, want, trouble)


def half_of(resource: Resource, what: Desired | Meant) -> str:
    """What to say of an object that stays half changed."""
    return f"{what.kind} “{what.key}” was left half changed. {resource.at_risk}".strip()


def put_right(ctx: Context, what: Desired | Meant, trouble: Trouble) -> Trouble:
    """Take one half of a change back after the other half failed, so that it does not stay alone.

    Returns what to raise: the trouble, or ``Stranded`` where this fails too, with what a person
    sets by hand. An interrupt goes on as one, and then has ``Stranded`` for its cause.
    """
    changes, resource = ctx.journal.changes, ctx.resource(what.kind)
    try:
        if isinstance(trouble, KeyboardInterrupt):
            for change in changes.of(what.kind, what.key):
                if change.open:
                    effects.settle(ctx, change, effects.PATIENCE)
        half = changes.half(what.kind, what.key)
        seen = resource.read(what.key) if half else None
        if half and seen is not None and effects.holds(half.after, seen):
            effects.send(ctx, _back(ctx, half), seen)
        return trouble
    except (ApiError, Refused, KeyboardInterrupt) as error:
        interrupts = (stop for stop in (trouble, error) if isinstance(stop, KeyboardInterrupt))
        stop = next(interrupts, None)
        if not _is_half(ctx, what):
            return stop or trouble
        stranded = Stranded(
            f"{half_of(resource, what)} The change was not completed ({_told(trouble)}), nor undone"
            f" ({_told(error)}).",
            leftover.by_hand(_before(ctx, what)),
        )
        if stop is None:
            return stranded
        stop.__cause__ = stranded
        return stop


def _is_half(ctx: Context, what: Desired | Meant) -> bool:
    """Whether an object stands half changed, or may."""
    changes = ctx.journal.changes
    written = changes.of(what.kind, what.key)
    return bool(changes.half(what.kind, what.key)) or any(c.open and c.half for c in written)


def _back(ctx: Context, half: Change) -> Meant:
    """What takes a half back; where it is a rollback's, the write that this had undone stands."""
    undone = [c for c in ctx.journal.changes.of(half.kind, half.key) if c.id in half.undoes]
    return Meant(
        half.step,
        half.kind,
        half.key,
        "update",
        before=half.after,
        after=half.before,
        plan=undone[-1].plan if undone else half.plan,
        undoes=() if undone else (half.id,),
    )


def _before(ctx: Context, what: Desired | Meant) -> Fields:
    """The values that the object had before the change of which one half stands."""
    standing = ctx.journal.changes.standing(what.kind, what.key)
    halves = [change for change in standing if change.half] or standing
    return halves[-1].before if halves else {}


def _is_back(ctx: Context, want: Desired, seen: Seen) -> bool:
    """Whether an object has all the values again that it had before a change."""
    before = _before(ctx, want)
    return before.keys() <= seen.fields.keys() and effects.holds(before, seen)


def _told(trouble: Trouble) -> str:
    return "it was interrupted" if isinstance(trouble, KeyboardInterrupt) else str(trouble)


def _obstacle(ctx: Context, step: str, found: Comparison, approved: plan.Plan) -> list[Check]:
    """Why the plan must not be carried out here, as checks; empty if it may."""
    want, seen = found.want, found.seen
    entry = approved.entry(step, want)
    name = str(want)
    if entry is None or not all(
        difference.planned_as(entry.after.get(field), value)
        for field, value in difference.shown(want.fields).items()
    ):
        return [
            _stop(step, name, "as in the approved plan", "something different is asked for now")
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
