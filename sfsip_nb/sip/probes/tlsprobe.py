"""What a TLS server shows: chain, trust, name, protocol and cipher."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from ..dns import NextHop
from .handshake import Handshake, shake
from .identity import CertificateFacts, Match, facts, match_name

UNVERIFIED = -1


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
    shown = await shake(ip, port, name, lenient(), until)
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
            trust, code = verified.reason or "closed", UNVERIFIED
    certificates = [x509.load_der_x509_certificate(der) for der in shown.chain]
    match = match_name(certificates[0], name) if certificates else Match(note="none was sent")
    return TlsFacts(shown, tuple(facts(one) for one in certificates), trust, code, match)


def lenient() -> ssl.SSLContext:
    """Takes everything, so that everything can be looked at. Carries no SIP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context
