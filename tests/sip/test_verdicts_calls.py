"""The verdict on an answered call: its dialog, its audio, its transfers."""

import pytest

from tests.sip.crafted import CALLEE, CALLER, Talk, rtp, sdp
from tests.sip.judging import first, judge, rules, told

# -- the dialog --------------------------------------------------------------------------


def test_a_200_that_is_repeated_says_that_the_ack_is_lost() -> None:
    talk = Talk().answered()
    for at in (2.5, 3.5, 5.5):
        talk.say(at, "200 OK", body=sdp(CALLEE[0], 50_000))
    report = first(talk.bye())
    assert rules(report) == {"dialog.ack": "fail"}
    assert "repeated 3 times after the ACK" in report.sentence


def test_no_ack_at_all_is_told_where_the_200_is_repeated() -> None:
    talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0]))
    for at in (1, 1.5, 2.5):
        talk.say(at, "200 OK", body=sdp(CALLEE[0], 50_000))
    assert "no ACK for it was seen" in first(talk).sentence


def test_a_bye_that_is_unknown_or_unanswered_is_lost() -> None:
    routed = Talk().ask(0, "INVITE", body=sdp(CALLER[0]))
    route = "Record-Route: <sip:203.0.113.9;lr>"
    routed.say(1, "200 OK", "INVITE", 1, route, body=sdp(CALLEE[0], 50_000)).ask(1.1, "ACK")
    routed.ask(9, "BYE", 2, tagged=True).say(9.1, "481 Call/Transaction Does Not Exist", "BYE", 2)
    report = first(routed)
    assert rules(report) == {"dialog.lost": "fail"}
    assert "has no Route" in report.sentence
    silent = Talk().answered()
    for at in (12, 12.5, 13.5):
        silent.ask(at, "BYE", 2, tagged=True)
    assert "sent 3 times and never answered" in first(silent).sentence
    once = first(Talk().answered().ask(12, "BYE", 2, tagged=True))
    assert once.verdict == "pass"
    assert any("has no answer in the capture" in f.sentence for f in once.findings)


def test_a_network_that_failed_is_read_out_of_the_bye() -> None:
    report = first(Talk().answered().bye(12, "Reason: Q.850;cause=38"))
    assert rules(report) == {"peer.failed": "fail"}
    assert "Network out of order" in report.sentence


def test_a_capture_that_begins_or_ends_within_a_call_says_so() -> None:
    late = Talk().ask(3, "BYE", 2, tagged=True).say(3.1, "200 OK", "BYE", 2)
    report = first(late)
    assert rules(report) == {"capture.begins": "inconclusive"}
    early = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(1, "200 OK", body=sdp(CALLEE[0]))
    assert rules(first(early)) == {"capture.ends": "inconclusive"}
    assert "still up" in first(Talk().answered()).sentence


# -- audio -------------------------------------------------------------------------------


def test_one_way_audio_is_named_with_its_direction() -> None:
    only = [*rtp((CALLER[0], 40_000), (CALLEE[0], 50_000), 2.1, 9.8)]
    report = first(Talk().answered().bye(), media=only)
    assert rules(report) == {"media.path": "fail"}
    assert report.sentence == (
        "One-way audio: 490 RTP packets went to the callee (203.0.113.20:50000) and none to the "
        "caller (198.51.100.10:40000) in 10.0 s: the caller hears nothing."
    )
    other = [*rtp((CALLEE[0], 50_000), (CALLER[0], 40_000), 2.1, 9.8)]
    assert "the callee hears nothing" in first(Talk().answered().bye(), media=other).sentence


def test_a_private_address_in_sdp_is_named_where_audio_fails() -> None:
    talk = Talk().answered(answer=sdp("192.168.7.7", 50_000)).bye()
    only = [*rtp((CALLEE[0], 50_000), (CALLER[0], 40_000), 2.1, 9.8)]
    sentence = first(talk, media=only).sentence
    assert "names the private address 192.168.7.7" in sentence
    assert "the callee hears nothing" in sentence


