"""The verdict on audio: where it goes, when it stops, what the packets hold, what senders count."""

import struct
from collections.abc import Iterable
from datetime import timedelta

import pytest

from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.diagnose import CallReport, diagnosed
from sfsip_nb.sip.evidence.sound import Streams
from sfsip_nb.sip.media.packets import MediaPacket
from tests.sip.crafted import CALLEE, CALLER, START, Talk, both_ways, counted, digits, rtp, sdp
from tests.sip.judging import first, rules, told

A, B = (CALLER[0], 40_000), (CALLEE[0], 50_000)
"""Where the audio of `Talk.answered` goes: the caller's and the callee's."""

TIMEOUT = 'Reason: SIP ;cause=200; text="RTP Timeout"'
CRYPTO = "a=crypto:{} {} inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SUITE, OTHER_SUITE = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"


def key(tag: int = 1, suite: str = SUITE) -> str:
    return CRYPTO.format(tag, suite)


# -- audio that stops --------------------------------------------------------------------


def halted(*reports: MediaPacket, kind: int = 0, after: float = 3.0) -> list[MediaPacket]:
    """Both ways, but the caller hears nothing from some seconds on."""
    return [*rtp(A, B, 2.1, 29.8, ssrc=1), *rtp(B, A, 2.1, after, ssrc=2, kind=kind), *reports]


def test_a_direction_that_stops_may_be_silence_and_says_what_would_tell() -> None:
    report = first(Talk().answered().bye(32), media=halted())
    assert rules(report) == {"media.stopped": "inconclusive"}, told(report)
    assert report.sentence == (
        "Audio from the callee (203.0.113.20:50000) to the caller (198.51.100.10:40000) stopped "
        "after 3.0 s (150 RTP packets), and the call went on for 26.9 s. Silence suppression (VAD) "
        "may explain it, as may a way that closed: what the sender counts (RTCP sender reports), "
        "or a capture at its host, would tell."
    )


def test_a_bye_that_says_rtp_timeout_makes_it_a_failure() -> None:
    report = first(Talk().answered().bye(32, TIMEOUT), media=halted())
    assert rules(report) == {"media.stopped": "fail"}
    assert "went on for 26.9 s; the caller hung up with SIP cause 200" in report.sentence
    # The other side's silence is not what that BYE speaks of.
    spite = first(Talk().answered().bye(32, TIMEOUT, back=True), media=both_ways(2.1, 29.8))
    assert rules(spite) == {"media.stopped": "fail"}
    assert "it got no audio from the caller, though 1490 RTP packets to it" in spite.sentence
    unseen = first(Talk().answered().bye(32, TIMEOUT))
    assert rules(unseen) == {"media.stopped": "fail"}
    assert "its RTP is not in this capture" in unseen.sentence


def test_a_timeout_while_the_call_is_on_hold_is_told_as_such() -> None:
    talk = (
        Talk()
        .answered()
        .ask(5, "INVITE", 2, tagged=True, body=sdp(CALLER[0], direction="sendonly"))
    )
    talk.say(5.1, "200 OK", "INVITE", 2, body=sdp(CALLEE[0], 50_000, direction="recvonly"))
    talk.ask(5.2, "ACK", 2, tagged=True).bye(35, TIMEOUT, number=3)
    report = first(talk, media=both_ways(2.1, 2.9))
    assert rules(report) == {"media.stopped": "fail"}
    assert "although the call was on hold" in report.sentence


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (counted(B, A, 20, ssrc=2, sent=900), "sent 900 packets: they are lost before the capture"),
        (counted(B, A, 20, ssrc=2, sent=150), "the sender itself stopped"),
    ],
)
def test_sender_reports_tell_whether_it_went_on_sending(report: MediaPacket, says: str) -> None:
    found = first(Talk().answered().bye(32), media=halted(report))
    assert rules(found) == {"media.stopped": "inconclusive"}
    assert says in found.sentence


def test_both_directions_that_stop_are_told_once() -> None:
    media = [*rtp(A, B, 2.1, 4, ssrc=1), *rtp(B, A, 2.1, 4, ssrc=2)]
    report = first(Talk().answered().bye(32), media=media)
    assert [f.rule for f in report.findings] == ["media.stopped"]
    assert "as the other direction did" in report.sentence


