"""A stretch of bad network between two legs: real sockets, damage that a seed decides."""

import asyncio
import random
import socket
from dataclasses import dataclass
from typing import Any, ClassVar

from sfsip_nb.sip import Address, Audio
from sfsip_nb.sip.media.packets import is_control
from sfsip_nb.sip.media.sockets import open_pair, watch
from sfsip_nb.sip.media.srtp import Protection
from sfsip_nb.sip.sdp import Agreed


@dataclass(frozen=True)
class Way:
    """What one direction does to RTP; RTCP is delayed and blocked only."""

    lose_one_in: int = 0
    """One packet of each so many is dropped, at a place that the seed chooses."""
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Up to so much more, for each packet anew."""
    swap_one_in: int = 0
    """One packet of each so many comes after the one behind it."""
    double_one_in: int = 0
    blocked: bool = False
    control_blocked: bool = False
    seed: int = 1


class _Lane:
    """One direction: takes packets, sends them on from `via` to `target`."""

    def __init__(self, way: Way, via: socket.socket, target: Address) -> None:
        self._way, self._via, self._target = way, via, target
        self._random = random.Random(way.seed)
        self._count = -1
        self._lost = 0
        self._waiting: bytes | None = None

    def take(self, data: bytes, source: Address, at: float) -> None:
        way = self._way
        if is_control(data):
            if not way.control_blocked:
                self._later(data, way.delay_ms)
            return
        self._count += 1
        if way.blocked or self._lose():
            return
        delay = way.delay_ms + self._random.uniform(0, way.jitter_ms)
        if way.swap_one_in and self._count % way.swap_one_in == 0:
            self._waiting = data
            return
        self._later(data, delay)
        if self._waiting is not None:
            self._later(self._waiting, delay)
            self._waiting = None
        if way.double_one_in and self._count % way.double_one_in == 0:
            self._later(data, delay)

    def _lose(self) -> bool:
        each = self._way.lose_one_in
        if not each:
            return False
        if self._count % each == 0:
            self._lost = self._count + self._random.randrange(each)
        return self._count == self._lost

    def _later(self, data: bytes, delay_ms: float) -> None:
        if delay_ms:
            asyncio.get_running_loop().call_later(delay_ms / 1000, self._send, data)
        else:
            self._send(data)

    def _send(self, data: bytes) -> None:
        if self._via.fileno() >= 0:
            self._via.sendto(data, self._target)


class Link:
    """Two pairs of ports; what comes to the one leaves by the other. `to_b` is a's way to b."""

    def __init__(self) -> None:
        self._closers: list[Any] = []

    @classmethod
    async def between(cls, a: Audio, b: Audio, to_b: Way, to_a: Way) -> "Link":
        """Put a link between two legs, whether they talk already or not."""
        link = cls()
        near, far = open_pair("127.0.0.1"), open_pair("127.0.0.1")
        for control in (0, 1):
            at_a = a.local[0], a.local[1] + control
            at_b = b.local[0], b.local[1] + control
            for own, lane in (
                (near[control], _Lane(to_b, far[control], at_b)),
                (far[control], _Lane(to_a, near[control], at_a)),
            ):
                link._closers.append(await watch(own, lane.take))
        link.facing_a, link.facing_b = near[0].getsockname(), far[0].getsockname()
        a.aim(link.facing_a)
        b.aim(link.facing_b)
        return link

    facing_a: Address
    facing_b: Address

    def close(self) -> None:
        while self._closers:
            self._closers.pop()()


@dataclass
class Ends:
    """Two legs that talk to each other, perhaps over a link, without signalling."""

    a: Audio
    b: Audio
    link: Link | None = None
    made: ClassVar[list["Ends"]] = []
    """All that talk; the tests close them."""

    @classmethod
    async def talk(
        cls,
        *,
        a: Agreed | None = None,
        b: Agreed | None = None,
        to_b: Way | None = None,
        to_a: Way | None = None,
        keys: tuple[Protection | None, Protection | None] = (None, None),
        host: str = "127.0.0.1",
    ) -> "Ends":
        """Open and start both; `a` and `b` are what each agreed to, PCMU by default.

        a says 440 Hz, b 620 Hz.
        """
        agreed = a or Agreed("PCMU", events=101), b or Agreed("PCMU", events=101)
        types = {"PCMU": 0, "PCMA": 8}
        ends = cls(await Audio.open(host), await Audio.open(host))
        cls.made.append(ends)
        ends.a.start(ends.b.local, agreed[0], types[agreed[0].codec], keys[0])
        ends.b.start(ends.a.local, agreed[1], types[agreed[1].codec], keys[1])
        ends.a.play(440)
        ends.b.play(620)
        if to_b or to_a:
            ends.link = await Link.between(ends.a, ends.b, to_b or Way(), to_a or Way())
        return ends

    def close(self) -> None:
        self.a.close()
        self.b.close()
        if self.link is not None:
            self.link.close()

    def names(self) -> tuple[set[str], set[str]]:
        """The troubles of both."""
        return {t.name for t in self.a.troubles()}, {t.name for t in self.b.troubles()}
