"""SRTP keyed in SDP: RFC 3711 by libsrtp, RFC 4568 for the keys."""

import base64
import binascii
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pylibsrtp


class _Suite(NamedTuple):
    profile: int
    key: int
    """Bytes of master key and salt."""
    tag: int
    """Bytes of the authentication tag of an SRTP packet."""


_SUITES: Final[Mapping[str, _Suite]] = {
    "AES_CM_128_HMAC_SHA1_80": _Suite(pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30, 10),
    "AES_CM_128_HMAC_SHA1_32": _Suite(pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 30, 4),
    # RFC 7714 §14.2.
    "AEAD_AES_128_GCM": _Suite(pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28, 16),
    "AEAD_AES_256_GCM": _Suite(pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44, 16),
}
_LINE = re.compile(
    r"(?P<tag>\d{1,9})\s+(?P<suite>\S+)\s+inline:(?P<key>[A-Za-z0-9+/=]+)"
    r"(?:\|[0-9^]+)?(?:\|\d+:(?P<mki>\d{1,3}))?(?P<session>(?:\s+\S+)*)\s*$"
)


@dataclass(frozen=True)
class Crypto:
    """One `a=crypto` line (RFC 4568 §4)."""

    tag: int
    suite: str
    key: bytes = field(repr=False)
    mki: int = 0
    """Bytes of master key identifier in each packet of its author; ours have none."""

    @classmethod
    def new(cls, tag: int = 1, suite: str = "AES_CM_128_HMAC_SHA1_80") -> "Crypto":
        """A fresh key."""
        return cls(tag, suite, secrets.token_bytes(_SUITES[suite].key))

    @classmethod
    def parse(cls, value: str) -> "Crypto | None":
        """Read the value of `a=crypto:`; None for a suite or form that is not supported.

        A session parameter that is not marked as optional by `-` rules a line out (RFC 4568
        §6.3); only WSH, a hint for the replay window, changes nothing.
        """
        match = _LINE.match(value.strip())
        if match is None or (suite := _SUITES.get(match["suite"].upper())) is None:
            return None
        if any(not word.startswith(("-", "WSH=")) for word in match["session"].split()):
            return None
        text = match["key"].rstrip("=")
        try:
            key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except binascii.Error:
            return None
        if len(key) != suite.key:
            return None
        return cls(int(match["tag"]), match["suite"].upper(), key, int(match["mki"] or 0))

    def fitting(self, peer: "Crypto") -> "Crypto":
        """This key under the peer's tag, or a fresh one where the peer's suite is another."""
        if self.suite != peer.suite:
            return Crypto.new(peer.tag, peer.suite)
        return Crypto(peer.tag, self.suite, self.key)

    def line(self) -> str:
        """The value of `a=crypto:`."""
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


class Protection:
    """Both directions of one stream. `local` protects what is sent, `remote` what comes."""

    def __init__(self, local: Crypto, remote: Crypto) -> None:
        self.failures: Counter[str] = Counter()
        """Packets that were refused, by libsrtp's reason."""
        self._local, self._remote = local, remote
        self._out = self._session(local, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._in = self._session(remote, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self._before: Protection | None = None

    @staticmethod
    def _session(crypto: Crypto, direction: int) -> pylibsrtp.Session:
        policy = pylibsrtp.Policy(
            key=crypto.key, ssrc_type=direction, srtp_profile=_SUITES[crypto.suite].profile
        )
        return pylibsrtp.Session(policy)

    def follow(self, before: "Protection | None") -> None:
        """Take over from the keys before a re-INVITE.

        A direction whose key stays keeps its state, for a roll-over counter that began anew
        would fit no packet after the first wrap (RFC 3711 §3.3.1). Packets that were under way
        under the peer's old key are still read.
        """
        if before is None or before is self:
            return
        self.failures = before.failures
        if _same(before._local, self._local):
            self._out = before._out
        if _same(before._remote, self._remote):
            self._in = before._in
        else:
            before._before = None  # One generation back is enough.
            self._before = before

    def protect(self, packet: bytes, *, control: bool = False) -> bytes:
        """Encrypt and sign a packet; `control`: it is RTCP."""
        protected: bytes = self._out.protect_rtcp(packet) if control else self._out.protect(packet)
        return protected

    def unprotect(self, packet: bytes, *, control: bool = False) -> bytes | None:
        """Check and decrypt; None if the packet is not authentic or came before."""
        try:
            return self._open(packet, control)
        except (pylibsrtp.Error, ValueError) as error:
            if self._before is not None:
                try:
                    return self._before._open(packet, control)
                except (pylibsrtp.Error, ValueError):
                    pass
            self.failures[str(error)] += 1
            return None

    def _open(self, packet: bytes, control: bool) -> bytes:
        if mki := self._remote.mki:
            # SRTCP has the long tag in every suite (RFC 4568 §6.2.2).
            suite = _SUITES[self._remote.suite]
            tag = max(suite.tag, 10) if control else suite.tag
            packet = packet[: -tag - mki] + packet[-tag:]
        opened: bytes = self._in.unprotect_rtcp(packet) if control else self._in.unprotect(packet)
        return opened


def _same(a: Crypto, b: Crypto) -> bool:
    return (a.suite, a.key) == (b.suite, b.key)
