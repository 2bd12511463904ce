"""The AI as the caller: an assistant of the customer's calls a number, and the AI agent answers.

It needs no telephone and nobody who dials, so that it shows the whole way in where this machine can
show none. It bills, and no API ends it: it lasts until one of the two hangs up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import calls, placing
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.clock import until
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.dialing import MARK_HEADER, NotAllowed
from sfsip_nb.engine.model import Refused
from sfsip_nb.engine.placing import RequestedCall
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared.checks import check, synthflow
from sfsip_nb.platforms.shared.join import Sides, same_call
from sfsip_nb.platforms.shared.watch import Sought, WatchedPlatform, find
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from sfsip_nb.platforms.synthflow.resources import TAKEN, find_assistant, settled_call

_RECORD_SECONDS = 5.0

_NOT_PLACED = "Allow this call (test_calls), or leave test_calls.ai_caller empty."
_UNKNOWN = (
    "It may have been placed and billed, so it is not placed again in this attempt: look for it in"
    " Synthflow's log by the name"
)


def payer(name: str) -> str:
    """An assistant that places calls, as the one that they are billed to."""
    return f"the assistant {name} at Synthflow"


def planned(ctx: Context) -> tuple[PlannedCalls, ...]:
    """Its call, where the inputs name an assistant."""
    wanted = ctx.parameters.test_calls.ai_caller
    return (PlannedCalls(1, payer(wanted), None),) if wanted else ()


def checks(ctx: Context, step: str, platform: WatchedPlatform, number: str) -> list[Check]:
    """What an assistant's call to a number shows, where the inputs name one. All advisory."""
    wanted = ctx.parameters.test_calls.ai_caller
    if not wanted:
        return []
    try:
        return _called(ctx, step, platform, number, wanted)
    except NotAllowed as refusal:
        return [_check(step, number, wanted, str(refusal), None, _NOT_PLACED)]
    except (ApiError, Refused) as error:
        return [_check(step, number, wanted, str(error), None, error.advice)]


def _called(
    ctx: Context, step: str, platform: WatchedPlatform, number: str, wanted: str
) -> list[Check]:
    client = synthflow(ctx)
    assistant = find_assistant(client, wanted, "outbound")
    if assistant is None:
        why = "Correct test_calls.ai_caller: the id or the exact name of an outbound assistant."
        return [_check(step, number, wanted, f"no outbound assistant “{wanted}”", None, why)]
    model_id = str(assistant["model_id"])
    placed = placing.place(
        ctx,
        step,
        number,
        payer(wanted),
        lambda mark: client.place_call(model_id, number, mark),
        lambda call: _by_mark(client, model_id, call),
    )
    if placed.fate != "placed":
        seen = f"the call was refused: {placed.why}"
        if placed.fate == "unknown":
            seen = f"whether the call was placed is unknown: {placed.why or 'no answer is kept'}"
        why = _NOT_PLACED if placed.fate == "refused" else f"{_UNKNOWN} {placed.mark}."
        return [_check(step, number, wanted, seen, None, why)]
    row = settled_call(client, placed.call_id)
    sides = find(ctx, platform, _sought(step, number, placed, row))
    one = "Both records of the assistant's call are the same call"
    return [
        _judged(ctx, step, number, wanted, placed, row, sides),
        *same_call(f"{step}/ai-caller", sides, one, advisory=True),
    ]


def _by_mark(client: SynthflowClient, model_id: str, call: RequestedCall) -> str:
    """The id of a call whose answer was lost: it has our mark for the name of whom it calls."""

    def found() -> str:
        rows = client.calls(model_id, call.since - calls.APART, datetime.now(UTC) + calls.APART)
        return next((str(r["call_id"]) for r in rows if r.get("lead_name") == call.mark), "")

    return until(found, bool, _RECORD_SECONDS, "the call in Synthflow's list")


def _sought(step: str, number: str, placed: RequestedCall, row: Mapping[str, Any]) -> Sought:
    return Sought(
        step,
        number,
        f"{step}, {placed.mark}",
        placed.since,
        caller=str(row.get("phone_number_from") or ""),
        keys={MARK_HEADER: placed.mark},
    )


def _judged(
    ctx: Context,
    step: str,
    number: str,
    wanted: str,
    placed: RequestedCall,
    row: Mapping[str, Any],
    sides: Sides,
) -> Check:
    """Whether the call was answered, and by the AI agent: its own record says so."""
    status, error = str(row.get("call_status") or "unknown"), str(row.get("error_message") or "")
    answered, here = status in TAKEN, sides.synthflow
    agent = find_assistant(synthflow(ctx), ctx.parameters.assistant_of(number)) or {}
    taken = here is not None and here.facts.get("model_id") == agent.get("model_id")
    taken = taken and str(here.facts.get("call_status") if here else "") in TAKEN
    said = f"call {placed.call_id} from {row.get('phone_number_from') or 'a number unknown'}"
    said += f": {status}{f', {error}' if error else ''}"
    if answered:
        said += f"; {agent.get('name')} had call {here.id}" if here else "; the AI agent: no call"
    lost = sides.whole.platform is not None and not here and not sides.match.rivals
    ok = True if answered and taken else False if error or (answered and lost) else None
    why = "Both sides' records say where the call ended: see the required checks of this step."
    return _check(step, number, wanted, said, ok, why)


def _check(step: str, number: str, wanted: str, seen: str, ok: bool | None, reason: str) -> Check:
    return check(
        f"{step}/ai-caller",
        f"A call of the assistant {wanted} reaches the AI agent",
        f"{number} answered by the AI agent",
        seen,
        ok,
        Vantage.SYNTHFLOW,
        advisory=True,
        reason=reason,
    )
