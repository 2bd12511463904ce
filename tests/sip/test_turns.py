"""How an agent answers, from where speech is: by hand, and from packets over a bad network."""

import random
from collections.abc import Sequence

import pytest

from sfsip_nb.sip import Recording, Speech
from sfsip_nb.sip.media.activity import Edge
from sfsip_nb.sip.media.recordings import caller as says
from sfsip_nb.sip.media.turns import Answering, answering
from tests.sip.timeline import AT, Network, heard, packets, sound

Spans = Sequence[tuple[float, float]]


def speech(spans: Spans) -> list[Speech]:
    return [Speech(AT + start, AT + end, -22.0) for start, end in spans]


def measured(caller: Spans, agent: Spans, ended: float = 60.0, answered: float = 0.0) -> Answering:
    return answering(AT + answered, AT + ended, speech(caller), speech(agent))


def gaps(found: Answering) -> list[tuple[str, int | None]]:
    return [(turn.how, turn.gap and turn.gap.ms) for turn in found.turns]


def test_a_call_as_it_should_be() -> None:
    found = measured([(3.5, 5.0), (8.2, 9.0)], [(0.8, 3.0), (5.6, 8.0), (9.7, 11.0)], 12)
    assert found.first_word is not None
    assert (found.first_word.ms, found.first_word.error_ms) == (800, 10)
    assert found.greeting is not None
    assert found.greeting.seconds == pytest.approx(2.2)
    assert gaps(found) == [("answered", 600), ("answered", 700)]
    assert found.barge_ins == found.dead_air == found.clipped == ()
    assert found.spoke == {"caller": pytest.approx(2.3), "agent": pytest.approx(5.9)}


def test_a_pause_for_breath_ends_no_turn_and_no_greeting() -> None:
    found = measured([(4.0, 4.5), (4.8, 6.0), (7.4, 8.0)], [(0.5, 1.5), (2.2, 3.5), (8.5, 9.0)])
    assert found.greeting is not None
    assert found.greeting.seconds == pytest.approx(3.0)
    assert gaps(found) == [("answered", 500)]


def test_who_speaks_into_a_pause_makes_two_turns_of_it() -> None:
    found = measured([(2.0, 2.5), (4.5, 5.0)], [(0.5, 1.5), (3.0, 4.0), (5.5, 6.0)])
    assert gaps(found) == [("answered", 500), ("answered", 500)]


def test_a_caller_who_speaks_first_is_not_greeted() -> None:
    found = measured([(0.5, 1.0)], [(2.0, 3.0)], 4)
    assert found.greeting is None
    assert found.first_word is not None
    assert found.first_word.ms == 2000
    assert gaps(found) == [("answered", 1000)]


def test_what_was_said_before_the_answer_is_no_greeting() -> None:
    found = measured([], [(0.5, 2.0), (4.0, 5.0)], 6, answered=3.0)
    assert found.first_word is not None
    assert found.first_word.ms == 1000
    speaking = measured([], [(0.5, 3.4)], 6, answered=3.0)
    assert speaking.first_word is not None
    assert speaking.first_word.ms == 0


def test_a_late_reply_over_the_next_turn_is_the_first_turns() -> None:
    found = measured([(2.0, 3.0), (5.5, 7.5)], [(0.5, 1.5), (6.0, 6.8), (8.0, 9.0)])
    assert gaps(found) == [("late", 3000), ("answered", 500)]


def test_a_turn_that_nobody_replies_to_has_no_gap() -> None:
    found = measured([(2.0, 3.0), (6.0, 7.0)], [(0.5, 1.5), (7.5, 9.0)], 10)
    assert gaps(found) == [("unanswered", None), ("answered", 500)]
    assert [gap.ms for gap in found.gaps] == [500]
    assert gaps(measured([(2.0, 3.0)], [(0.5, 1.5)], 10)) == [("unanswered", None)]


def test_an_agent_who_talks_over_the_callers_end_has_no_gap() -> None:
    found = measured([(2.0, 4.0)], [(0.5, 1.5), (3.5, 5.0), (5.3, 6.0)], 10)
    assert gaps(found) == [("overlap", None)]
    assert found.gaps == []


