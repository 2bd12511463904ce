"""A call that a platform places for us: asked for once an attempt, and never again.

It dials and bills. The journal has the request before it is sent, and its fate after it. Where no
answer proves what became of it, the call is looked for; one that is not found stays unknown, and
none is placed in its stead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted, refused
from sfsip_nb.engine import dialing
from sfsip_nb.engine.context import Context

_PLACED = "calls.placed"
"""Under this the journal keeps, by mark, the calls that platforms were asked to place."""


@dataclass(frozen=True)
class RequestedCall:
    """A call, its ``mark`` and the platform's id of it; ``why`` says what is wrong, if anything.

    ``sent`` is one whose answer is awaited, or never came before the run was killed.
    """

    attempt: int
    step: str
    number: str
    mark: str
    at: str
    fate: Literal["sent", "placed", "refused", "unknown"] = "sent"
    call_id: str = ""
    why: str = ""

    @property
    def since(self) -> datetime:
        """When it was asked for."""
        return datetime.fromisoformat(self.at)


class _AskedFor(Exception):
    """Another notebook of the run has asked for the same call meanwhile."""

    def __init__(self, call: RequestedCall) -> None:
        self.call = call


def place(
    ctx: Context,
    step: str,
    number: str,
    payer: str,
    send: Callable[[str], str],
    find: Callable[[RequestedCall], str],
) -> RequestedCall:
    """Have a platform call a number: the call of this attempt, or the one that it placed before.

    ``payer`` is whom it is billed to. ``send`` asks for it, given its mark, and returns the
    platform's id; ``find`` looks for it by its mark. Raises ``NotAllowed`` where it may not be
    placed, ``ApiError`` where ``find`` does.
    """
    call = _before(ctx, step, number)
    if call is None:
        try:
            call = _send(ctx, step, number, payer, send)
        except _AskedFor as meanwhile:
            call = meanwhile.call
    if call.fate in ("sent", "unknown"):
        found = find(call)
        call = replace(call, fate="placed" if found else "unknown", call_id=found)
        _keep(ctx, call)
    return call


def marks(ctx: Context) -> frozenset[str]:
    """The marks of all such calls of the run."""
    return frozenset(ctx.journal.get(_PLACED, {}))


def _send(
    ctx: Context, step: str, number: str, payer: str, send: Callable[[str], str]
) -> RequestedCall:
    def claim(mark: str) -> None:
        if call := _before(ctx, step, number):
            raise _AskedFor(call)
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        _keep(ctx, RequestedCall(ctx.attempt, step, number, mark, at))

    mark = dialing.permit(ctx, step, number, payer, claim)
    call = RequestedCall(**ctx.journal.get(_PLACED)[mark])
    with noted() as asked:
        try:
            id = send(mark)
            call = replace(call, fate="placed" if id else "unknown", call_id=id)
        except ApiError as error:
            why = f"{error} {error.advice}".strip()
            call = replace(call, fate="refused" if refused(asked) else "unknown", why=why)
    _keep(ctx, call)
    return call


def _before(ctx: Context, step: str, number: str) -> RequestedCall | None:
    """The call that this attempt has asked for already; one that was refused is none."""
    kept = (RequestedCall(**call) for call in ctx.journal.get(_PLACED, {}).values())
    wanted = (ctx.attempt, step, number)
    mine = [c for c in kept if (c.attempt, c.step, c.number) == wanted and c.fate != "refused"]
    return mine[-1] if mine else None


def _keep(ctx: Context, call: RequestedCall) -> None:
    ctx.journal.change(_PLACED, lambda kept: kept | {call.mark: asdict(call)}, {})
