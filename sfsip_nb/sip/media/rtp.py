"""Audio of a call: RTP sent and received, listened to, counted (RFC 3550, RFC 3551)."""

import asyncio
import contextlib
import math
import secrets
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..sdp import Agreed
from ..trace import Address
from . import g711, tones
from .listening import Listener
from .packets import MODULUS, MediaPacket
from .quality import Arrivals
from .srtp import Protection
from .tones import Tone

FRAME = 160
"""Samples in a packet: 20 ms."""

_NAMES = {number: name for name, number in g711.PAYLOAD_TYPES.items()}


class Audio(asyncio.DatagramProtocol):
    """One leg's audio. Made by the call; usable from the moment that the call has it."""

    def __init__(self) -> None:
        self.local: Address = ("", 0)
        self.remote: Address = ("", 0)
        self.source: Address | None = None
        self.codec = ""
        self.payload_type = 0
        self.packets_sent = self.bytes_sent = self.bytes_received = self.rejected = 0
        self.first_packet_at: datetime | None = None
        self.deaf = False
        self.muted = False
        self.held = False
        self.forward: Callable[[int, int, bool, bytes], None] | None = None
        self.arrivals = Arrivals()
        self.kept: list[MediaPacket] = []
        self._keep = 0
        self.listener = Listener()
        self._oscillator = tones.Oscillator()
        self._protection: Protection | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._pacer: asyncio.Task[None] | None = None
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._marker = True

    @classmethod
    async def open(cls, host: str) -> "Audio":
        """Bind an even port (RFC 3550 §11)."""
        loop = asyncio.get_running_loop()
        for _ in range(50):
            transport, audio = await loop.create_datagram_endpoint(cls, local_addr=(host, 0))
            address: Address = transport.get_extra_info("sockname")[:2]
            if address[1] % 2 == 0:
                audio._transport, audio.local = transport, address
                return audio
            transport.close()
        raise OSError("no free even UDP port for RTP")

    def start(
        self, remote: Address, agreed: Agreed, payload_type: int, protection: Protection | None
    ) -> None:
        """Send to `remote` from now on; called again when a re-INVITE changes it."""
        self.remote, self.codec, self.payload_type = remote, agreed.codec, payload_type
        self._protection = protection or self._protection
        if self._pacer is None:
            self._pacer = asyncio.create_task(self._pace())

    def close(self) -> None:
        """Stop sending and release the port. The numbers stay readable."""
        if self._pacer is not None:
            self._pacer.cancel()
            self._pacer = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def keep(self, limit: int = 4000) -> None:
        """Keep the packets of both directions, in clear, up to `limit` of them, in `kept`.

        Nothing that is said is kept unless somebody asks for it here.
        """
        self._keep = limit

    def _note(self, source: Address, destination: Address, packet: bytes) -> None:
        if len(self.kept) < self._keep:
            self.kept.append(MediaPacket(datetime.now(UTC), source, destination, packet))

    # What is sent

    def play(self, hz: float | None, level_dbov: float = -15.0) -> None:
        """Send a tone from now on, or silence for None; packets go on in either case."""
        self._oscillator.hz, self._oscillator.level_dbov = hz, level_dbov

    def mute(self) -> None:
        """Send no packet at all, tones and relayed ones alike."""
        self.muted = True

    def unmute(self) -> None:
        """Send packets again."""
        self.muted = False

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.forward is None:
                self._send_frame()
            due += FRAME / g711.RATE
            late = loop.time() - due
            if late > 0.2:  # A machine that slept must not send a burst afterwards.
                due += late
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _send_frame(self) -> None:
        if self.muted or self.held:
            self._timestamp += FRAME
            self._marker = True
            return
        payload = g711.encode(self.codec, self._oscillator.frame(FRAME))
        self._sequence += 1
        self._timestamp += FRAME
        self.send(self._sequence, self._timestamp, self._marker, payload)
        self._marker = False

    def send(self, sequence: int, timestamp: int, marker: bool, payload: bytes) -> None:
        """Send one payload (RFC 3550 §5.1)."""
        if self._transport is None or self.muted or not self.remote[1]:
            return
        self._sequence, self._timestamp = sequence, timestamp
        packet = struct.pack(
            "!BBHII",
            0x80,
            marker << 7 | self.payload_type,
            sequence % MODULUS,
            timestamp % (1 << 32),
            self._ssrc,
        )
        packet += payload
        self._note(self.local, self.remote, packet)
        if self._protection is not None:
            packet = self._protection.protect(packet)
        self._transport.sendto(packet, self.remote)
        self.packets_sent += 1
        self.bytes_sent += len(payload)

    @property
    def position(self) -> tuple[int, int]:
        """Sequence number and timestamp of the last packet sent, before their modulus."""
        return self._sequence, self._timestamp

    # What is received

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A packet came in. One that is no RTP, not authentic or of another codec is counted."""
        packet: bytes | None = data
        if self._protection is not None:
            packet = self._protection.unprotect(data)
        if packet is None or len(packet) < 12 or packet[0] >> 6 != 2:
            self.rejected += 1
            return
        self._note(addr[:2], self.local, packet)
        flags, kind, sequence, timestamp, ssrc = struct.unpack("!BBHII", packet[:12])
        start = 12 + 4 * (flags & 0x0F)
        if flags & 0x10 and len(packet) >= start + 4:
            start += 4 + 4 * int(struct.unpack("!H", packet[start + 2 : start + 4])[0])
        end = len(packet) - (packet[-1] if flags & 0x20 else 0)
        codec, payload = _NAMES.get(kind & 0x7F), packet[start:end]
        if codec is None or not payload or kind & 0x7F != self.payload_type:
            self.rejected += 1
            return
        now = datetime.now(UTC)
        self.first_packet_at = self.first_packet_at or now
        self.source = addr[:2]
        self.bytes_received += len(payload)
        self.arrivals.add(ssrc, sequence, timestamp, asyncio.get_running_loop().time())
        if self.forward is not None:
            self.forward(sequence, timestamp, bool(kind & 0x80), payload)
        if not self.deaf:
            self.listener.hear(g711.decode(codec, payload), now)

    def error_received(self, exc: Exception) -> None:
        """ICMP says that nobody listens there; the counters at the other end show it."""

    @property
    def secure(self) -> bool:
        """Whether the stream is SRTP."""
        return self._protection is not None

    @property
    def packets_received(self) -> int:
        """RTP packets taken."""
        return self.arrivals.packets

    @property
    def loss_percent(self) -> float:
        """Lost packets by sequence numbers, in percent."""
        return self.arrivals.loss_percent

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter in ms; on a busy machine the sender's own lateness is in it."""
        return self.arrivals.jitter * 1000 / g711.RATE

    @property
    def level_dbov(self) -> float:
        """Level of the last 100 ms heard."""
        return self.listener.level_dbov

    @property
    def tone_hz(self) -> float | None:
        """The tone in the last 100 ms heard."""
        return self.listener.tone_hz

    @property
    def tones(self) -> list[Tone]:
        """Every tone heard, in order."""
        return list(self.listener.tones)

    @property
    def on_tone(self) -> Callable[[Tone], None] | None:
        """Called once for each new tone that lasts 200 ms."""
        return self.listener.on_tone

    @on_tone.setter
    def on_tone(self, action: Callable[[Tone], None] | None) -> None:
        self.listener.on_tone = action

    async def heard(
        self, hz: float, timeout: float = 5.0, *, tolerance: float = 15.0, seconds: float = 0.2
    ) -> bool:
        """Whether a tone of that frequency lasts (or lasted) `seconds` within the time-out."""

        def found() -> bool:
            return any(
                abs(tone.hz - hz) <= tolerance and tone.seconds >= seconds - 0.001
                for tone in self.listener.tones
            )

        return await self._until(found, timeout)

    async def silent(self, timeout: float = 5.0, seconds: float = 0.3) -> bool:
        """Whether packets without a tone come for `seconds`; no packets are no silence."""

        def found() -> bool:
            since = self.listener.quiet_since
            return since is not None and (datetime.now(UTC) - since).total_seconds() >= seconds

        return await self._until(found, timeout)

    async def _until(self, found: Callable[[], bool], timeout: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not found():
                    await self.listener.changed.wait()
        return found()

    def stats(self) -> dict[str, Any]:
        """The numbers, JSON-like."""
        level = self.level_dbov
        return {
            "codec": self.codec,
            "secure": self.secure,
            "local": "{}:{}".format(*self.local),
            "remote": "{}:{}".format(*self.remote),
            "source": "{}:{}".format(*self.source) if self.source else "",
            "packets_sent": self.packets_sent,
            "packets_received": self.packets_received,
            "bytes_sent": self.bytes_sent,
            "bytes_received": self.bytes_received,
            "rejected": self.rejected,
            "loss_percent": round(self.loss_percent, 2),
            "jitter_ms": round(self.jitter_ms, 2),
            "level_dbov": round(level, 1) if math.isfinite(level) else None,
            "first_packet_at": self.first_packet_at.isoformat() if self.first_packet_at else None,
            "tones": [{"hz": t.hz, "seconds": round(t.seconds, 2)} for t in self.tones],
        }
