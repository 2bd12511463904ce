"""One request that changes a platform is one effect, whose fate is known or is said to be open.

The intent stands in the journal before anything is sent. An answer that proves it makes the effect
``done``; a refusal of the first and only sending, ``refused``. All else is ``unknown`` until the
object was read: by its id, by its marker, else by comparing the fields that were meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import stamina

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.sent import sending
from sfsip_nb.engine import difference
from sfsip_nb.engine.changes import Change, Meant
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs.errors import SfsipError

PATIENCE = 15.0
"""Seconds until a write must be seen: creates become visible late."""

RESUMED = 3.0
"""The same for a write of an earlier execution: its time has passed already."""


class NotYet(Exception):
    """What was written cannot be seen yet."""


class Unsettled(SfsipError):
    """Reading does not tell whether a write was carried out; the text says what is seen."""

    advice = "Look at the object, then make a new plan (mode plan) and approve it."


def read_until(
    resource: Resource, key: str, enough: Callable[[Seen | None], bool], patience: float
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


def send(ctx: Context, meant: Meant, request: Callable[[], str | None]) -> int:
    """Carry out one write, intent first. Returns its id in the journal once it is done.

    Raises ``ApiError`` or ``Refused`` where it is proved that nothing was carried out, and
    ``Unsettled`` where that cannot be told: the intent then stays open.
    """
    shown = replace(
        meant, before=difference.shown(meant.before), after=difference.shown(meant.after)
    )
    change = ctx.journal.changes.intend(ctx.attempt, shown)
    with sending() as sent:
        try:
            made = request()
        except (ApiError, Refused) as error:
            trouble = error
        else:
            ctx.journal.changes.ended(change.id, "done", made or None)
            return change.id
    if sent.refused:
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


def settle(ctx: Context, change: Change, patience: float) -> bool:
    """Find out by reading whether an open write was carried out, and note it.

    Raises ``ApiError`` where the object cannot be read, ``Unsettled`` where reading does not tell.
    """
    resource = ctx.resource(change.kind)
    seen, carried_out = _JUDGES[change.op](ctx, change, resource, patience)
    if carried_out is None and not _readable(change, seen):
        # Its values are returned by no API, and writing them once more does no harm.
        ctx.journal.changes.ended(
            change.id, "superseded: no API shows these values; they are sent again"
        )
        return False
    if carried_out is None:
        raise Unsettled(_undecided(change, seen))
    if carried_out:
        ctx.journal.changes.ended(change.id, "done, as reading showed", seen.id if seen else None)
    else:
        why = "another object has its name" if change.op == "create" and seen else "as it was"
        ctx.journal.changes.ended(change.id, f"refused: not carried out, as reading showed ({why})")
    return carried_out


Judged = tuple[Seen | None, bool | None]


def _created(ctx: Context, change: Change, resource: Resource, patience: float) -> Judged:
    """A namesake without our marker, or where there is none with other fields, is foreign."""

    def ours(seen: Seen | None) -> bool:
        if seen is None:
            return False
        if change.object or resource.marked:
            return seen.id == change.object or ctx.marker in seen.marker
        return _readable(change, seen) != {} and holds(change.after, seen)

    seen = read_until(resource, change.key, ours, patience)
    return seen, ours(seen)


def _updated(ctx: Context, change: Change, resource: Resource, patience: float) -> Judged:
    def as_meant(seen: Seen | None) -> bool:
        return seen is not None and _readable(change, seen) != {} and holds(change.after, seen)

    seen = read_until(resource, change.key, as_meant, patience)
    if as_meant(seen):
        return seen, True
    as_before = seen is None or (_readable(change, seen) != {} and holds(change.before, seen))
    return seen, False if as_before else None


def _deleted(ctx: Context, change: Change, resource: Resource, patience: float) -> Judged:
    def gone(seen: Seen | None) -> bool:
        return seen is None or (change.object is not None and seen.id != change.object)

    seen = read_until(resource, change.key, gone, patience)
    return seen, gone(seen)


_JUDGES: dict[str, Callable[[Context, Change, Resource, float], Judged]] = {
    "create": _created,
    "update": _updated,
    "delete": _deleted,
}


def _readable(change: Change, seen: Seen | None) -> Fields:
    """The meant fields that an API returns."""
    return {n: v for n, v in change.after.items() if seen is not None and n in seen.fields}


def holds(fields: Fields, seen: Seen) -> bool:
    """Whether an object has these values, as far as an API returns them."""
    return all(seen.fields[name] == value for name, value in fields.items() if name in seen.fields)


def as_left(change: Change, seen: Seen | None) -> bool:
    """Whether an object is as a write of this run left it."""
    if change.left:
        return difference.digest(seen) == change.left
    if change.op == "delete":
        return seen is None
    return seen is not None and holds(change.after, seen)


def _undecided(change: Change, seen: Seen | None) -> str:
    now = "; ".join(
        f"{name} is {difference.text(seen.fields[name])}, was "
        f"{difference.text(change.before.get(name))}, should be {difference.text(value)}"
        for name, value in change.after.items()
        if seen is not None and name in seen.fields
    )
    return (
        f"Whether the {change.op} of {change.kind} “{change.key}” was carried out is unknown: "
        f"{now}."
    )


def resume(ctx: Context, changes: Iterable[Change], approved: str = "") -> list[str]:
    """Settle what an earlier execution left open. Says what it found half done.

    A person who has approved a newer plan (``approved`` is its id) has decided on what is there.
    Raises ``ApiError`` where an object cannot be read, ``Unsettled`` where reading does not tell.
    """
    found = []
    for change in changes:
        if not change.open:
            continue
        what = f"{change.op} of {change.kind} “{change.key}”"
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
            f"An interrupted {what} had taken effect; it was not done again."
            if carried_out
            else f"An interrupted {what} had not taken effect."
        )
    return found
