"""Session descriptions with one audio stream (RFC 4566), offered and answered (RFC 3264)."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from .media.sampling import PAYLOAD_TYPES
from .media.srtp import Crypto
from .trace import Address

Srtp = Literal["off", "optional", "required"]
"""off: RTP/AVP. optional: RTP/AVP with keys offered; either is taken. required: RTP/SAVP."""

CODECS: Final = ("PCMU", "PCMA")
"""What is offered and taken where nothing else is said."""

EVENT: Final = "TELEPHONE-EVENT"
"""Digits as events (RFC 4733)."""

EVENTS: Final = 101
"""The dynamic payload type that we offer for them, the one most peers use."""

_PROFILES = ("RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF")
_PTIMES = (10, 20, 30, 40, 60)
_NARROW = (*PAYLOAD_TYPES, EVENT)
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_MIRROR = {"sendonly": "recvonly", "recvonly": "sendonly"}
STATIC: Final = {number: name for name, number in PAYLOAD_TYPES.items()} | {
    3: "GSM",
    4: "G723",
    9: "G722",
    13: "CN",
    15: "G728",
    18: "G729",
}
"""Payload types that need no rtpmap (RFC 3551 §6), by name; those that telephony meets."""


@dataclass(frozen=True)
class Sdp:
    """What a description says about its audio stream; port 0 means refused.

    Of several audio streams it is the first that is not refused.
    """

    address: str
    port: int
    payloads: Mapping[str, int]
    """Payload type of each format, best first; a clock rate that is not usual stands in the name
    (`TELEPHONE-EVENT/48000`)."""
    profile: str = "RTP/AVP"
    direction: str = "sendrecv"
    """As its author sees it. The old hold, `c=0.0.0.0`, reads as not receiving (RFC 3264 §8.4)."""
    crypto: tuple[Crypto, ...] = ()
    media: tuple[str, ...] = ()
    index: int = 0
    ptime: int = 20
    """Milliseconds of sound in a packet that its author asks for; 20 where it does not say."""
    rtcp: Address | None = None
    """Where RTCP goes, if not to the port after that of RTP (RFC 3605)."""
    mux: bool = False
    """Whether RTCP may come to the port of RTP (RFC 5761)."""

    @property
    def codecs(self) -> tuple[str, ...]:
        """Codec names in the order of preference, upper case."""
        return tuple(self.payloads)

    @property
    def secure(self) -> bool:
        """Whether the profile itself demands SRTP (RFC 3711 §12, RFC 4568 §5)."""
        return "SAVP" in self.profile.upper()

    @property
    def remote(self) -> Address:
        """Where the stream is to be sent."""
        return self.address, self.port


@dataclass(frozen=True)
class Agreed:
    """Outcome of a negotiation, as the peer described its side of it."""

    codec: str
    crypto: Crypto | None = None
    """The peer's key, if SRTP."""
    events: int | None = None
    """Payload type of RFC 4733 events to the peer; None: it takes none."""
    ptime: int = 20
    rtcp: Address | None = None
    mux: bool = False
    direction: str = "sendrecv"
    """The peer's, see `Sdp.direction`."""


@dataclass(frozen=True)
class SdpRefusal:
    """Why nothing was agreed, as a Warning of a 488 (RFC 3261 §20.43)."""

    code: int
    text: str

    def warning(self, agent: str) -> str:
        """The Warning value."""
        return f'{self.code} {agent} "{self.text}"'


def parse(body: bytes) -> Sdp | None:
    """Read a description; None where there is no audio stream. Unknown lines are passed over."""
    text = body.decode("utf-8", "replace")
    session, *sections = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n"))
    media = tuple(section.splitlines()[0] for section in sections)
    streams = [
        _stream(session, section, media, index, match)
        for index, section in enumerate(sections)
        if (match := re.match(r"m=audio\s+(\d{1,5})(?:/\d+)?\s+(\S+)[ \t]*(.*)", section))
    ]
    return next((stream for stream in streams if stream.port), streams[0] if streams else None)


def _stream(
    session: str, section: str, media: tuple[str, ...], index: int, match: re.Match[str]
) -> Sdp:
    both = section + session  # A line of the stream goes before one of the session.
    port = int(match[1])
    connection = re.search(r"(?m)^c=\s*IN\s+IP[46]\s+([^\s/]+)", both)
    address = connection[1] if connection else ""
    flags = re.findall(r"(?m)^a=([\w-]+)[ \t]*$", both)
    direction = next((flag for flag in flags if flag in _DIRECTIONS), "sendrecv")
    if address in ("0.0.0.0", "::"):
        direction = "inactive" if direction in ("recvonly", "inactive") else "sendonly"
    cryptos = (Crypto.parse(value) for value in re.findall(r"(?m)^a=crypto:(.*)$", section))
    return Sdp(
        address=address,
        port=port if port < 65_536 else 0,
        payloads=_payloads(section, match[3].split()),
        profile=match[2],
        direction=direction,
        crypto=tuple(crypto for crypto in cryptos if crypto is not None),
        media=media,
        index=index,
        ptime=_ptime(both),
        rtcp=_rtcp(section, address),
        mux="rtcp-mux" in flags,
    )


def _payloads(section: str, formats: Sequence[str]) -> dict[str, int]:
    names = {str(number): name for number, name in STATIC.items()}
    for number, name, rate in re.findall(
        r"(?m)^a=rtpmap:\s*(\d{1,3})\s+([^/\s]+)(?:/(\d+))?", section
    ):
        usual = name.upper() not in _NARROW or rate in ("", "8000")
        names[number] = name.upper() if usual else f"{name.upper()}/{rate}"
    found: dict[str, int] = {}
    for number in formats:
        if number in names:
            found.setdefault(names[number], int(number))
    return found


