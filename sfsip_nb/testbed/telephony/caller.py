"""Somebody outside with a telephone, who dials when told to, speaks, and says how it went."""

from __future__ import annotations

import asyncio

from sfsip_nb.sip import Call
from sfsip_nb.testbed.world import Json, World

from .phone import AGENT_HZ, CALL_SECONDS
from .pstn import HOST, TelephoneNetwork

SPEECH_HZ, PERSON_PLEASE_HZ, VOICE_HZ = 1004.0, 1400.0, 440.0
"""What they say, how they ask for a person, and the AI agent's voice."""

GREETING_SECONDS, FEW_WORDS_SECONDS = 8.0, 2.5


class Caller:
    """They hold one telephone, so they make one call at a time."""

    def __init__(self, world: World, network: TelephoneNetwork) -> None:
        self._hand, self._network = world.handsets, network
        world.dials["phone"] = self.dial

    def dial(self, call: Json) -> None:
        """Call ``to`` from ``from``; with ``transfer`` ask for a person, whose telephone rings
        until it is answered by hand."""
        self._hand.calling, self._hand.by_hand = True, bool(call.get("transfer"))
        self._network.run(self._call(call["to"], call["from"], bool(call.get("transfer"))))

    async def _call(self, to: str, caller: str, transfer: bool) -> None:
        self._say(f"calling {to}")
        ended = "failed"
        try:
            agent = self._network.phone.agent
            call = await agent.invite(f"sip:{to}@{HOST}", from_=f"<sip:{caller}@{HOST}>")
            code = await call.outcome(CALL_SECONDS)
            ended = f"ended: {code} {call.phrase}"
            if code == 200:
                ended = await self._talk(call, to, transfer)
            await call.hangup()
        finally:
            self._hand.calling = self._hand.by_hand = False
            self._say(ended)

    async def _talk(self, call: Call, to: str, transfer: bool) -> str:
        audio = call.audio
        if audio is None:
            return "ended: answered, without audio"
        self._say(f"talking to {to}")
        heard = await audio.heard(VOICE_HZ, GREETING_SECONDS)
        audio.play(SPEECH_HZ)
        await asyncio.sleep(FEW_WORDS_SECONDS)
        told = "answered" if heard else "answered, and nobody spoke"
        if transfer:
            self._say(f"talking to {to}, asked for a person")
            audio.play(PERSON_PLEASE_HZ)
            came = await audio.heard(AGENT_HZ, CALL_SECONDS / 2 + GREETING_SECONDS)
            audio.play(SPEECH_HZ)
            await asyncio.sleep(FEW_WORDS_SECONDS if came else 0)
            told += ", and handed over to a person" if came else ", and no person came"
        return f"ended: {told}"

    def _say(self, words: str) -> None:
        self._hand.outside = words
