"""A SIP server's certificate (RFC 5922), and whether a given TLS client gets through to it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from ..dns import DEFAULT_PORTS, ResolveError, Resolver
from ..evidence.finding import Verdict
from ..locating import DnsResolver, candidates_within
from ..shown import plain
from . import tlsprobe
from .handshake import Handshake, NoHandshake
from .identity import CertificateFacts
from .reach import TLS_WORDS, ProbeResult
from .tlsprobe import TlsClient, TlsFacts

EXPIRES_SOON_DAYS = 30
_OLD = ("TLSv1", "TLSv1.1")
_DEMANDS = (
    "it demands a client certificate (mutual TLS). Provide one, or have that turned off; Genesys "
    "Cloud has no client certificate to present."
)
_ALERTS = {
    "TLSV1_ALERT_PROTOCOL_VERSION": "it accepts none of the offered TLS versions",
    "UNSUPPORTED_PROTOCOL": "it offers only TLS versions that this machine refuses",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it accepts none of the offered ciphers",
    "TLSV1_UNRECOGNIZED_NAME": "it does not know the name that it was asked for (SNI)",
    "TLSV1_ALERT_INTERNAL_ERROR": "it failed by itself (internal error)",
    "NO_CIPHERS_AVAILABLE": "this machine's policy allows none of the ciphers",
}
"""OpenSSL's reasons in words."""


