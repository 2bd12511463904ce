"""What the platforms say of an input while it is typed: is it there, and what else could it be.

Nothing is judged here, and nothing is changed: the steps of section 01 do that. A platform that
does not answer leaves a plain field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import InputLookup, LookupResult
from sfsip_nb.platforms.shared.checks import synthflow
from sfsip_nb.sip import ResolveError, loop

_RESOLVE_SECONDS = 10


def among(
    key: str, names: Callable[[Context], Iterable[Any]], what: str, must: bool = True
) -> InputLookup:
    """Whether an input, or each entry of one, is among what a platform lists.

    Without `must` it may be something else too, such as a number that is still to be added.
    """

    def see(ctx: Context) -> LookupResult:
        known = tuple(sorted({str(name) for name in names(ctx) if name}))
        value = _value(ctx, key)
        wanted = [v for v in (value if isinstance(value, list) else [value]) if v]
        absent = [v for v in wanted if v not in known]
        count = f"{len(known)} {what}"
        if not wanted:
            return LookupResult(None, f"nothing typed yet; {count}", known)
        if absent:
            ok = False if must else None
            return LookupResult(ok, f"{', '.join(absent)} not among {count}", known)
        return LookupResult(True, f"among {count}", known)

    return InputLookup(key, see)


def resolves(key: str) -> InputLookup:
    """Whether a host name has an address, as this machine's DNS answers."""

    def see(ctx: Context) -> LookupResult:
        host = str(_value(ctx, key))
        if not host:
            return LookupResult(None, "nothing typed yet")
        finding = ctx.surroundings.resolver.candidates(host, None, ctx.parameters.sip.transport)
        try:
            first = loop.run(finding, _RESOLVE_SECONDS)[0]
        except ResolveError as error:
            return LookupResult(False, str(error))
        return LookupResult(True, f"resolves to {first.ip}")

    return InputLookup(key, see)


def _value(ctx: Context, key: str) -> Any:
    return reduce(getattr, key.split("."), ctx.parameters)


def _assistants(ctx: Context) -> list[Any]:
    """Names and ids: either may stand in the input."""
    found = [a for a in synthflow(ctx).assistants() if a.get("type", "inbound") == "inbound"]
    return [a.get("name") for a in found] + [
        a["model_id"] for a in found if a["model_id"] == ctx.parameters.synthflow.assistant
    ]


def imported(ctx: Context) -> list[str]:
    """The numbers that the Synthflow workspace holds."""
    return ctx.once(
        "synthflow.numbers", lambda: [str(n["number"]) for n in synthflow(ctx).numbers()]
    )


def _numbers(ctx: Context) -> LookupResult:
    """Whether the workspace holds the numbers already; they are imported where it does not."""
    there = imported(ctx)
    told = [
        f"{number} {'is' if number in there else 'not yet'} in the Synthflow workspace"
        for number in ctx.parameters.numbers
    ]
    return LookupResult(None, "; ".join(told) or "nothing typed yet", tuple(there))


NUMBERS = InputLookup("numbers", _numbers)
SYNTHFLOW = (among("synthflow.assistant", _assistants, "inbound assistants of the workspace"),)
