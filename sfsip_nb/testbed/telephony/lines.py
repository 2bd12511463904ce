"""Bad lines: a stretch of network between an element and whoever it talks to, on real sockets.

Each call of an element that has `Lines` gets a line of its own, which names itself in both session
descriptions as a media relay does. What it does to packets is decided by their number and a seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from sfsip_nb.inputs.impairment import Impairment, Toward
from sfsip_nb.sip import Address, UserAgent
from sfsip_nb.sip.media import g711, tones
from sfsip_nb.sip.media.packets import Rtp, build, is_control, parse
from sfsip_nb.sip.media.sampling import PAYLOAD_TYPES
from sfsip_nb.sip.media.sockets import open_pair, watch

MOST_WAITING: Final = 500
"""Packets of one direction on their way at a time; what comes beyond is lost."""

PAUSE_PACKETS: Final = 10
"""After so many packets of silence, 200 ms, a stretch of sound is over."""

_LASTING_SECONDS = 1.0
"""How long a line outlives its call, for what is on its way."""

_HOST = "127.0.0.1"
_PACKET_MS = 20
_CODECS = {number: codec for codec, number in PAYLOAD_TYPES.items()}

Impairments = Mapping[Toward, Impairment]
Send = Callable[[bytes], object]


class _Waiting(NamedTuple):
    due: float
    data: bytes
    send: Send
    sounds: bool | None
    """Whether it is sound or silence; None where nobody looks, and of RTCP."""


class Lane:
    """One direction of a line: packets come in, and go out as the impairment has it."""

    def __init__(self, impairment: Impairment, seed: str) -> None:
        self._does = impairment
        self._random = random.Random(seed)
        self._queue: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._latest = 0.0
        self._count = -1
        self._places = {"lose": 0, "swap": 0}
        self._swapped: _Waiting | None = None
        self._silent = PAUSE_PACKETS
        self._sounded = 0
        self.lost = self.swapped = self.clipped = 0
        """What it did, in packets."""
        clip = impairment.clip_end_ms
        self._ahead = clip + PAUSE_PACKETS * _PACKET_MS if clip else 0

    def take(self, data: bytes, at: float, send: Send) -> None:
        """A datagram came at a time (Unix seconds); `send` sends it on."""
        now = asyncio.get_running_loop().time()
        due = now - max(0.0, time.time() - at) + (self._does.delay_ms + self._ahead) / 1000
        if is_control(data):
            return self._wait(_Waiting(due, data, send, None))
        self._count += 1
        jitter = self._random.uniform(0, self._does.jitter_ms / 1000)
        if self._falls("lose", self._does.lose_one_in):
            self.lost += 1
            return None
        data, sounds = self._clip_start(data)
        packet = _Waiting(due + jitter, data, send, sounds)
        if self._swapped is None and self._falls("swap", self._does.swap_one_in):
            self._swapped = packet
            self.swapped += 1
            return None
        self._wait(packet)
        if self._swapped is not None:
            held, self._swapped = self._swapped, None
            self._wait(held)
        return None

    @property
    def waiting(self) -> int:
        """Packets on their way."""
        return len(self._queue)

    def close(self) -> None:
        """Nothing goes on its way any more."""
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _falls(self, what: str, each: int) -> bool:
        """The lot falls on this packet: on one of each so many."""
        if not each:
            return False
        if self._count % each == 0:
            self._places[what] = self._count + self._random.randrange(each)
        return self._count == self._places[what]

    def _wait(self, packet: _Waiting) -> None:
        if len(self._queue) >= MOST_WAITING:
            self.lost += 1
            return
        self._latest = max(self._latest, packet.due)
        self._queue.append(packet._replace(due=self._latest))
        if self._timer is None:
            self._send()

    def _send(self) -> None:
        """Send what is due, and come back for the rest."""
        loop = asyncio.get_running_loop()
        self._timer, now = None, loop.time()
        while self._queue and self._queue[0].due <= now:
            packet = self._queue.popleft()
            data = packet.data
            if packet.sounds and self._does.clip_end_ms and self._ends():
                data = self._silenced(data)
            # Whoever is gone has closed the port; a full buffer is one more bad line.
            with contextlib.suppress(OSError):
                packet.send(data)
        if self._queue:
            self._timer = loop.call_at(self._queue[0].due, self._send)

    # Clipping

    def _clip_start(self, data: bytes) -> tuple[bytes, bool | None]:
        """The packet, in silence at the beginning of a stretch of sound; and if it is sound."""
        if not (self._does.clip_start_ms or self._does.clip_end_ms):
            return data, None
        sounds = _is_sound(data)
        if not sounds:
            self._silent += 1
            return data, False
        if self._silent >= PAUSE_PACKETS:
            self._sounded = 0
        self._silent = 0
        self._sounded += 1
        if (self._sounded - 1) * _PACKET_MS < self._does.clip_start_ms:
            return self._silenced(data), False
        return data, True

    def _ends(self) -> bool:
        """The sound ends within what is clipped, as the packets behind this one show."""
        clipped, silent = self._does.clip_end_ms // _PACKET_MS, 0
        seen = (packet.sounds for packet in self._queue if packet.sounds is not None)
        for place, sounds in enumerate(seen, 1):
            if sounds and place >= clipped:
                return False
            silent = 0 if sounds else silent + 1
            if silent >= PAUSE_PACKETS:
                return True
        return False

    def _silenced(self, data: bytes) -> bytes:
        packet = parse(data)
        assert packet
        self.clipped += 1
        quiet = g711.silence(_CODECS[packet.payload_type], len(packet.payload))
        return build(Rtp(*packet[:5], quiet))


def _is_sound(data: bytes) -> bool:
    """Whether a packet of G.711 is loud enough for something to be heard in it."""
    packet = parse(data)
    codec = _CODECS.get(packet.payload_type) if packet else None
    if packet is None or codec is None or not packet.payload:
        return False
    (power,) = tones.powers(g711.decode(codec, packet.payload), len(packet.payload))
    return tones.dbov(power) >= tones.QUIET_DBOV


class MediaLine:
    """The line of one call: two pairs of ports, the near one faces the element."""

    def __init__(self, impairments: Impairments, seed: str) -> None:
        nothing = Impairment()
        self.lanes: dict[Toward, Lane] = {
            toward: Lane(impairments.get(toward, nothing), f"{seed}/{toward}")
            for toward in ("caller", "agent")
        }
        self.near, self.far = open_pair(_HOST), open_pair(_HOST)
        self._own: Address | None = None
        self._peer: Address | None = None
        self._watching = asyncio.gather(*(self._watch(end, n) for end in (0, 1) for n in (0, 1)))

    async def _watch(self, end: int, number: int) -> Callable[[], None]:
        """Carry on what comes to a port of an end (0: near): number 0 for RTP, 1 for RTCP."""
        pairs = self.near, self.far
        lane, via = self.lanes["agent" if end else "caller"], pairs[1 - end][number]

        def take(data: bytes, source: Address, at: float) -> None:
            target = self._own if end else self._peer
            if target is not None:
                there = target[0], target[1] + number
                lane.take(data, at, lambda packet: via.sendto(packet, there))

        return await watch(pairs[end][number], take)

    def outward(self, body: bytes) -> bytes:
        """The element's own session description, with the line's far end in it."""
        found, far = _audio(body), self.far[0].getsockname()
        if found is None or found[1] == far[1]:  # Sent again, it is written already.
            return body
        self._own = found
        return _facing(body, far)

    @property
    def first(self) -> bool:
        """The element has described nothing yet."""
        return self._own is None

    def inward(self, body: bytes) -> bytes:
        """The peer's session description, with the line's near end in it."""
        found = _audio(body)
        if found is None:
            return body
        self._peer = found
        return _facing(body, self.near[0].getsockname())

    def close(self) -> None:
        """Close the ports, as soon as they are watched."""
        for lane in self.lanes.values():
            lane.close()
        self._watching.add_done_callback(_close_all)


def _close_all(watching: asyncio.Future[list[Callable[[], None]]]) -> None:
    for close in watching.result():
        close()


def _audio(body: bytes) -> Address | None:
    """Where a session description wants audio; None if it is none, or wants nothing."""
    port = re.search(rb"(?m)^m=audio (\d{1,5}) ", body)
    host = re.search(rb"(?m)^c=IN IP4 (\S+)", body)
    if not port or not host or not int(port[1]):
        return None
    return host[1].decode(), int(port[1])


def _facing(body: bytes, at: Address) -> bytes:
    """The session description of whoever has its audio there, RTCP beside it."""
    body = re.sub(rb"(?m)^c=IN IP4 \S+", b"c=IN IP4 " + at[0].encode(), body)
    body = re.sub(rb"(?m)^a=rtcp:[^\n]*\n", b"", body)
    return re.sub(rb"(?m)^m=audio \d+", b"m=audio %d" % at[1], body)


class Lines:
    """The lines of an element's calls, by Call-ID; `bad` is asked as each call begins."""

    def __init__(self, agent: UserAgent, bad: Callable[[], Impairments], seed: int) -> None:
        self._agent, self._bad, self._seed = agent, bad, seed
        self._made = 0
        self.lines: dict[str, MediaLine] = {}
        self._ending: set[MediaLine] = set()

    def inward(self, call_id: str, body: bytes) -> bytes:
        """What the peer described, as the element is to see it."""
        line = self._of(call_id, body)
        return line.inward(body) if line else body

    def outward(self, call_id: str, body: bytes) -> bytes:
        """What the element describes, as the peer is to see it."""
        line = self._of(call_id, body)
        if line is None:
            return body
        if line.first:
            for call in self._agent.calls.values():
                if call.call_id == call_id:
                    call.add_ended_callback(lambda call: self.over(call.call_id))
        return line.outward(body)

    def refused(self, call_id: str) -> None:
        """The element refuses an INVITE: of one that begins no call, the line goes too."""
        line = self.lines.get(call_id)
        if line is not None and line.first:
            self.over(call_id)

    def over(self, call_id: str) -> None:
        """The call is over; what is on its way still arrives."""
        line = self.lines.pop(call_id, None)
        if line is not None:
            self._ending.add(line)
            asyncio.get_running_loop().call_later(_LASTING_SECONDS, self._end, line)

    def close(self) -> None:
        """End all of them at once."""
        self._ending |= {*self.lines.values()}
        self.lines.clear()
        for line in [*self._ending]:
            self._end(line)

    def _end(self, line: MediaLine) -> None:
        if line in self._ending:
            self._ending.remove(line)
            line.close()

    def _of(self, call_id: str, body: bytes) -> MediaLine | None:
        line = self.lines.get(call_id)
        if line is None and _audio(body) and (bad := self._bad()):
            self._made += 1
            line = self.lines[call_id] = MediaLine(bad, f"{self._seed}/{self._made}")
        return line
