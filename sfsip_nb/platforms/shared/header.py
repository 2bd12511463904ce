"""Probe of what an INVITE carries beside its numbers: headers of ours, in Synthflow's records."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sfsip_nb.engine import calls, dialing, joining
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.clock import until
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.joining import CallMatch, Wanted
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared import direct, testcall
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import fits
from sfsip_nb.platforms.shared.sampling import sampled
from sfsip_nb.platforms.shared.testcall import ObservedCall
from sfsip_nb.platforms.shared.watch import synthflow_calls
from sfsip_nb.platforms.synthflow import callids
from sfsip_nb.sip import probes as wire

_RECORD_SECONDS = 6.0


def planned(ctx: Context) -> tuple[PlannedCalls, ...]:
    """Its one call."""
    return direct.planned(ctx, 1, ask=direct.may_ask(ctx))


def probe(ctx: Context) -> list[Check]:
    """A header of ours arrives in Synthflow's call record (docs.synthflow.ai/pass-call-context).

    Where the AI agent may be asked for a person, the same call asks for one. Synthflow is told of
    the call before, and gives it an id; where it does not, the call goes without.
    """
    step, number = "probe.header", sampled(ctx.parameters)[0]
    ask, prepared = direct.may_ask(ctx), list[str]()
    rows = synthflow_calls(ctx, number)
    before = {row.id for row in calls.fitting(rows, number, datetime.now(UTC))}

    def named(mark: str) -> dict[str, str]:
        prepared.append(direct.prepared(ctx, number))
        return {wire.NONCE_HEADER: "round-trip", **callids.headers(mark, prepared[0])}

    placed = direct.place(ctx, step, number, direct.logins(ctx), ask=ask, named=named)
    if not isinstance(placed, ObservedCall):
        return [testcall.unplaced(ctx, step, placed)]
    match = _row_of(rows, placed, prepared[0], before)
    row = match.here
    seen = dict(row.facts.get("telephony_sip_headers") or {}) if row else {}
    return [
        check(
            f"{step}/round-trip",
            "A custom X- header reaches the AI agent",
            f"{wire.NONCE_HEADER}: round-trip, {dialing.MARK_HEADER}: {placed.mark}",
            ", ".join(f"{k}: {v}" for k, v in seen.items())
            or (
                "a call without such headers"
                if row
                else fits(match.rivals)
                if match.rivals
                else "no such call in the list"
            ),
            seen.get(wire.NONCE_HEADER) == "round-trip" if row else None,
            Vantage.SYNTHFLOW,
            advisory=ctx.live,
            reason="Header names are case-sensitive and start with X-; large UDP requests get lost."
            if row
            else "Whether the header arrives is not known without the call: see probe.codec.",
            evidence=placed.evidence,
        ),
        *(direct.named(step, prepared[0], row, placed) if prepared[0] and row else ()),
        *direct.understood(step, placed, row),
        *(direct.handed_over(step, placed) if ask else ()),
    ]


def _row_of(
    rows: calls.Source, placed: ObservedCall, call_id: str, before: Collection[str]
) -> CallMatch:
    """Synthflow's record of a call from here: by its ids, and if it was answered, without them.

    What was listed ``before`` is an earlier call.
    """
    keys = {
        dialing.MARK_HEADER: placed.mark,
        callids.OWN: placed.mark,
        callids.CALL_ID: call_id,
    }

    def over(start: datetime, end: datetime) -> list[calls.SeenCall]:
        """Of a call in progress the record says too little yet."""
        return [row for row in rows(start, end) if row.over]

    def found() -> CallMatch:
        fit = calls.fitting(over, placed.number, placed.since, exclude=before)
        return joining.match((), fit, Wanted(placed.caller, keys, placed.since))

    what = "Synthflow's record of the call"
    match = until(found, lambda match: bool(match.own), _RECORD_SECONDS, what)
    if match.own or (placed.answered and (match.rivals or _is_from(match.here, placed.caller))):
        return match
    return CallMatch()


def _is_from(row: calls.SeenCall | None, caller: str) -> bool:
    return row is not None and calls.alike(row.caller, caller)
