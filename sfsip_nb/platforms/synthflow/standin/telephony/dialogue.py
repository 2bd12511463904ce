"""The assistant's side of a conversation: it speaks, listens, waits its turn, and is interrupted.

What it says are recordings; where the caller's speech is, its voice activity detector says. A
caller who uses tones for words is no matter of this module: `assistant` has them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sfsip_nb.sip import Audio, Recording, Speech
from sfsip_nb.sip.media import wav

from . import words

Json = dict[str, Any]

VOICE_HZ = 440.0
"""The tone by which its voice is known: before the first words of each call."""

_MARK_SECONDS, _GAP_SECONDS = 1.0, 0.4
"""Of the mark a line that clips both ends leaves 0.3 s, and 0.2 s of it have to be heard
(`Listener.heard`); the gap is longer than a caller's pause."""

_MOST_PACKETS = 12_000
"""Kept to know the caller's words by: two minutes of both directions, in memory alone."""

_LISTENING_S, _SPEAKING_S = 0.05, 0.02
"""How often it looks whether the caller speaks."""


@dataclass(frozen=True)
class Manner:
    """How an assistant converses. Times in seconds."""

    greets: bool = True
    """It speaks first."""
    greets_after: float = 0.0
    cuts_greeting: float = 0.0
    """So much of the beginning of its greeting is never sent."""
    endpointing: float = 0.5
    """Silence after which the caller is taken to have finished."""
    responds_after: float = 0.7
    """From the end of the caller's speech to the beginning of its own."""
    stops_after: float | None = 0.2
    """From the beginning of an interruption to its silence; None: it speaks on."""
    silent: bool = False
    deaf: bool = False


@dataclass(frozen=True)
class Heard:
    """A turn of the caller's. `name` is that of the recording, "" for other words."""

    name: str
    start: float
    end: float
    decided: float
    """When the assistant took it for finished."""

    @property
    def seconds(self) -> float:
        """Length."""
        return self.end - self.start


@dataclass
class Dialogue:
    """One call's. `answer` is awaited with the name of what the caller said."""

    audio: Audio
    manner: Manner
    answer: Callable[[str], Awaitable[None]]
    heard: list[Heard] = field(default_factory=list)
    _interruptions: list[float] = field(default_factory=list)
    _done: float = 0.0
    _marked: bool = False

    def __post_init__(self) -> None:
        self.audio.find_speech()
        self.audio.keep(_MOST_PACKETS)

    async def run(self, greeting: Recording) -> None:
        """Greet and answer, turn by turn, until cancelled."""
        await asyncio.to_thread(words.prepare)
        if self.manner.greets:
            await asyncio.sleep(self.manner.greets_after)
            await self.say(words.without(greeting, self.manner.cuts_greeting))
        while True:
            turn = await self._turn()
            if self.manner.deaf:
                continue
            await asyncio.sleep(turn.end + self.manner.responds_after - time.time())
            await self.answer(turn.name)

    async def say(self, recording: Recording) -> None:
        """Say it, unless the caller interrupts."""
        if self.manner.silent:
            return
        if not self._marked:
            self._marked = True
            self.audio.play(VOICE_HZ)
            await asyncio.sleep(_MARK_SECONDS)
            self.audio.play(None)
            await asyncio.sleep(_GAP_SECONDS)
        began = time.time()
        saying = self.audio.say(recording)
        while not saying.done():
            await asyncio.wait((saying,), timeout=_SPEAKING_S)
            interruption = self._interruption(began)
            if interruption is not None and not saying.done():
                await asyncio.sleep(interruption - time.time())
                self.audio.play(None)

    async def close(self) -> None:
        """The call is over: what the caller said last is heard too."""
        left = self._unheard()
        if left is not None:
            await self._take(left)

    def truth(self) -> list[Json]:
        """What was said, heard and broken off, in the order in which it began; for tests alone."""
        said = ({"what": "said", **vars(each)} for each in self.audio.spoken)
        heard = ({"what": "heard", **vars(each)} for each in self.heard)
        broken = ({"what": "interrupted", "start": at} for at in self._interruptions)
        return sorted((*said, *heard, *broken), key=lambda each: each["start"])

    def _interruption(self, since: float) -> float | None:
        """When to fall silent, as the caller speaks; None if they do not, or it does not matter."""
        if self.manner.stops_after is None:
            return None
        begun = [each.start for each in self.audio.speech_heard(since) if each.start > self._done]
        if not begun:
            return None
        self._interruptions.append(begun[0])
        return max(begun[0], since) + self.manner.stops_after

    def _unheard(self) -> Speech | None:
        """The caller's speech since their last turn, as one."""
        found = [each for each in self.audio.speech_heard(self._done) if each.start >= self._done]
        return Speech(found[0].start, found[-1].end) if found else None

    async def _turn(self) -> Heard:
        """Wait until the caller has spoken, and has been silent for long enough."""
        while True:
            await asyncio.sleep(_LISTENING_S)
            speech = self._unheard()
            if speech is not None and time.time() - speech.end >= self.manner.endpointing:
                return await self._take(speech)

    async def _take(self, speech: Speech) -> Heard:
        self._done = speech.end
        decided = time.time()
        name = await asyncio.to_thread(self._recognize, speech)
        turn = Heard(name, speech.start, speech.end, decided)
        self.heard.append(turn)
        return turn

    def _recognize(self, speech: Speech) -> str:
        """What was said in that time: the name of a recording, "" for other words."""
        audio, edge = self.audio, 0.3
        span = speech.start - edge, speech.end + edge
        came = (each for each in audio.kept if each.destination == audio.local)
        sound = wav.render(
            (each for each in came if span[0] <= each.at.timestamp() <= span[1]),
            {audio.sender.payload_type: audio.codec},
        )
        return words.recognized(words.samples_of(sound))
