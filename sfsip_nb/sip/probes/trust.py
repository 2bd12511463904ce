"""A SIP server's certificate (RFC 5922), and whether a given TLS client gets through to it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from ..dns import DEFAULT_PORTS, ResolveError, Resolver
from ..evidence.finding import Verdict, worst
from ..locating import DnsResolver, candidates_within
from ..shown import plain
from . import clients, tlsprobe
from .clients import TlsClient
from .handshake import Handshake, NoHandshake
from .identity import CertificateFacts
from .reach import TLS_WORDS, ProbeResult
from .tlsprobe import TlsFacts

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
    until = asyncio.get_running_loop().time() + timeout
    where, name = f"{host}:{port or DEFAULT_PORTS['tls']}", name or host
    seen: dict[str, Any] = {"host": host, "port": port, "name": name}
    try:
        hops = await candidates_within(resolver or DnsResolver(), host, port, "tls", timeout)
        seen["addresses"] = [str(hop) for hop in hops]
        hop = await tlsprobe.connectable(hops, until)
        seen["port"], seen["address"] = port or hop.port, str(hop)
        where = f"{host}:{seen['port']}"
        found = await tlsprobe.inspect(hop.ip, hop.port, name, ca_file=ca_file, until=until)
    except OSError as error:
        return ProbeResult("tls", *_unreached(where, error, timeout), seen)
    seen |= _seen(found)
    verdict, sentence = _judged(where, name, found, known)
    if require is not None and found.shown.speaks_tls:
        try:
            seen["versions"] = await clients.versions(hop.ip, hop.port, name, until)
            seen["ciphers"] = await clients.ciphers(hop.ip, hop.port, name, require, until)
        except OSError:
            words = f"{sentence} Whether {require.name} can connect was not determined in time."
            return ProbeResult("tls", worst([verdict, "inconclusive"]), words, seen)
        key = found.chain[0].key if found.chain else ""
        tried = seen["versions"], seen["ciphers"]
        if refusal := clients.refusal(require, where, key, *tried):
            words = f"{refusal} {sentence}" if verdict == "fail" else refusal
            return ProbeResult("tls", "fail", words, seen)
        sentence = f"{sentence} {clients.suits(require, seen['ciphers'])}".strip()
    return ProbeResult("tls", verdict, sentence, seen)


def _unreached(where: str, error: OSError, timeout: float) -> tuple[Verdict, str]:
    """What stood in the way of a handshake."""
    if isinstance(error, ResolveError):
        return "inconclusive" if error.unheard else "fail", str(error)
    if isinstance(error, NoHandshake):
        return "inconclusive", (
            f"{where} took the connection and did not answer the TLS greeting for "
            f"{timeout:g} s. The port may not speak TLS, or a firewall drops what follows: "
            "check the port, then try from a machine that the peer allows."
        )
    if isinstance(error, TimeoutError):
        return "inconclusive", (
            f"{where}: no TCP connection within {timeout:g} s. A firewall drops it, or the "
            "address or port is wrong: try from a machine that the peer allows."
        )
    if isinstance(error, ConnectionRefusedError):
        return "fail", (
            f"{where}: the port is closed. Correct the port; if it is right, the service is down."
        )
    return "inconclusive", f"{where} cannot be reached from here: {plain(str(error))}."


def _judged(
    where: str, name: str, found: TlsFacts, known: Sequence[PinnedCertificate]
) -> tuple[Verdict, str]:
    """Verdict and sentence on the certificate and the handshake."""
    if not found.chain:
        return "fail", f"{where}: {_unshaken(found.shown)}"
    if found.shown.protocol in _OLD:
        sentence = f"{where} speaks {found.shown.protocol} only, which peers refuse today."
        return "fail", f"{sentence} It has to offer TLS 1.2."
    if found.trust_code == tlsprobe.UNVERIFIED:
        return "inconclusive", (
            f"{where}: the chain could not be verified, because this machine's usual TLS "
            f"settings and the server have nothing in common ({found.shown.protocol}, "
            f"{found.shown.cipher}): {_reason(found.trust)}. Enable a modern cipher there."
        )
    if found.trust_code:
        return "fail", f"{where}: {_distrust(found)}."
    leaf = found.chain[0]
    if not found.match.identity:
        return "fail", _misnamed(where, name, found, known)
    if _demands(found.shown):
        return "fail", f"{where}: {_DEMANDS}"
    if found.match.by == "CN":
        return "inconclusive", (
            f"{where}: the certificate names {leaf.subject} as common name only. A client "
            "may accept that (RFC 5922 §7.1), but most do not: have it issued with a"
            " subjectAltName."
        )
    sentence = (
        f"{where}: {found.shown.protocol}, trusted chain for {found.match.identity}, "
        f"valid until {leaf.not_after:%Y-%m-%d}."
    )
    return "pass", f"{sentence} {_soon(found.chain)}".strip()


def _misnamed(where: str, name: str, found: TlsFacts, known: Sequence[PinnedCertificate]) -> str:
    names = [found.chain[0].subject, *found.chain[0].names]
    for pinned in known:
        if name.lower().endswith(f".{pinned.hosts}") and pinned.shows in names:
            return (
                f"The certificate of {where} is for {pinned.shows}, not for {name}. "
                f"{pinned.text} ({pinned.source})"
            )
    return (
        f"The certificate of {where} does not fit {name}: {plain(found.match.note)}. "
        "Use the name that the certificate is for, or have it issued for this one."
    )


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
    return bool(shown.failure) and (shown.asked or "CERTIFICATE_REQUIRED" in shown.reason)


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
    if "CERTIFICATE_REQUIRED" in shown.reason:
        return _DEMANDS
    return f"TLS failed: {_reason(shown.reason)}. Compare versions and ciphers on both sides."


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
