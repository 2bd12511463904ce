"""What is kept of who heard what: nothing that was only sent is called heard."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsip_nb.engine.context import Overheard
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict, Weight
from sfsip_nb.platforms.shared import heard, wire
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.testcall import SPEECH_HZ, ObservedCall
from sfsip_nb.present import figures
from sfsip_nb.sip import Audio
from sfsip_nb.sip.media import control
from tests.sip.impair import Ends

REMEDY = "Open RTP."


async def kept(agent: Overheard | None) -> tuple[Audio, dict[str, Any]]:
    """A short talk of two legs, and what is kept of it at the first one."""
    ends = await Ends.talk()
    start = datetime.now(UTC)
    ends.a.play(SPEECH_HZ)
    await asyncio.sleep(0.5)
    ends.close()
    ears = agent and Overheard(start.timestamp() + agent.since, agent.levels, agent.tones)
    file = heard.kept("+15551230001", ends.a, start, datetime.now(UTC), ears, None)
    assert figures.heard(file.encode()).about
    return ends.a, json.loads(file)


def checked(agent: Overheard | None) -> Check:
    return heard.by_the_agent("verify.inbound", agent, SPEECH_HZ, REMEDY, ("e.json",))


async def test_where_nobody_shows_the_far_end_what_was_sent_is_not_called_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control, "EARLY_S", (10.0,))
    received, sent = (await kept(None))[1]["lanes"]
    assert received["what"].startswith("Heard by the caller")
    assert sent["what"] == (
        "Sent from here; what the far end hears is not known here (no RTCP came)"
    )
    assert {received["vantage"], sent["vantage"]} == {"here"}
    assert {-15} <= set(received["values"]) & set(sent["values"])


async def test_what_rtcp_reported_of_the_far_end_stands_beside_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control, "EARLY_S", (0.1,) * 20)
    assert (await kept(None))[1]["lanes"][1]["what"].endswith("(RTCP: 0.0 % lost)")


async def test_the_agents_own_ears_are_a_lane_at_their_own_time() -> None:
    *_, agent = (await kept(Overheard(0.25, [-15, None], [])))[1]["lanes"]
    assert (agent["vantage"], agent["offset"], agent["values"]) == ("testbed", 0.25, [-15, None])
    assert agent["what"].startswith("Heard by the AI agent")


def test_the_agent_hears_the_caller_by_the_callers_tone() -> None:
    tones = [{"hz": 1003.6, "seconds": 0.9}, {"hz": 440.0, "seconds": 2.0}]
    passed = checked(Overheard(0.0, [-15] * 50, tones))
    assert (passed.verdict, passed.vantage, passed.weight) == (
        Verdict.PASS,
        Vantage.TESTBED,
        Weight.REQUIRED,
    )
    assert passed.seen == "heard for 0.9 s; 1.0 s of sound"
    assert passed.evidence == ("e.json",)


@pytest.mark.parametrize(
    ("agent", "seen"),
    [
        (None, "not heard; no call reached the agent"),
        (Overheard(0.0, [None] * 50, []), "not heard; 1.0 s without packets"),
        (Overheard(0.0, [-60] * 50, []), "not heard; 1.0 s of silence"),
        (Overheard(0.0, [-15] * 50, [{"hz": 620.0, "seconds": 1.0}]), "not heard; 1.0 s of sound"),
        (Overheard(0.0, [-15] * 50, [{"hz": 1004.0, "seconds": 0.1}]), "not heard; 1.0 s of sound"),
    ],
)
def test_an_agent_that_takes_in_anything_else_does_not_hear_the_caller(
    agent: Overheard | None, seen: str
) -> None:
    failed = checked(agent)
    assert (failed.verdict, failed.seen, failed.reason) == (Verdict.FAIL, seen, REMEDY)


@pytest.mark.parametrize("watched", [True, False])
def test_the_agents_hearing_is_judged_only_where_both_ends_are_seen(watched: bool) -> None:
    placed = ObservedCall(
        "+15551230001", "", "", datetime.now(UTC) - timedelta(seconds=9), code=200
    )
    placed.watched = watched
    sides = Sides("Genesys Cloud", placed.number, None, None, "", placed)
    ids = [check.id for check in wire.checks("verify.inbound", placed, sides, ())]
    assert ("verify.inbound/heard/caller" in ids) is watched
