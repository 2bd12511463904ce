"""The verdict on what happens inside a call: ACK and Contact, session timers, both ends' BYEs."""

import pytest

from tests.sip.crafted import CALLEE, CALLER, Talk, both_ways, sdp
from tests.sip.judging import first, rules, told

TIMER = "Session-Expires: {};refresher={}"
AGAIN = (0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5)
"""When a request is sent that nobody answers (RFC 3261 §17.1)."""


# -- the 200 and its ACK -----------------------------------------------------------------


def unacknowledged(*headers: str, times: int = 11, ack: str = "") -> Talk:
    talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.05, "100 Trying")
    talk.say(2, "200 OK", "INVITE", 1, *headers, body=sdp(CALLEE[0], 50_000))
    if ack:
        talk.raw(2.1, CALLER, ("172.17.0.2", 5080), ack.encode())
    for at in [2.5, 3.5, 5.5, *(9.5 + 4 * n for n in range(times - 4))]:
        talk.say(at, "200 OK", "INVITE", 1, *headers, body=sdp(CALLEE[0], 50_000))
    return talk


@pytest.mark.parametrize(
    ("contact", "says"),
    [
        ("<sip:bot@172.17.0.2:5080>", "a private address (of a container: Docker's default"),
        ("<sip:bot@10.0.3.7>", "a private address, though the messages come from 203.0.113.20"),
        ("<sip:bot@127.0.0.1:5060>", "which means the own machine to anybody"),
        ("<sip:bot@0.0.0.0:5060>", "which means the own machine to anybody"),
    ],
)
def test_an_ack_cannot_go_to_a_contact_that_is_out_of_reach(contact: str, says: str) -> None:
    report = first(unacknowledged(f"Contact: {contact}"))
    assert rules(report) == {"dialog.contact": "fail"}
    assert contact.strip("<>") in report.sentence
    assert says in report.sentence
    assert "NAT" in report.remedy


def test_an_ack_that_was_seen_to_go_to_a_private_contact_is_lost_there() -> None:
    ack = (
        "ACK sip:bot@172.17.0.2:5080 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.10;branch=z9hG4bKk\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:+15550100123@198.51.100.10>;tag=a\r\n"
        "To: <sip:+15551230001@203.0.113.20>;tag=b\r\nCall-ID: call-1\r\nCSeq: 1 ACK\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    report = first(unacknowledged("Contact: <sip:bot@172.17.0.2:5080>", ack=ack))
    assert rules(report) == {"dialog.contact": "fail"}
    assert "after the ACK to sip:bot@172.17.0.2:5080" in report.sentence
    assert "It goes to sip:bot@172.17.0.2:5080 as Contact says" in report.sentence


def test_an_ack_with_another_number_is_none() -> None:
    talk = (
        Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(2, "200 OK", body=sdp(CALLEE[0], 50_000))
    )
    talk.ask(2.1, "ACK", 2, tagged=True)
    for at in (2.5, 3.5, 5.5):
        talk.say(at, "200 OK", body=sdp(CALLEE[0], 50_000))
    report = first(talk)
    assert rules(report) == {"dialog.ack": "fail"}
    assert "only one with CSeq 2 instead of 1" in report.sentence


def test_a_private_contact_behind_a_record_route_is_nobodys_fault() -> None:
    report = first(
        unacknowledged("Contact: <sip:bot@10.0.3.7>", "Record-Route: <sip:203.0.113.20;lr>")
    )
    assert rules(report) == {"dialog.ack": "fail"}
    private = first(
        unacknowledged("Contact: <sip:bot@203.0.113.20>", "Record-Route: <sip:10.9.9.9;lr>")
    )
    assert rules(private) == {"dialog.contact": "fail"}
    assert "The Record-Route of the 200 is sip:10.9.9.9;lr" in private.sentence


def test_a_200_without_contact_is_the_answering_sides_fault() -> None:
    talk = unacknowledged("Contact:")
    report = first(talk)
    assert rules(report) == {"dialog.contact": "fail"}
    assert "The answer of 203.0.113.20:32681 has no Contact" in report.sentence
    assert report.findings[0].source == "RFC 3261 §12.1.1, §13.3.1.4"
    routed = first(unacknowledged("Contact:", "Record-Route: <sip:203.0.113.20;lr>"))
    assert "has no Contact" in routed.sentence


def test_a_private_contact_that_works_is_not_mentioned() -> None:
    talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0]))
    talk.say(2, "200 OK", "INVITE", 1, "Contact: <sip:b@10.0.0.5>", body=sdp(CALLEE[0], 50_000))
    talk.ask(2.1, "ACK", tagged=True, uri="sip:b@10.0.0.5").bye()
    report = first(talk, media=both_ways())
    assert report.verdict == "pass"
    assert len(report.findings) == 1, told(report)