def test_an_agent_stops_for_a_caller_and_then_replies() -> None:
    found = measured([(2.0, 3.0)], [(0.5, 2.35), (3.8, 5.0)], 6)
    [one] = found.barge_ins
    assert one.stops is not None
    assert (one.at - AT, one.stops.ms) == (2.0, 350)
    assert gaps(found) == [("answered", 800)]


def test_an_agent_that_goes_on_over_its_own_pauses_has_not_stopped() -> None:
    found = measured([(2.0, 4.0)], [(0.5, 2.3), (2.6, 3.4), (5.0, 6.0)], 7)
    [one] = found.barge_ins
    assert one.stops is not None
    assert one.stops.ms == 1400
    never = [Speech(AT + 0.5, AT + 6.0, ends="open")]
    [one] = answering(AT, AT + 6, speech([(2.0, 3.0)]), never).barge_ins
    assert one.stops is None


def test_who_would_have_stopped_anyway_was_not_interrupted() -> None:
    assert measured([(2.0, 3.0)], [(0.5, 2.03)]).barge_ins == ()


def test_dead_air_says_where_and_whose_turn_it_was() -> None:
    found = measured([(6.0, 7.0)], [(2.5, 3.0), (9.1, 9.5)], 12)
    told = [(round(one.at - AT, 1), round(one.seconds, 1), one.whose) for one in found.dead_air]
    assert told == [
        (0.0, 2.5, "agent"),
        (3.0, 3.0, "caller"),
        (7.0, 2.1, "agent"),
        (9.5, 2.5, "caller"),
    ]


def test_a_silent_agent_and_a_silent_caller_and_both() -> None:
    silent = measured([(1.0, 2.0)], [], 5)
    assert (silent.first_word, silent.greeting, gaps(silent)) == (
        None,
        None,
        [("unanswered", None)],
    )
    assert [one.whose for one in silent.dead_air] == ["agent"]
    alone = measured([], [(0.5, 1.5)], 3)
    assert (alone.turns, alone.percentile(50)) == ((), None)
    assert [one.seconds for one in measured([], [], 5).dead_air] == [5.0]


def test_a_missing_stream_is_not_a_silent_one() -> None:
    deaf = answering(AT, AT + 9, speech([(1.0, 2.0)]), None)
    assert (deaf.first_word, deaf.turns, deaf.dead_air) == (None, (), ())
    mute = answering(AT, AT + 9, None, speech([(1.0, 2.0)]))
    assert mute.first_word is not None
    assert (mute.turns, mute.dead_air) == ((), ())


@pytest.mark.parametrize(
    ("edge", "told"), [("", []), ("abrupt", ["begin", "end"]), ("missing", ["begin", "end"])]
)
def test_what_may_be_clipped_is_told_with_why(edge: Edge, told: list[str]) -> None:
    agent = [Speech(AT + 1, AT + 2, starts=edge, ends=edge)]
    found = answering(AT, AT + 5, [], agent)
    assert [(one.edge, one.why) for one in found.clipped] == [(which, edge) for which in told]


def test_a_call_that_ends_in_a_word_says_so_and_one_that_begins_with_it_cannot() -> None:
    agent = [Speech(AT + 0.1, AT + 2, starts="open", ends="open")]
    [one] = answering(AT, AT + 2, [], agent).clipped
    assert (one.edge, one.why) == ("end", "open")


def test_an_agent_that_is_cut_off_by_the_caller_is_not_clipped() -> None:
    agent = [Speech(AT + 1, AT + 3.3, ends="abrupt")]
    assert answering(AT, AT + 9, speech([(3.0, 4.0)]), agent).clipped == ()


def test_packets_missing_at_an_edge_widen_the_error() -> None:
    caller = [Speech(AT + 1, AT + 2, ends="missing", end_error=0.02)]
    agent = [Speech(AT + 3, AT + 4, starts="missing", start_error=0.04)]
    [turn] = answering(AT, AT + 5, caller, agent).turns
    assert turn.gap is not None
    assert (turn.gap.ms, turn.gap.error_ms) == (1000, 80)


