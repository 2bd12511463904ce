"""What Genesys Cloud's own SIP trace shows of a call: whether credentials were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Basis, Check
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.sip.shown import counted

_AROUND = timedelta(minutes=1)
"""Before and after a call: two clocks."""


def challenged(ctx: Context, step: str, call: SeenCall) -> list[Check]:
    """Whether the trunk answered Synthflow's challenge with its credentials, by its own SIP trace.

    Traces may be late or incomplete, and Synthflow may go by the address: then nothing is shown.
    """
    if ctx.parameters.sip.authentication != "digest":
        return []
    try:
        found = genesys(ctx).siptraces(
            call.started - _AROUND, datetime.now(UTC) + _AROUND, conversationId=call.id
        )
    except ApiError as error:  # advice: what the call itself showed counts all the same
        return [_check(step, str(error), error.advice, ())]
    legs: dict[str, list[dict[str, Any]]] = {}
    for message in sorted(found, key=lambda entry: str(entry.get("date"))):
        if str(message.get("cseq")).endswith("INVITE"):
            legs.setdefault(str(message.get("callid")), []).append(message)
    leg = next(filter(_answers_a_challenge, legs.values()), [])
    told = [
        f"{message['method']} {message.get('replyReason') or ''}".strip()
        for message in leg
        if not str(message["method"]).startswith("1")
    ]
    seen = ", ".join(told) or f"{counted(len(found), 'message')} traced, no challenge answered"
    why = "Not challenged, or not traced: this call says nothing of the credentials."
    return [_check(step, seen, why, _leg_kept(ctx, step, leg) if leg else ())]


def _check(step: str, seen: str, reason: str, evidence: tuple[str, ...]) -> Check:
    return check(
        f"{step}/digest",
        "The trunk's credentials were asked for and accepted",
        "a challenge, then 200",
        seen,
        True if evidence else None,
        advisory=True,
        reason=reason,
        evidence=evidence,
    )


def _leg_kept(ctx: Context, step: str, leg: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """A leg's messages as they were traced, without their headers: those hold the digest."""
    names = ("date", "method", "replyReason", "cseq", "sourceIp", "destinationIp", "callid")
    lines = ["  ".join(str(message.get(name) or "–") for name in names) for message in leg]
    return (ctx.keep_evidence(step, Basis.API, f"trace {step} digest", "txt", "\n".join(lines)),)


def _answers_a_challenge(messages: Sequence[dict[str, Any]]) -> bool:
    """Whether an INVITE was challenged, and accepted with credentials (RFC 3261 §22)."""
    methods = [str(message["method"]) for message in messages]
    challenges = [i for i, method in enumerate(methods) if method in ("401", "407")]
    if not challenges or "200" not in methods[challenges[-1] :]:
        return False
    again = (m for m in messages[challenges[-1] :] if m["method"] == "INVITE")
    return any("authorization:" in str(message.get("msg")).lower() for message in again)