class PinnedCertificate(Protocol):
    """Hosts below `hosts` are known to show a certificate for `shows`; `text` says what to do."""

    @property
    def hosts(self) -> str: ...
    @property
    def shows(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def source(self) -> str: ...


async def tls(
    host: str,
    port: int | None = None,
    *,
    name: str = "",
    ca_file: str | None = None,
    resolver: Resolver | None = None,
    timeout: float = 5.0,
    require: TlsClient | None = None,
    known: Sequence[PinnedCertificate] = (),
) -> ProbeResult:
    """Certificate chain, expiry, name, protocol and cipher of a SIP server over TLS.

    `port` None: by SRV, else 5061. `name` is what the certificate has to be for, the host unless
    given (RFC 5922 §4). `require`: also whether that client gets through, and which versions and
    ciphers of it are taken. `known` are certificates whose misfit is explained elsewhere.
    `timeout` bounds all of it, in seconds.
    """
    look = _Look(host, port, name or host, timeout, known)
    try:
        return await look.through(resolver or DnsResolver(), ca_file, require)
    except ResolveError as error:
        return look.result("inconclusive" if error.unheard else "fail", str(error))
    except NoHandshake:
        return look.result(
            "inconclusive",
            f"{look.where} took the connection and did not answer the TLS greeting for "
            f"{timeout:g} s. The port may not speak TLS, or a firewall drops what follows: "
            "check the port, then try from a machine that the peer allows.",
        )
    except TimeoutError:
        return look.result(
            "inconclusive",
            f"{look.where}: no TCP connection within {timeout:g} s. A firewall drops it, or the "
            "address or port is wrong: try from a machine that the peer allows.",
        )
    except ConnectionRefusedError:
        return look.result(
            "fail",
            f"{look.where}: the port is closed. Correct the port; if it is right, the service is "
            "down.",
        )
    except OSError as error:
        return look.result(
            "inconclusive", f"{look.where} cannot be reached from here: {plain(str(error))}."
        )


class _Look:
    """One look at a server, and what it has shown so far."""

    def __init__(
        self,
        host: str,
        port: int | None,
        name: str,
        timeout: float,
        known: Sequence[PinnedCertificate],
    ) -> None:
        self.host, self.port, self.name, self.known = host, port, name, known
        self.where = f"{host}:{port or DEFAULT_PORTS['tls']}"
        self.timeout, self.until = timeout, asyncio.get_running_loop().time() + timeout
        self.seen: dict[str, Any] = {"host": host, "port": port, "name": name}

    def result(self, verdict: Verdict, sentence: str) -> ProbeResult:
        return ProbeResult("tls", verdict, sentence, self.seen)

    async def through(
        self, resolver: Resolver, ca_file: str | None, require: TlsClient | None
    ) -> ProbeResult:
        hops = await candidates_within(resolver, self.host, self.port, "tls", self.timeout)
        self.seen["addresses"] = [str(hop) for hop in hops]
        hop = await tlsprobe.connectable(hops, self.until)
        self.port = self.seen["port"] = self.port or hop.port
        self.where = f"{self.host}:{self.port}"
        self.seen["address"] = str(hop)
        args = (hop.ip, hop.port, self.name)
        found = await tlsprobe.inspect(*args, ca_file=ca_file, until=self.until)
        self.seen |= _seen(found)
        verdict, sentence = self._judged(found)
        if require is None or not found.shown.speaks_tls:
            return self.result(verdict, sentence)
        try:
            self.seen["versions"] = await tlsprobe.versions(*args, self.until)
            self.seen["ciphers"] = await tlsprobe.ciphers(*args, require, self.until)
        except OSError:
            words = f"Whether {require.name} can connect was not determined in time."
            return self.result(
                "inconclusive" if verdict == "pass" else verdict, f"{sentence} {words}"
            )
        refusal = self._refusal(require, found)
        if refusal:
            return self.result("fail", f"{refusal} {sentence}" if verdict == "fail" else refusal)
        return self.result(verdict, f"{sentence} {self._suits(require)}".strip())

    def _judged(self, found: TlsFacts) -> tuple[Verdict, str]:
        """Verdict and sentence on the certificate and the handshake."""
        if not found.chain:
            return "fail", f"{self.where}: {_unshaken(found.shown)}"
        if found.shown.protocol in _OLD:
            sentence = f"{self.where} speaks {found.shown.protocol} only, which peers refuse today."
            return "fail", f"{sentence} It has to offer TLS 1.2."
        if found.trust_code == tlsprobe.UNVERIFIED:
            return "inconclusive", (
                f"{self.where}: the chain could not be verified, because this machine's usual TLS "
                f"settings and the server have nothing in common ({found.shown.protocol}, "
                f"{found.shown.cipher}): {_reason(found.trust)}. Enable a modern cipher there."
            )
        if found.trust_code:
            return "fail", f"{self.where}: {_distrust(found)}."
        if not found.match.identity:
            return "fail", self._misnamed(found)
        if _demands(found.shown):
            return "fail", f"{self.where}: {_DEMANDS}"
        leaf = found.chain[0]
        if found.match.by == "CN":
            return "inconclusive", (
                f"{self.where}: the certificate names {leaf.subject} as common name only. A client "
                "may accept that (RFC 5922 §7.1), but most do not: have it issued with a"
                " subjectAltName."
            )
        sentence = (
            f"{self.where}: {found.shown.protocol}, trusted chain for {found.match.identity}, "
            f"valid until {leaf.not_after:%Y-%m-%d}."
        )
        soon = _soon(found.chain)
        return "pass", f"{sentence} {soon}".strip()

    def _misnamed(self, found: TlsFacts) -> str:
        names = [found.chain[0].subject, *found.chain[0].names]
        for known in self.known:
            if self.name.lower().endswith(f".{known.hosts}") and known.shows in names:
                return (
                    f"The certificate of {self.where} is for {known.shows}, not for {self.name}. "
                    f"{known.text} ({known.source})"
                )
        return (
            f"The certificate of {self.where} does not fit {self.name}: {plain(found.match.note)}. "
            "Use the name that the certificate is for, or have it issued for this one."
        )

    def _refusal(self, client: TlsClient, found: TlsFacts) -> str:
        """Why the client does not get through; empty if it does, or if that cannot be told."""
        spoken, wanted = _taken(self.seen["versions"]), " or ".join(client.versions)
        if spoken and not set(spoken) & set(client.versions):
            return (
                f"{self.where} takes {', '.join(spoken)}, and {client.name} speaks {wanted} only: "
                f"switch {wanted} on there."
            )
        tried = self.seen["ciphers"]
        if tried and set(tried.values()) == {"refused"}:
            key = found.chain[0].key if found.chain else ""
            curve = f", with the curve {client.curve} alone" if client.curve else ""
            why = (
                f"Its key is {key}, and all of these want an RSA certificate."
                if key and not key.startswith("RSA")
                else "Enable one of them there."
            )
            return (
                f"{self.where} takes none of the ciphers that {client.name} lists{curve}: "
                f"{', '.join(tried)}. {why}"
            )
        return ""

    def _suits(self, client: TlsClient) -> str:
        """What the client gets through with; empty where this machine could not try."""
        taken = _taken(self.seen["ciphers"])
        if not taken:
            return ""
        words = f"{client.name} gets through with {len(taken)} of the {len(client.ciphers)} ciphers"
        if set(taken) <= set(client.leaving):
            return (
                f"{words} that it lists, but has announced that it will drop exactly these"
                f" ({', '.join(taken)}):"
                " enable another one there."
            )
        return f"{words} that it lists ({taken[0]})."


def _taken(tried: dict[str, str]) -> list[str]:
    return [name for name, word in tried.items() if word == "taken"]


def _seen(found: TlsFacts) -> dict[str, Any]:
    shown = found.shown
    return {
        "protocol": shown.protocol,
        "cipher": shown.cipher,
        "trust": found.trust or ("ok" if found.chain else ""),
        "matched": found.match.identity,
        "matched_by": found.match.by,
        "client_certificate": "demanded" if _demands(shown) else "asked for" if shown.asked else "",
        "advice": _soon(found.chain),
        "chain": [
            {
                "subject": plain(item.subject),
                "issuer": plain(item.issuer),
                "not_before": item.not_before.isoformat(),
                "not_after": item.not_after.isoformat(),
                "days_left": item.days_left,
                "names": [plain(text) for text in item.names[:20]],
                "key": item.key,
            }
            for item in found.chain[:10]
        ],
    }


def _demands(shown: Handshake) -> bool:
    """Whether the server broke off for want of a client certificate."""
    reason = shown.failure.reason or "" if shown.failure else ""
    return bool(shown.failure) and (shown.asked or "CERTIFICATE_REQUIRED" in reason)


def _unshaken(shown: Handshake) -> str:
    """Why a handshake failed before a certificate was shown, and what to do."""
    if shown.first and not shown.speaks_tls:
        said = plain(shown.first.decode("utf-8", "replace").splitlines()[0])[:40]
        return (
            f"this port does not speak TLS; it said “{said}”. Use the peer's TLS port "
            "(5061 unless it names another), or plain TCP on this one."
        )
    if not shown.first:
        return (
            "this port does not speak TLS: it hung up at the TLS greeting (unexpected "
            "eof). Use the peer's TLS port (5061 unless it names another); a peer that lets only "
            "listed addresses in may hang up the same way."
        )
    reason = (shown.failure.reason or "") if shown.failure else ""
    if "CERTIFICATE_REQUIRED" in reason:
        return _DEMANDS
    return f"TLS failed: {_reason(reason)}. Compare versions and ciphers on both sides."


def _reason(reason: str) -> str:
    return _ALERTS.get(reason, plain(reason.replace("_", " ").lower()) or "it hung up")


def _distrust(found: TlsFacts) -> str:
    """Why a chain is not trusted, with the dates and names that matter."""
    leaf = found.chain[0]
    words = TLS_WORDS.get(found.trust_code, f"its chain fails ({plain(found.trust)})")
    if found.trust_code == 10:
        expired = next((one for one in found.chain if one.days_left < 0), leaf)
        return f"{words} (“{plain(expired.subject)}” expired on {expired.not_after:%Y-%m-%d})"
    if found.trust_code == 9:
        return f"{words} (“{plain(leaf.subject)}” begins on {leaf.not_before:%Y-%m-%d})"
    if found.trust_code in (20, 21) and len(found.chain) == 1:
        return (
            f"it sends its own certificate alone, and “{plain(leaf.issuer)}”, which issued it, is "
            "not known here. The server has to send the intermediate certificate too; if that CA "
            "is private, trust it on both sides"
        )
    return words


def _soon(chain: tuple[CertificateFacts, ...]) -> str:
    """What expires within thirty days."""
    left = min(((one.days_left, one.subject) for one in chain), default=(EXPIRES_SOON_DAYS, ""))
    if not 0 <= left[0] < EXPIRES_SOON_DAYS:
        return ""
    return f"“{plain(left[1])}” expires in {left[0]} days: have it renewed now."
