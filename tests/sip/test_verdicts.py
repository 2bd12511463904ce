"""The verdict and the sentence of each kind of call, broken and healthy, as an engineer has it."""

from collections.abc import Iterable, Iterator

import pytest

from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.diagnose import Diagnosis, Report, diagnosed, findings
from sfsip_nb.sip.evidence.sound import Streams
from sfsip_nb.sip.media.packets import MediaPacket
from tests.sip.crafted import CALLEE, CALLER, Talk, both_ways, rtp, sdp

AUTH = 'Authorization: Digest username="u", realm="r", nonce="n", uri="{}", response="0123"'
ASKED = 'WWW-Authenticate: Digest realm="r", nonce="n{}"'


def judge(*talks: Talk, media: Iterable[MediaPacket] = (), until: float = 0.0) -> Diagnosis:
    entries = [entry for talk in talks for entry in talk.entries]
    if until:  # something else is seen later, so that the capture went on
        other = Talk("later", caller=("192.0.2.9", 5060), callee=("192.0.2.8", 5060), at=until)
        entries += other.ask(0, "OPTIONS").say(0.1, "200 OK", "OPTIONS").entries
    return diagnosed(Capture(entries, Streams(media)))


def first(*talks: Talk, media: Iterable[MediaPacket] = (), until: float = 0.0) -> Report:
    return judge(*talks, media=media, until=until).reports[0]


def told(report: Report) -> str:
    return " | ".join(f"{f.verdict} {f.rule}: {f.sentence} → {f.remedy}" for f in report.findings)


def rules(report: Report) -> dict[str, str]:
    return {f.rule: f.verdict for f in report.findings if not f.advisory}


# -- healthy ------------------------------------------------------------------------------


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


# -- refused ------------------------------------------------------------------------------


def refused(status: str, *headers: str, offer: str = "", **how: str) -> Talk:
    talk = Talk(**how).ask(0, "INVITE", body=offer or sdp(CALLER[0]))  # type: ignore[arg-type]
    return talk.say(0.02, status, "INVITE", 1, *headers).ask(
        0.03, "ACK", branch=f"INVITE1{talk.call_id}", tagged=True
    )


Q850 = 'Reason: SIP;cause=503;text="x", Q.850 ;cause={} ;text="3"'


@pytest.mark.parametrize(
    ("talk", "rule", "says"),
    [
        (
            refused("404 No trunk found"),
            "route.number",
            "404 No trunk found – nobody has this number",
        ),
        (
            refused("403 Forbidden", "X-Twilio-Error: 32201 Authentication failure - source"),
            "access.address",
            "access control list",
        ),
        (
            refused("403 Forbidden", "X-Twilio-Error: 32204 Invalid Caller ID"),
            "access.caller",
            "neither owned nor verified",
        ),
        (
            refused("403 Forbidden", 'Warning: 399 host "caller, not allowed"'),
            "access.refused",
            "Warning: 399 caller, not allowed",
        ),
        (
            refused("503 Service Unavailable", Q850.format(1)),
            "route.number",
            "Q.850 cause 1 Unallocated (unassigned) number",
        ),
        (
            refused(
                "480 Error", "X-Asterisk-HangupCause: User busy", "X-Asterisk-HangupCauseCode: 17"
            ),
            "callee.busy",
            "User busy",
        ),
        (refused("500 Oops", "Reason: Q.850;cause=0"), "peer.failed", "Q.850 cause 0"),
        (
            refused("480 Temporarily Unavailable", "X-Reason: account limit"),
            "callee.absent",
            "X-Reason: account limit",
        ),
        (
            refused("603 Decline", "X-Twilio-Error: 32203 blocked"),
            "callee.declined",
            "potential fraud",
        ),
        (refused("486 Busy Here"), "callee.busy", "busy"),
        (refused("482 Request merged"), "route.loop", "goes round"),
        (
            refused("488 Not Acceptable Here", 'Warning: 305 host "no common codec"'),
            "media.codec",
            "no common codec",
        ),
        (refused("488 Not Acceptable Here", offer=sdp(CALLER[0], 0)), "media.refused", "port 0"),
        (
            refused("488 Not Acceptable Here", offer=sdp(CALLER[0], formats="18")),
            "media.codec",
            "no G.711, only G729",
        ),
        (
            refused("488 Not Acceptable Here", offer=sdp(CALLER[0], profile="UDP/TLS/RTP/SAVPF")),
            "media.srtp",
            "as browsers send it",
        ),
        (
            refused("488 Secure SIP transport required", "X-Twilio-Error: 32209 x"),
            "media.srtp",
            "TLS and SRTP",
        ),
        (
            refused("488 Not Acceptable Here", transport="tls"),
            "media.srtp",
            "plain RTP/AVP over TLS",
        ),
        (
            refused("400 Bad Request", offer=sdp(CALLER[0], formats="18")),
            "message.refused",
            "no codec or SRTP key is common",
        ),
        (refused("408 Request Timeout"), "peer.silent", "did not answer in time"),
        (refused("699 Whatever"), "peer.failed", "699 Whatever"),
    ],
)
def test_a_refusal_is_explained_by_what_the_peer_says(talk: Talk, rule: str, says: str) -> None:
    report = first(talk)
    assert (report.verdict, report.findings[0].rule) == ("fail", rule), told(report)
    assert says in report.sentence
    assert report.remedy


