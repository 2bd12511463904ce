"""Calls written by hand, message by message, as evidence for ladders, captures and verdicts."""

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sfsip_nb.sip.fields import header
from sfsip_nb.sip.media import rtcp
from sfsip_nb.sip.media.packets import MediaPacket
from sfsip_nb.sip.reading import read
from sfsip_nb.sip.shown import where
from sfsip_nb.sip.trace import Address, TraceEntry, Transport, mask, summary

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CALLER: Address = ("198.51.100.10", 5060)
CALLEE: Address = ("203.0.113.20", 32681)


def sdp(
    host: str,
    port: int = 40_000,
    formats: str = "0 101",
    *,
    profile: str = "RTP/AVP",
    direction: str = "sendrecv",
    origin: str = "",
    extra: str = "",
) -> str:
    """A session description with one audio stream."""
    family = "IP6" if ":" in host else "IP4"
    maps = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000"}
    maps |= dict.fromkeys(("96", "101"), "telephone-event/8000")
    lines = [
        "v=0",
        f"o=- 1 1 IN {family} {origin or host}",
        "s=-",
        f"c=IN {family} {host}",
        "t=0 0",
        f"m=audio {port} {profile} {formats}",
        *(f"a=rtpmap:{n} {maps[n]}" for n in formats.split() if n in maps),
        *([extra] if extra else []),
        f"a={direction}",
    ]
    return "\r\n".join(lines) + "\r\n"


class Talk:
    """One Call-ID between a caller and a callee; each method adds one message."""

    def __init__(
        self,
        call_id: str = "call-1",
        caller: Address = CALLER,
        callee: Address = CALLEE,
        transport: Transport = "udp",
        uri: str = "sip:+15551230001@203.0.113.20:32681",
        at: float = 0.0,
    ) -> None:
        self.call_id, self.caller, self.callee = call_id, caller, callee
        self.transport, self.uri, self.offset = transport, uri, at
        self.entries: list[TraceEntry] = []
        self.from_ = "<sip:+15550100123@198.51.100.10>;tag=a"
        self.to = "<sip:+15551230001@203.0.113.20>"

    def ask(
        self,
        at: float,
        method: str,
        number: int = 1,
        *headers: str,
        body: str = "",
        kind: str = "application/sdp",
        tagged: bool = False,
        back: bool = False,
        branch: str = "",
        uri: str = "",
    ) -> "Talk":
        """A request; `back`: from the callee; `tagged`: inside the dialog."""
        tags = f"{self.from_}", f"{self.to}{';tag=b' if tagged or back else ''}"
        one, other = (tags[1], tags[0]) if back else tags
        source, target = (self.callee, self.caller) if back else (self.caller, self.callee)
        return self._add(
            at,
            source,
            target,
            [
                f"{method} {uri or self.uri} SIP/2.0",
                self._via(source, method, number, branch),
                "Max-Forwards: 70",
                f"From: {one}",
                f"To: {other}",
                f"CSeq: {number} {method}",
                *headers,
            ],
            body,
            kind,
        )

    def say(
        self,
        at: float,
        status: str,
        method: str = "INVITE",
        number: int = 1,
        *headers: str,
        body: str = "",
        back: bool = False,
        branch: str = "",
    ) -> "Talk":
        """A response; `back`: to a request of the callee."""
        source, target = (self.caller, self.callee) if back else (self.callee, self.caller)
        tags = self.from_, f"{self.to};tag=b"
        one, other = (tags[1], tags[0]) if back else tags
        return self._add(
            at,
            source,
            target,
            [
                f"SIP/2.0 {status}",
                self._via(target, method, number, branch),
                f"From: {one}",
                f"To: {other}",
                f"CSeq: {number} {method}",
                *headers,
            ],
            body,
        )

    def _via(self, sender: Address, method: str, number: int, branch: str) -> str:
        name = branch or f"{'INVITE' if method == 'CANCEL' else method}{number}{self.call_id}"
        return f"Via: SIP/2.0/{self.transport.upper()} {where(sender)};branch=z9hG4bK{name}"

    def _add(
        self,
        at: float,
        source: Address,
        target: Address,
        head: list[str],
        body: str,
        kind: str = "application/sdp",
    ) -> "Talk":
        content = body.encode()
        head.append(f"Call-ID: {self.call_id}")
        if not any(line.startswith("Contact:") for line in head):
            head.append(f"Contact: <sip:c@{where(source)}>")
        if body:
            head.append(f"Content-Type: {kind}")
        head += [f"Content-Length: {len(content)}", "", ""]
        self.raw(at, source, target, "\r\n".join(head).encode() + content)
        return self

    def raw(self, at: float, source: Address, target: Address, data: bytes) -> "Talk":
        """Bytes as they are."""
        message = read(data).message
        self.entries.append(
            TraceEntry(
                at=START + timedelta(seconds=self.offset + at),
                direction="sent",
                transport=self.transport,
                local=source,
                remote=target,
                data=mask(data),
                call_id=header(message, "Call-ID") if message else "",
                summary=summary(message),
            )
        )
        return self

    # Whole passages

    def answered(self, *, offer: str = "", answer: str = "") -> "Talk":
        """INVITE, 100, 180, 200 and ACK within two seconds."""
        self.ask(0, "INVITE", body=offer or sdp(self.caller[0]))
        self.say(0.05, "100 Trying").say(0.3, "180 Ringing")
        self.say(2.0, "200 OK", body=answer or sdp(self.callee[0], 50_000))
        return self.ask(2.1, "ACK", tagged=True)

    def bye(self, at: float = 12.0, *headers: str, back: bool = False, number: int = 2) -> "Talk":
        """BYE with its 200."""
        self.ask(at, "BYE", number, *headers, tagged=True, back=back)
        return self.say(at + 0.05, "200 OK", "BYE", number, back=back)