def t38() -> Talk:
    talk = Talk().answered()
    fax = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    fax += "m=image 4000 udptl t38\r\n"
    talk.ask(5, "INVITE", 2, back=True, body=fax).say(
        5.1, "200 OK", "INVITE", 2, back=True, body=fax
    )
    return talk.ask(5.2, "ACK", 2, tagged=True, back=True).bye(40, number=3)


def referred() -> Talk:
    talk = Talk().answered().ask(5, "REFER", 2, "Refer-To: <sip:+15550100@pstn.test>", back=True)
    talk.say(5.1, "202 Accepted", "REFER", 2, back=True)
    over = "Subscription-State: terminated"
    talk.ask(8, "NOTIFY", 3, "Event: refer", over, tagged=True, body="SIP/2.0 200 OK\r\n")
    return talk.say(8.1, "200 OK", "NOTIFY", 3).bye(20, number=4)


def direct() -> Talk:
    """A back-to-back agent that takes itself out of the media by a re-INVITE."""
    talk = Talk().answered().ask(3, "INVITE", 2, back=True, body=sdp("192.0.2.77", 9_000))
    talk.say(3.1, "200 OK", "INVITE", 2, back=True, body=sdp(CALLER[0]))
    return talk.ask(3.2, "ACK", 2, tagged=True, back=True).bye(30, number=3)


@pytest.mark.parametrize(
    ("talk", "media"),
    [
        pytest.param(
            direct(), [*rtp(A, B, 2.1, 0.1), *rtp(B, A, 2.1, 1, ssrc=2)], id="direct media"
        ),
        pytest.param(Talk().answered().bye(32), halted(kind=13), id="comfort noise"),
        pytest.param(Talk().answered().bye(32), halted(after=26.0), id="a pause at the end"),
        pytest.param(
            Talk().answered().bye(32),
            halted(counted(A, B, 30, ssrc=1, heard=(2, 1400))),
            id="the listener reports that it hears the rest",
        ),
        pytest.param(t38(), both_ways(2.1, 2.9), id="a fax (T.38) goes on instead"),
        pytest.param(referred(), both_ways(2.1, 3.0), id="a transfer"),
        pytest.param(Talk().answered(), both_ways(2.1, 9.0), id="a call whose BYE is not here"),
    ],
)
def test_what_explains_silence_is_no_finding(talk: Talk, media: list[MediaPacket]) -> None:
    report = first(talk, media=media, until=60)
    assert report.verdict == "pass", told(report)
    assert not any(f.rule == "media.stopped" for f in report.findings), told(report)


# -- audio that goes elsewhere -----------------------------------------------------------


def test_rtp_to_a_port_that_nobody_named_is_not_heard() -> None:
    media = [*rtp(A, B, 2.1, 9.8), *rtp(B, (A[0], 41_000), 2.1, 9.8, ssrc=2)]
    report = first(Talk().answered().bye(), media=media)
    assert rules(report) == {"media.port": "fail"}
    assert report.sentence == (
        "The callee (203.0.113.20:50000) sends its audio to 198.51.100.10:41000 (490 packets), but "
        "the caller's SDP says 198.51.100.10:40000, and its own RTP comes from "
        "198.51.100.10:40000: nobody listens there, so the caller hears nothing."
    )
    capture = Capture(Talk().answered().bye().entries, Streams(media))
    capture.refusals[B, (A[0], 41_000)] = "icmp"
    assert "ICMP: port unreachable" in diagnosed(capture).reports[0].sentence


@pytest.mark.parametrize(("until", "verdict"), [(11.0, "fail"), (3.0, "pass"), (12.5, "pass")])
def test_a_port_that_is_named_and_closed_is_told_while_the_call_stands(
    until: float, verdict: str
) -> None:
    """Before the port is opened, and after the call, ICMP is a matter of course."""
    capture = Capture(Talk().answered().bye().entries, Streams(both_ways()))
    capture.closed[B, A] = START + timedelta(seconds=2.2), START + timedelta(seconds=until)
    report = diagnosed(capture).reports[0]
    assert report.verdict == verdict, told(report)
    if verdict == "fail":
        assert "as the caller's SDP says, but nobody listens there (ICMP" in report.sentence


def ice() -> Talk:
    candidate = "a=candidate:1 1 UDP 2130706431 198.51.100.10 41000 typ host"
    return Talk().answered(offer=sdp(CALLER[0], extra=candidate)).bye()


