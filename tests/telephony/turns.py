"""Conversations with the testbed's assistant, and what is measured of them against the truth."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sfsip_nb.inputs import samples
from sfsip_nb.sip import Audio, Call, Speech, Spoken
from sfsip_nb.sip.media import recordings
from sfsip_nb.sip.media.turns import Answering, answering
from sfsip_nb.testbed import truth
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Json, Running

PATIENCE = 8.0
"""Seconds that the caller waits for a reply, or for its end."""

_SAME = 0.3
"""Seconds by which the same moment may differ here and there."""


@dataclass
class Errors:
    """What was measured less what was so, in ms, and what was not measured at all."""

    first_words: list[float] = field(default_factory=list)
    greetings: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    barge_ins: list[float] = field(default_factory=list)
    turns: int = 0
    missed: int = 0
    interruptions: int = 0
    """Times that the agent was interrupted, of which `barge_ins` were measured."""
    left_out: int = 0
    """Packets of the callers that this machine was too busy to send: what is off is its own."""

    def add(self, other: Errors) -> None:
        """Those of another call too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def number(call: int) -> str:
    """The caller of each call, so that its truth is found."""
    return f"+1555010{call:04d}"


async def converse(testbed: Running, caller: str, pairs: int) -> Call:
    """Ask, interrupt the reply, hear the next one out, so many times; the call when it is over."""
    call = await testbed.call(samples.DID, caller)
    audio = call.audio
    assert audio
    audio.find_speech()
    await _heard_out(audio, 0.0)
    for _ in range(pairs):
        await _begun(audio, (await _said(audio, "hello")).end)
        await _heard_out(audio, (await _said(audio, "stop")).end)
    await call.bye()
    return call


async def _said(audio: Audio, name: str) -> Spoken:
    async with asyncio.timeout(PATIENCE):  # A call that has ended says nothing any more.
        spoken = await audio.say(recordings.caller(name))
    assert spoken
    return spoken


def _reply(audio: Audio, after: float) -> list[Speech]:
    return [each for each in audio.speech_heard(after) if each.start > after]


async def _begun(audio: Audio, after: float) -> None:
    await _until(lambda: any(each.seconds > 0.3 for each in _reply(audio, after)))


async def _heard_out(audio: Audio, after: float) -> None:
    def over() -> bool:
        reply = _reply(audio, after)
        return bool(reply) and time.time() - reply[-1].end > 0.3 and reply[-1].seconds > 0.3

    await _until(over)


async def _until(happened: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not happened():  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def measured(call: Call) -> Answering:
    """As the caller's end has it."""
    assert call.audio
    assert call.answered_at
    assert call.ended_at
    times = call.answered_at.timestamp(), call.ended_at.timestamp()
    return answering(*times, call.audio.speech_sent(), call.audio.speech_heard())


def told(world: World) -> list[Json]:
    """What really happened in each call so far."""
    path = world.directory / truth.FILE
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def true_turns(world: World, caller: str) -> list[Json]:
    """What the assistant noted of the call of that caller; empty until it has ended."""
    rows = world.records["synthflow_calls"]
    own = (n for n in told(world) if rows[n["call_id"]]["phone_number_from"] == caller)
    return next((list(note["turns"]) for note in own), [])


def errors(call: Call, happened: Sequence[Json]) -> Errors:
    """How far the measurement is from what happened."""
    assert call.audio
    assert call.answered_at
    found, seen = Errors(left_out=call.audio.sender.left_out), measured(call)
    says = [turn for turn in happened if turn["what"] == "said"]
    greeting = says[0]
    if seen.first_word:
        true = greeting["start"] - call.answered_at.timestamp()
        found.first_words.append(1000 * (seen.first_word.seconds - true))
    if seen.greeting:
        true = greeting["end"] - greeting["start"]
        found.greetings.append(1000 * (seen.greeting.seconds - true))
    for spoken in call.audio.spoken:
        found.turns += 1
        own = (t for t in seen.turns if abs(t.end - spoken.end) < _SAME and t.gap)
        turn = next(own, None)
        reply = next((say for say in says if say["start"] > spoken.end), None)
        if turn is None or turn.gap is None or reply is None:
            found.missed += 1
        else:
            true = reply["start"] - spoken.end
            found.gaps.append(1000 * (turn.gap.seconds - true))
        cut = [s for s in says if not s["complete"] and s["start"] < spoken.start < s["end"]]
        for one in cut:
            found.interruptions += 1
            barge = next((b for b in seen.barge_ins if abs(b.at - spoken.start) < _SAME), None)
            if barge and barge.stops:
                true = one["end"] - spoken.start
                found.barge_ins.append(1000 * (barge.stops.seconds - true))
    return found


async def compared(testbed: Running, callers: Sequence[str], pairs: int) -> Errors:
    """Calls at once, with what is measured of each held against what happened."""
    found = Errors()
    made = await asyncio.gather(*(converse(testbed, caller, pairs) for caller in callers))
    for caller, call in zip(callers, made, strict=True):
        happened = await testbed.until(partial(true_turns, testbed.world, caller))
        found.add(errors(call, happened))
    return found