def _ptime(text: str) -> int:
    """What is asked for, as far as it is a usual length and below `a=maxptime` (RFC 4566 §6)."""
    asked, most = (
        int(match[1]) if (match := re.search(rf"(?m)^a={name}:\s*(\d{{1,4}})", text)) else other
        for name, other in (("ptime", 20), ("maxptime", 1000))
    )
    wanted = min(asked, most)
    return max((length for length in _PTIMES if length <= wanted), default=20)


def _rtcp(section: str, address: str) -> Address | None:
    match = re.search(r"(?m)^a=rtcp:\s*(\d{1,5})(?:\s+IN\s+IP[46]\s+(\S+))?", section)
    if match is None or not 0 < int(match[1]) < 65_536:
        return None
    return match[2] or address, int(match[1])


@dataclass
class Description:
    """Our own side of a session; `text` renders it, with a version that rises (RFC 3264 §8)."""

    local: Address
    session: int = field(default_factory=lambda: int(time.time() * 1000))
    version: int = 0
    keys: tuple[Crypto, ...] = field(default=(), repr=False)
    """Our keys in the latest offer or answer."""

    def offer(
        self,
        codecs: Sequence[str],
        srtp: Srtp,
        crypto: Crypto | None,
        *,
        direction: str = "sendrecv",
    ) -> bytes:
        """An offer (RFC 3264 §5); `direction` as we see it: "sendonly" holds the peer (§8.4).

        With `crypto` a second key is offered for the short tag, which some peers insist on.
        """
        profile = "RTP/SAVP" if srtp == "required" else "RTP/AVP"
        payloads = {name: PAYLOAD_TYPES[name] for name in codecs} | {EVENT: EVENTS}
        if crypto is not None and crypto not in self.keys:
            self.keys = (crypto, Crypto.new(crypto.tag + 1, "AES_CM_128_HMAC_SHA1_32"))
        elif crypto is None:
            self.keys = ()
        return self._render([self._audio(profile, payloads, direction)])

    def answer(self, offer: Sdp, agreed: Agreed, crypto: Crypto | None) -> bytes:
        """An answer: one line for each offered, all but the audio refused (RFC 3264 §6).

        Payload types are those of the offer. `crypto` is our key; where its tag or suite is not
        the one agreed on, as after an offer with other suites, a fitting one takes its place.
        """
        payloads = {agreed.codec: offer.payloads[agreed.codec]}
        if agreed.events is not None:
            payloads[EVENT] = agreed.events
        self.keys = ()
        if agreed.crypto is not None and crypto is not None:
            self.keys = (crypto.fitting(agreed.crypto),)
        sections = [[re.sub(r"^(m=\S+\s+)\d+(?:/\d+)?", r"\g<1>0", line)] for line in offer.media]
        sections[offer.index] = self._audio(
            offer.profile, payloads, _MIRROR.get(offer.direction, offer.direction), agreed.mux
        )
        return self._render(sections)

    def key(self, peer: Crypto) -> Crypto | None:
        """Our key that goes with the peer's: the one of the same tag (RFC 4568 §5.1.3)."""
        return next((key for key in self.keys if key.tag == peer.tag), None)

    def _audio(
        self, profile: str, payloads: Mapping[str, int], direction: str, mux: bool = False
    ) -> list[str]:
        formats = " ".join(str(number) for number in payloads.values())
        lines = [f"m=audio {self.local[1]} {profile} {formats}"]
        lines += [
            f"a=rtpmap:{number} {name.lower() if name == EVENT else name}/8000"
            for name, number in payloads.items()
        ]
        if EVENT in payloads:
            lines.append(f"a=fmtp:{payloads[EVENT]} 0-15")
        lines += [f"a=crypto:{key.line()}" for key in self.keys]
        if mux:
            lines.append("a=rtcp-mux")
        return [*lines, "a=ptime:20", f"a={direction}"]

    def _render(self, sections: Sequence[Sequence[str]]) -> bytes:
        self.version += 1
        ip = self.local[0]
        family = "IP6" if ":" in ip else "IP4"
        head = [
            "v=0",
            f"o=- {self.session} {self.version} IN {family} {ip}",
            "s=-",
            f"c=IN {family} {ip}",
            "t=0 0",
        ]
        lines = head + [line for section in sections for line in section]
        return ("\r\n".join(lines) + "\r\n").encode()


def negotiate(offer: Sdp, codecs: Sequence[str], srtp: Srtp) -> Agreed | SdpRefusal:
    """What to answer: the first offered codec that is allowed; SRTP as `srtp` demands."""
    if not offer.port or not offer.address:
        return SdpRefusal(304, "Media type not available")
    if offer.profile.upper().startswith("UDP/TLS/"):
        return SdpRefusal(
            302, "DTLS-SRTP is not supported, SRTP with a=crypto keys or plain RTP is"
        )
    if offer.profile.upper() not in _PROFILES:
        return SdpRefusal(302, "Incompatible transport protocol")
    if offer.secure and srtp == "off":
        return SdpRefusal(302, "Incompatible transport protocol: only plain RTP is taken here")
    if offer.secure and not offer.crypto:
        return SdpRefusal(302, "No supported a=crypto suite is offered")
    if srtp == "required" and not offer.secure:
        return SdpRefusal(302, "Secure SIP transport required")
    codec = next((name for name in offer.codecs if name in codecs), None)
    if codec is None:
        return SdpRefusal(305, "Incompatible media format")
    use = offer.secure or (srtp == "optional" and bool(offer.crypto))
    return Agreed(
        codec,
        offer.crypto[0] if use else None,
        events=offer.payloads.get(EVENT),
        ptime=offer.ptime,
        rtcp=offer.rtcp,
        mux=offer.mux,
        direction=offer.direction,
    )