def moved_port(at: float = 1.9) -> Talk:
    """The caller's re-INVITE names another port for its audio."""
    talk = Talk().answered().ask(2.2 + at, "INVITE", 2, tagged=True, body=sdp(CALLER[0], 41_000))
    talk.say(2.3 + at, "200 OK", "INVITE", 2, body=sdp(CALLEE[0], 50_000))
    return talk.ask(2.4 + at, "ACK", 2, tagged=True).bye(number=3)


def test_rtp_that_stays_at_a_port_of_before_is_not_heard_any_more() -> None:
    media = [*rtp(A, B, 2.1, 2.2), *rtp((A[0], 41_000), B, 4.3, 7.6), *rtp(B, A, 2.1, 9.8, ssrc=2)]
    report = first(moved_port(), media=media)
    assert rules(report) == {"media.port": "fail"}
    assert "the caller's SDP says 198.51.100.10:41000" in report.sentence


@pytest.mark.parametrize(
    ("talk", "source", "target"),
    [
        pytest.param(Talk().answered().bye(), (A[0], 41_000), (A[0], 41_000), id="symmetric RTP"),
        pytest.param(Talk().answered().bye(), (A[0], 41_000), A, id="sends from another port"),
        pytest.param(
            Talk().answered(offer=sdp("192.168.1.5")).bye(),
            (A[0], 61_000),
            (A[0], 61_000),
            id="behind NAT",
        ),
        pytest.param(ice(), A, (A[0], 41_000), id="a port agreed by ICE"),
        pytest.param(moved_port(0), A, (A[0], 41_000), id="a port that a re-INVITE names"),
    ],
)
def test_rtp_to_where_rtp_comes_from_is_in_order(
    talk: Talk, source: tuple[str, int], target: tuple[str, int]
) -> None:
    media = [*rtp(source, B, 2.1, 9.8), *rtp(B, target, 2.1, 9.8, ssrc=2)]
    report = first(talk, media=media)
    assert report.verdict == "pass", told(report)


def test_rtp_to_a_private_address_from_outside_is_lost() -> None:
    talk = Talk().answered(offer=sdp("192.168.1.5")).bye()
    outside, inside = (A[0], 61_000), ("192.168.1.5", 40_000)
    media = [*rtp(outside, B, 2.1, 9.8), *rtp(B, inside, 2.1, 9.8, ssrc=2)]
    report = first(talk, media=media)
    assert rules(report) == {"media.path": "fail"}
    assert "to 192.168.1.5:40000, as the caller's SDP says: a private address" in report.sentence
    assert "own RTP comes from 198.51.100.10:61000. The caller hears nothing." in report.sentence
    # Captured behind the NAT itself, both are the same address.
    within = [*rtp(inside, B, 2.1, 9.8), *rtp(B, inside, 2.1, 9.8, ssrc=2)]
    assert first(talk, media=within).verdict == "pass"


# -- beside the capture point ------------------------------------------------------------

PROXY = ("192.0.2.50", 5060)


def through_a_proxy(call_id: str = "relayed", at: float = 0.0) -> list[Talk]:
    """A call that a proxy relays, as captured there; its audio goes directly."""
    talk = Talk(call_id, callee=PROXY, at=at)
    talk.ask(0, "INVITE", body=sdp(CALLER[0]))
    onward = Talk(call_id, caller=PROXY, at=at).ask(0.1, "INVITE", body=sdp(CALLER[0]))
    onward.say(2, "200 OK", body=sdp(CALLEE[0], 50_000))
    talk.say(2.1, "200 OK", body=sdp(CALLEE[0], 50_000)).ask(2.2, "ACK", tagged=True)
    onward.ask(2.3, "ACK", tagged=True)
    talk.ask(12, "BYE", 2, tagged=True)
    onward.ask(12.1, "BYE", 2, tagged=True).say(12.2, "200 OK", "BYE", 2)
    talk.say(12.3, "200 OK", "BYE", 2)
    return [talk, onward]


def judge_all(talks: Iterable[Talk], media: Iterable[MediaPacket]) -> list[CallReport]:
    entries = [entry for talk in talks for entry in talk.entries]
    return list(diagnosed(Capture(entries, Streams(media))).reports)


def test_media_beside_the_capture_point_is_open_and_says_where_to_capture() -> None:
    announcement = [*rtp(A, (PROXY[0], 9_000), 20, 5)]
    other = Talk("other", callee=PROXY, at=18).answered(answer=sdp(PROXY[0], 9_000)).bye(7.5)
    reports = judge_all([*through_a_proxy(), other], announcement)
    assert rules(reports[0]) == {"capture.point": "inconclusive"}
    assert "all that is here passes 192.0.2.50" in reports[0].sentence
    assert "Capture at 198.51.100.10 or 203.0.113.20" in reports[0].remedy


