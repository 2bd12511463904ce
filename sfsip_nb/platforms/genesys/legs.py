"""Checks of the leg between Genesys Cloud and Synthflow: trunk, RTP, login, SIP messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Basis, Check
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.genesys import leg_words
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.platforms.genesys.trace import Leg
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.sip import pcap
from sfsip_nb.sip.addresses import is_private
from sfsip_nb.sip.evidence.calls import CallTrace
from sfsip_nb.sip.fields import uri_parts
from sfsip_nb.sip.media.quality import is_stream
from sfsip_nb.sip.shown import counted, plain

_FROM, _TO = "from Synthflow", "to Synthflow"


def checks(
    ctx: Context, step: str, call: SeenCall | None, leg: Leg, number: str, caller: str
) -> Iterator[Check]:
    """The leg to the AI: what its INVITE says and met, over which trunk, with RTP both ways.

    ``call`` is None where no record of the conversation can be read: its messages may be there.
    """
    answered = 200 <= leg.code < 300
    unanswered = leg.talk is not None and not answered
    yield _answered(step, leg, number)
    yield from captured(ctx, step, leg)
    if leg.talk is not None and leg.to == calls.digits(number):
        yield from _sent(step, leg.talk, number, caller)
    if answered:
        yield _in_order(step, leg)
    if leg.talk is not None:
        yield _reachable(step, leg)
    if call is None:
        return
    try:
        media: list[dict[str, Any]] | None = _media(ctx, call)
        unread = ""
    except ApiError as error:
        media, unread = None, str(error)
    name = ctx.parameters.trunk_name
    mine = [m for m in media or () if m["trunk"]["name"] == name]
    trunks = ", ".join(sorted({m["trunk"]["name"] for m in media or ()})) or "no media recorded"
    yield check(
        f"{step}/trunk",
        "The call went over the Synthflow trunk",
        name,
        "; ".join([trunks if media is not None else unread, *leg.errors]),
        bool(mine) or (None if media is None or unanswered else False),
        reason="The media statistics could not be read."
        if media is None
        else "No media: Synthflow did not answer the leg."
        if unanswered
        else "No leg used the trunk: look at the flow, the number plan and the route.",
    )
    if unanswered:
        return  # no audio was agreed on: what failed is the leg
    if mine:
        rtp = [m.get("rtp") or {} for m in mine]
        came, went = (_sum(rtp, f"packets{way}") for way in ("Received", "Sent"))
        yield _both_ways(ctx, step, leg, came, went)
    elif media is None and leg.received is not None:
        yield _both_ways(ctx, step, leg, leg.received, None)


def _sum(rtp: Sequence[dict[str, Any]], name: str) -> int:
    return sum(int(stream.get(name) or 0) for stream in rtp)


def _media(ctx: Context, call: SeenCall) -> list[dict[str, Any]]:
    found = genesys(ctx).media_statistics(call.id)
    return [
        statistics
        for entry in found
        for statistics in (entry.get("mediaStatistics") or [entry])
        if (statistics.get("trunk") or {}).get("name")
    ]


def _answered(step: str, leg: Leg, number: str) -> Check:
    """Synthflow's answer to the INVITE, in the words of the SIP messages, with what it means."""
    shown = leg.traced or leg.errors or leg.codes
    other = bool(leg.to) and leg.to != calls.digits(number)
    finding = next((f for f in leg.findings if f.verdict != "pass"), None)
    if other:
        reason = f"Genesys called {leg.to} instead of {number}: look at what the flow transfers to."
    elif finding is not None:
        reason = finding.text
    elif leg.errors:
        reason = "Genesys found no way out: look at the number plan, the outbound route, the trunk."
    elif shown:
        reason = "Genesys placed no call to Synthflow: look at the call route and at its flow."
    else:
        reason = "Traces can be late or incomplete: run this cell again in a few minutes."
    ok = (200 <= leg.code < 300 and not other) or (False if shown else None)
    return check(
        f"{step}/leg",
        "Synthflow answered Genesys's leg",
        "200 OK",
        leg_words.told(leg),
        ok,
        advisory=ok is None,  # what the call itself showed counts without a trace too
        reason=reason,
    )


def captured(ctx: Context, step: str, leg: Leg) -> Iterator[Check]:
    """Genesys's own messages of the leg as a capture, secrets masked, or why there is none.

    They are those of its capture, of which there is none where the traces have the whole call.
    Advisory: the traces show the messages too.
    """
    entries, unread, of = leg.captured.entries, leg.captured.unread, ""
    if leg.talk and not (entries or unread):
        entries, of = leg.talk.entries, ", from its traces"
    kept: tuple[str, ...] = ()
    if entries:
        title, file = f"messages by Genesys {step}", pcap.dump(entries)
        try:
            kept = (ctx.keep_evidence(step, Basis.API, title, "pcapng", file),)
        except ValueError as secret:  # it stands where no rule masks it
            unread = str(secret)
    if entries or unread:
        yield check(
            f"{step}/capture",
            "Genesys's own messages of this leg are kept as a capture",
            "its SIP messages",
            unread or f"{counted(len(entries), 'message')}{of}",
            bool(kept) or None,
            advisory=True,
            reason="It adds to the traces and needs the permission telephony:pcap:add.",
            evidence=kept,
        )