@pytest.mark.parametrize(
    ("lengths", "p50", "p95"),
    [([300], 300, 300), ([300, 900], 300, 900), ([*range(100, 2100, 100)], 1000, 1900)],
)
def test_percentiles_are_by_nearest_rank(lengths: list[int], p50: int, p95: int) -> None:
    asks = [(10.0 * n, 10.0 * n + 1) for n in range(1, len(lengths) + 1)]
    replies = [(end + ms / 1000, end + 4) for (_, end), ms in zip(asks, lengths, strict=True)]
    found = measured(asks, replies, 999)
    both = [one and one.ms for one in map(found.percentile, (50, 95))]
    assert both == [p50, p95]


# -- from packets -------------------------------------------------------------------------

TURNS = 200


def talk(turns: int, seed: int) -> tuple[list[tuple[float, Recording]], ...]:
    """What both say, turn after turn, and with which gaps."""
    chance = random.Random(seed)
    asks, replies, at = [], [(0.7, says("hello"))], 4.0
    for _ in range(turns):
        ask, reply = says(chance.choice(["hello", "person", "stop"])), says("stop")
        asks.append((at, ask))
        at = round(at + ask.ends + chance.uniform(0.25, 1.8), 3)
        replies.append((at - reply.begins, reply))
        at = round(at + reply.seconds + chance.uniform(0.6, 1.5), 3)
    return asks, replies


Said = list[tuple[float, Recording]]


@pytest.fixture(scope="module")
def long_talk() -> tuple[Said, Said, float, list[Speech]]:
    """A talk of many turns: what both say, its length, and the caller's speech as it leaves."""
    asks, replies = talk(TURNS, 1)
    length = asks[-1][0] + 8
    return asks, replies, length, heard(packets(sound(length, asks)))


@pytest.mark.parametrize(
    ("network", "most"),
    [(Network(), 0.02), (Network(jitter_s=0.06), 0.02), (Network(loss=0.05, jitter_s=0.06), 0.04)],
    ids=["clean", "jitter", "loss and jitter"],
)
def test_every_gap_of_two_hundred_turns_is_measured(
    network: Network, most: float, long_talk: tuple[Said, Said, float, list[Speech]]
) -> None:
    # The same transit both ways would hide a wrong clock.
    asks, replies, length, caller = long_talk
    agent = heard(network.carried(packets(sound(length, replies), "PCMA", ssrc=9)), "PCMA")
    found = answering(AT, AT + length, caller, agent)
    assert [turn.how for turn in found.turns] == ["answered"] * TURNS
    true = [
        at + reply.begins - (asked + ask.ends) + network.transit_s
        for (asked, ask), (at, reply) in zip(asks, replies[1:], strict=True)
    ]
    off = [
        (abs(turn.gap.seconds - gap), turn.gap.error)
        for turn, gap in zip(found.turns, true, strict=True)
        if turn.gap is not None
    ]
    assert len(off) == TURNS
    assert max(wrong for wrong, _ in off) <= most + 1e-3
    assert [1 for wrong, error in off if wrong > error + 1e-3] == [], "each is within its own error"
    assert found.barge_ins == ()


@pytest.mark.parametrize("loss", [0.0, 0.05])
def test_when_an_agent_stops_for_a_caller_is_measured(loss: float) -> None:
    network = Network(loss=loss, jitter_s=0.06)
    asks = [(10.0 * n + 1.5, says("stop")) for n in range(1, 21)]
    length = asks[-1][0] + 8
    agent = sound(length, [(10.0 * n, says("again")) for n in range(1, 21)])
    for at, stop in asks:  # It stops 300 ms after it was interrupted.
        end = round((at + stop.begins + 0.3) * 8000)
        agent[end : end + 30_000] = 0
    heard_agent = heard(network.carried(packets(agent, ssrc=9)))
    found = answering(AT, AT + length, heard(packets(sound(length, asks))), heard_agent)
    stops = [one.stops.seconds - network.transit_s for one in found.barge_ins if one.stops]
    assert len(stops) == 20
    assert max(abs(one - 0.3) for one in stops) <= 0.04