def test_no_ack_past_32_seconds_is_the_finding_unless_it_may_go_elsewhere() -> None:
    def answered(contact: str) -> Talk:
        talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0]))
        where = f"Contact: <sip:b@{contact}>"
        return talk.say(1, "200 OK", "INVITE", 1, where, body=sdp(CALLEE[0], 50_000))

    direct = answered("203.0.113.20:32681")
    assert rules(first(direct, until=20)) == {"capture.ends": "inconclusive"}
    late = first(direct, until=90)
    assert rules(late) == {"dialog.ack": "fail"}
    assert "no ACK for the 200 was seen in the 89.1 s" in late.sentence
    # Past a proxy that does not Record-Route the ACK goes directly; one that talks got its ACK.
    past = first(answered("192.0.2.33"), until=90)
    assert rules(past) == {"capture.point": "inconclusive"}
    assert "past the capture point, to sip:b@192.0.2.33" in past.sentence
    assert rules(first(direct, media=both_ways(1.1, 60), until=90)) == {
        "capture.point": "inconclusive"
    }


def test_a_bye_that_misses_the_ack_is_believed() -> None:
    report = first(Talk().answered().bye(34, 'Reason: SIP;cause=408;text="ACK Timeout"', back=True))
    assert rules(report) == {"dialog.ack": "fail"}
    assert "it got no ACK, although one went by here" in report.sentence


# -- session timers ----------------------------------------------------------------------


def timed(length: int = 1800, refresher: str = "uas") -> Talk:
    talk = Talk().ask(0, "INVITE", body=sdp(CALLER[0]))
    expires = TIMER.format(length, refresher)
    talk.say(2, "200 OK", "INVITE", 1, expires, body=sdp(CALLEE[0], 50_000))
    return talk.ask(2.1, "ACK", tagged=True)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_refresh_that_nobody_answers_has_lost_the_dialogs_path(method: str) -> None:
    talk = timed()
    for later in AGAIN:
        talk.ask(902 + later, method, 7, TIMER.format(1800, "uac"), back=True)
    for later in AGAIN:
        talk.ask(934 + later, "BYE", 8, back=True)
    report = first(talk)
    assert rules(report) == {"dialog.refresh": "fail"}, told(report)
    what = "re-INVITE" if method == "INVITE" else "UPDATE"
    assert f"The callee's {what} 900 s after the answer" in report.sentence
    assert "at half of the Session-Expires of 1800 s" in report.sentence
    assert "sent 7 times to 198.51.100.10:5060 and never answered" in report.sentence
    assert "its BYE, sent 7 times, was not answered either" in report.sentence
    assert "something between, has lost the dialog's path" in report.sentence


def test_a_refresh_to_a_private_contact_names_it() -> None:
    talk = timed()
    for later in AGAIN:
        talk.ask(902 + later, "INVITE", 7, back=True, uri="sip:a@192.168.1.5:5060")
    report = first(talk)
    assert rules(report) == {"dialog.refresh": "fail"}
    assert "sip:a@192.168.1.5:5060 as Contact says: a private address" in report.sentence


def test_a_call_that_ends_with_its_session_timer_was_not_refreshed() -> None:
    report = first(timed(1800, "uac").bye(1770, back=True))
    assert rules(report) == {"dialog.refresh": "fail"}
    assert "no refresh by the caller" in report.sentence
    assert "due at 900 s" in report.sentence
    said = first(timed(600, "uac").bye(90, 'Reason: SIP;cause=408;text="Session Timer Expired"'))
    assert rules(said) == {"dialog.refresh": "fail"}
    assert "before a refresh was due: it reckons with another interval" in said.sentence


def test_a_refusal_that_ends_the_call_is_a_failure() -> None:
    def refused(*headers: str, later: float = 0.02) -> Talk:
        talk = timed(120).ask(62, "INVITE", 7, *headers, back=True, body=sdp(CALLEE[0], 50_000))
        talk.say(62.05, "488 Not Acceptable Here", "INVITE", 7, back=True)
        return talk.bye(62.05 + later, back=True, number=8)

    report = first(refused(TIMER.format(120, "uac")))
    assert rules(report) == {"dialog.refresh": "fail"}
    assert "was refused by the caller (198.51.100.10:5060) with 488" in report.sentence
    assert "the callee hung up 20 ms later" in report.sentence
    assert "Let 198.51.100.10:5060 accept the re-INVITE" in report.remedy
    hold = Talk().answered().ask(5, "INVITE", 2, tagged=True, body=sdp(CALLER[0]))
    hold.say(5.1, "488 Not Acceptable Here", "INVITE", 2)
    assert rules(first(hold.bye(5.13, number=3))) == {"dialog.refused": "fail"}
    assert first(refused(TIMER.format(120, "uac"), later=9.0)).verdict == "pass"
    person = Talk().answered().ask(5, "INVITE", 2, tagged=True, body=sdp(CALLER[0]))
    person.say(5.1, "488 Not Acceptable Here", "INVITE", 2)
    assert first(person.bye(5.4, number=3)).verdict == "pass"