def _sent(step: str, talk: CallTrace, number: str, caller: str) -> Iterator[Check]:
    """What the INVITE itself says, whatever came of it. Advisory: messages may be untraced."""
    called = uri_parts(talk.attempts[-1].uri).user
    yield check(
        f"{step}/called",
        "Genesys calls the number as Synthflow knows it",
        number,
        plain(called),
        called == number,
        advisory=True,
        reason="Synthflow knows numbers in E.164 with their plus sign.",
    )
    shown = leg_words.caller_of(talk)
    yield check(
        f"{step}/from",
        "Genesys's INVITE names the caller",
        caller or "a number",
        calls.digits(shown) or plain(shown),
        bool(calls.digits(shown)) and (not caller or calls.digits(shown) == calls.digits(caller)),
        advisory=True,
        reason="Look at the trunk's caller ID settings, and at privacy.",
    )


def _in_order(step: str, leg: Leg) -> Check:
    wrong = [f for f in leg.findings if f.verdict == "fail"]
    return check(
        f"{step}/messages",
        "The SIP messages of this leg show nothing wrong",
        "nothing that breaks a call",
        [f.sentence for f in wrong] or counted(len(leg.messages), "message"),
        not wrong,
        reason=" ".join(dict.fromkeys(f.remedy for f in wrong)),
    )


def _reachable(step: str, leg: Leg) -> Check:
    """Where each side wants its audio: nothing from outside gets to a private address."""
    ends = list(zip(("Genesys", "Synthflow"), leg_words.media_of(leg), strict=True))
    private = [name for name, address in ends if address and is_private(address[0])]
    told = [f"{name} at {leg_words.media_told(address)}" for name, address in ends if address]
    return check(
        f"{step}/media",
        "Both sides name media addresses that the other can reach",
        "no private address",
        told or "no SDP traced",
        False if private else True if all(address for _, address in ends) else None,
        advisory=True,
        reason=f"The SDP of {' and of '.join(private)} names a private address: unless the other"
        " side answers to where audio comes from, it is lost. Put the public address there."
        if private
        else "The messages do not show both media addresses.",
    )


def _both_ways(ctx: Context, step: str, leg: Leg, came: int, went: int | None) -> Check:
    """RTP in each direction; ``went`` is None where only analytics can be read: it has one."""
    most = max(came, went or 0)
    counts = ((_FROM, came),) if went is None else ((_FROM, came), (_TO, went))
    dead = [which for which, count in counts if not is_stream(count, most)]
    sent = "how many were sent is not known" if went is None else f"{went} sent"
    ends = [
        f"{name} at {leg_words.media_told(address)}"
        for name, address in zip(("Genesys", "Synthflow"), leg_words.media_of(leg), strict=True)
        if address
    ]
    ports = facts.rtp_ports()
    listed = [
        e.address for e in facts.synthflow_addresses(ctx.parameters.synthflow.region, "media")
    ]
    return check(
        f"{step}/rtp",
        "Genesys saw RTP both ways on the trunk",
        "packets received and sent",
        "; ".join([f"{came} received, {sent}", *ends]),
        False if dead else None if went is None else True,
        reason=f"No stream {' or '.join(dead)}: allow UDP {ports[0]}–{ports[-1]} both ways between"
        f" Genesys's media addresses and Synthflow's ({', '.join(listed)}), and check both media"
        " lists."
        if dead
        else "The media statistics could not be read, and analytics has one direction only.",
    )


def logged_in(ctx: Context, step: str, leg: Leg) -> list[Check]:
    """Whether the trunk answered Synthflow's challenge with its credentials, by its own SIP trace.

    Traces may be late or incomplete, and Synthflow may go by the address: then nothing is shown.
    """
    if ctx.parameters.sip.authentication != "digest":
        return []
    invites = [m for m in leg.messages if str(m.get("cseq")).endswith("INVITE")]
    said = [
        f"{m.get('method')} {m.get('replyReason') or ''}".strip()
        for m in sorted(invites, key=lambda m: str(m.get("date")))
        if not str(m.get("method")).startswith("1")
    ]
    return [
        check(
            f"{step}/digest",
            "The trunk's credentials were asked for and accepted",
            "a challenge, then no refusal of the credentials",
            ", ".join(said) or leg.unread or "no message traced",
            leg.logged_in,
            advisory=True,
            reason="Not challenged, or not traced: this call says nothing of the credentials."
            if leg.logged_in is None
            else "Compare realm, user name and password of the trunk with Synthflow's.",
            evidence=_kept(ctx, step, leg) if leg.logged_in else (),
        )
    ]


def _kept(ctx: Context, step: str, leg: Leg) -> tuple[str, ...]:
    """A leg's messages as they were traced, without their headers: those hold the digest."""
    names = ("date", "method", "replyReason", "cseq", "sourceIp", "destinationIp", "callid")
    ordered = sorted(leg.messages, key=lambda message: str(message.get("date")))
    lines = ["  ".join(str(message.get(name) or "–") for name in names) for message in ordered]
    return (ctx.keep_evidence(step, Basis.API, f"trace {step} digest", "txt", "\n".join(lines)),)


def referred(step: str, leg: Leg) -> Check:
    """What became of Synthflow's REFER on this leg; a warm transfer may come without one."""
    refers = leg.talk.of("REFER") if leg.talk else []
    told = [f for f in leg.findings if f.rule.startswith("transfer.")]
    return check(
        f"{step}/refer",
        "Genesys carried out Synthflow's REFER",
        "202, then NOTIFY 200",
        [f.sentence for f in told] or (leg.unread or "no REFER on this leg"),
        {"pass": True, "fail": False}.get(told[-1].verdict) if refers and told else None,
        advisory=True,
        reason=told[-1].remedy if told else "Synthflow sent no REFER, or it was not traced.",
    )