def rtp(
    source: Address,
    target: Address,
    began: float,
    seconds: float,
    *,
    kind: int = 0,
    ssrc: int = 1,
    skip: Sequence[int] = (),
    pause: tuple[int, int] = (0, 0),
) -> Iterator[MediaPacket]:
    """A stream of 20 ms packets; `skip`: numbers lost; `pause`: numbers not sent (DTX)."""
    sequence = 0
    for index in range(int(seconds * 50)):
        if pause[0] <= index < pause[1]:
            continue
        sequence += 1
        if sequence in skip:
            continue
        head = struct.pack("!BBHII", 0x80, kind, sequence, index * 160, ssrc)
        at = START + timedelta(seconds=began + index * 0.02)
        yield MediaPacket(at, source, target, head + b"\xff" * 160)


def digits(
    source: Address, target: Address, at: float, *, kind: int = 101, ssrc: int = 1, first: int = 900
) -> Iterator[MediaPacket]:
    """A digit as RFC 4733 has it: eight packets of four bytes."""
    for index in range(8):
        head = struct.pack("!BBHII", 0x80, kind, first + index, 160, ssrc)
        moment = START + timedelta(seconds=at + index * 0.02)
        yield MediaPacket(moment, source, target, head + struct.pack("!BBH", 5, 10, index * 160))


def counted(
    source: Address,
    target: Address,
    at: float,
    *,
    ssrc: int = 1,
    sent: int | None = None,
    heard: tuple[int, int] | None = None,
) -> MediaPacket:
    """An RTCP report: packets `sent`, and the SSRC and highest number `heard` of the other side."""
    sender = None if sent is None else rtcp.SenderInfo(0, 0, sent, sent * 160)
    blocks = () if heard is None else (rtcp.ReportBlock(heard[0], 0, 0, heard[1], 0, 0, 0),)
    data = rtcp.build(rtcp.RtcpReport(ssrc, sender, blocks))
    ends = [(host, port + 1) for host, port in (source, target)]
    return MediaPacket(START + timedelta(seconds=at), ends[0], ends[1], data)


def both_ways(
    began: float = 2.1, seconds: float = 9.8, kind: int = 0, port: int = 40_000
) -> list[MediaPacket]:
    """Audio as `Talk.answered` agrees on it."""
    a, b = (CALLER[0], port), (CALLEE[0], 50_000)
    return [
        *rtp(a, b, began, seconds, kind=kind, ssrc=1),
        *rtp(b, a, began, seconds, kind=kind, ssrc=2),
    ]
