"""One request that changes a platform is one effect, whose fate is known or is said to be open.

The intent stands in the journal before anything is sent. An answer that proves it makes the effect
``done``; a refusal of the first and only sending, ``refused``. All else is ``unknown`` until the
object was read: by its id, by its marker, else by comparing the fields that were meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted, refused
from sfsip_nb.api.memory import afresh
from sfsip_nb.engine import difference
from sfsip_nb.engine.changes import Change, Meant
from sfsip_nb.engine.clock import until
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Desired, Fields, Refused, Seen

PATIENCE = 15.0
"""Seconds until a write must be seen: creates become visible late."""

RESUMED = 3.0
"""The same for a write of an earlier execution: its time has passed already."""


class Unsettled(Refused):
    """Reading does not tell whether a write was carried out; the text says what is seen."""

    def __init__(self, what: str) -> None:
        super().__init__(
            what, "Look at the object, then make a new plan (mode plan) and approve it."
        )


def read_until(
    ctx: Context,
    what: Desired | Meant,
    enough: Callable[[Seen | None], bool],
    patience: float = PATIENCE,
    first: float = 0.0,
) -> Seen | None:
    """Read an object again and again until it is as it should be, or patience (seconds) ends.

    What has been read since the last write counts: nothing older is remembered. Before `first`
    (seconds) it cannot be there.
    """
    resource = ctx.resource(what.kind)
    seen = f"{what.kind} “{what.key}” as the platform shows it after the change"
    look = partial(resource.read, what.key)
    return until(look, enough, patience, seen, first=first, known=True)


def send(ctx: Context, meant: Meant, seen: Seen | None) -> int:
    """Carry out one write to what was seen, intent first. Returns its id in the journal when done.

    Raises ``ApiError`` or ``Refused`` where it is proved that nothing was carried out, and
    ``Unsettled`` where that cannot be told: the intent then stays open.
    """
    shown = replace(
        meant, before=difference.shown(meant.before), after=difference.shown(meant.after)
    )
    change = ctx.journal.changes.intend(ctx.attempt, shown)
    with noted() as asked, afresh():
        try:
            made = _request(ctx, meant, seen)
        except (ApiError, Refused) as error:
            trouble = error
        else:
            ctx.journal.changes.ended(change.id, "done", made or None)
            return change.id
    if refused(asked):
        ctx.journal.changes.ended(change.id, f"refused: {trouble}")
        raise trouble
    ctx.journal.changes.ended(change.id, f"unknown: {trouble}")
    try:
        carried_out = settle(ctx, change, PATIENCE)
    except ApiError:
        raise trouble from None  # not even reading is possible: the first trouble says more
    if not carried_out or isinstance(trouble, Refused):
        raise trouble
    return change.id


def _request(ctx: Context, meant: Meant, seen: Seen | None) -> str | None:
    resource = ctx.resource(meant.kind)
    if seen is None:
        return resource.create(meant.key, meant.after, ctx.marker)
    if meant.op == "delete":
        resource.delete(meant.key, seen)
    else:
        resource.update(meant.key, seen, meant.after)
    return None


def settle(ctx: Context, change: Change, patience: float) -> bool:
    """Find out by reading whether an open write was carried out, and note it.

    Raises ``ApiError`` where the object cannot be read, ``Unsettled`` where reading does not tell.
    """
    ended = partial(ctx.journal.changes.ended, change.id)
    shows = partial(_carried_out, ctx, change)
    seen = read_until(ctx, change, shows, patience)
    if shows(seen):
        ended("done, as reading showed", seen.id if seen else None)
        return True
    if change.op == "update" and seen is not None:
        if not _tells(change, seen):
            # Its values are returned by no API, and writing them once more does no harm.
            ended("superseded: no API shows these values; they are sent again")
            return False
        if not holds(change.before, seen):
            raise Unsettled(_undecided(change, seen))
    why = "another object has its name" if change.op == "create" and seen else "as it was"
    ended(f"refused: not carried out, as reading showed ({why})")
    return False


def _carried_out(ctx: Context, change: Change, seen: Seen | None) -> bool:
    """Whether an object shows that a write was carried out.

    A namesake without our marker, or where there is none with other fields, is foreign.
    """
    if change.op == "delete":
        return seen is None or (change.object is not None and seen.id != change.object)
    if seen is None:
        return False
    if change.op == "create" and (change.object or ctx.resource(change.kind).marked):
        return seen.id == change.object or ctx.marker in seen.marker
    return _tells(change, seen) and holds(change.after, seen)


def _tells(change: Change, seen: Seen) -> bool:
    """Whether an API returns any of the meant fields."""
    return not change.after.keys().isdisjoint(seen.fields)


def holds(fields: Fields, seen: Seen) -> bool:
    """Whether an object has these values, as far as an API returns them."""
    return all(seen.fields[name] == value for name, value in fields.items() if name in seen.fields)


def note_whole(ctx: Context, what: Desired | Meant, seen: Seen) -> None:
    """Note that an object is as it should be, where a write of this run had left it half changed:
    somebody else did the other half, or took the first one back."""
    half = ctx.journal.changes.half(what.kind, what.key)
    if half is not None:
        ctx.journal.changes.left(half.id, seen.id, difference.digest(seen))


def as_left(change: Change, seen: Seen | None) -> bool:
    """Whether an object is as a write of this run left it."""
    if change.left:
        return difference.digest(seen) == change.left
    if change.op == "delete":
        return seen is None
    return seen is not None and holds(change.after, seen)


def _undecided(change: Change, seen: Seen) -> str:
    now = "; ".join(
        f"{name} is {difference.text(seen.fields[name])}, was "
        f"{difference.text(change.before.get(name))}, should be {difference.text(value)}"
        for name, value in change.after.items()
        if name in seen.fields
    )
    return f"Whether the {change} was carried out is unknown: {now}."


def resume(ctx: Context, changes: Iterable[Change], approved: str = "") -> list[str]:
    """Settle what an earlier execution left open. Says what it found half done.

    A person who has approved a newer plan (``approved`` is its id) has decided on what is there.
    Raises ``ApiError`` where an object cannot be read, ``Unsettled`` where reading does not tell.
    """
    found = []
    for change in changes:
        if not change.open:
            continue
        try:
            carried_out = settle(ctx, change, RESUMED)
        except Unsettled:
            if not approved or change.plan == approved:
                raise
            ctx.journal.changes.ended(
                change.id, "superseded: a newer plan was approved on what is there"
            )
            continue
        found.append(
            f"An interrupted {change} had taken effect; it was not done again."
            if carried_out
            else f"An interrupted {change} had not taken effect."
        )
    return found
