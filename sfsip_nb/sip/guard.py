"""The server half of digest authentication: challenges issued and credentials checked."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sipmessage import Request

from .digest import AUTHENTICATE, AUTHORIZATION, Password, digest_fields, response
from .fields import quoted


@dataclass(frozen=True)
class DigestCheck:
    """Result of checking a request: `reason` is empty when `ok`.

    Reasons: missing, malformed, realm, username, uri, stale, response.
    """

    ok: bool
    username: str = ""
    reason: str = ""

    @property
    def stale(self) -> bool:
        """Right password, nonce expired or used before: challenge again, it is no failure."""
        return self.reason == "stale"


_MOST_USED = 1_000
"""Counts of nonces that are kept before those out of date are thrown away."""


class DigestGuard:
    """The server half: issues challenges and checks credentials (RFC 3261 §22.1, RFC 8760 §2.3).

    `users` gives the password of a name, or a function that reveals it; None for a stranger.
    `proxy` uses 407 and the Proxy- headers. A nonce is good for `nonce_seconds` and each `nc` of
    it once.
    """

    def __init__(
        self,
        realm: str,
        users: Callable[[str], Password | None],
        *,
        algorithms: Sequence[str] = ("SHA-256", "MD5"),
        proxy: bool = False,
    ) -> None:
        self.realm = realm
        self.algorithms = tuple(algorithms)
        self.nonce_seconds = 60.0
        self.code, self.phrase = (
            (407, "Proxy Authentication Required") if proxy else (401, "Unauthorized")
        )
        self._users = users
        self._key = secrets.token_bytes(16)
        self._used: dict[tuple[str, str], float] = {}

    def challenge(self, stale: bool = False) -> dict[str, str | list[str]]:
        """The headers of a 401 or 407: one challenge for each algorithm, best first."""
        nonce = self._nonce(f"{time.time():.3f}") + secrets.token_hex(4)
        tail = ", stale=true" if stale else ""
        values = [
            f'Digest realm={quoted(self.realm)}, nonce="{nonce}", algorithm={name}, '
            f'qop="auth"{tail}'
            for name in self.algorithms
        ]
        return {AUTHENTICATE[self.code]: list(values)}

    def check(self, request: Request) -> DigestCheck:
        """Whether a request carries good credentials for this realm."""
        given = [digest_fields(v) for v in request.headers.getlist(AUTHORIZATION[self.code])]
        mine = [fields for fields in given if fields.get("realm") == self.realm]
        if not mine:
            return DigestCheck(False, reason="realm" if given else "missing")
        fields = mine[0]
        username = fields.get("username", "")
        try:
            reason = self._reason(fields, request)
        except KeyError:
            reason = "malformed"
        return DigestCheck(not reason, username, reason)

    def _reason(self, fields: Mapping[str, str], request: Request) -> str:
        algorithm = fields.get("algorithm", "MD5")
        if algorithm.upper() not in (name.upper() for name in self.algorithms):
            return "malformed"
        password = self._users(fields["username"])
        if password is None:
            return "username"
        # A peer that strips port or parameters from the uri would loop (RFC 7616 §3.4.6).
        if fields["uri"] != str(request.uri):
            return "uri"
        wanted = response(fields, password, request.method, request.body)
        if not _same(wanted, fields["response"].lower()):
            return "response"
        return "" if self._fresh(fields["nonce"], fields.get("nc", "")) else "stale"

    def _nonce(self, stamp: str) -> str:
        """What a nonce of that time begins with."""
        mark = hmac.new(self._key, stamp.encode(), hashlib.sha256).hexdigest()[:24]
        return f"{stamp}-{mark}-"

    def _fresh(self, nonce: str, nc: str) -> bool:
        now = time.time()
        stamp = nonce.partition("-")[0]
        ours = self._nonce(stamp)
        if not _same(ours, nonce[: len(ours)]):
            return False
        if now - float(stamp) > self.nonce_seconds:
            return False
        if len(self._used) > _MOST_USED:
            self._used = {k: t for k, t in self._used.items() if now - t < self.nonce_seconds}
        if nc and (nonce, nc) in self._used:
            return False
        self._used[nonce, nc] = now
        return True


def _same(ours: str, theirs: str) -> bool:
    """Equal, told in constant time; what is not ASCII is different, and no reason to fail."""
    return hmac.compare_digest(ours.encode(), theirs.encode())
