"""The guide's three tests at Talkdesk, judged on its calls report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sfsip_nb.engine import calls, joining
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared import agent_record
from sfsip_nb.platforms.shared import verification as v
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import AT_ONCE, Sides, fits
from sfsip_nb.platforms.shared.watch import WatchedPlatform
from sfsip_nb.platforms.talkdesk.platform import settings, talkdesk

_CARDS = "Revisit the cards trunk.create and routing.inbound: port, transport, destination, trunk."

_ROUND = timedelta(minutes=5)
"""How far around a call its other records are looked for: they overlap it."""


def _side(ctx: Context) -> WatchedPlatform:
    return WatchedPlatform("Talkdesk", report(ctx))


def report(ctx: Context) -> calls.Source:
    """Talkdesk's calls report: the contact is the caller, the Talkdesk number the called."""
    client = talkdesk(ctx)

    def source(since: datetime, until: datetime) -> list[SeenCall]:
        found = []
        for entry in client.calls(since, until):
            contact = str(entry.get("contact_phone_number") or "")
            own = str(entry.get("talkdesk_phone_number") or "")
            outward = str(entry.get("type") or "").startswith("outbound")
            found.append(
                SeenCall(
                    Vantage.PLATFORM,
                    str(entry["call_id"]),
                    calls.moment(entry["start_at"]),
                    own if outward else contact,
                    contact if outward else own,
                    entry,
                    over=bool(entry.get("end_at", True)),
                    ended=calls.moment_or_none(entry.get("end_at")),
                    direction="outbound" if outward else "inbound",
                )
            )
        return found

    return source


def _came_back(ctx: Context, step: str, sides: Sides) -> list[Check]:
    """Of a call that Synthflow never had: dialed without a trunk, its number leads back here."""
    rivals = sides.rivals(Vantage.PLATFORM)
    call = sides.platform or next(iter(rivals), None)
    if call is None or sides.synthflow or sides.rivals(Vantage.SYNTHFLOW):
        return []
    again = at_once(call, report(ctx)(call.started - _ROUND, _ended(call) + _ROUND))
    if not again:
        return []
    return [
        check(
            f"{step}/once",
            "The call came to Talkdesk once",
            "one record of the call",
            f"{len(again) + 1} records of {calls.digits(call.called)} at the same time",
            False,
            reason=_CARDS,
        )
    ]


def at_once(call: SeenCall, others: Iterable[SeenCall]) -> list[SeenCall]:
    """Other records of the same number, from the same caller or none, while the call stood."""
    callers = {calls.digits(call.caller), ""}
    return [
        other
        for other in others
        if other.id != call.id
        and calls.digits(other.called) == calls.digits(call.called)
        and calls.digits(other.caller) in callers
        and other.started < _ended(call)
        and call.started < _ended(other)
    ]


def _ended(call: SeenCall) -> datetime:
    end = call.facts.get("end_at")
    return calls.moment(end) if end else datetime.now(UTC)


def _inbound(ctx: Context) -> list[Check]:
    return v.run(ctx, v.INBOUND, _side(ctx), _judge_inbound, remedy=_CARDS)


def _judge_inbound(ctx: Context, sides: Sides) -> list[Check]:
    step, call = "verify.inbound", sides.platform
    found = _came_back(ctx, step, sides)
    if call is not None:
        left = bool(call.facts.get("is_external_transfer") or call.facts.get("is_call_forwarding"))
        found.append(
            check(
                f"{step}/transfer",
                "Talkdesk transferred the call out",
                "an external transfer",
                "an external transfer" if left else "no transfer in the calls report",
                left,
                reason=_CARDS,
            )
        )
        missed = bool(call.facts.get("is_if_no_answer"))
        found.append(
            check(
                f"{step}/fallback",
                "The fallback was not needed",
                "answered before the timeout",
                "the timeout ran out" if missed else "answered before the timeout",
                not missed,
                reason=_CARDS,
            )
        )
    found += agent_record.checks(ctx, step, sides)
    return [*found, *agent_record.caller_shown(step, sides, sides.caller)]


