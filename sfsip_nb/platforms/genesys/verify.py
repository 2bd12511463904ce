"""The guide's three tests at Genesys Cloud, judged on its conversation and media records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sfsip_nb.engine import calls, joining
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField
from sfsip_nb.engine.trouble import Look, apart
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.genesys import legs, trace
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.trace import Leg
from sfsip_nb.platforms.shared import agent_record, sampling
from sfsip_nb.platforms.shared import verification as v
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import AT_ONCE, Sides, fits
from sfsip_nb.platforms.shared.watch import WatchedPlatform

_CLOCKS = timedelta(seconds=2)
"""Ours and Genesys's, where an earlier call must not be taken for this one."""

_LANDED = ("acd", "agent")
"""The purposes of the participants of a call that came to a queue."""

_INTERACT = "interact"
"""The segment in which two parties talk; before the answer it is ``alert`` (Genesys analytics)."""

_UNPROVEN = "The AI agent did not take this call, so this call proves nothing about the transfer."


def _side(ctx: Context) -> WatchedPlatform:
    return WatchedPlatform("Genesys Cloud", conversations(ctx))


def conversations(ctx: Context) -> calls.Source:
    """The organization's voice conversations. Numbers are matched here, by digits: whether the
    API's filter wants ``tel:`` is not known."""
    client = genesys(ctx)

    def source(since: datetime, until: datetime) -> list[SeenCall]:
        found = []
        for conversation in client.conversation_details(since, until):
            for session in _sessions(conversation):
                if session.get("ani") and (session.get("dnis") or session.get("sessionDnis")):
                    found.append(
                        SeenCall(
                            Vantage.PLATFORM,
                            conversation["conversationId"],
                            calls.moment(conversation["conversationStart"]),
                            str(session["ani"]),
                            str(session.get("dnis") or session["sessionDnis"]),
                            conversation,
                            over=bool(conversation.get("conversationEnd")),
                            ended=calls.moment_or_none(conversation.get("conversationEnd")),
                            direction=str(conversation.get("originatingDirection") or ""),
                            keys={trace.CONVERSATION: conversation["conversationId"]},
                        )
                    )
                    break
        return found

    return source


def _sessions(conversation: Any) -> Iterator[dict[str, Any]]:
    for participant in conversation.get("participants") or []:
        yield from participant.get("sessions") or []


def _segment_types(participant: dict[str, Any]) -> set[str]:
    """The kinds of a participant's segments: one that only rang has no ``interact``."""
    return {
        str(segment.get("segmentType"))
        for session in participant.get("sessions") or []
        for segment in session.get("segments") or []
    }


def _inbound(ctx: Context) -> list[Check]:
    return v.run(ctx, v.INBOUND, _side(ctx), _judge_inbound)


def _judge_inbound(ctx: Context, sides: Sides) -> list[Check]:
    step, call = "verify.inbound", sides.platform
    looks: list[Look] = []
    if call is not None:
        looks.append(lambda: [_flow(ctx, step, call)])
    if leg := _leg(ctx, sides):
        looks += [
            lambda: legs.checks(ctx, step, call, leg, sides.number, sides.caller),
            lambda: legs.logged_in(ctx, step, leg),
        ]
    looks.append(lambda: agent_record.checks(ctx, step, sides))
    return [*apart(step, *looks), *agent_record.caller_shown(step, sides, sides.caller)]


def _leg(ctx: Context, sides: Sides) -> Leg | None:
    """The call's leg to Synthflow, by its record; by number and time where none can be read."""
    if sides.platform is not None:
        return trace.leg_of(ctx, sides.platform, sides.number)
    if sides.name in sides.unread and sides.since:
        carried = sides.synthflow.keys if sides.synthflow else {}
        return trace.leg_to(ctx, sides.number, sides.since, carried.get(trace.CONVERSATION, ""))
    return None


def _flow(ctx: Context, step: str, call: SeenCall) -> Check:
    wanted = settings(ctx).inbound_flow
    flows = {
        str((s.get("flow") or {}).get("flowName") or (s.get("flow") or {}).get("flowId"))
        for s in _sessions(call.facts)
        if s.get("flow")
    }
    listed = genesys(ctx).flows(lasting=True) if flows - {wanted} else ()
    names = {f["id"]: f["name"] for f in listed}
    seen = sorted(names.get(flow, flow) for flow in flows)
    return check(
        f"{step}/flow",
        "The call went through the Architect flow",
        wanted,
        seen or "no flow",
        wanted in seen,
        reason="The call route sends the number elsewhere: run routing.inbound.",
    )


def _transfer(ctx: Context) -> list[Check]:
    return v.run(ctx, v.TRANSFER, _side(ctx), _judge_transfer)


def _judge_transfer(ctx: Context, sides: Sides) -> list[Check]:
    step = "verify.transfer"
    found = apart(
        step,
        lambda: agent_record.checks(ctx, step, sides),
        lambda: agent_record.transfer(step, sides),
    )
    if ctx.parameters.synthflow.transfer.mode == "cold" and (leg := _leg(ctx, sides)):
        found += [legs.referred(step, leg), *legs.captured(ctx, step, leg)]
    if sides.platform is None:
        return found
    return [*found, *apart(step, lambda: _received(ctx, step, sides))]


