"""The verdict on what is healthy, and on what several messages show together."""

from collections.abc import Iterator

import pytest

from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.diagnose import diagnosed, findings
from sfsip_nb.sip.media.packets import MediaPacket
from tests.sip.crafted import CALLEE, CALLER, Talk, both_ways, rtp, sdp
from tests.sip.judging import ASKED, AUTH, first, judge, refused, told

# -- healthy -----------------------------------------------------------------------------


def test_a_good_call_is_told_in_one_sentence() -> None:
    talk = Talk().answered().bye(12, 'Reason: Q.850 ;cause=16 ;text="local, bye"', back=True)
    report = first(talk, media=both_ways())
    assert report.verdict == "pass"
    assert report.sentence == (
        "Answered after 2.0 s; 10.0 s of talk, ended by the callee (Q.850 cause 16 Normal call "
        "clearing (“local, bye”)); audio both ways (490 RTP packets to the caller, 490 to the "
        "callee)."
    )
    assert report.findings[0].evidence == (1, 4, 6)
    assert len(report.findings) == 1, told(report)


def healthy() -> Iterator[tuple[str, Talk, list[MediaPacket]]]:
    private = Talk(caller=("192.168.1.5", 5060))
    yield (
        "a private Via and Contact behind a public c=",
        private.answered(offer=sdp(CALLER[0], origin="172.16.1.9")).bye(),
        both_ways(),
    )
    challenged = Talk().ask(0, "INVITE", body=sdp(CALLER[0]))
    challenged.say(0.1, "407 Proxy Authentication Required", "INVITE", 1, ASKED.format(1))
    challenged.ask(0.11, "ACK", branch="INVITE1call-1", tagged=True)
    again = AUTH.format(challenged.uri).replace("Authorization", "Proxy-Authorization")
    challenged.ask(0.2, "INVITE", 2, again, body=sdp(CALLER[0]))
    challenged.say(1.0, "200 OK", "INVITE", 2, body=sdp(CALLEE[0], 50_000))
    yield (
        "a challenge and its answer",
        challenged.ask(1.1, "ACK", 2, tagged=True).bye(12, number=3),
        [],
    )
    stale = Talk().ask(0, "INVITE", 1, AUTH.format(challenged.uri), body=sdp(CALLER[0]))
    stale.say(0.1, "401 Unauthorized", "INVITE", 1, ASKED.format("2, stale=true"))
    stale.ask(0.2, "INVITE", 2, AUTH.format(challenged.uri), body=sdp(CALLER[0]))
    stale.say(1.0, "200 OK", "INVITE", 2, body=sdp(CALLEE[0], 50_000))
    yield "a stale nonce", stale.ask(1.1, "ACK", 2, tagged=True).bye(12, number=3), []
    held = Talk().answered()
    held.ask(6, "INVITE", 2, body=sdp(CALLER[0], direction="inactive"), tagged=True)
    held.say(6.1, "488 Not Acceptable Here", "INVITE", 2)
    held.ask(6.2, "ACK", 2, tagged=True, branch="INVITE2call-1")
    yield "488 to a re-INVITE while audio goes on", held.bye(12, number=3), both_ways()
    direct = Talk().answered()
    direct.ask(3, "INVITE", 2, body=sdp("192.0.2.77", 9_000), tagged=True, back=True)
    direct.say(3.1, "200 OK", "INVITE", 2, body=sdp(CALLER[0]), back=True)
    direct.ask(3.2, "ACK", 2, tagged=True, back=True)
    early = [*rtp((CALLER[0], 40_000), (CALLEE[0], 50_000), 2.1, 0.4)]
    early += rtp((CALLEE[0], 50_000), (CALLER[0], 40_000), 2.1, 0.9, ssrc=2)
    yield "direct media that leaves the capture point", direct.bye(30, number=3), early
    quiet = both_ways()[:490]
    quiet += rtp((CALLEE[0], 50_000), (CALLER[0], 40_000), 2.1, 9.8, ssrc=2, pause=(100, 400))
    yield "a pause without packets", Talk().answered().bye(), quiet
    waiting = Talk()
    waiting.answered(answer=sdp(CALLEE[0], 50_000, direction="sendonly"))
    music = [*rtp((CALLEE[0], 50_000), (CALLER[0], 40_000), 2.1, 9.8)]
    yield "one direction by agreement", waiting.bye(), music
    behind = Talk()
    behind.answered(offer=sdp("192.168.1.5"))
    symmetric = [*rtp(("198.51.100.10", 61_000), (CALLEE[0], 50_000), 2.1, 9.8)]
    symmetric += rtp((CALLEE[0], 50_000), ("198.51.100.10", 61_000), 2.1, 9.8, ssrc=2)
    yield "a private c= that symmetric RTP heals", behind.bye(), symmetric
    moved = Talk().answered()
    moved.ask(5, "REFER", 2, "Refer-To: <sip:+15550100@pstn.test>", tagged=True, back=True)
    moved.say(5.1, "202 Accepted", "REFER", 2, back=True)
    moved.ask(
        5.5,
        "NOTIFY",
        3,
        "Event: refer",
        "Subscription-State: terminated",
        tagged=True,
        body="SIP/2.0 200 OK\r\n",
        kind="message/sipfrag",
    )  # no ;version=2.0
    yield "a transfer told without a version", moved.say(5.6, "200 OK", "NOTIFY", 3).bye(), []
    gave_up = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.3, "180 Ringing")
    gave_up.ask(8, "CANCEL", branch="INVITE1call-1").say(
        8.05, "200 OK", "CANCEL", branch="INVITE1call-1"
    )
    yield "a caller who gave up", gave_up.say(8.1, "487 Request Terminated"), []
    slow = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.3, "180 Ringing")
    slow.say(2, "200 OK", body=sdp(CALLEE[0], 50_000)).say(
        2.5, "200 OK", body=sdp(CALLEE[0], 50_000)
    )
    yield "a 200 repeated before a slow ACK", slow.ask(2.51, "ACK", tagged=True).bye(), []


