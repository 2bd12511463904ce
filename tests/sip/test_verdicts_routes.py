"""The verdict on the way of a call: circles, hops, dead targets; and on what a capture lacks."""

import pytest

from tests.sip.crafted import CALLEE, CALLER, Talk, sdp
from tests.sip.judging import first, judge, refused, rules, told

ONE, TWO, THREE = ("198.51.100.70", 5060), ("203.0.113.40", 5060), ("192.0.2.60", 5060)


def leg(number: int, source: tuple[str, int], target: tuple[str, int], **how: object) -> Talk:
    """One INVITE that stays open until it is refused at two seconds."""
    uri = how.pop("uri", f"sip:+15550100002@{target[0]}")
    talk = Talk(f"turn-{number}", source, target, uri=str(uri), at=number / 10)
    talk.ask(0, "INVITE", body=sdp(source[0])).say(0.02, "100 Trying")
    return talk.say(2 - number / 5, str(how.pop("status", "503 Service Unavailable")))


# -- circles -----------------------------------------------------------------------------


def test_one_number_to_and_fro_is_one_circle() -> None:
    turns = [leg(n, *((ONE, TWO) if n % 2 == 0 else (TWO, ONE))) for n in range(6)]
    reports = judge(*turns).reports
    assert [rules(report) for report in reports] == [{"route.loop": "fail"}] * 6
    assert reports[0].sentence == (
        "The call to +15550100002 loops between 203.0.113.40:5060 and 198.51.100.70:5060: 6 "
        "INVITEs with new Call-IDs in 0.5 s (#1 to #6), until 503 Service Unavailable ended it. "
        "The number is routed back each time."
    )
    assert "See at 203.0.113.40:5060, which got the call first" in reports[0].remedy
    assert reports[3].sentence == "This is turn 4 of the loop that begins with #1."
    assert reports[0].legs == (2, 3, 4, 5, 6)
    between = Talk("other", THREE, CALLEE, at=0.15).ask(0, "OPTIONS").say(0.1, "200 OK", "OPTIONS")
    assert "(#1, #2, #4, #5, #6, #7)" in judge(*turns, between).reports[0].sentence


def test_a_circle_may_have_three_corners_and_change_the_numbers_form() -> None:
    way = (ONE, TWO, THREE, ONE, TWO)
    turns = [
        leg(n, way[n], way[n + 1], uri=f"sip:{'+' * (n % 2)}15550100002@{way[n + 1][0]}")
        for n in range(4)
    ]
    reports = judge(*turns).reports
    assert {r.findings[0].rule for r in reports} == {"route.loop"}
    assert "203.0.113.40:5060 and 192.0.2.60:5060 and 198.51.100.70:5060" in reports[0].sentence


def test_a_call_that_comes_back_once_or_is_dialed_again_is_no_circle() -> None:
    hairpin = judge(leg(0, ONE, TWO), leg(1, TWO, ONE, status="486 Busy Here")).reports
    assert "route.loop" not in {f.rule for r in hairpin for f in r.findings}
    again = judge(leg(0, ONE, TWO), leg(20, ONE, TWO), leg(40, ONE, TWO)).reports
    assert "route.loop" not in {f.rule for r in again for f in r.findings}
    through = judge(leg(0, ONE, TWO), leg(1, TWO, THREE)).reports
    assert "route.loop" not in {f.rule for r in through for f in r.findings}


def test_elements_on_one_host_are_told_apart_by_their_ports() -> None:
    """As on a testbed: a call, the second leg of it, and another call at the same time."""
    caller, edge, callee = (("127.0.0.1", port) for port in (41_000, 42_000, 43_000))
    uri = "sip:+15550100002@127.0.0.1"
    first_leg, second = leg(0, caller, edge, uri=uri), leg(1, edge, callee, uri=uri)
    another = leg(2, ("127.0.0.1", 44_000), edge, uri=uri)
    found = judge(first_leg, second, another).reports
    assert "route.loop" not in {f.rule for r in found for f in r.findings}
    back = [leg(n, *((caller, edge) if n % 2 == 0 else (edge, caller)), uri=uri) for n in range(3)]
    assert {r.findings[0].rule for r in judge(*back).reports} == {"route.loop"}