def _transfer(ctx: Context) -> list[Check]:
    return v.run(
        ctx,
        v.TRANSFER,
        _side(ctx),
        _judge_transfer,
        remedy="Revisit the card routing.transfer: ring group and number.",
    )


def _judge_transfer(ctx: Context, sides: Sides) -> list[Check]:
    step, wanted = "verify.transfer", settings(ctx).ring_group
    found = [*agent_record.checks(ctx, step, sides), *agent_record.transfer(step, sides)]
    if sides.platform is None:
        return found
    legs = _transferred(ctx, sides.platform)
    leg = legs[0] if len(legs) == 1 else None
    groups = str(leg.facts.get("ring_groups") or "") if leg else ""
    agent = str(leg.facts.get("handling_user_name") or "") if leg else ""
    remedy = "Revisit the card routing.transfer."
    by_ai = agent_record.by_the_agent(sides)
    way = "" if by_ai or not groups else agent_record.NOT_BY_AI
    found += [
        check(
            f"{step}/queue",
            "The call landed in the ring group",
            wanted,
            fits(legs) if legs[1:] else f"{groups or 'no ring group'}{way}",
            (_rang(wanted, groups) and by_ai) or (None if way or legs[1:] else False),
            reason=AT_ONCE if legs[1:] else remedy,
        ),
        check(
            f"{step}/agent",
            "A live agent took it",
            "a handling user",
            f"{agent or 'nobody'}{way if agent else ''}",
            bool(agent and by_ai) or (None if agent or legs[1:] else False),
            reason=AT_ONCE if legs[1:] else f"Nobody in the group answered. {remedy}",
        ),
    ]
    if leg is not None:
        found.append(
            agent_record.caller_id(
                step, leg.caller, sides.caller, Vantage.PLATFORM, "the ring group"
            )
        )
    return found


def _rang(wanted: str, groups: str) -> bool:
    """Whether a group is among those of an entry: one name, or several with commas between them."""
    return wanted in (groups, *(name.strip() for name in groups.split(",")))


def _transferred(ctx: Context, first: SeenCall) -> list[SeenCall]:
    """The report's entry of the leg that rang the group: this call's own, or one of its own.

    Several where nothing tells which of them it is.
    """
    if first.facts.get("handling_user_name"):
        return [first]
    number = settings(ctx).ring_group_number

    def later(start: datetime, end: datetime) -> list[SeenCall]:
        return joining.during(first, report(ctx)(start, end))

    found = calls.recorded(later, number, first.started, patience=6.0)
    return joining.from_caller(found, first.caller)


def _outbound_card(ctx: Context) -> Card:
    number, caller = v.started(ctx), settings(ctx).ring_group_number
    return Card(
        step="verify.outbound",
        system="talkdesk",
        title="Send a Talkdesk IVR call to the AI",
        path=("Talkdesk", "an IVR, campaign or Studio flow", "call over the Synthflow trunk"),
        fields=(CardField("Number to call", number, "to"), CardField("Caller", caller, "from")),
        why="A call that starts at Talkdesk proves the trunk without the telephone network.",
        look_for="The AI agent answers and greets.",
        proved_by="verify.outbound",
        each_attempt=True,
        values={"to": number, "from": caller},
    )


def _outbound(ctx: Context) -> list[Check]:
    return v.run_started(ctx, "verify.outbound", _side(ctx), _judge_outbound, remedy=_CARDS)


def _judge_outbound(ctx: Context, sides: Sides) -> list[Check]:
    step = "verify.outbound"
    found = agent_record.checks(ctx, step, sides, transcript=False)
    found += _came_back(ctx, step, sides)
    return [*found, *agent_record.caller_shown(step, sides, settings(ctx).ring_group_number)]


STEPS = v.steps(
    "Talkdesk",
    inbound=(_inbound, ("routing.inbound",)),
    transfer=(_transfer, ("routing.transfer", "transfer.action", "trunk.acl")),
    outbound=(_outbound, ("trunk.create",)),
    outbound_card=_outbound_card,
)