def test_a_capture_without_rtp_says_where_it_goes_if_not_past_here() -> None:
    entries = [entry for talk in through_a_proxy() for entry in talk.entries]
    note = "There is no RTP here, so nothing is said about audio."
    past = (
        f"{note} It goes directly between 198.51.100.10 and 203.0.113.20: capture at one of them."
    )
    assert diagnosed(Capture(entries)).notes == (past,)
    assert diagnosed(Capture(Talk().answered().bye().entries)).notes == (note,)


def test_at_a_media_host_itself_what_is_not_there_did_not_come() -> None:
    """The same, captured at the caller, whose host all packets pass."""
    talk = Talk("direct", callee=PROXY).answered(answer=sdp(CALLEE[0], 50_000)).bye()
    elsewhere = [*rtp((A[0], 44_000), ("192.0.2.99", 9_000), 20, 5)]
    (report,) = judge_all([talk], elsewhere)
    assert rules(report) == {"media.path": "fail"}
    assert "No RTP went either way" in report.sentence


# -- digits and codecs -------------------------------------------------------------------


def dialed(kind: int, offer: str, answer: str, *, back: bool = True) -> CallReport:
    """Digits among the audio, from the callee or from the caller."""
    talk = Talk().answered(
        offer=sdp(CALLER[0], formats=offer), answer=sdp(CALLEE[0], 50_000, formats=answer)
    )
    ends, ssrc = ((B, A), 2) if back else ((A, B), 1)
    pressed = [*digits(*ends, 8.0, kind=kind, ssrc=ssrc, first=300)]
    media = [*rtp(A, B, 2.1, 5.9, ssrc=1), *rtp(B, A, 2.1, 5.9, ssrc=2), *pressed]
    return first(talk.bye(9), media=media)


def test_digits_under_a_number_that_was_not_agreed_are_not_heard() -> None:
    report = dialed(101, "0 96", "0 96")
    assert rules(report) == {"media.dtmf": "fail"}, told(report)
    assert "The callee (203.0.113.20:50000) sends digits as payload type 101" in report.sentence
    assert "gives 96 for telephone-event: the caller does not hear them" in report.sentence
    # Each side sends what the other's description names, even where both differ.
    assert rules(dialed(96, "0 101", "0 96")) == {"media.dtmf": "fail"}
    nothing = dialed(101, "0", "0", back=False)
    assert rules(nothing) == {"media.dtmf": "fail"}
    assert "takes no telephone-event" in nothing.sentence


def test_a_gateways_own_events_are_no_digits() -> None:
    """As Cisco's NSE, which have the same size and other numbers than a person can press."""
    talk = Talk().answered(offer=sdp(CALLER[0], formats="0 96")).bye(9)
    head = struct.pack("!BBHII", 0x80, 100, 296, 0, 2)
    event = MediaPacket(START + timedelta(seconds=8), B, A, head + b"\xc0\0\0\0")
    assert first(talk, media=[*both_ways(seconds=5.9), event]).verdict == "pass"


@pytest.mark.parametrize(
    ("kind", "offer", "answer", "back"),
    [(101, "0 101", "0 101", True), (101, "0 101", "0 96", True), (96, "0 101", "0 96", False)],
)
def test_digits_as_the_hearer_named_them_are_in_order(
    kind: int, offer: str, answer: str, back: bool
) -> None:
    report = dialed(kind, offer, answer, back=back)
    assert report.verdict == "pass", told(report)


def test_a_codec_that_comes_in_between_is_seen_beside_the_agreed_one() -> None:
    media = [*both_ways(2.1, 6.0), *rtp(B, A, 8.2, 3.0, ssrc=9, kind=18)]
    report = first(Talk().answered().bye(), media=media)
    assert rules(report) == {"media.codec": "fail"}
    assert "payload type 18 (G729)" in report.sentence


def test_a_codec_under_a_number_of_ones_own_is_not_understood() -> None:
    opus = "a=rtpmap:{} opus/48000/2"
    talk = Talk().answered(
        offer=sdp(CALLER[0], formats="111", extra=opus.format(111)),
        answer=sdp(CALLEE[0], 50_000, formats="98", extra=opus.format(98)),
    )
    right = [*rtp(A, B, 2.1, 9.8, kind=98), *rtp(B, A, 2.1, 9.8, ssrc=2, kind=111)]
    assert first(talk.bye(), media=right).verdict == "pass"
    wrong = [*rtp(A, B, 2.1, 9.8, kind=98), *rtp(B, A, 2.1, 9.8, ssrc=2, kind=98)]
    report = first(talk, media=wrong)
    assert rules(report) == {"media.codec": "fail"}
    assert "sends OPUS as payload type 98, but the caller's SDP gives 111" in report.sentence