# -- hops --------------------------------------------------------------------------------


def hopped(*left: int, status: str = "483 Too Many Hops") -> Talk:
    """One call over several hops, each with what is left of Max-Forwards."""
    ends = [CALLER, CALLEE, THREE, CALLEE, THREE, CALLEE][: len(left) + 1]
    whole = Talk()
    for index, forwards in enumerate(left):
        hop = Talk(caller=ends[index], callee=ends[index + 1])
        hop.ask(index / 100, "INVITE", body=sdp(CALLER[0]), branch=f"hop{index}")
        hop.say(1 - index / 100, status, branch=f"hop{index}")
        asked, answered = hop.entries
        data = asked.data.replace(b"Max-Forwards: 70", f"Max-Forwards: {forwards}".encode())
        whole.raw(index / 100, ends[index], ends[index + 1], data)
        whole.raw(1 - index / 100, ends[index + 1], ends[index], answered.data)
    return whole


def test_hops_that_are_used_up_are_told_from_too_few_at_the_start() -> None:
    few = first(hopped(0))
    assert rules(few) == {"message.hops": "fail"}
    assert "198.51.100.10:5060 to 203.0.113.20:32681 with Max-Forwards 0" in few.sentence
    assert "Max-Forwards 70" in few.remedy
    round_and_round = first(hopped(70, 2, 1, 0))
    assert rules(round_and_round) == {"route.loop": "fail"}
    assert round_and_round.sentence == (
        "The call to +15551230001 loops: 203.0.113.20:32681 sent the same INVITE to "
        "192.0.2.60:5060 2 times, with Max-Forwards 2 at first and 0 at last, until 483 Too Many "
        "Hops ended it."
    )
    onward = first(hopped(70, 69))
    assert "(70 at first, 69 from 203.0.113.20:32681 to 192.0.2.60:5060)" in onward.sentence
    behind = first(hopped(70))
    assert rules(behind) == {"route.loop": "fail"}
    assert "(70 from 198.51.100.10:5060 to 203.0.113.20:32681) was used up" in behind.sentence


def test_max_forwards_zero_is_said_of_silence_and_is_a_ping_for_options() -> None:
    talk = Talk()
    for at in (0, 0.5, 1.5):
        talk.ask(at, "INVITE", body=sdp(CALLER[0]))
    zero = Talk()
    for entry in talk.entries:
        at = (entry.at - talk.entries[0].at).total_seconds()
        data = entry.data.replace(b"Max-Forwards: 70", b"Max-Forwards: 0")
        zero.raw(at, CALLER, CALLEE, data)
    assert "It has Max-Forwards 0" in first(zero).sentence
    assert "It has Max-Forwards 0" not in first(talk).sentence
    ping = Talk().ask(0, "OPTIONS").say(0.1, "483 Too Many Hops", "OPTIONS")
    assert first(ping).verdict == "pass"


# -- dead targets ------------------------------------------------------------------------


def forked(dead_for: float, live_at: float) -> list[Talk]:
    """A proxy that asks a dead target, and a live one at `live_at`."""
    caller = Talk(callee=TWO).ask(0, "INVITE", body=sdp(CALLER[0])).say(0.02, "100 Trying")
    dead = Talk(caller=TWO, callee=THREE, uri="sip:desk@192.0.2.60")
    for at in (0.1, 0.6, 1.6, 3.6, 7.6):
        if at < dead_for:
            dead.ask(at, "INVITE", body=sdp(CALLER[0]), branch="dead")
    live = Talk(caller=TWO).ask(live_at, "INVITE", body=sdp(CALLER[0]), branch="live")
    live.say(live_at + 0.1, "180 Ringing", branch="live")
    live.say(live_at + 1, "200 OK", body=sdp(CALLEE[0], 50_000), branch="live")
    caller.say(live_at + 0.15, "180 Ringing")
    caller.say(live_at + 1.1, "200 OK", body=sdp(CALLEE[0], 50_000))
    caller.ask(live_at + 1.2, "ACK", tagged=True).bye(30)
    return [caller, dead, live]