def test_who_declines_after_ringing_is_no_fault_of_the_wire() -> None:
    talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.3, "180 Ringing")
    report = first(talk.say(6.3, "486 Busy Here"))
    assert report.verdict == "inconclusive"
    assert "rang for 6.0 s" in report.sentence


def test_the_fix_is_told_in_the_words_of_the_side_that_refuses() -> None:
    for host, word in (
        ("sip.us.synthflow.ai", "In Synthflow"),
        ("acme.byoc.usw2.pure.cloud", "In Genesys Cloud"),
        ("acme.sip.talkdesk.com", "In Talkdesk"),
    ):
        talk = Talk(uri=f"sip:+15551230001@{host}:32681")
        assert word in first(talk.ask(0, "INVITE").say(0.1, "404 Not Found")).remedy
    genesys = Talk().ask(0, "INVITE").say(0.1, "404 Not Found", "INVITE", 1, "x-inin-cnv: 1")
    assert "In Genesys Cloud" in first(genesys).remedy
    nobody = Talk().ask(0, "INVITE").say(0.1, "404 Not Found")
    assert first(nobody).remedy.startswith("Compare the form of the number")


def test_a_redirection_that_nobody_follows_is_open() -> None:
    talk = refused("302 Moved Temporarily", "Contact: <sip:bob@new.test>").entries
    report = diagnosed(Capture(talk)).reports[0]
    assert report.verdict == "inconclusive"
    assert "sip:bob@new.test" in report.sentence or "redirects the call" in report.sentence


# -- login --------------------------------------------------------------------------------


def login(method: str, status: str, uri: str = "", times: int = 1) -> Talk:
    talk = Talk()
    talk.ask(0, method).say(0.1, "401 Unauthorized", method, 1, ASKED.format(1))
    for count in range(times):
        given = AUTH.format(uri or talk.uri)
        talk.ask(0.2 + count, method, 2 + count, given)
        talk.say(0.3 + count, status, method, 2 + count, ASKED.format(2 + count))
    return talk


def test_a_wrong_password_is_told_from_other_refusals() -> None:
    refusal = first(login("REGISTER", "403 Forbidden"))
    assert rules(refusal) == {"access.login": "fail"}
    assert "a login was sent and the answer to it is no" in refusal.sentence
    again = first(login("INVITE", "401 Bad credentials"))
    assert rules(again) == {"access.login": "fail"}
    assert "401 Bad credentials" in again.sentence


