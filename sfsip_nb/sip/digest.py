"""Digest authentication, both halves: RFC 3261 §22, RFC 7616, RFC 8760 (SHA-256 in SIP).

`Answerer` answers challenges; `guard.Guard` issues and checks them.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sipmessage import Request, Response

from .fields import quoted, unquote

Password = str | Callable[[], str]
"""A password, or a function that reveals it at the moment of use."""

_HASHES: Mapping[str, Callable[[bytes], "hashlib._Hash"]] = {
    "MD5": hashlib.md5,
    "SHA-256": hashlib.sha256,
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data),
}
# A name is looked for at its beginning only: a long one without "=" costs its length, once.
_PARAM = re.compile(r'(?<![\w-])([\w-]+)\s*=\s*("(?:\\.|[^"\\])*"|[^,\s"]+)')
_BARE = ("algorithm", "qop", "nc")
"""Fields of credentials that stand without quotes (RFC 3261 §25.1: message-qop, nonce-count)."""

AUTHENTICATE = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
AUTHORIZATION = {401: "Authorization", 407: "Proxy-Authorization"}


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


def response(fields: Mapping[str, str], password: Password, method: str, body: bytes = b"") -> str:
    """The digest response that belongs to the other fields of credentials (RFC 7616 §3.4.1).

    Raises KeyError for an unknown algorithm, and where a field is missing.
    """
    algorithm = fields.get("algorithm", "MD5").upper()
    make = _HASHES[algorithm.removesuffix("-SESS")]

    def h(text: str) -> str:
        return make(text.encode()).hexdigest()

    nonce, nc, cnonce = fields["nonce"], fields.get("nc", ""), fields.get("cnonce", "")
    qop = fields.get("qop", "").lower()
    secret = password if isinstance(password, str) else password()
    a1 = h(f"{fields['username']}:{fields.get('realm', '')}:{secret}")
    if algorithm.endswith("-SESS"):
        a1 = h(f"{a1}:{nonce}:{cnonce}")
    a2 = f"{method}:{fields['uri']}"
    if qop == "auth-int":
        a2 += ":" + make(body).hexdigest()
    middle = f"{nonce}:{nc}:{cnonce}:{qop}" if qop else nonce
    return h(f"{a1}:{middle}:{h(a2)}")


MAX_ROUNDS = 4
"""Challenges that one request answers, whatever is asked: a hostile server must not keep us."""


class _Asked:
    """One challenge and how often it was answered."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        self.count = 0
        # The same with each count, as one reading of the -sess forms wants it (RFC 7616 §3.4.2).
        self.cnonce = secrets.token_hex(8)


class Answerer:
    """Answers the challenges of one dialog or one request.

    Keeps the latest challenge of each realm for the requests that follow, with the count of its
    nonce (RFC 3261 §22.2, RFC 7616 §3.4), and refuses to answer the same realm twice in one
    request unless the second challenge says that only the nonce was stale (RFC 7616 §3.3).
    """

    def __init__(self, credentials: Sequence[Credentials]) -> None:
        self.credentials = tuple(credentials)
        self._asked: dict[tuple[int, str], _Asked] = {}

    def attach(self, request: Request) -> None:
        """Add credentials for what was asked before; the server may still ask anew."""
        for code, name in AUTHORIZATION.items():
            values = [
                self._value(asked, known, request)
                for (kind, realm), asked in self._asked.items()
                if kind == code and (known := self._known(realm)) is not None
            ]
            if values:
                request.headers.setlist(name, values)

    def answer(self, heard: Response, request: Request, tried: set[str]) -> bool:
        """Add credentials to `request` for a 401 or 407; False if there is nothing to add.

        Of several challenges for a realm, the topmost one that is supported is taken
        (RFC 8760 §2.4). `tried` remembers the realms that this request answered before.
        """
        if heard.code not in AUTHENTICATE:
            if self._asked:
                self._next_nonces(heard)
            return False
        if len(tried) >= MAX_ROUNDS:
            return False
        new: dict[str, _Asked] = {}
        for line in heard.headers.getlist(AUTHENTICATE[heard.code]):
            for value in _challenges(line):
                asked = digest_fields(value)
                realm = asked.get("realm", "")
                base = asked.get("algorithm", "MD5").upper().removesuffix("-SESS")
                # A server that calls every nonce stale would keep us for ever.
                mark = f"{heard.code} {realm}"
                mark += " stale" if asked.get("stale", "").lower() == "true" else ""
                if realm in new or base not in _HASHES or "nonce" not in asked:
                    continue
                if mark not in tried and self._known(realm) is not None:
                    tried.add(mark)
                    new[realm] = _Asked(asked)
        self._asked |= {(heard.code, realm): asked for realm, asked in new.items()}
        if new:
            self.attach(request)
        return bool(new)

    def _known(self, realm: str) -> Credentials | None:
        return next((c for c in self.credentials if c.realm in ("", realm)), None)

    def _next_nonces(self, heard: Response) -> None:
        """A server may name the nonce of the next request beforehand (RFC 7616 §3.5)."""
        for name, code in (("Authentication-Info", 401), ("Proxy-Authentication-Info", 407)):
            given = digest_fields(f"Digest {heard.headers.get(name) or ''}")
            of_code = [asked for (kind, _), asked in self._asked.items() if kind == code]
            if "nextnonce" in given and len(of_code) == 1:
                fresh = _Asked(of_code[0].fields | {"nonce": given["nextnonce"]})
                self._asked[code, fresh.fields.get("realm", "")] = fresh

    @staticmethod
    def _value(asked: _Asked, known: Credentials, request: Request) -> str:
        challenge, asked.count = asked.fields, asked.count + 1
        offered = [item.strip() for item in challenge.get("qop", "").lower().split(",")]
        qop = next((item for item in ("auth", "auth-int") if item in offered), "")
        fields = {
            "username": known.username,
            "realm": challenge.get("realm", ""),
            "nonce": challenge["nonce"],
            "uri": str(request.uri),
            "response": "",
        }
        fields |= {name: challenge[name] for name in ("algorithm", "opaque") if name in challenge}
        if qop:
            fields |= {"qop": qop, "nc": f"{asked.count:08x}"}
        if qop or challenge.get("algorithm", "").upper().endswith("-SESS"):
            fields["cnonce"] = asked.cnonce
        fields["response"] = response(fields, known.password, request.method, request.body)
        return "Digest " + ", ".join(
            f"{name}={text if name in _BARE else quoted(text)}" for name, text in fields.items()
        )


def _challenges(line: str) -> list[str]:
    """Several challenges may share one line, against RFC 3261 §7.3.1; cut before each `Digest`."""
    return [part.rstrip(", ") for part in re.split(r"(?i)(?:^|,)\s*(?=digest\s)", line) if part]