def merged(talks: list[Talk]) -> Talk:
    whole = Talk()
    whole.entries = sorted((e for talk in talks for e in talk.entries), key=lambda e: e.at)
    return whole


def test_a_dead_target_before_the_answer_is_named_with_what_it_cost() -> None:
    report = first(merged(forked(8.0, 8.0)))
    assert report.verdict == "pass", told(report)
    noted = next(f for f in report.findings if f.rule == "route.dead")
    assert noted.advisory
    assert noted.sentence == (
        "The caller waited 8.0 s in silence: 1 target (desk) at 192.0.2.60:5060 never answered."
    )
    assert "Take the dead hop out" in noted.remedy


def test_a_dead_target_is_named_where_the_call_fails_of_it_too() -> None:
    caller = Talk(callee=TWO).ask(0, "INVITE", body=sdp(CALLER[0])).say(0.02, "100 Trying")
    dead = Talk(caller=TWO, callee=THREE, uri="sip:desk@192.0.2.60")
    for at in (0.1, 0.6, 1.6, 3.6, 7.6):
        dead.ask(at, "INVITE", body=sdp(CALLER[0]), branch="dead")
    caller.say(12, "408 Request Timeout").ask(12.1, "ACK", tagged=True, branch="INVITE1call-1")
    report = first(merged([caller, dead]))
    assert rules(report) == {"peer.silent": "fail"}
    noted = next(f for f in report.findings if f.rule == "route.dead")
    assert "11.9 s in silence: 1 target (desk) at 192.0.2.60:5060" in noted.sentence


def test_a_fork_that_answers_at_once_costs_nothing() -> None:
    report = first(merged(forked(8.0, 0.1)))
    assert report.verdict == "pass"
    assert not any(f.rule == "route.dead" for f in report.findings), told(report)


# -- what a capture lacks ----------------------------------------------------------------


def test_a_capture_of_one_method_or_of_one_side_says_so() -> None:
    cancels = Talk()
    for at in (0, 4, 8):
        cancels.ask(at, "CANCEL", 9)
    report = first(cancels)
    assert (report.kind, rules(report)) == ("call", {"capture.begins": "inconclusive"})
    assert "holds only 3 CANCELs from 198.51.100.10:5060" in report.sentence
    assert "to 203.0.113.20:32681: the INVITE is not in it" in report.sentence
    answered = cancels.say(8.1, "481 Call/Transaction Does Not Exist", "CANCEL", 9)
    assert "answered with 481 Call/Transaction Does Not Exist (CANCEL)" in first(answered).sentence
    acks = Talk().ask(0, "ACK", tagged=True)
    assert "holds only 1 ACK from" in first(acks).sentence
    answers = Talk().say(0, "100 Trying").say(1, "200 OK", body=sdp(CALLEE[0], 50_000))
    assert "Only the responses of 203.0.113.20:32681 are in the capture" in first(answers).sentence
    late = Talk().ask(3, "BYE", 2, tagged=True).say(3.1, "200 OK", "BYE", 2)
    assert "begins in the middle of this call" in first(late).sentence


# -- who may call ------------------------------------------------------------------------


@pytest.mark.parametrize("after_login", [False, True])
def test_a_phrase_about_the_caller_is_no_password(after_login: bool) -> None:
    talk = refused("403 Caller Origination Number is Invalid D35")
    if after_login:
        login = 'Proxy-Authorization: Digest username="u", realm="r", nonce="n", response="0"'
        talk = Talk().ask(0, "INVITE", 1, login, body=sdp(CALLER[0]))
        talk.say(0.1, "403 Caller Origination Number is Invalid D35")
    report = first(talk)
    assert rules(report) == {"access.caller": "fail"}
    assert "From names “+15550100123”" in report.sentence
    assert "owns" in report.remedy
    assert "password" not in report.findings[0].text


def test_what_a_peer_lacks_is_named() -> None:
    report = first(refused("420 Bad Extension", "Unsupported: 100rel, precondition"))
    assert rules(report) == {"message.extension": "fail"}
    assert "Unsupported: 100rel, precondition" in report.sentence
    assert "the peer lacks “100rel, precondition”" in report.sentence
