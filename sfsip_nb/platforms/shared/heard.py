"""Who heard what in a test call: levels as evidence, and whether the AI agent heard the caller.

Levels are no speech (`sip.media.levels`), so they are kept without ``keep_media`` too. What was
only sent is never called heard: what the far end hears is known where its own ears can be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.engine.context import Overheard
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.sip.media import levels

if TYPE_CHECKING:
    from sfsip_nb.sip import Audio, Call
    from sfsip_nb.sip.media.g711 import Samples
    from sfsip_nb.sip.media.levels import Level

_TOLERANCE_HZ, _AT_LEAST_SECONDS = 15.0, 0.2
"""As the caller's own ears judge a voice."""


def taken(leg: Call, keep: bool) -> Samples | None:
    """The sound since the answer, for listening to; its packets end here unless media is kept."""
    if leg.audio is None:
        return None
    sound = leg.audio.heard_sound(leg.answered_at) if leg.answered_at else None
    if not keep:
        leg.audio.kept.clear()
    return sound


def kept(
    number: str,
    audio: Audio,
    start: datetime,
    end: datetime,
    agent: Overheard | None,
    answering: AnsweringRow | None,
) -> str:
    """The levels of an answered call as a file of evidence (``docs/record.md``), and its turns.

    All lanes stand on the caller's time: ``offset`` is in seconds after its answer.
    """
    sent = "Said by the caller: what was sent from here" if agent else _only_sent(audio)
    lanes = [
        _lane(
            "Heard by the caller: what was received here",
            Vantage.HERE,
            0.0,
            audio.levels_heard(start, end),
        ),
        _lane(sent, Vantage.HERE, 0.0, audio.levels_sent(start, end)),
    ]
    if agent:
        offset = agent.since - start.timestamp()
        what = "Heard by the AI agent: what it received on the testbed"
        lanes.append(_lane(what, Vantage.TESTBED, offset, agent.levels))
    file: dict[str, Any] = {
        "call": number,
        "answered": start.isoformat(),
        "unit": "dBov",
        "floor": levels.FLOOR,
        "lanes": lanes,
    }
    if answering and answering.agent_spoke:
        file["answering"] = answering.as_json()
    return json.dumps(file, separators=(",", ":"))


def _lane(what: str, vantage: Vantage, offset: float, values: Sequence[Level]) -> dict[str, Any]:
    return {
        "what": what,
        "vantage": vantage.value,
        "offset": round(offset, 3),
        "seconds": levels.STEP_S,
        "values": values,
    }


def _only_sent(audio: Audio) -> str:
    reported = audio.control.reported
    said = f"RTCP: {reported.loss_percent:.1f} % lost" if reported else "no RTCP came"
    if audio.control.hears is False:
        said = "RTCP: nothing arrives there"
    return f"Sent from here; what the far end hears is not known here ({said})"


def by_the_agent(
    step: str, agent: Overheard | None, hz: float | None, remedy: str, evidence: tuple[str, ...]
) -> Check:
    """Whether the AI agent's ears took in the caller: a tone, or words for None.

    Without an `agent` no call reached it.
    """
    heard = sum(_words(agent) if hz is None else _tones(agent, hz))
    took = levels.told(agent.levels) if agent else "no call reached the agent"
    return check(
        f"{step}/heard/caller",
        "The AI agent hears the caller",
        "the caller's words" if hz is None else "the caller's tone",
        f"{f'heard for {heard:.1f} s' if heard else 'not heard'}; {took}",
        heard > 0,
        Vantage.TESTBED,
        reason=remedy,
        evidence=evidence,
    )


def _tones(agent: Overheard | None, hz: float) -> Iterator[float]:
    """Seconds of that tone, each time that it was long enough."""
    for tone in agent.tones if agent else ():
        if abs(tone["hz"] - hz) <= _TOLERANCE_HZ and tone["seconds"] >= _AT_LEAST_SECONDS:
            yield tone["seconds"]


def _words(agent: Overheard | None) -> Iterator[float]:
    """Seconds of each recording of the caller's that it knew."""
    for said in agent.words if agent else ():
        if said["name"]:
            yield said["seconds"]
