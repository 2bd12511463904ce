"""The guide's three tests at Genesys Cloud, judged on its conversation and media records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.genesys import trace
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.shared import verification as v
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.watch import WatchedPlatform
from sfsip_nb.sip.media.quality import is_stream


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
                        )
                    )
                    break
        return found

    return source


def _sessions(conversation: Any) -> Iterator[dict[str, Any]]:
    for participant in conversation.get("participants") or []:
        yield from participant.get("sessions") or []


def _segments(conversation: Any) -> Iterator[dict[str, Any]]:
    for session in _sessions(conversation):
        yield from session.get("segments") or []


def _errors(call: SeenCall) -> str:
    codes = {str(s["errorCode"]) for s in _segments(call.facts) if s.get("errorCode")}
    return ", ".join(sorted(codes))


def _media(ctx: Context, call: SeenCall) -> list[dict[str, Any]]:
    found = genesys(ctx).media_statistics(call.id)
    return [
        statistics
        for entry in found
        for statistics in (entry.get("mediaStatistics") or [entry])
        if (statistics.get("trunk") or {}).get("name")
    ]


def _over_trunk(ctx: Context, step: str, call: SeenCall) -> list[Check]:
    """The leg to the AI left over this trunk, with RTP both ways."""
    name = ctx.parameters.trunk_name
    media = _media(ctx, call)
    mine = [m for m in media if m["trunk"]["name"] == name]
    trunks = ", ".join(sorted({m["trunk"]["name"] for m in media})) or "no media recorded"
    errors = _errors(call)
    found = [
        check(
            f"{step}/trunk",
            "The call went over the Synthflow trunk",
            name,
            trunks + (f"; {errors}" if errors else ""),
            bool(mine),
            reason="No leg used the trunk: look at the flow, the number plan and the route.",
        )
    ]
    if mine:
        rtp = [m.get("rtp") or {} for m in mine]
        came = sum(int(x.get("packetsReceived") or 0) for x in rtp)
        went = sum(int(x.get("packetsSent") or 0) for x in rtp)
        dead = [
            name
            for name, count in (("from Synthflow", came), ("to Synthflow", went))
            if not is_stream(count, max(came, went))
        ]
        found.append(
            check(
                f"{step}/rtp",
                "Genesys saw RTP both ways on the trunk",
                "packets received and sent",
                f"{came} received, {went} sent",
                not dead,
                reason=f"No stream {' or '.join(dead)}: open RTP both ways and check both media"
                " lists.",
            )
        )
    return found


def _inbound(ctx: Context) -> list[Check]:
    return v.run(ctx, v.INBOUND, _side(ctx), _judge_inbound)


def _judge_inbound(ctx: Context, sides: Sides) -> list[Check]:
    step, call = "verify.inbound", sides.platform
    found: list[Check] = []
    if call is not None:
        wanted = settings(ctx).inbound_flow
        flows = {
            str((s.get("flow") or {}).get("flowName") or (s.get("flow") or {}).get("flowId"))
            for s in _sessions(call.facts)
            if s.get("flow")
        }
        names = {f["id"]: f["name"] for f in genesys(ctx).flows()}
        seen = sorted(names.get(flow, flow) for flow in flows)
        found.append(
            check(
                f"{step}/flow",
                "The call went through the Architect flow",
                wanted,
                seen or "no flow",
                wanted in seen,
                reason="The call route sends the number elsewhere: run routing.inbound.",
            )
        )
        found += _over_trunk(ctx, step, call)
        found += trace.challenged(ctx, step, call)
    found += v.agent_checks(ctx, step, sides)
    if sides.synthflow is not None:
        found.append(
            v.caller_id(
                step, sides.synthflow.caller, sides.caller, Vantage.SYNTHFLOW, "the AI agent"
            )
        )
    return found


def _transfer(ctx: Context) -> list[Check]:
    return v.run(ctx, v.TRANSFER, _side(ctx), _judge_transfer)


def _judge_transfer(ctx: Context, sides: Sides) -> list[Check]:
    step = "verify.transfer"
    found = v.agent_checks(ctx, step, sides)
    if sides.platform is None:
        return found
    wanted = settings(ctx).transfer_queue
    legs = _transferred_legs(ctx, sides)
    queues = {q["id"]: q["name"] for q in genesys(ctx).queues()}
    landed = sorted(
        {
            queues.get(s["queueId"], s["queueId"])
            for leg in legs
            for session in leg.get("sessions") or []
            for s in session.get("segments") or []
            if s.get("queueId")
        }
    )
    found.append(
        check(
            f"{step}/queue",
            "The call landed in the queue",
            wanted,
            landed or "no queue",
            landed == [wanted],
            reason="The transfer number goes elsewhere: run routing.transfer."
            if landed
            else "No leg of the call came back to a queue: look at transfer.action, then at"
            " routing.transfer.",
        )
    )
    agents = [p for p in legs if p.get("purpose") == "agent"]
    found.append(
        check(
            f"{step}/agent",
            "A live agent took it",
            "an agent's leg",
            f"agent legs: {len(agents)}",
            bool(agents),
            reason="Nobody in the queue answered."
            if legs
            else "The call came to no queue, so that nobody could take it.",
        )
    )
    anis = [s["ani"] for leg in legs for s in leg.get("sessions") or [] if s.get("ani")]
    if legs:  # a call that never came shows no caller
        seen = anis[-1] if anis else ""
        found.append(v.caller_id(step, seen, sides.caller, Vantage.PLATFORM, "the queue"))
    return found


def _transferred_legs(ctx: Context, sides: Sides) -> list[dict[str, Any]]:
    """Queue and agent legs, of this conversation or of the one that the transfer started."""
    assert sides.platform is not None
    legs = v.participants(sides.platform, ("acd", "agent"))
    if legs:
        return legs
    number = ctx.parameters.synthflow.transfer.number
    other = calls.find(conversations(ctx), number, sides.platform.started, patience=5.0)
    return v.participants(other, ("acd", "agent"))


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
    step = "verify.outbound"
    found = _over_trunk(ctx, step, sides.platform) if sides.platform else []
    found += v.agent_checks(ctx, step, sides, transcript=False)
    if sides.synthflow is not None:
        caller = settings(ctx).caller_address
        found.append(
            v.caller_id(step, sides.synthflow.caller, caller, Vantage.SYNTHFLOW, "the AI agent")
        )
    return found


STEPS = v.steps(
    "Genesys",
    inbound=(_inbound, ("routing.inbound", "trunk.outbound")),
    transfer=(_transfer, ("routing.transfer", "transfer.action", "trunk.acl")),
    outbound=(_outbound, ("trunk.site", "trunk.outbound")),
    outbound_card=_outbound_card,
)