def test_no_audio_at_all_needs_evidence_that_audio_would_be_seen() -> None:
    talk = Talk().answered().bye()
    assert "not in this capture" in first(talk).sentence
    assert any("no RTP" in note for note in judge(talk).notes)
    elsewhere = [*rtp((CALLER[0], 44_000), ("192.0.2.50", 9_000), 1, 5)]
    assert "No RTP went either way" in first(talk, media=elsewhere).sentence
    stranger = [*rtp(("192.0.2.51", 44_000), ("192.0.2.50", 9_000), 1, 5)]
    assert first(talk, media=stranger).verdict == "pass"


def test_a_codec_answered_but_not_sent_is_named() -> None:
    a, b = (CALLER[0], 40_000), (CALLEE[0], 50_000)
    talk = Talk().answered(offer=sdp(CALLER[0], formats="0 9 101")).bye()
    media = [*rtp(a, b, 2.1, 9.8), *rtp(b, a, 2.1, 9.8, kind=9, ssrc=2)]
    report = first(talk, media=media)
    assert rules(report) == {"media.codec": "fail"}
    assert "The callee sends payload type 9 (G722)" in report.sentence
    assert "what was answered is PCMU" in report.sentence


def test_lost_audio_is_measured() -> None:
    a, b = (CALLER[0], 40_000), (CALLEE[0], 50_000)
    media = [*rtp(a, b, 2.1, 9.8, skip=range(10, 480, 10)), *rtp(b, a, 2.1, 9.8, ssrc=2)]
    report = first(Talk().answered().bye(), media=media)
    assert rules(report) == {"media.quality": "fail"}
    assert "9.6 % of the audio to the callee" in report.sentence


# -- transfers ---------------------------------------------------------------------------


def transfer(status: str, *notes: tuple[str, str], target: str = "sip:+15550100@pstn.test") -> Talk:
    talk = Talk().answered()
    talk.ask(5, "REFER", 2, f"Refer-To: <{target}>", tagged=True, back=True)
    talk.say(5.1, status, "REFER", 2, back=True)
    for number, (state, body) in enumerate(notes, start=3):
        talk.ask(5.1 + number / 10, "NOTIFY", number, "Event: refer;id=2", state, tagged=True,
                 body=body, kind="message/sipfrag;version=2.0")  # fmt: skip
        talk.say(5.12 + number / 10, "200 OK", "NOTIFY", number)
    return talk.bye(12, number=9)


OVER = "Subscription-State: terminated;reason=noresource"
GOING = "Subscription-State: active"


@pytest.mark.parametrize(
    ("talk", "verdict", "rule", "says"),
    [
        (
            transfer("202 Accepted", (GOING, "SIP/2.0 100 Trying"), (OVER, "SIP/2.0 200 OK")),
            "pass",
            "transfer.done",
            "NOTIFY says 200 OK",
        ),
        (
            transfer("202 Accepted", (OVER, "SIP/2.0 403 Forbidden"), target="sip:+1555@192.0.2.1"),
            "fail",
            "transfer.target",
            "a bare address",
        ),
        (transfer("202 Accepted"), "inconclusive", "transfer.unknown", "no NOTIFY tells"),
        (transfer("202 Accepted", (OVER, "")), "inconclusive", "transfer.unknown", "has no status"),
        (
            transfer("202 Accepted", (GOING, "SIP/2.0 100 Trying")),
            "inconclusive",
            "transfer.unknown",
            "no more than SIP/2.0 100",
        ),
        (transfer("400 Bad Request"), "fail", "transfer.refused", "no Referred-By"),
        (transfer("603 Decline"), "fail", "transfer.refused", "603 Decline"),
    ],
)
def test_a_transfer_is_judged_by_what_notify_says(
    talk: Talk, verdict: str, rule: str, says: str
) -> None:
    report = first(talk)
    finding = next(f for f in report.findings if f.rule == rule)
    assert (finding.verdict, report.verdict) == (verdict, verdict), told(report)
    assert says in finding.sentence


def test_a_new_leg_that_was_answered_proves_a_transfer_without_notify() -> None:
    leg = Talk("leg-2", caller=CALLEE, callee=("192.0.2.60", 5060), uri="sip:+15550100@192.0.2.60",
               at=5.5).answered()  # fmt: skip
    reports = judge(transfer("202 Accepted"), leg).reports
    assert any(f.rule == "transfer.done" for f in reports[0].findings)