# -- offer and answer --------------------------------------------------------------------


def agreed(offer: str, answer: str) -> CallReport:
    return first(Talk().answered(offer=offer, answer=answer).bye(), media=both_ways())


def described(host: str = CALLER[0], port: int = 40_000, **more: str) -> str:
    return sdp(host, port, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("offer", "answer", "says"),
    [
        ({}, {"profile": "RTP/SAVP"}, "It has no key either"),
        ({}, {"profile": "RTP/SAVP", "extra": key()}, "is RTP/SAVP, but RTP/AVP was offered"),
        ({"profile": "RTP/SAVP", "extra": key()}, {}, "is RTP/AVP, but RTP/SAVP was offered"),
        (
            {"profile": "RTP/SAVP", "extra": key()},
            {"profile": "RTP/SAVP"},
            "is RTP/SAVP without a key",
        ),
        (
            {"profile": "RTP/SAVP", "extra": key(1)},
            {"profile": "RTP/SAVP", "extra": key(2)},
            "takes the key with tag 2, which was not offered (only 1 AES_CM_128_HMAC_SHA1_80)",
        ),
        (
            {"profile": "RTP/SAVP", "extra": f"{key(1)}\r\n{key(2, OTHER_SUITE)}"},
            {"profile": "RTP/SAVP", "extra": key(1, OTHER_SUITE)},
            "names AES_CM_128_HMAC_SHA1_32 for the key with tag 1",
        ),
        ({"formats": "8 101"}, {"formats": "0 101"}, "names PCMU, which was not offered"),
        ({"formats": "9 18"}, {"formats": "0 8"}, "the offer has G722, G729"),
    ],
)
def test_an_answer_that_breaks_the_offer_is_the_answering_sides_fault(
    offer: dict[str, str], answer: dict[str, str], says: str
) -> None:
    report = agreed(described(**offer), described(CALLEE[0], 50_000, **answer))
    assert rules(report) == {"media.answer": "fail"}, told(report)
    assert says in report.sentence
    assert "The answer of the callee (203.0.113.20:32681)" in report.sentence
    assert "203.0.113.20:32681" in report.remedy
    assert "RFC 3264 §6" in report.findings[0].source or "RFC 4568" in report.findings[0].source


def test_an_answer_that_refuses_the_audio_or_lacks_it_is_named() -> None:
    report = agreed(described(), described(CALLEE[0], 0))
    assert rules(report)["media.answer"] == "fail"
    assert "refuses the audio (port 0)" in report.sentence
    talk = (
        Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(2, "200 OK").ask(2.1, "ACK", tagged=True)
    )
    noted = next(f for f in first(talk.bye()).findings if f.rule == "media.answer")
    assert noted.advisory
    assert "the 200 of the callee (203.0.113.20:32681) has no SDP answer" in noted.sentence
    late = Talk().ask(0, "INVITE").say(2, "200 OK", body=sdp(CALLEE[0], 50_000))
    late.ask(2.1, "ACK", tagged=True).bye()
    assert any("the ACK of the caller" in f.sentence for f in first(late).findings)


def test_an_offer_of_srtp_without_a_key_is_the_offering_sides_fault() -> None:
    secure = {"profile": "RTP/SAVP"}
    report = agreed(described(**secure), described(CALLEE[0], 50_000, **secure, extra=key()))
    assert rules(report) == {"media.offer": "fail"}
    assert "The offer of the caller (198.51.100.10:5060) is RTP/SAVP" in report.sentence