def test_a_refresh_that_is_too_short_or_not_known_says_so() -> None:
    def refused(status: str, *headers: str) -> Talk:
        talk = timed(120, "uac").ask(62, "UPDATE", 2, TIMER.format(90, "uac"), tagged=True)
        return talk.say(62.05, status, "UPDATE", 2, *headers).bye(62.1, number=3)

    short = first(refused("422 Session Interval Too Small", "Min-SE: 1800"))
    assert rules(short) == {"dialog.refresh": "fail"}
    assert "Min-SE: 1800" in short.sentence
    assert "at least 1800 s at 198.51.100.10:5060" in short.remedy
    lost = first(refused("481 Call Does Not Exist"))
    assert rules(lost) == {"dialog.refresh": "fail"}
    assert "the peer has lost the call" in lost.sentence


def test_a_request_in_the_call_that_nobody_answers_is_told_without_a_timer_too() -> None:
    talk = Talk().answered()
    for later in AGAIN[:5]:
        talk.ask(20 + later, "INFO", 2, tagged=True)
    report = first(talk, until=90)
    assert rules(report) == {"dialog.lost": "fail"}
    assert "The caller's INFO was sent 5 times to 203.0.113.20:32681" in report.sentence


def refreshed() -> Talk:
    talk = timed().ask(902, "UPDATE", 2, TIMER.format(1800, "uac"), back=True)
    talk.say(902.1, "200 OK", "UPDATE", 2, TIMER.format(1800, "uac"), back=True)
    return talk.bye(1771, back=True, number=3)


def glared() -> Talk:
    talk = timed().ask(902, "INVITE", 2, back=True, body=sdp(CALLEE[0], 50_000))
    talk.say(902.1, "491 Request Pending", "INVITE", 2, back=True)
    talk.ask(904, "INVITE", 3, back=True, body=sdp(CALLEE[0], 50_000))
    expires = TIMER.format(1800, "uac")
    talk.say(904.1, "200 OK", "INVITE", 3, expires, back=True, body=sdp(CALLER[0]))
    return talk.ask(904.2, "ACK", 3, tagged=True, back=True).bye(1200, number=4)


def longer() -> Talk:
    talk = Talk().ask(0, "INVITE", 1, "Session-Expires: 90", body=sdp(CALLER[0]))
    talk.say(0.1, "422 Session Interval Too Small", "INVITE", 1, "Min-SE: 120")
    talk.ask(0.11, "ACK", branch="INVITE1call-1", tagged=True)
    talk.ask(0.2, "INVITE", 2, "Session-Expires: 120", body=sdp(CALLER[0]))
    talk.say(2, "200 OK", "INVITE", 2, "Session-Expires: 120", body=sdp(CALLEE[0], 50_000))
    return talk.ask(2.1, "ACK", 2, tagged=True).bye(30, number=3)


def switched_off() -> Talk:
    talk = timed().ask(10, "INVITE", 2, tagged=True, body=sdp(CALLER[0]))
    talk.say(10.1, "200 OK", "INVITE", 2, body=sdp(CALLEE[0], 50_000))
    return talk.ask(10.2, "ACK", 2, tagged=True).bye(1770, number=3)


def lost_once() -> Talk:
    talk = timed()
    talk.ask(902, "UPDATE", 2, back=True).ask(902.5, "UPDATE", 2, back=True)
    return talk.say(902.6, "200 OK", "UPDATE", 2, back=True).bye(1200)


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(refreshed(), id="refreshed in time, and hung up when the first one had ended"),
        pytest.param(glared(), id="both asked at once, then it was refreshed"),
        pytest.param(longer(), id="asked again for a longer interval"),
        pytest.param(lost_once(), id="an answer that came at the second try"),
        pytest.param(switched_off(), id="a re-INVITE that turned the timer off"),
        pytest.param(timed().bye(300), id="a short call with a long timer"),
        pytest.param(timed(1800, "uac").bye(1770), id="hung up by the side that had to refresh"),
        pytest.param(timed().ask(902, "UPDATE", 2, back=True).bye(950), id="one that went past"),
    ],
)
def test_a_session_timer_in_order_is_not_mentioned(talk: Talk) -> None:
    report = first(talk)
    assert report.verdict == "pass", told(report)
    assert not any(f.rule == "dialog.refresh" for f in report.findings), told(report)