@pytest.mark.parametrize(
    ("talk", "media"), [pytest.param(t, m, id=name) for name, t, m in healthy()]
)
def test_nothing_healthy_is_called_broken(talk: Talk, media: list[MediaPacket]) -> None:
    report = first(talk, media=media, until=100)
    assert report.verdict == "pass", told(report)
    assert not [f for f in report.findings if f.verdict == "fail"], told(report)


# -- more than one message at a time -----------------------------------------------------


def test_malformed_messages_are_named_with_their_rule() -> None:
    talk = Talk()
    talk.raw(0, CALLER, CALLEE, b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
             b"From: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: call-1\r\nCSeq: 1 OPTIONS\r\n"
             b"Max-Forwards: 70\r\nContent-Length: bad\r\n\r\n")  # fmt: skip
    report = first(talk.say(0.1, "200 OK", "OPTIONS"))
    said = [f for f in report.findings if f.rule == "message.malformed"]
    assert said[0].source.startswith("RFC 3261 §20.14")
    assert said[0].evidence == (1,)
    assert report.verdict == "pass"  # it was understood all the same


def test_legs_of_one_call_are_joined_only_where_it_is_certain() -> None:
    first_leg = Talk("leg-1", uri="sip:+15551230001@203.0.113.20").answered().bye()
    second = Talk("leg-2", caller=CALLEE, callee=("192.0.2.60", 5060), at=0.1,
                  uri="sip:+15551230001@192.0.2.60").answered().bye()  # fmt: skip
    other = Talk("leg-3", caller=("192.0.2.70", 5060), callee=("192.0.2.60", 5060), at=0.2,
                 uri="sip:+15559999999@192.0.2.60").answered().bye()  # fmt: skip
    assert [report.legs for report in judge(first_leg, second, other).reports] == [(2,), (1,), ()]
    named = Talk("leg-4", caller=("192.0.2.71", 5060), at=50)
    named.ask(0, "INVITE", 1, "X-Talkdesk-Other-Leg-Call-Id: leg-1").say(1, "404 Not Found")
    assert judge(first_leg, named).reports[0].legs == (2,)


def test_a_caller_without_number_is_noted() -> None:
    talk = Talk()
    talk.from_ = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a'
    asserted = "P-Asserted-Identity: <sip:+15550100123@198.51.100.10>"
    talk.ask(0, "INVITE", 1, "Privacy: id", asserted, body=sdp(CALLER[0])).say(0.1, "404 Not Found")
    noted = next(f for f in first(talk).findings if f.rule == "caller.missing")
    assert noted.advisory
    assert "+15550100123" in noted.sentence


def test_other_requests_do_not_decide_over_calls() -> None:
    presence = Talk("p").ask(0, "SUBSCRIBE").say(0.1, "489 Bad Event", "SUBSCRIBE")
    call = Talk("c", at=1).answered().bye()
    diagnosis = judge(presence, call)
    assert diagnosis.verdict == "pass"
    assert [report.kind for report in diagnosis.reports] == ["other", "call"]
    assert diagnosed(Capture()).verdict == "inconclusive"


def test_hostile_text_is_bounded_and_shows_no_control_characters() -> None:
    talk = (
        Talk()
        .ask(0, "INVITE")
        .say(0.1, "403 \x1b[31m\u202e" + "A" * 5000, "INVITE", 1, "X-Reason: \x00\x07" + "B" * 5000)
    )
    report = first(talk)
    for finding in report.findings:
        assert finding.sentence.isprintable()
        assert len(finding.sentence) < 1000


def test_a_live_trace_is_judged_by_the_same_rules() -> None:
    found = findings(Talk().answered().bye().entries, both_ways())
    assert [f.rule for f in found] == ["call.good"]
    found = findings(refused("404 Not Found").entries)
    assert found[0].text == f"{found[0].sentence} {found[0].remedy}"
    assert found[0].verdict == "fail"
