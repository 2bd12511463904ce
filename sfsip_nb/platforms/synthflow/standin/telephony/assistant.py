"""An assistant on the line: speaks, listens, and hands the caller over when asked to.

It converses in words. A caller who uses tones for words is answered by tones, from the first on.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.sip import Audio, Call, Relay, Tone, relay
from sfsip_nb.sip.media import recordings
from sfsip_nb.testbed import truth
from sfsip_nb.testbed.telephony.net import Target
from sfsip_nb.testbed.telephony.phone import CALL_SECONDS, agent_seconds
from sfsip_nb.testbed.world import World

from .. import customer
from . import words
from .dialogue import VOICE_HZ, Dialogue, Manner

if TYPE_CHECKING:
    from .region import SynthflowServers

Json = dict[str, Any]

CALLER_HZ = 1004.0
"""A caller who speaks."""

TRANSFER_HZ = 1400.0
"""A caller who says: a person, please."""

TOLERANCE_HZ = 20.0

SENTENCE_SECONDS, PAUSE_SECONDS = 1.0, 0.4
REFER_SECONDS = 10.0
SHORTEST_SECONDS = 2.0
"""A call lasts so long that somebody can be heard, however fast waits run."""


LATE_SECONDS, SLOW_SECONDS, CUT_SECONDS = 3.0, 3.0, 0.4
"""What its faults of answering make of its manner."""


def manner(world: World) -> Manner:
    """How the assistant converses, by the faults that are on."""
    own = Manner()
    return replace(
        own,
        greets=not world.fault(faults.NO_GREETING),
        greets_after=LATE_SECONDS * world.fault(faults.LATE_GREETING),
        cuts_greeting=CUT_SECONDS * world.fault(faults.CUT_GREETING),
        responds_after=SLOW_SECONDS if world.fault(faults.SLOW_REPLIES) else own.responds_after,
        stops_after=None if world.fault(faults.TALKS_ON) else own.stops_after,
        silent=world.fault(faults.SILENT_AGENT),
        deaf=world.fault(faults.DEAF_AGENT),
    )


@dataclass
class Talk:
    """One call of an assistant. `reason` is the row's end_call_reason if the assistant ends it."""

    region: SynthflowServers
    call: Call
    assistant: Json
    number: Json
    row: Json
    reason: str = ""
    _said: list[str] = field(default_factory=list)
    _speaking: asyncio.Task[None] | None = None
    _dialogue: Dialogue | None = None
    _tones: bool = False
    _transfers: list[asyncio.Task[None]] = field(default_factory=list)

    async def run(self) -> None:
        """Until the caller hangs up, is handed over, or time is up."""
        world = self.region.world
        self.row["call_status"] = "in-progress"
        world.keep("synthflow_calls", self.row["call_id"], self.row)
        audio = self.call.audio
        if audio is None:
            return
        greeting = str(self.assistant["agent"].get("greeting_message") or "Hello.")
        own = manner(world)
        if own.greets:
            self._say(greeting)
        self._dialogue = Dialogue(audio, own, self._answer)
        self._speaking = asyncio.create_task(self._dialogue.run(words.said(greeting)))
        if not own.deaf:
            audio.listener.on_tone = self._hear
        try:
            if world.fault(faults.HANGS_UP):
                self.reason = "agent_ended_call"
                await self.call.hangup()
            elif not await self.call.wait_ended(self._longest):
                self.reason = "timeout"
                await self.call.hangup()
        finally:
            tasks = (self._speaking, *self._transfers)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._dialogue.close()
            truth.tell(world, {"call_id": self.row["call_id"], "turns": self._dialogue.truth()})

    @property
    def _longest(self) -> float:
        """Seconds until the assistant ends the call: its ``max_duration``, where that is set."""
        limit = self.assistant.get("max_duration") or {}
        if not limit.get("is_enabled"):
            return CALL_SECONDS
        scaled = self.region.world.scaled(float(limit["duration_seconds"]))
        return min(max(scaled, SHORTEST_SECONDS), CALL_SECONDS)

    def transcript(self) -> str:
        """What both said, one line a turn."""
        return "\n".join(self._said)

    def heard(self) -> Json:
        """What the assistant's own ears took in while the call stood: levels and tones."""
        audio, now = self.call.audio, self.region.world.now()
        since, until = self.call.answered_at or now, self.call.ended_at or now
        return {
            "since": since.timestamp(),
            "levels": audio.levels_heard(since, until) if audio else [],
            "tones": audio.stats()["tones"] if audio else [],
            "words": [
                {"name": turn.name, "seconds": round(turn.seconds, 2)}
                for turn in (self._dialogue.heard if self._dialogue else ())
            ],
        }

    def _say(self, text: str) -> None:
        if not self.region.world.fault(faults.SILENT_AGENT):
            self._said.append(f"bot: {text}")

    async def _answer(self, heard: str) -> None:
        """Reply in words to what the caller said, by the name of its recording."""
        assert self._dialogue
        self._said.append(f"human: {recordings.CALLER.get(heard, '(speaks)')}")
        if heard == words.PERSON:
            return await self._transfer()
        await self._tell(words.TEXTS[words.REPLIES.get(heard, "heard")])

    async def _tell(self, text: str) -> None:
        """Say it in the transcript, and aloud to a caller who speaks in words."""
        self._say(text)
        if self._dialogue and not self._tones:
            await self._dialogue.say(words.said(text))

    async def _in_tones(self, audio: Audio) -> None:
        """A sentence, a pause, the next sentence."""
        while not self.region.world.fault(faults.SILENT_AGENT):
            audio.play(VOICE_HZ)
            await asyncio.sleep(SENTENCE_SECONDS)
            audio.play(None)
            await asyncio.sleep(PAUSE_SECONDS)

    def _hear(self, tone: Tone) -> None:
        """The caller says something in tones; what makes no sense is passed over."""
        if abs(tone.hz - CALLER_HZ) < TOLERANCE_HZ:
            self._answer_in_tones()
            self._said.append("human: (speaks)")
            self._say("I heard you.")
        elif abs(tone.hz - TRANSFER_HZ) < TOLERANCE_HZ and not self._transfers:
            self._answer_in_tones()
            self._said.append("human: I want to speak to a person, please.")
            self._transfers.append(asyncio.create_task(self._transfer()))

    def _answer_in_tones(self) -> None:
        """From now on, to the end of the call."""
        if not self._tones and self._speaking and self.call.audio:
            self._tones = True
            self._speaking.cancel()
            self._speaking = asyncio.create_task(self._in_tones(self.call.audio))

    # Handing over

    async def _transfer(self) -> None:
        """Run the attached LIVE_TRANSFER action; without one the assistant can only be sorry."""
        world = self.region.world
        action = customer.transfer_action(world, self.assistant)
        if action is None:
            return await self._tell("I am sorry, I cannot transfer you.")
        await self._tell(str(action.get("initiating_msg") or "One moment, please."))
        warm = str(action.get("transfer_mode")).startswith("warm")
        if world.fault(faults.REFER_REFUSED):
            code = 0
        else:
            code = await (self._warm if warm else self._cold)(str(action["phone"]))
        self.row["executed_actions"].append(
            {
                "action_id": action["action_id"],
                "action_type": "LIVE_TRANSFER",
                "transfer_mode": action.get("transfer_mode"),
                "phone": action["phone"],
                "status": "success" if code == 200 else "failed",
                "sip_code": code or None,
            }
        )
        world.keep("synthflow_calls", self.row["call_id"], self.row)
        if code != 200:
            await self._tell(str(action.get("failed_msg") or "I am sorry, nobody can be reached."))
        elif not warm:
            self.reason = "agent_ended_call"
            await self.call.hangup()

    @property
    def _patience(self) -> float:
        """Seconds until a person has to be reached."""
        return max(REFER_SECONDS, agent_seconds(self.region.world, 0.0))

    async def _cold(self, phone: str) -> int:
        """REFER on the caller's own leg: the code that the other side reports, 0 for none."""
        own = self.region.termination(self.number)
        target = phone if "@" in phone else Target(phone, own.host).uri
        result = await self.call.refer(target, timeout=self._patience)
        code = result.final_code or (0 if result.accepted_code == 202 else result.accepted_code)
        return code

    async def _warm(self, phone: str) -> int:
        """A second call to the person, joined with the first; both last until one hangs up."""
        person = await self.region.dial(self.number, phone, self.call.caller, self.call.caller_name)
        code = await person.outcome(self._patience)
        if code == 200 and person.audio and self.call.audio:
            self.region.run(_join(self.call, person, relay(self.call.audio, person.audio)))
        return code


async def _join(a: Call, b: Call, joined: Relay) -> None:
    """Two calls with joined audio: either one's hanging up ends the other."""
    waits = [asyncio.create_task(call.wait_ended(CALL_SECONDS)) for call in (a, b)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        joined.close()
        await asyncio.gather(a.hangup(), b.hangup())
    finally:
        for wait in waits:
            wait.cancel()