def test_a_422_says_both_numbers_and_what_to_ask_for() -> None:
    def asked(*least: str) -> Talk:
        talk = Talk().ask(0, "INVITE", 1, "Session-Expires: 90", body=sdp(CALLER[0]))
        return talk.say(0.1, "422 Session Interval Too Small", "INVITE", 1, *least)

    report = first(asked("Min-SE: 1800"))
    assert rules(report) == {"dialog.timer": "fail"}
    assert "a Session-Expires of 90 s was asked for" in report.sentence
    assert "no less than 1800 s (Min-SE)" in report.sentence
    assert "at least 1800 s at 198.51.100.10:5060" in report.remedy
    assert "does not say in Min-SE how long" in first(asked()).sentence
    registration = Talk().ask(0, "REGISTER", 1, "Expires: 60")
    registration.say(0.1, "423 Interval Too Brief", "REGISTER", 1, "Min-Expires: 600")
    found = first(registration).findings[0]
    assert found.rule == "registration.expires"
    assert "60 s were asked for" in found.sentence
    assert found.remedy == "Register for at least 600 s."


# -- hanging up --------------------------------------------------------------------------


def test_byes_that_cross_are_no_failure() -> None:
    talk = Talk().answered().ask(12, "BYE", 2, tagged=True).ask(12.02, "BYE", 9, back=True)
    talk.say(12.1, "481 Call/Transaction Does Not Exist", "BYE", 2)
    talk.say(12.12, "481 Call/Transaction Does Not Exist", "BYE", 9, back=True)
    report = first(talk, media=both_ways())
    assert report.verdict == "pass", told(report)
    notes = [f for f in report.findings if f.rule == "dialog.bye"]
    assert len(notes) == 2
    assert "Both sides hung up, 20 ms apart" in notes[0].sentence
    good = Talk().answered().ask(12, "BYE", 2, tagged=True).ask(12.02, "BYE", 9, back=True)
    good.say(12.1, "200 OK", "BYE", 2).say(12.12, "200 OK", "BYE", 9, back=True)
    assert len(first(good, media=both_ways()).findings) == 1


def test_a_bye_that_the_other_side_never_answered_is_named_with_its_side() -> None:
    talk = Talk().answered()
    for later in AGAIN:
        talk.ask(12 + later, "BYE", 9, back=True)
    alone = first(talk)
    assert rules(alone) == {"dialog.lost": "fail"}
    assert "never answered by the caller (198.51.100.10:5060)" in alone.sentence
    assert "See whether the BYE reaches 198.51.100.10:5060" in alone.remedy
    talk.ask(12.05, "BYE", 2, tagged=True).say(12.1, "481 Gone", "BYE", 2)
    crossed = first(talk)
    assert rules(crossed) == {"dialog.bye": "fail"}
    assert "which only sent a BYE of its own" in crossed.sentence
    assert any("That is harmless" in f.sentence for f in crossed.findings if f.advisory)


def test_a_bye_after_the_other_sides_own_changes_nothing() -> None:
    talk = Talk().answered().bye(12, back=True, number=9)
    for later in AGAIN:
        talk.ask(12.1 + later, "BYE", 2, tagged=True)
    report = first(talk, media=both_ways())
    assert report.verdict == "pass", told(report)
    assert any("own BYE had ended the call" in f.sentence for f in report.findings)


def test_a_bye_that_a_proxy_gives_up_is_told_from_one_that_is_not_known() -> None:
    talk = Talk().answered().ask(12, "BYE", 2, tagged=True).say(44, "408 Request Timeout", "BYE", 2)
    report = first(talk)
    assert rules(report) == {"dialog.lost": "fail"}
    assert "nobody behind it answered the BYE" in report.sentence


def test_a_contact_inside_a_network_is_out_of_reach_from_outside() -> None:
    """As captured at the answering side: its own messages come from that address too."""
    inside = Talk(callee=("10.0.0.5", 5060)).ask(0, "INVITE", body=sdp(CALLER[0]))
    for at in (2, 2.5, 3.5, 5.5):
        inside.say(at, "200 OK", body=sdp("10.0.0.5", 50_000))
    report = first(inside)
    assert rules(report) == {"dialog.contact": "fail"}
    assert "which 198.51.100.10 cannot reach from outside" in report.sentence


def test_a_481_to_the_only_bye_is_still_a_lost_call() -> None:
    talk = Talk().answered().ask(12, "BYE", 2, tagged=True).say(12.1, "481 Gone", "BYE", 2)
    assert rules(first(talk)) == {"dialog.lost": "fail"}
