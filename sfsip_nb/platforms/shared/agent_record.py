"""What Synthflow's record of a test call says: who answered, what was said, whose number came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfsip_nb.engine import calls
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared.checks import check, synthflow
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.synthflow.resources import listed_assistant

_ENDINGS = ("telephony_disconnect_reason", "error_message")
_TRANSFER = ("transfer_mode", "phone", "status", "sip_code")
"""What is told of a call's end, and of a transfer, in Synthflow's names."""

NOT_BY_AI = ", not by way of the AI agent"
"""Of a call that came to the live agents although Synthflow has no record of it."""


def by_the_agent(sides: Sides) -> bool:
    """Whether the AI agent had the call: what came after one that it never answered, a fallback
    for instance, is not its doing."""
    row = sides.synthflow.facts if sides.synthflow else {}
    return str(row.get("call_status") or row.get("status") or "") == "completed"


def checks(ctx: Context, step: str, sides: Sides, transcript: bool = True) -> list[Check]:
    """What Synthflow says of the call: answered by the assistant, both voices in the transcript."""
    if sides.synthflow is None:
        return []
    row = sides.synthflow.facts
    status = str(row.get("call_status") or row.get("status") or "")
    wanted = ctx.parameters.assistant_of(sides.number)
    assistant = listed_assistant(synthflow(ctx), wanted) or {}
    found = [
        check(
            f"{step}/assistant",
            "The AI agent answered",
            f"{wanted}, completed",
            f"{assistant.get('name')}, {status or 'no status'}{_ending(row)}",
            row.get("model_id") == assistant.get("model_id") and status == "completed",
            Vantage.SYNTHFLOW,
            reason="Look at the call's error in Synthflow's log.",
        )
    ]
    if transcript:
        text = str(row.get("transcript") or "").lower()
        both = "human:" in text and "bot:" in text
        found.append(
            check(
                f"{step}/transcript",
                "The transcript has both speakers",
                "caller and agent",
                "caller and agent" if both else "one of them, or none",
                both,
                Vantage.SYNTHFLOW,
                reason="The agent did not hear the caller, or was not heard: open RTP both ways.",
            )
        )
    return found


def _ending(row: Mapping[str, Any]) -> str:
    """`, caller_hangup, the caller hung up after 4 s`, and the error of a call that failed."""
    told = [str(row[name]) for name in _ENDINGS if row.get(name)]
    if who := row.get("telephony_hangup"):
        lasted = row.get("telephony_duration")  # milliseconds
        after = f" after {lasted / 1000:.1f} s" if isinstance(lasted, (int, float)) else ""
        told.append(f"the {who} hung up{after}")
    return "".join(f", {each}" for each in told)


def transfer(step: str, sides: Sides) -> list[Check]:
    """What Synthflow says of the transfer that the AI agent made, if it made one."""
    if sides.synthflow is None:
        return []
    actions = sides.synthflow.facts.get("executed_actions") or []
    if isinstance(actions, dict):  # by name: the API's description does not say which
        actions = [{"action_type": name, **a} for name, a in actions.items() if isinstance(a, dict)]
    made = [a for a in actions if isinstance(a, dict) and _is_transfer(a)]
    said = [
        " ".join(str(a[name]) for name in _TRANSFER if a.get(name) not in (None, "")) for a in made
    ]
    status = str(made[-1].get("status") or "") if made else ""
    return [
        check(
            f"{step}/action",
            "The AI agent made the transfer",
            "a transfer that succeeded",
            said or "no transfer among the actions that it carried out",
            status == "success" or (None if made and not status else False),
            Vantage.SYNTHFLOW,
            advisory=True,
            reason="The transfer was made and refused: its code says by whom."
            if made
            else "The AI agent was not asked, did not understand, or has no transfer to make: see"
            " transfer.action and its transcript.",
        )
    ]


def _is_transfer(action: Mapping[str, Any]) -> bool:
    return "transfer" in f"{action.get('action_type')} {action.get('transfer_mode')}".lower()


def caller_shown(step: str, sides: Sides, caller: str) -> list[Check]:
    """Whether the AI agent was shown the caller's number, where Synthflow has the call."""
    if sides.synthflow is None:
        return []
    seen = sides.synthflow.caller
    return [caller_id(step, seen, caller, Vantage.SYNTHFLOW, "the AI agent")]


def caller_id(step: str, seen: str, caller: str, vantage: Vantage, where: str) -> Check:
    """Whether the caller's own number arrived somewhere."""
    return check(
        f"{step}/caller-id/{where.replace(' ', '-')}",
        f"The caller's number arrives at {where}",
        caller or "a number",
        calls.digits(seen) or seen or "none",
        bool(calls.digits(seen)) and (not caller or calls.digits(seen) == calls.digits(caller)),
        vantage,
        reason="Look at the caller ID settings of the trunk and at E.164 in the From header.",
    )
