"""Digest authentication, both halves: RFC 3261 §22, RFC 7616, RFC 8760 (SHA-256 in SIP).

`Answerer` answers challenges; `Guard` issues and checks them.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sipmessage import Request, Response

from .fields import quoted, unquote

Password = str | Callable[[], str]
"""A password, or a function that reveals it at the moment of use."""

_HASHES: Mapping[str, Callable[[bytes], "hashlib._Hash"]] = {
    "MD5": hashlib.md5,
    "SHA-256": hashlib.sha256,
}
# A name is looked for at its beginning only: a long one without "=" costs its length, once.
_PARAM = re.compile(r'(?<![\w-])([\w-]+)\s*=\s*("(?:\\.|[^"\\])*"|[^,\s"]+)')
_AUTHENTICATE = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
_AUTHORIZATION = {401: "Authorization", 407: "Proxy-Authorization"}


@dataclass(frozen=True)
class Credentials:
    """A user name and password for a realm; realm "" serves any realm that asks."""

    username: str
    password: Password = field(repr=False)
    realm: str = ""


def digest_fields(value: str) -> dict[str, str]:
    """Parameters of a `Digest ...` value with lower-case names; {} for another scheme."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): unquote(text) for name, text in _PARAM.findall(rest)}


def response(
    *,
    algorithm: str,
    username: str,
    realm: str,
    password: Password,
    method: str,
    uri: str,
    nonce: str,
    qop: str = "",
    nc: str = "",
    cnonce: str = "",
    body: bytes = b"",
) -> str:
    """The digest response (RFC 7616 §3.4.1). Raises KeyError for an unknown algorithm."""
    session = algorithm.upper().endswith("-SESS")
    make = _HASHES[algorithm.upper().removesuffix("-SESS")]

    def h(text: str) -> str:
        return make(text.encode()).hexdigest()

    secret = password if isinstance(password, str) else password()
    a1 = h(f"{username}:{realm}:{secret}")
    if session:
        a1 = h(f"{a1}:{nonce}:{cnonce}")
    a2 = f"{method}:{uri}"
    if qop == "auth-int":
        a2 += ":" + make(body).hexdigest()
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return h(f"{a1}:{middle}:{h(a2)}")


class Answerer:
    """Answers the challenges of one dialog or one request.

    Keeps the count of each nonce (RFC 7616 §3.4, `nc`) and refuses to answer the same realm
    twice unless the second challenge says that only the nonce was stale (RFC 7616 §3.3).
    """

    def __init__(self, credentials: Sequence[Credentials]) -> None:
        self.credentials = tuple(credentials)
        self._counts: dict[str, int] = {}

    def answer(self, challenge: Response, request: Request, tried: set[str]) -> bool:
        """Add credentials to `request` for a 401 or 407; False if there is nothing to add.

        Of several challenges for a realm, the topmost one that is supported is taken
        (RFC 8760 §2.4). `tried` remembers the realms that this request answered before.
        """
        if challenge.code not in _AUTHENTICATE:
            return False
        answers: dict[str, str] = {}
        for line in challenge.headers.getlist(_AUTHENTICATE[challenge.code]):
            for value in _challenges(line):
                asked = digest_fields(value)
                realm = asked.get("realm", "")
                base = asked.get("algorithm", "MD5").upper().removesuffix("-SESS")
                stale = asked.get("stale", "").lower() == "true"
                if realm in answers or base not in _HASHES or "nonce" not in asked:
                    continue
                known = next((c for c in self.credentials if c.realm in ("", realm)), None)
                if known is None or (realm in tried and not stale):
                    continue
                if stale and f"{realm}\0stale" in tried:
                    continue  # A server that calls every nonce stale would keep us for ever.
                tried.update({realm} | ({f"{realm}\0stale"} if stale else set()))
                answers[realm] = self._value(asked, known, request)
        if answers:
            request.headers.setlist(_AUTHORIZATION[challenge.code], list(answers.values()))
        return bool(answers)

    def _value(self, asked: Mapping[str, str], known: Credentials, request: Request) -> str:
        offered = [item.strip() for item in asked.get("qop", "").lower().split(",")]
        qop = next((item for item in ("auth", "auth-int") if item in offered), "")
        algorithm = asked.get("algorithm", "MD5")
        nonce, realm, uri = asked["nonce"], asked.get("realm", ""), str(request.uri)
        self._counts[nonce] = self._counts.get(nonce, 0) + 1
        nc, cnonce = f"{self._counts[nonce]:08x}", secrets.token_hex(8)
        result = response(
            algorithm=algorithm,
            username=known.username,
            realm=realm,
            password=known.password,
            method=request.method,
            uri=uri,
            nonce=nonce,
            qop=qop,
            nc=nc,
            cnonce=cnonce,
            body=request.body,
        )
        parts = [
            f"username={quoted(known.username)}",
            f"realm={quoted(realm)}",
            f"nonce={quoted(nonce)}",
            f"uri={quoted(uri)}",
            f'response="{result}"',
        ]
        if "algorithm" in asked:
            parts.append(f"algorithm={algorithm}")
        if "opaque" in asked:
            parts.append(f"opaque={quoted(asked['opaque'])}")
        # qop and nc stand bare in credentials (RFC 3261 §25.1: message-qop, nonce-count).
        if qop:
            parts += [f"qop={qop}", f"nc={nc}"]
        if qop or algorithm.upper().endswith("-SESS"):
            parts.append(f'cnonce="{cnonce}"')
        return "Digest " + ", ".join(parts)