TWO = (
    sdp(CALLER[0], profile="RTP/SAVP", extra=key())
    + f"m=audio {A[1]} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
FIRST_REFUSED = (
    f"v=0\r\no=- 1 1 IN IP4 {B[0]}\r\ns=-\r\nc=IN IP4 {B[0]}\r\nt=0 0\r\n"
    f"m=audio 0 RTP/SAVP 0\r\nm=audio {B[1]} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
)
FINGERPRINT = "a=fingerprint:sha-256 00:11"


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        pytest.param(described(), described(CALLEE[0], 50_000, formats="0"), id="a part of it"),
        pytest.param(
            described(formats="8 101"), described(CALLEE[0], 50_000, formats="8 0"), id="more"
        ),
        pytest.param(
            described(profile="RTP/SAVP", extra=f"{key(1)}\r\n{key(2, OTHER_SUITE)}"),
            described(CALLEE[0], 50_000, profile="RTP/SAVP", extra=key(2, OTHER_SUITE)),
            id="the second key",
        ),
        pytest.param(
            described(profile="UDP/TLS/RTP/SAVPF", extra=FINGERPRINT),
            described(CALLEE[0], 50_000, profile="UDP/TLS/RTP/SAVPF", extra=FINGERPRINT),
            id="DTLS",
        ),
        pytest.param(
            described(extra=key()), described(CALLEE[0], 50_000, extra=key()), id="SRTP in AVP"
        ),
        pytest.param(
            described(profile="RTP/AVPF"), described(CALLEE[0], 50_000), id="feedback left out"
        ),
        pytest.param(TWO, FIRST_REFUSED, id="of two streams the one without SRTP"),
    ],
)
def test_an_answer_that_follows_its_offer_is_in_order(offer: str, answer: str) -> None:
    kind = 8 if "AVP 8" in offer else 0
    talk = Talk().answered(offer=offer, answer=answer).bye()
    report = first(talk, media=both_ways(kind=kind))
    assert report.verdict == "pass", told(report)


# -- what senders count ------------------------------------------------------------------


def test_what_a_sender_counts_is_held_against_what_was_seen() -> None:
    media = [
        *both_ways(2.1, 9.8),
        counted(B, A, 3.0, ssrc=2, sent=45),
        counted(B, A, 11.0, ssrc=2, sent=900),
    ]
    report = first(Talk().answered().bye(), media=sorted(media, key=lambda p: p.at))
    assert rules(report) == {"media.quality": "inconclusive"}, told(report)
    assert (
        "has sent 855 packets by its own sender reports (RTCP), and 400 of them" in report.sentence
    )
    assert "53 %" in report.sentence


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (490, "; the callee has sent 490 packets by its own sender reports (RTCP), so they"),
        (0, "; the callee sends none by its own sender reports (RTCP)"),
    ],
)
def test_one_way_audio_says_what_the_silent_side_counts(sent: int, says: str) -> None:
    media = [*rtp(A, B, 2.1, 9.8), counted(B, A, 11.5, ssrc=7, sent=sent)]
    report = first(Talk().answered().bye(), media=media)
    assert rules(report) == {"media.path": "fail"}
    assert says in report.sentence


def test_reports_without_rtp_say_what_each_side_counts() -> None:
    media = [counted(A, B, 11, ssrc=1, sent=445), counted(B, A, 11.1, ssrc=2, sent=0)]
    report = first(Talk().answered().bye(), media=media)
    assert rules(report) == {"media.path": "inconclusive"}, told(report)
    assert "the caller has sent 445 packets by its own sender reports" in report.sentence
    assert "the callee sends none by its own sender reports" in report.sentence


def test_counts_that_agree_or_cannot_be_compared_are_not_mentioned() -> None:
    honest = [*both_ways(), counted(B, A, 11.0, ssrc=2, sent=445)]
    assert (
        first(Talk().answered().bye(), media=sorted(honest, key=lambda p: p.at)).verdict == "pass"
    )
    # A single report in a capture that begins late counts what went before.
    late = Talk().ask(3, "INVITE", 2, tagged=True, body=sdp(CALLER[0]))
    late.say(3.1, "200 OK", "INVITE", 2, body=sdp(CALLEE[0], 50_000)).ask(
        3.2, "ACK", 2, tagged=True
    )
    media = [*both_ways(3.2, 8), counted(B, A, 11.0, ssrc=2, sent=9_000)]
    found = first(late.bye(12, number=3), media=sorted(media, key=lambda p: p.at))
    assert not any(f.rule == "media.quality" for f in found.findings), told(found)
    # The counts in SRTCP are encrypted.
    secure = {"profile": "RTP/SAVP", "extra": key()}
    talk = Talk().answered(offer=described(**secure), answer=described(CALLEE[0], 50_000, **secure))
    garbled = [*both_ways(), counted(B, A, 11.0, ssrc=2, sent=4_000)]
    assert first(talk.bye(), media=sorted(garbled, key=lambda p: p.at)).verdict == "pass"
