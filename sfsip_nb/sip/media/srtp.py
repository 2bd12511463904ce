"""SRTP keyed in SDP: RFC 3711 by libsrtp, RFC 4568 for the keys."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pylibsrtp

_PROFILES: Final[Mapping[str, int]] = {
    "AES_CM_128_HMAC_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
_KEY_BYTES = 30  # 128-bit key and 112-bit salt (RFC 4568 §6.2).
_LINE = re.compile(r"^(\d{1,9})\s+(\S+)\s+inline:([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Crypto:
    """One `a=crypto` line (RFC 4568 §4)."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    @classmethod
    def new(cls, tag: int = 1, suite: str = "AES_CM_128_HMAC_SHA1_80") -> "Crypto":
        """A fresh key."""
        return cls(tag, suite, secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def parse(cls, value: str) -> "Crypto | None":
        """Read the value of `a=crypto:`; None for a suite or form that is not supported."""
        match = _LINE.match(value.strip())
        if match is None or match[2].upper() not in _PROFILES:
            return None
        try:
            key = base64.b64decode(match[3] + "=" * (-len(match[3]) % 4), validate=True)
        except binascii.Error:
            return None
        return cls(int(match[1]), match[2].upper(), key) if len(key) == _KEY_BYTES else None

    def line(self) -> str:
        """The value of `a=crypto:`."""
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


class Protection:
    """Both directions of one stream. `local` protects what is sent, `remote` what comes."""

    def __init__(self, local: Crypto, remote: Crypto) -> None:
        self._out = self._session(local, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._in = self._session(remote, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    @staticmethod
    def _session(crypto: Crypto, direction: int) -> pylibsrtp.Session:
        policy = pylibsrtp.Policy(
            key=crypto.key, ssrc_type=direction, srtp_profile=_PROFILES[crypto.suite]
        )
        return pylibsrtp.Session(policy)

    def protect(self, packet: bytes) -> bytes:
        """Encrypt and sign an RTP packet."""
        return self._out.protect(packet)

    def unprotect(self, packet: bytes) -> bytes | None:
        """Check and decrypt; None if the packet is not authentic or came before."""
        try:
            return self._in.unprotect(packet)
        except pylibsrtp.Error:
            return None
