"""What a TLS server shows: chain, trust, name, protocol, cipher, and what it takes of a client."""

import asyncio
import ssl
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography import x509

from ..dns import NextHop
from .handshake import Handshake, shake
from .identity import CertificateFacts, Match, facts, match_name

VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
Taken = Literal["taken", "refused", "not tried here"]
UNVERIFIED = -1
_AT_ONCE = 3
"""Handshakes at the same time: a border controller takes more of them for an attack."""


@dataclass(frozen=True)
class TlsClient:
    """What another party's TLS client is known to offer, each empty if anything goes.

    Versions, ciphers by OpenSSL's names, the one elliptic curve; `leaving` are those of the
    ciphers that it has announced to drop.
    """

    name: str
    versions: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    curve: str = ""
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True)
class TlsFacts:
    """What the handshakes showed.

    `trust_code` is OpenSSL's: 0 trusted, 9 not yet valid, 10 expired, 18 and 19 self-signed, 20
    issuer unknown, which also is what a missing intermediate looks like; `trust` its words.
    UNVERIFIED: a client with this machine's usual settings did not come as far as the chain.
    """

    shown: Handshake
    chain: tuple[CertificateFacts, ...]
    trust: str
    trust_code: int
    match: Match


async def connectable(hops: Sequence[NextHop], until: float) -> NextHop:
    """The first hop that takes a TCP connection, each given its share of the time.

    Raises the last OSError or TimeoutError where none does.
    """
    now = asyncio.get_running_loop().time
    last: OSError = TimeoutError("no connection in time")
    for index, hop in enumerate(hops):
        share = (until - now()) / (len(hops) - index)
        try:
            async with asyncio.timeout(max(share, 0.0)):
                _, writer = await asyncio.open_connection(hop.ip, hop.port)
        except OSError as error:
            last = error
            continue
        writer.transport.abort()
        return hop
    raise last


async def inspect(
    ip: str, port: int, name: str, *, ca_file: str | None = None, until: float
) -> TlsFacts:
    """Shake hands twice: once to see everything, once to verify. Raises OSError, TimeoutError."""
    shown = await shake(ip, port, name, _lenient(), until)
    trust, code = "", 0
    if shown.chain:
        verifying = ssl.create_default_context()
        if ca_file:
            verifying.load_verify_locations(ca_file)
        # Names are matched below: OpenSSL takes wildcards and CN, RFC 5922 does not.
        verifying.check_hostname = False
        verified = await shake(ip, port, name, verifying, until)
        if isinstance(verified.failure, ssl.SSLCertVerificationError):
            trust, code = verified.failure.verify_message, verified.failure.verify_code
        elif verified.failure is not None and not verified.asked:
            # Whoever asks for a client certificate has had his own looked at by then.
            trust, code = verified.failure.reason or "closed", UNVERIFIED
    certificates = [x509.load_der_x509_certificate(der) for der in shown.chain]
    match = match_name(certificates[0], name) if certificates else Match(note="none was sent")
    return TlsFacts(shown, tuple(facts(one) for one in certificates), trust, code, match)


async def versions(ip: str, port: int, name: str, until: float) -> dict[str, Taken]:
    """Which versions of TLS the server takes. Raises OSError, TimeoutError."""
    trials = {version: _only(version) for version in VERSIONS}
    return await _try_all(ip, port, name, trials, until)


async def ciphers(
    ip: str, port: int, name: str, client: TlsClient, until: float
) -> dict[str, Taken]:
    """Which ciphers of a client the server takes, one offered at a time."""
    trials = {cipher: as_client(client, (cipher,)) for cipher in client.ciphers}
    return await _try_all(ip, port, name, trials, until)


def as_client(client: TlsClient, ciphers: Sequence[str] | None = None) -> ssl.SSLContext | None:
    """A context that offers what a client offers; None where this machine cannot."""
    context = _lenient()
    try:
        with warnings.catch_warnings():
            # Old versions are tried to tell that they are taken, not to be used.
            warnings.simplefilter("ignore", DeprecationWarning)
            if client.versions:
                context.minimum_version = _version(client.versions[0])
                context.maximum_version = _version(client.versions[-1])
        if offered := client.ciphers if ciphers is None else ciphers:
            context.set_ciphers(":".join(offered) + ":@SECLEVEL=0")
        if client.curve:
            context.set_ecdh_curve(client.curve)
    except (ssl.SSLError, ValueError):
        return None
    return context


async def _try_all(
    ip: str, port: int, name: str, trials: dict[str, ssl.SSLContext | None], until: float
) -> dict[str, Taken]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(context: ssl.SSLContext | None) -> Taken:
        if context is None:
            return "not tried here"
        async with gate:
            tried = await shake(ip, port, name, context, until)
        if tried.failure is not None and tried.failure.reason in _OWN_LIMITS:
            return "not tried here"
        # A client certificate is refused after version and cipher were agreed.
        return "taken" if tried.ok or tried.chain else "refused"

    taken = await asyncio.gather(*(one(context) for context in trials.values()))
    return dict(zip(trials, taken, strict=True))


_OWN_LIMITS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")
"""OpenSSL's reasons for not even sending a greeting: this machine's policy forbids the trial."""


def _only(version: str) -> ssl.SSLContext | None:
    return as_client(TlsClient(version, versions=(version,)))


def _lenient() -> ssl.SSLContext:
    """Takes everything, so that everything can be looked at. Carries no SIP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def _version(name: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[name.replace(".", "_")]