def test_a_stripped_digest_uri_explains_an_endless_challenge() -> None:
    report = first(login("INVITE", "401 Unauthorized", "sip:+15551230001@203.0.113.20", times=4))
    assert rules(report) == {"access.uri": "fail"}
    assert "5 times" in report.sentence
    assert "sip:+15551230001@203.0.113.20:32681" in report.sentence


def test_a_challenge_that_nobody_answers_is_named() -> None:
    talk = Talk().ask(0, "INVITE").say(0.1, "407 Proxy Authentication Required")
    report = first(talk, until=60)
    assert "was never sent with one" in report.sentence
    anew = Talk("call-2", at=1).ask(0, "INVITE").say(0.1, "407 Proxy Authentication Required")
    assert "under a new Call-ID" in first(talk, anew, until=60).sentence
    assert first(talk).verdict == "inconclusive"  # nothing is known of what came after


def test_credentials_for_the_invite_only_leave_the_bye_refused() -> None:
    talk = Talk().answered().ask(12, "BYE", 2, tagged=True)
    report = first(talk.say(12.1, "401 Unauthorized", "BYE", 2, ASKED.format(9)), until=60)
    assert rules(report) == {"access.login": "fail"}
    assert "for BYE too" in report.remedy


def test_a_registration_where_none_is_taken() -> None:
    talk = Talk(uri="sip:acme.byoc.usw2.pure.cloud").ask(0, "REGISTER")
    report = first(talk.say(0.1, "405 Method Not Allowed", "REGISTER"))
    assert rules(report) == {"registration.method": "fail"}
    assert "takes no registrations" in report.remedy


# -- silence ------------------------------------------------------------------------------


def unanswered(times: int = 7) -> Talk:
    talk = Talk()
    for count in range(times):
        talk.ask(0.5 * (2**count - 1), "INVITE", body=sdp(CALLER[0]))
    return talk


def test_silence_of_a_host_that_is_there_is_a_failure_else_it_is_open() -> None:
    report = first(unanswered(), until=60)
    assert rules(report) == {"peer.silent": "inconclusive"}
    assert "7 times" in report.sentence
    alive = Talk("options").ask(0, "OPTIONS").say(0.1, "200 OK", "OPTIONS")
    assert rules(judge(unanswered(), alive, until=60).reports[0]) == {"peer.silent": "fail"}
    assert rules(first(unanswered(2))) == {"peer.silent": "inconclusive"}
    once = judge(unanswered(1), alive, until=60).reports[0]
    assert rules(once) == {"peer.silent": "inconclusive"}
    assert "not repeated either" in once.sentence


def test_trying_without_an_end_is_another_matter_than_ringing() -> None:
    talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.05, "100 trying -- your call is x")
    assert rules(first(talk, until=40)) == {"peer.slow": "fail"}
    assert rules(first(talk)) == {"capture.ends": "inconclusive"}
    ringing = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.3, "180 Ringing")
    assert "rang" in first(ringing, until=90).sentence
    assert first(ringing, until=90).verdict == "fail"
    assert first(ringing, until=30).verdict == "inconclusive"


def test_a_large_request_over_udp_is_suspected_where_nothing_comes_back() -> None:
    talk = Talk().ask(0, "INVITE", 1, f"X-Long: {'y' * 1400}", body=sdp(CALLER[0]))
    report = first(talk, until=60)
    assert report.findings[0].rule == "message.size"
    assert "fragments" in report.sentence
    assert "Use TCP" in report.remedy
    answered = Talk().ask(0, "OPTIONS", 1, f"X-Long: {'y' * 1400}").say(0.1, "200 OK", "OPTIONS")
    assert [f.rule for f in first(answered).findings if f.advisory] == ["message.size"]


# -- the dialog ---------------------------------------------------------------------------


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


# -- audio --------------------------------------------------------------------------------


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


# -- transfers ----------------------------------------------------------------------------


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


# -- more than one message at a time ------------------------------------------------------


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