def _received(ctx: Context, step: str, sides: Sides) -> Iterator[Check]:
    """Where the transferred call landed, who took it, and whose number it shows."""
    wanted = settings(ctx).transfer_queue
    found = _transferred(ctx, sides)
    if found[1:]:
        for part, title, what in (
            ("queue", "The call landed in the queue", wanted),
            ("agent", "A live agent took it", "an agent's leg that was answered"),
        ):
            yield check(f"{step}/{part}", title, what, fits(found), None, reason=AT_ONCE)
        return
    parts = _landed(next(iter(found), None))
    landed = _queues(ctx, parts)
    by_ai = agent_record.by_the_agent(sides)
    way = "" if by_ai or not landed else agent_record.NOT_BY_AI
    yield check(
        f"{step}/queue",
        "The call landed in the queue",
        wanted,
        f"{', '.join(landed) or 'no queue'}{way}",
        (landed == [wanted] and by_ai) or (None if way else False),
        reason=_UNPROVEN
        if way
        else "The transfer number goes elsewhere: run routing.transfer."
        if landed
        else "No leg of the call came back to a queue: look at transfer.action, then at"
        " routing.transfer.",
    )
    agents = [p for p in parts if p.get("purpose") == "agent"]
    talked = [agent for agent in agents if _INTERACT in _segment_types(agent)]
    kinds = sorted({kind for agent in agents for kind in _segment_types(agent)})
    yield check(
        f"{step}/agent",
        "A live agent took it",
        "an agent's leg that was answered",
        f"agent legs: {len(agents)}, answered: {len(talked)}"
        + (f" ({', '.join(kinds)})" if agents and not talked else way),
        bool(talked and by_ai) or (None if talked else False),
        reason=_UNPROVEN
        if talked
        else "Nobody in the queue answered."
        if parts
        else "The call came to no queue, so nobody could take it.",
    )
    anis = [s["ani"] for leg in parts for s in leg.get("sessions") or [] if s.get("ani")]
    if parts:  # a call that never came shows no caller
        seen = anis[-1] if anis else ""
        yield agent_record.caller_id(step, seen, sides.caller, Vantage.PLATFORM, "the queue")


def _queues(ctx: Context, parts: list[dict[str, Any]]) -> list[str]:
    """The queues that some legs of a conversation were in, by name."""
    names = {q["id"]: q["name"] for q in genesys(ctx).queues()}
    return sorted(
        {
            names.get(s["queueId"], s["queueId"])
            for leg in parts
            for session in leg.get("sessions") or []
            for s in session.get("segments") or []
            if s.get("queueId")
        }
    )


def own_call(ctx: Context, step: str, since: datetime) -> list[Check]:
    """Where a call of Synthflow's own to the transfer number landed: as a transfer would."""
    wanted, number = settings(ctx).transfer_queue, ctx.parameters.synthflow.transfer.number

    def recent(start: datetime, end: datetime) -> list[SeenCall]:
        return [call for call in conversations(ctx)(start, end) if call.started >= since - _CLOCKS]

    own = sampling.sampled(ctx.parameters)[0]
    found = joining.from_caller(calls.recorded(recent, number, since, patience=3.0), own)
    call = found[0] if len(found) == 1 else None
    queues = _queues(ctx, _landed(call))
    return [
        check(
            f"{step}/queue",
            "Synthflow's own call landed in the queue",
            wanted,
            fits(found) if found[1:] else queues or ("no queue" if call else "no record of it yet"),
            queues == [wanted] if queues else None,
            advisory=True,
            reason=AT_ONCE
            if found[1:]
            else "The transfer flow sends callers elsewhere: look at its Transfer to ACD."
            if queues
            else "Records of Genesys Cloud can be late: verify.transfer shows it too.",
        )
    ]


def _landed(call: SeenCall | None) -> list[dict[str, Any]]:
    """A conversation's participants that show a queue, dead legs included."""
    found = (call.facts.get("participants") or []) if call else []
    return [p for p in found if p.get("purpose") in _LANDED]


def _transferred(ctx: Context, sides: Sides) -> list[SeenCall]:
    """The conversation with the queue's and the agent's legs: this one, or one that the transfer
    started; several where nothing tells which of them it is."""
    assert sides.platform is not None
    first = sides.platform
    if _landed(first):
        return [first]

    def later(start: datetime, end: datetime) -> list[SeenCall]:
        return joining.during(first, conversations(ctx)(start, end))

    number = ctx.parameters.synthflow.transfer.number
    found = calls.recorded(later, number, first.started, patience=5.0)
    return joining.from_caller(found, first.caller)


def _outbound_card(ctx: Context) -> Card:
    number = v.started(ctx)
    return Card(
        step="verify.outbound",
        system="genesys",
        title="Send a Genesys call flow to the AI",
        path=("Genesys Cloud", "a campaign or an agent's phone", "Dial"),
        fields=(
            CardField("Number to call", number, "to"),
            CardField("Caller", settings(ctx).caller_address, "from"),
        ),
        why="Genesys does not place calls for a client-credentials token, so a person starts it.",
        look_for="The AI agent answers and greets.",
        proved_by="verify.outbound",
        each_attempt=True,
        values={"to": number, "from": settings(ctx).caller_address},
    )


def _outbound(ctx: Context) -> list[Check]:
    return v.run_started(ctx, "verify.outbound", _side(ctx), _judge_outbound)


def _judge_outbound(ctx: Context, sides: Sides) -> list[Check]:
    step, call = "verify.outbound", sides.platform
    looks: list[Look] = []
    caller = settings(ctx).caller_address
    if leg := _leg(ctx, sides):
        looks.append(lambda: legs.checks(ctx, step, call, leg, sides.number, caller))
    looks.append(lambda: agent_record.checks(ctx, step, sides, transcript=False))
    return [*apart(step, *looks), *agent_record.caller_shown(step, sides, caller)]


STEPS = v.steps(
    "Genesys",
    inbound=(_inbound, ("routing.inbound", "trunk.outbound")),
    transfer=(_transfer, ("routing.transfer", "transfer.action", "trunk.acl")),
    outbound=(_outbound, ("trunk.site", "trunk.outbound")),
    outbound_card=_outbound_card,
)
