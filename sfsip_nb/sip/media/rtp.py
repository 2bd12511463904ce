"""Audio of a call: RTP and RTCP sent and received, listened to, counted (RFC 3550, RFC 3551)."""

import asyncio
import contextlib
import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..sdp import Agreed
from ..trace import Address
from . import figures, rtcp, sockets, wav
from .control import RtcpState
from .g711 import Samples
from .levels import Level
from .pacing import Pacer
from .packets import MediaPacket, Rtp, is_control, parse
from .receiving import Receiver
from .recordings import Recording
from .sending import Sender
from .speech import Speech, SpeechMeter
from .srtp import Protection
from .troubles import Trouble, troubles
from .voice import Spoken


class Audio:
    """One leg's audio. Made by the call; usable from the moment that the call has it.

    Packets go to the address in the peer's SDP, also where its own come from elsewhere: so a
    measurement shows what the description promises, and `troubles` names the difference.

    Nothing that is heard is stored, only its figures, unless `keep` asks for the packets.
    """

    def __init__(self, rtp: socket.socket, control: socket.socket) -> None:
        self._rtp: socket.socket | None = rtp
        self._rtcp = control
        self.local: Address = rtp.getsockname()[:2]
        self.destination: Address = ("", 0)
        """Where packets go."""
        self.described: Address = ("", 0)
        """Where the peer's SDP wants them."""
        self.agreed: Agreed | None = None
        self.rejected = 0
        """Packets that are no RTP or RTCP, not authentic, or of a payload type not agreed."""
        self.unencrypted = 0
        """Of these, ones that look like plain RTP where SRTP was agreed."""
        self.unsent = 0
        """Packets that this machine could not send: no route, or full buffers. In `stats`, with
        those that were due while it slept."""
        self.sender = Sender(self._put)
        self.receiver = Receiver(self.sender)
        self.listener = self.receiver.listener
        self.arrivals = self.receiver.arrivals
        self.control = RtcpState(self.sender.ssrc, self.arrivals)
        self.forward: Callable[[Rtp], None] | None = None
        """Takes what is received in place of our own sound being sent, see `relaying`."""
        self.kept: list[MediaPacket] = []
        self.started_at = self.closed_at = 0.0
        self._protection: Protection | None = None
        self._target: Address | None = None
        self._control_target: Address | None = None
        self._closers: list[Callable[[], None]] = []
        self._pacer: Pacer | None = None
        self._keep = 0

    @classmethod
    async def open(cls, host: str) -> "Audio":
        """Bind an even port, and the next for RTCP (RFC 3550 §11). Raises OSError."""
        pair = sockets.open_pair(host)
        audio = cls(*pair)
        for bound in pair:
            audio._closers.append(await sockets.watch(bound, audio._arrived))
        return audio

    def start(
        self, remote: Address, agreed: Agreed, payload_type: int, protection: Protection | None
    ) -> None:
        """Send to `remote` from now on; called again when a re-INVITE changes it."""
        self.agreed = agreed
        if remote != self.described:
            self.described = remote
            self.aim(remote, agreed.rtcp)
        if protection is not None:
            protection.follow(self._protection)
            self._protection = protection
        self.receiver.describe(agreed.codec, payload_type, agreed.events)
        self.sender.describe(agreed.codec, payload_type, agreed.events, agreed.ptime * 8)
        self.started_at = self.started_at or time.time()
        if self._rtp is not None:
            self._pacer = Pacer.of(asyncio.get_running_loop())
            self._pacer.join(self._frame, agreed.ptime)
            self.control.start(self._report)

    def aim(self, remote: Address, control: Address | None = None) -> None:
        """Send to `remote`; RTCP beside it unless it has an address of its own."""
        self.destination, self._target = remote, sockets.sendable(remote)
        beside = remote if self._mux else control or (remote[0], remote[1] + 1)
        self._control_target = sockets.sendable(beside)

    def close(self) -> None:
        """Say goodbye by RTCP, stop and release the ports. The numbers stay readable."""
        if self._pacer is not None:
            self._pacer.leave(self._frame)
            self._pacer = None
            self._report(bye=True)
        self.control.stop()
        self.sender.close()
        self.receiver.close()
        self.closed_at = self.closed_at or time.time()
        for close in self._closers:
            close()
        self._closers.clear()
        self._rtp = None

    # What is sent

    def play(self, hz: float | None) -> None:
        """Send a tone from now on, or silence for None; packets go on in either case."""
        self.sender.voice.play(hz)

    def say(self, recording: Recording) -> "asyncio.Future[Spoken | None]":
        """Say a recording once, from the next packet on, then silence; `play` breaks it off.

        Done when its last packet is sent, or it is broken off, with what was said, if anything.
        """
        return self.sender.voice.say(recording)

    @property
    def spoken(self) -> list[Spoken]:
        """The recordings that were said and are over, in order."""
        return self.sender.voice.spoken

    async def send_digits(self, digits: str, *, ms: int = 100, gap_ms: int = 60) -> None:
        """Press keys (0-9, *, #, A-D) as RFC 4733 events; returns after the last one's pause.

        Raises ValueError for other characters, and where the peer takes no events.
        """
        await self.sender.press(digits, ms, gap_ms)

    def _frame(self, due: float) -> None:
        if self.forward is None or self.sender.pressing:
            self.sender.frame(due)

    def _put(self, packet: bytes) -> bool:
        target = self._target
        if self._rtp is None or target is None:
            return False
        self._note(time.time(), self.local, target, packet)
        if self._protection is not None:
            packet = self._protection.protect(packet)
        try:
            self._rtp.sendto(packet, target)
        except OSError:  # No route, or the machine's buffers are full.
            self.unsent += 1
            return False
        return True

    def _report(self, *, bye: bool = False) -> None:
        """Send what RTCP has to say, if anything was agreed on."""
        target = self._control_target
        if self._rtp is None or target is None or self.sender.muted:
            return
        now = time.time()
        packet = self.control.compose(now, self.sender.information(now), bye=bye)
        self._note(now, self._control_local, target, packet)
        if self._protection is not None:
            packet = self._protection.protect(packet, control=True)
        via = self._rtp if self._mux else self._rtcp
        with contextlib.suppress(OSError):
            via.sendto(packet, target)

    @property
    def _control_local(self) -> Address:
        """Where our RTCP is sent from and taken in."""
        return self.local if self._mux else (self.local[0], self.local[1] + 1)

    @property
    def _mux(self) -> bool:
        """Whether RTP and RTCP share a port (RFC 5761)."""
        return self.agreed is not None and self.agreed.mux

    # What is received

    def _arrived(self, data: bytes, source: Address, at: float) -> None:
        control, packet = is_control(data), data
        if self._protection is not None:
            opened = self._protection.unprotect(data, control=control)
            if opened is None:
                self.rejected += 1
                self.unencrypted += not control and len(data) % 80 == 12
                return
            packet = opened
        self.rejected += not (self._reported if control else self._sounded)(packet, source, at)

    def _sounded(self, packet: bytes, source: Address, at: float) -> bool:
        """Take RTP; False if it is none, or not what was agreed."""
        rtp = parse(packet)
        if rtp is None:
            return False
        self._note(at, source, self.local, packet)
        taken = self.receiver.take(rtp, source, at)
        if taken and self.forward is not None:
            self.forward(rtp)
        return taken

    def _reported(self, packet: bytes, source: Address, at: float) -> bool:
        """Take RTCP; False if it is none."""
        report = rtcp.parse(packet)
        if report is None:
            return False
        self._note(at, source, self._control_local, packet)
        self.control.take(
            report, at, sending=self.sender.sending, first_sequence=self.sender.first_sequence
        )
        return True

    async def heard(self, hz: float, timeout: float = 5.0) -> bool:
        """Whether a tone is heard within the time-out, see `Listener.heard`."""
        return await self.listener.heard(hz, timeout)

    # What is known of it

    @property
    def codec(self) -> str:
        """The codec agreed on, "" before that."""
        return self.agreed.codec if self.agreed else ""

    @property
    def secure(self) -> bool:
        """Whether the stream is SRTP."""
        return self._protection is not None

    @property
    def srtp_failures(self) -> Counter[str]:
        """SRTP packets refused, by libsrtp's reason."""
        return self._protection.failures if self._protection else Counter()

    @property
    def packets_received(self) -> int:
        """RTP packets taken, each once."""
        return self.arrivals.packets

    @property
    def rtt_ms(self) -> float | None:
        """Median round trip by RTCP, or of our own packets where the peer is an echo."""
        return figures.rtt_ms(self)

    @property
    def mos(self) -> float | None:
        """Estimated MOS of what came, by `quality`'s assumptions; None where no stream came."""
        return figures.mos(self)

    def levels_heard(self, start: datetime, end: datetime) -> list[Level]:
        """Levels of what was heard from one moment to another; None where no packet came."""
        return self.listener.meter.between(start.timestamp(), end.timestamp())

    def levels_sent(self, start: datetime, end: datetime) -> list[Level]:
        """Levels of our own sound from one moment to another; None where no packet went out."""
        return self.sender.meter.between(start.timestamp(), end.timestamp())

    def find_speech(self) -> None:
        """Look for speech both ways from now on; costs twice what listening does, so on request."""
        for stream in (self.receiver, self.sender):
            stream.speech = stream.speech or SpeechMeter()

    def speech_heard(self, since: float = 0.0) -> list[Speech]:
        """Speech in what came, since `find_speech`; see `SpeechMeter.speech`."""
        return self.receiver.speech.speech(since) if self.receiver.speech else []

    def speech_sent(self, since: float = 0.0) -> list[Speech]:
        """Speech in what we sent, also of a relayed stream."""
        return self.sender.speech.speech(since) if self.sender.speech else []

    def stats(self) -> dict[str, Any]:
        """The figures, JSON-like."""
        return figures.stats(self)

    def troubles(self) -> list[Trouble]:
        """What is wrong, in sentences; empty for a healthy stream."""
        return troubles(self)

    # Evidence

    def keep(self, limit: int = 8000) -> None:
        """Keep the packets of both directions, in clear, up to `limit` of them, in `kept`."""
        self._keep = limit

    def _note(self, at: float, source: Address, destination: Address, packet: bytes) -> None:
        if len(self.kept) < self._keep:
            moment = datetime.fromtimestamp(at, UTC)
            self.kept.append(MediaPacket(moment, source, destination, packet))

    def heard_wav(self) -> bytes:
        """What was heard since `keep` was called, as a WAV file; silence where packets miss."""
        return wav.render(*self._heard())

    def heard_sound(self, since: datetime) -> Samples:
        """The same from a moment on, as samples of 16 bit, 8 kHz."""
        packets, codecs = self._heard()
        return wav.sound_of((one for one in packets if one.at >= since), codecs)

    def _heard(self) -> tuple[list[MediaPacket], dict[int, str]]:
        """The packets kept that came here, and which dynamic payload type is which codec."""
        dynamic = {self.sender.payload_type: self.codec} if self.agreed else {}
        return [one for one in self.kept if one.destination == self.local], dynamic
