"""Audio of a call: RTP and RTCP sent and received, listened to, counted (RFC 3550, RFC 3551)."""

import asyncio
import contextlib
import ipaddress
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ..sdp import Agreed
from ..trace import Address
from . import rtcp, sockets, wav
from .figures import Figures
from .pacing import Pacer
from .packets import MediaPacket, Rtp, is_control, parse
from .srtp import Protection
from .troubles import Trouble, troubles

_LATCH_AFTER = 5
"""Packets in a row from one other address that are followed there, if following is wished."""


class Audio(Figures):
    """One leg's audio. Made by the call; usable from the moment that the call has it.

    Packets go to the address in the peer's SDP, also where its own come from elsewhere: so a
    measurement shows what the description promises, and `troubles` names the difference. Many
    gateways behind NAT expect to be followed to where their packets come from (symmetric RTP, RFC
    4961; latching, RFC 7362): set `follow` for that.

    Nothing that is heard is stored, only its figures, unless `keep` asks for the packets.
    """

    def __init__(self) -> None:
        super().__init__(self._put)
        self.follow = False
        self.forward: Callable[[Rtp], None] | None = None
        """Takes what is received in place of our own sound being sent, see `relaying`."""
        self.kept: list[MediaPacket] = []
        self._target: Address | None = None
        self._control_target: Address | None = None
        self._rtp: socket.socket | None = None
        self._rtcp: socket.socket | None = None
        self._closers: list[Callable[[], None]] = []
        self._pacer: Pacer | None = None
        self._keep = self._elsewhere = 0

    @classmethod
    async def open(cls, host: str) -> "Audio":
        """Bind an even port, and the next for RTCP (RFC 3550 §11). Raises OSError."""
        audio = cls()
        audio._rtp, audio._rtcp = sockets.open_pair(host)
        audio.local = audio._rtp.getsockname()[:2]
        for bound in (audio._rtp, audio._rtcp):
            audio._closers.append(await sockets.watch(bound, audio._arrived))
        return audio

    def start(
        self, remote: Address, agreed: Agreed, payload_type: int, protection: Protection | None
    ) -> None:
        """Send to `remote` from now on; called again when a re-INVITE changes it."""
        self._agreed = agreed
        if remote != self.described:
            self.described, self.followed = remote, False
            self._aim(remote, agreed.rtcp)
        if protection is not None:
            protection.follow(self._protection)
            self._protection = protection
        self.receiver.describe(agreed.codec, payload_type, agreed.events)
        self.sender.describe(agreed.codec, payload_type, agreed.events, agreed.ptime * 8)
        self._started_at = self._started_at or time.time()
        if self._rtp is not None:
            self._pacer = Pacer.of(asyncio.get_running_loop())
            self._pacer.join(self._frame, agreed.ptime)
            self.control.start(self._report)

    @property
    def remote(self) -> Address:
        """Where packets go; set it to send them elsewhere than the peer wants them."""
        return self._remote

    @remote.setter
    def remote(self, address: Address) -> None:
        self._aim(address, None)

    def _aim(self, remote: Address, control: Address | None) -> None:
        """Send to `remote`; RTCP beside it unless it has an address of its own."""
        mux = self._agreed is not None and self._agreed.mux
        self._remote, self._target = remote, _sendable(remote)
        self._control_target = _sendable(remote if mux else control or (remote[0], remote[1] + 1))

    def close(self) -> None:
        """Say goodbye by RTCP, stop and release the ports. The numbers stay readable."""
        if self._pacer is not None:
            self._pacer.leave(self._frame)
            self._pacer = None
            self._report(bye=True)
        self.control.stop()
        self.sender.release()
        self._closed_at = self._closed_at or time.time()
        for close in self._closers:
            close()
        self._closers.clear()
        self._rtp = self._rtcp = None

    # What is sent

    def play(self, hz: float | None, level_dbov: float = -15.0) -> None:
        """Send a tone from now on, or silence for None; packets go on in either case."""
        self.sender.play(hz, level_dbov)

    def mute(self) -> None:
        """Send no packet at all: tones, relayed ones and reports alike."""
        self.sender.muted = True

    def unmute(self) -> None:
        """Send packets again."""
        self.sender.muted = False

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
        if len(self.kept) < self._keep:
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
        if self._rtp is None or self._rtcp is None or target is None or self.muted:
            return
        now = time.time()
        packet = self.control.compose(now, self.sender.information(now), bye=bye)
        self._note(now, self._control_local, target, packet)
        if self._protection is not None:
            packet = self._protection.protect(packet, control=True)
        via = self._rtp if self._control_local == self.local else self._rtcp
        with contextlib.suppress(OSError):
            via.sendto(packet, target)

    @property
    def _control_local(self) -> Address:
        """Where our RTCP is sent from and taken in."""
        mux = self._agreed is not None and self._agreed.mux
        return self.local if mux else (self.local[0], self.local[1] + 1)

    # What is received

    def _arrived(self, data: bytes, source: Address, at: float) -> None:
        packet: bytes | None = data
        control = is_control(data)
        if self._protection is not None:
            packet = self._protection.unprotect(data, control=control)
            if packet is None:
                self.rejected += 1
                self.unencrypted += not control and len(data) % 80 == 12
                return
        assert packet is not None
        if control:
            self._reported(packet, source, at)
            return
        rtp = parse(packet)
        if rtp is None:
            self.rejected += 1
            return
        if len(self.kept) < self._keep:
            self._note(at, source, self.local, packet)
        if not self.receiver.take(rtp, source, at):
            self.rejected += 1
            return
        if source != self.remote:
            self._moved(source)
        if self.forward is not None:
            self.forward(rtp)

    def _reported(self, packet: bytes, source: Address, at: float) -> None:
        report = rtcp.parse(packet)
        if report is None:
            self.rejected += 1
            return
        self._note(at, source, self._control_local, packet)
        self.control.take(
            report, at, sending=self.sender.sending, first_sequence=self.sender.first_sequence
        )

    def _moved(self, source: Address) -> None:
        """A packet came from elsewhere than where ours go."""
        self._elsewhere += 1
        if self.follow and self._elsewhere >= _LATCH_AFTER and self.described[1]:
            self._elsewhere, self.followed = 0, True
            self._aim(source, None)

    # Evidence

    def keep(self, limit: int = 4000) -> None:
        """Keep the packets of both directions, in clear, up to `limit` of them, in `kept`."""
        self._keep = limit

    def _note(self, at: float, source: Address, destination: Address, packet: bytes) -> None:
        if len(self.kept) < self._keep:
            moment = datetime.fromtimestamp(at, UTC)
            self.kept.append(MediaPacket(moment, source, destination, packet))

    def heard_wav(self, seconds: float = wav.LONGEST_S) -> bytes:
        """What was heard since `keep` was called, as a WAV file; silence where packets miss."""
        dynamic = {self.sender.payload_type: self.codec} if self._agreed else {}
        heard = (packet for packet in self.kept if packet.destination == self.local)
        return wav.render(heard, dynamic, seconds)

    def troubles(self) -> list[Trouble]:
        """What is wrong, in sentences; empty for a healthy stream."""
        return troubles(self)


def _sendable(address: Address) -> Address | None:
    """The address, if packets can go there; a host name would be looked up at every packet."""
    with contextlib.suppress(ValueError):
        ip = ipaddress.ip_address(address[0])
        return address if 0 < address[1] < 65_536 and not ip.is_unspecified else None
    return None
