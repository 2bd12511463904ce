"""Session descriptions with one audio stream (RFC 4566), offered and answered (RFC 3264)."""

import ipaddress
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .media.g711 import PAYLOAD_TYPES
from .media.srtp import Crypto
from .trace import Address

Srtp = Literal["off", "optional", "required"]
"""off: RTP/AVP. optional: RTP/AVP with keys offered; either is taken. required: RTP/SAVP."""

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_MIRROR = {"sendonly": "recvonly", "recvonly": "sendonly"}
_PRIVATE = [
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
]
_STATIC = {str(number): name for name, number in PAYLOAD_TYPES.items()} | {
    "9": "G722",
    "18": "G729",
}


@dataclass(frozen=True)
class Sdp:
    """What a description says about its first audio stream; port 0 means refused."""

    address: str
    port: int
    payloads: Mapping[str, int]
    profile: str = "RTP/AVP"
    direction: str = "sendrecv"
    crypto: tuple[Crypto, ...] = ()
    media: tuple[str, ...] = ()
    index: int = 0

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
    """Outcome of a negotiation: the codec and the peer's key, if SRTP."""

    codec: str
    crypto: Crypto | None = None


@dataclass(frozen=True)
class Refused:
    """Why nothing was agreed, as a Warning of a 488 (RFC 3261 §20.43)."""

    code: int
    text: str

    def warning(self, agent: str) -> str:
        """The Warning value."""
        return f'{self.code} {agent} "{self.text}"'


def is_private(address: str) -> bool:
    """Whether an IP address means nothing outside its own network; False for a name.

    RFC 1918, RFC 6598 (carrier-grade NAT), RFC 3927 and RFC 4291 (link-local), RFC 4193. The
    loopback address is another matter: on one machine it is as good as any.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(ip in network for network in _PRIVATE if network.version == ip.version)


def parse(body: bytes) -> Sdp | None:
    """Read a description; None where there is no audio stream. Unknown lines are passed over."""
    text = body.decode("utf-8", "replace")
    session, *sections = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n"))
    media = tuple(section.splitlines()[0] for section in sections)
    for index, section in enumerate(sections):
        match = re.match(r"m=audio\s+(\d{1,5})(?:/\d+)?\s+(\S+)\s*(.*)", section)
        if match is None:
            continue
        port, profile, formats = int(match[1]), match[2], match[3].split()
        names = dict(_STATIC)
        for number, name in re.findall(r"(?m)^a=rtpmap:\s*(\d+)\s+([^/\s]+)", section):
            names[number] = name.upper()
        connection = re.search(r"(?m)^c=\s*IN\s+IP[46]\s+([^\s/]+)", section) or re.search(
            r"(?m)^c=\s*IN\s+IP[46]\s+([^\s/]+)", session
        )
        found = re.findall(r"(?m)^a=(\w+)\s*$", session + section)
        cryptos = (Crypto.parse(v) for v in re.findall(r"(?m)^a=crypto:(.*)$", section))
        return Sdp(
            address=connection[1] if connection else "",
            port=port,
            payloads={names[n]: int(n) for n in formats if n in names},
            profile=profile,
            direction=next((d for d in reversed(found) if d in _DIRECTIONS), "sendrecv"),
            crypto=tuple(c for c in cryptos if c is not None),
            media=media,
            index=index,
        )
    return None


@dataclass
class Description:
    """Our own side of a session; `text` renders it, with a version that rises (RFC 3264 §8)."""

    local: Address
    session: int = field(default_factory=lambda: int(time.time() * 1000))
    version: int = 0

    def offer(
        self,
        codecs: Sequence[str],
        srtp: Srtp,
        crypto: Crypto | None,
        *,
        direction: str = "sendrecv",
    ) -> bytes:
        """An offer (RFC 3264 §5); `direction` as we see it: "sendonly" holds the peer (§8.4)."""
        profile = "RTP/SAVP" if srtp == "required" else "RTP/AVP"
        payloads = {name: PAYLOAD_TYPES[name] for name in codecs}
        return self._render([self._audio(profile, payloads, direction, crypto)])

    def answer(self, offer: Sdp, agreed: Agreed, crypto: Crypto | None) -> bytes:
        """An answer: one line for each offered, all but the audio refused (RFC 3264 §6)."""
        direction = _MIRROR.get(offer.direction, offer.direction)
        payloads = {agreed.codec: offer.payloads[agreed.codec]}
        sections = [[re.sub(r"^(m=\S+\s+)\d+(?:/\d+)?", r"\g<1>0", line)] for line in offer.media]
        sections[offer.index] = self._audio(offer.profile, payloads, direction, crypto)
        return self._render(sections)

    def _audio(
        self, profile: str, payloads: Mapping[str, int], direction: str, crypto: Crypto | None
    ) -> list[str]:
        formats = " ".join(str(number) for number in payloads.values())
        lines = [f"m=audio {self.local[1]} {profile} {formats}"]
        lines += [f"a=rtpmap:{number} {name}/8000" for name, number in payloads.items()]
        if crypto is not None:
            lines.append(f"a=crypto:{crypto.line()}")
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


def negotiate(offer: Sdp, codecs: Sequence[str], srtp: Srtp) -> Agreed | Refused:
    """What to answer: the first offered codec that is allowed; SRTP as `srtp` demands."""
    if not offer.port or not offer.address:
        return Refused(304, "Media type not available")
    if offer.secure and (srtp == "off" or not offer.crypto):
        return Refused(302, "Incompatible transport protocol")
    if srtp == "required" and not offer.secure:
        return Refused(302, "Secure SIP transport required")
    codec = next((name for name in offer.codecs if name in codecs), None)
    if codec is None:
        return Refused(305, "Incompatible media format")
    use = offer.secure or (srtp == "optional" and bool(offer.crypto))
    return Agreed(codec, offer.crypto[0] if use else None)
