"""The verdict on a request that is refused, challenged, or met with silence."""

import pytest

from tests.sip.crafted import CALLER, Talk, sdp
from tests.sip.judging import ASKED, AUTH, first, judge, refused, rules, told

# -- refused -----------------------------------------------------------------------------


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
        (refused("482 Request merged"), "route.loop", "is looping"),
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
    report = first(refused("302 Moved Temporarily", "Contact: <sip:bob@new.test>"))
    assert report.verdict == "inconclusive"
    assert "redirects the call (302 Moved Temporarily) to sip:bob@new.test" in report.sentence


# -- login -------------------------------------------------------------------------------


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
    assert "a login was sent and refused" in refusal.sentence
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
    assert "accepts no registrations" in report.remedy


# -- silence -----------------------------------------------------------------------------


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