def _challenges(line: str) -> list[str]:
    """Several challenges may share one line, against RFC 3261 §7.3.1; cut before each `Digest`."""
    return [part.rstrip(", ") for part in re.split(r"(?i)(?:^|,)\s*(?=digest\s)", line) if part]


@dataclass(frozen=True)
class Login:
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


class Guard:
    """The server half: issues challenges and checks credentials (RFC 3261 §22.1, RFC 8760 §2.3).

    `users` maps a name to a password or a function that reveals it. `proxy` uses 407 and the
    Proxy- headers. A nonce is good for `nonce_seconds` and each `nc` of it once.
    """

    def __init__(
        self,
        realm: str,
        users: Mapping[str, Password] | Callable[[str], str | None],
        *,
        algorithms: Sequence[str] = ("SHA-256", "MD5"),
        proxy: bool = False,
        nonce_seconds: float = 60.0,
    ) -> None:
        self.realm = realm
        self.algorithms = tuple(algorithms)
        self.nonce_seconds = nonce_seconds
        self.code, self.phrase = (
            (407, "Proxy Authentication Required") if proxy else (401, "Unauthorized")
        )
        self._users = users
        self._key = secrets.token_bytes(16)
        self._used: dict[tuple[str, str], float] = {}

    def challenge(self, stale: bool = False) -> dict[str, str | list[str]]:
        """The headers of a 401 or 407: one challenge for each algorithm, best first."""
        nonce = self._nonce(time.time())
        tail = ", stale=true" if stale else ""
        values = [
            f'Digest realm={quoted(self.realm)}, nonce="{nonce}", algorithm={name}, '
            f'qop="auth"{tail}'
            for name in self.algorithms
        ]
        return {_AUTHENTICATE[self.code]: list(values)}

    def check(self, request: Request) -> Login:
        """Whether a request carries good credentials for this realm."""
        given = [digest_fields(v) for v in request.headers.getlist(_AUTHORIZATION[self.code])]
        mine = [fields for fields in given if fields.get("realm") == self.realm]
        if not mine:
            return Login(False, reason="realm" if given else "missing")
        fields = mine[0]
        username = fields.get("username", "")
        try:
            reason = self._reason(fields, request)
        except KeyError:
            reason = "malformed"
        return Login(not reason, username, reason)

    def _reason(self, fields: Mapping[str, str], request: Request) -> str:
        username, nonce, uri = fields["username"], fields["nonce"], fields["uri"]
        algorithm = fields.get("algorithm", "MD5")
        qop, nc = fields.get("qop", "").lower(), fields.get("nc", "")
        if algorithm.upper() not in (name.upper() for name in self.algorithms):
            return "malformed"
        password = self._password(username)
        if password is None:
            return "username"
        # A peer that strips port or parameters from the uri would loop (RFC 7616 §3.4.6).
        if uri != str(request.uri):
            return "uri"
        wanted = response(
            algorithm=algorithm,
            username=username,
            realm=self.realm,
            password=password,
            method=request.method,
            uri=uri,
            nonce=nonce,
            qop=qop,
            nc=nc,
            cnonce=fields.get("cnonce", ""),
            body=request.body,
        )
        if not _same(wanted, fields["response"].lower()):
            return "response"
        return "" if self._fresh(nonce, nc) else "stale"

    def _password(self, username: str) -> Password | None:
        if callable(self._users):
            return self._users(username)
        return self._users.get(username)

    def _nonce(self, at: float) -> str:
        stamp = f"{at:.3f}"
        mark = hmac.new(self._key, stamp.encode(), hashlib.sha256).hexdigest()[:24]
        return f"{stamp}-{mark}-{secrets.token_hex(4)}"

    def _fresh(self, nonce: str, nc: str) -> bool:
        now = time.time()
        stamp, _, rest = nonce.partition("-")
        mark = hmac.new(self._key, stamp.encode(), hashlib.sha256).hexdigest()[:24]
        if not _same(mark, rest.partition("-")[0]):
            return False
        if now - float(stamp) > self.nonce_seconds:
            return False
        self._used = {k: t for k, t in self._used.items() if now - t < self.nonce_seconds}
        if nc and (nonce, nc) in self._used:
            return False
        self._used[nonce, nc] = now
        return True


def _same(ours: str, theirs: str) -> bool:
    """Equal, told in constant time; what is not ASCII is different, and no reason to fail."""
    return hmac.compare_digest(ours.encode(), theirs.encode())
