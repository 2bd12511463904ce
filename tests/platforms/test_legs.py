"""The leg to Synthflow by Genesys's own messages: what a person and the causes read of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.platforms.genesys import leg_words, legs, trace
from sfsip_nb.platforms.genesys.captured import Captured
from sfsip_nb.platforms.genesys.trace import Leg
from sfsip_nb.sip.evidence.calls import conversations
from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.diagnose import diagnosed

GENESYS, SYNTHFLOW = ("203.0.113.10", 5060), ("35.237.42.43", 32681)
URI = "sip:+15551230001@sip.us.synthflow.ai:32681"
NUMBER = "+15551230001"
AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def message(first: str, cseq: int, place: int, *headers: str, method: str = "INVITE") -> Any:
    """One message of the trace, as the API gives it (`HomerRecord`)."""
    ours = not first.startswith("SIP/")
    source, target = (GENESYS, SYNTHFLOW) if ours else (SYNTHFLOW, GENESYS)
    lines = [
        first,
        f"Via: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK{cseq}{method}",
        'From: "A" <sip:+15550100123@synthflow-acme.byoc.usw2.pure.cloud>;tag=a',
        f"To: <{URI}>" + ("" if ours else ";tag=b"),
        "Call-ID: one",
        f"CSeq: {cseq} {method}",
        *headers,
        "Content-Length: 0",
        "",
        "",
    ]
    return {
        "date": (AT + timedelta(seconds=place)).isoformat(),
        "callid": "one",
        "sourceIp": source[0],
        "sourcePort": str(source[1]),
        "destinationIp": target[0],
        "destinationPort": str(target[1]),
        "proto": "17",
        "msg": "\r\n".join(lines),
    }


def login(realm: str = "sip.us.synthflow.ai", uri: str = URI) -> str:
    return (
        f'Proxy-Authorization: Digest username="acme-trunk", realm="{realm}", nonce="n",'
        f' uri="{uri}", response="5ec2e7"'
    )


ASKED = 'Proxy-Authenticate: Digest realm="sip.us.synthflow.ai", nonce="n"'


def invite(cseq: int, place: int, *headers: str) -> Any:
    return message(f"INVITE {URI} SIP/2.0", cseq, place, *headers)


def answer(line: str, cseq: int, place: int, *headers: str) -> Any:
    return message(f"SIP/2.0 {line}", cseq, place, *headers)


def leg(*messages: Any) -> Leg:
    (talk,) = conversations(filter(None, map(trace._entry, messages)))
    found = diagnosed(Capture(talk.entries)).reports[0].findings
    return Leg(messages=messages, talk=talk, findings=found, to=NUMBER, traced=True)


CHALLENGED = [invite(1, 0), answer("407 Proxy Authentication Required", 1, 1, ASKED)]


@pytest.mark.parametrize(
    ("messages", "words", "passes"),
    [
        (
            [*CHALLENGED, invite(2, 2, login()), answer("200 OK", 2, 3)],
            ["200 OK after 1 login to", f"{URI};transport=udp (35.237.42.43:32681)",
             "from +15550100123", "user “acme-trunk” of “sip.us.synthflow.ai”"],
            True,
        ),
        (
            [*CHALLENGED, invite(2, 2, login()), answer("403 Forbidden", 2, 3)],
            ["403 Forbidden after 1 login to"],
            False,
        ),
        (CHALLENGED, ["407 Proxy Authentication Required without the login that was asked for",
                      "asked for realm “sip.us.synthflow.ai”"], False),
        (
            [*CHALLENGED, invite(2, 2, login(uri="sip:sip.us.synthflow.ai")),
             answer("403 Forbidden", 2, 3)],
            ["digest uri “sip:sip.us.synthflow.ai”"],
            False,
        ),
        ([invite(1, 0), answer("404 Not Found", 1, 1)], ["404 Not Found without a login"], False),
        ([invite(1, 0), invite(1, 1), invite(1, 3)], ["no answer (sent 3 times) without"], False),
        (
            [invite(1, 0), answer("180 Ringing", 1, 1), answer("486 Busy Here", 1, 9)],
            ["486 Busy Here (it had rung) without a login"],
            False,
        ),
        (
            [invite(1, 0), answer("100 Trying", 1, 1), answer("180 Ringing", 1, 2)],
            ["no final answer after 180 Ringing without a login"],
            False,
        ),
    ],
)  # fmt: skip
def test_the_leg_says_what_its_invite_met(messages: Any, words: list[str], passes: bool) -> None:
    made = legs._answered("verify.inbound", leg(*messages), NUMBER)
    for word in words:
        assert word in made.seen
    assert (made.verdict.value == "pass") is passes
    assert passes or made.reason
    assert "5ec2e7" not in made.seen


@pytest.mark.parametrize(
    ("told", "seen", "verdict"),
    [
        (Leg(errors=("error.x.dialplan.notReachable",)),
         "no SIP message: the call never left Genesys (error.x.dialplan.notReachable)", "fail"),
        (Leg(codes=(403,)), "no SIP message of a leg to Synthflow (SIP 403)", "fail"),
        (Leg(unread="refused"), "its SIP messages cannot be read: refused", "inconclusive"),
        (Leg(), "no SIP message of a leg to Synthflow", "inconclusive"),
        (Leg(traced=True), "no SIP message of a leg to Synthflow", "fail"),
    ],
)  # fmt: skip
def test_a_leg_without_messages_rests_on_what_analytics_says(
    told: Leg, seen: str, verdict: str
) -> None:
    made = legs._answered("verify.inbound", told, NUMBER)
    assert (made.seen, made.verdict.value) == (seen, verdict)
    assert made.weight.value == ("required" if verdict == "fail" else "advisory")


@pytest.mark.parametrize(
    ("told", "accepted"),
    [
        (leg(*CHALLENGED, invite(2, 2, login()), answer("200 OK", 2, 3)), True),
        (leg(*CHALLENGED, invite(2, 2, login()), answer("488 Not Acceptable Here", 2, 3)), True),
        (leg(*CHALLENGED, invite(2, 2, login()), answer("403 Forbidden", 2, 3)), False),
        (leg(*CHALLENGED), False),
        (leg(*CHALLENGED, invite(2, 2, login())), None),
        (leg(invite(1, 0), answer("200 OK", 1, 1)), None),
        (Leg(), None),
    ],
)
def test_a_login_is_accepted_where_it_was_asked_for_and_not_refused(
    told: Leg, accepted: bool | None
) -> None:
    assert told.logged_in is accepted


def test_an_answered_call_to_another_number_is_no_leg_to_the_agent() -> None:
    elsewhere = replace(leg(invite(1, 0), answer("200 OK", 1, 1)), to="+15551230099")
    made = legs._answered("verify.inbound", elsewhere, NUMBER)
    assert made.verdict.value == "fail"
    assert "+15551230099 instead of +15551230001" in made.reason


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (("10.0.0.7", 4000), "10.0.0.7:4000, a private address"),
        (("203.0.113.10", 4000), "203.0.113.10:4000"),
        (("127.0.0.1", 4000), "127.0.0.1:4000"),
    ],
)
def test_a_private_media_address_is_named(address: Any, said: str) -> None:
    assert leg_words.media_told(address) == said


def test_hostile_messages_are_told_in_plain_words() -> None:
    line = f"INVITE {URI} SIP/2.0"
    odd = message(line, 1, 0, 'X: "\x1b[31m')
    reply = answer("403 \x1b[31mForbidden", 1, 1)
    assert "\x1b" not in leg_words.told(leg(odd, reply))


@pytest.mark.parametrize("date", ["", "tomorrow", None])
def test_a_message_without_a_time_is_left_out(date: Any) -> None:
    assert trace._entry(invite(1, 0) | {"date": date}) is None


@pytest.mark.parametrize(
    ("genesys", "synthflow", "verdict"),
    [
        ("203.0.113.10", "198.51.100.7", "pass"),
        ("10.1.2.3", "198.51.100.7", "fail"),
        ("203.0.113.10", "192.168.0.9", "fail"),
        (None, None, "inconclusive"),
    ],
)
def test_a_private_address_in_the_sdp_of_either_side_is_told(
    monkeypatch: pytest.MonkeyPatch, genesys: Any, synthflow: Any, verdict: str
) -> None:
    ends = tuple((ip, 4000) if ip else None for ip in (genesys, synthflow))
    monkeypatch.setattr(leg_words, "media_of", lambda leg: ends)
    made = legs._reachable("verify.inbound", Leg())
    assert made.verdict.value == verdict
    assert ("a private address" in made.seen) is (verdict == "fail")


# Which leg it is, where no record of a conversation can be read.


def legs_at(*begun: tuple[str, str, int]) -> list[Any]:
    """Messages of legs that were refused: each with its Call-ID, conversation, and second."""
    found = []
    for id, conversation, place in begun:
        for first, after in ((f"INVITE {URI} SIP/2.0", 0), ("SIP/2.0 486 Busy Here", 1)):
            made = message(first, 1, place + after, f"x-inin-cnv: {conversation}")
            msg = made["msg"].replace("Call-ID: one", f"Call-ID: {id}")
            found.append(made | {"callid": id, "msg": msg})
    return found


def leg_to(monkeypatch: pytest.MonkeyPatch, messages: list[Any], conversation: str) -> Leg:
    def siptraces(since: Any, until: Any, **by: str) -> list[Any]:
        return [each for each in messages if by.get("callId") in (None, each["callid"])]

    client = SimpleNamespace(siptraces=siptraces)
    monkeypatch.setattr(trace, "genesys", lambda ctx: client)
    monkeypatch.setattr(trace.captured, "of_call", lambda *_: Captured())
    ctx: Any = None
    return trace.leg_to(ctx, NUMBER, AT, conversation)


def test_of_legs_at_once_the_one_of_the_conversation_that_synthflow_names_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    messages = legs_at(("one", "c-1", 0), ("two", "c-2", 2))
    for call_id, conversation in (("one", "c-1"), ("two", "c-2")):
        leg = leg_to(monkeypatch, messages, conversation)
        assert leg.talk is not None
        assert leg.talk.call_id == call_id
    late = leg_to(monkeypatch, messages, "c-3")
    assert (late.talk, late.traced) == (None, False)


def test_of_legs_at_once_without_an_id_none_is_taken_and_all_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leg = leg_to(monkeypatch, legs_at(("one", "c-1", 0), ("two", "c-2", 2)), "")
    assert leg.talk is None
    assert "c-1, c-2" in leg_words.told(leg)
    later = leg_to(monkeypatch, legs_at(("one", "c-1", 0), ("two", "c-2", 90)), "")
    assert later.talk is not None
    assert later.talk.call_id == "two"
