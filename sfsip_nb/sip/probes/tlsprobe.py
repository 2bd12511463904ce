"""What a TLS server shows: chain, expiry, name by RFC 5922, protocol and cipher."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from ..fields import uri_parts


@dataclass(frozen=True)
class CertificateFacts:
    """One certificate of the chain as sent."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]

    @property
    def days_left(self) -> int:
        """Whole days until it expires, negative when it has."""
        return (self.not_after - datetime.now(UTC)).days


@dataclass(frozen=True)
class TlsFacts:
    """What the handshake showed. `trust` is empty when the chain leads to a trusted root.

    `trust_code` is OpenSSL's: 9 not yet valid, 10 expired, 18 and 19 self-signed, 20 issuer
    unknown, which also is what a missing intermediate looks like. `name` is the identity that
    matched, empty if none does.
    """

    protocol: str
    cipher: str
    chain: tuple[CertificateFacts, ...]
    trust: str
    trust_code: int
    name: str
    name_note: str


async def inspect(
    ip: str, port: int, name: str, *, ca_file: str | None = None, timeout: float = 5.0
) -> TlsFacts:
    """Shake hands twice: once to see everything, once to verify. Raises OSError, TimeoutError."""
    seeing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    seeing.check_hostname = False
    seeing.verify_mode = ssl.CERT_NONE
    async with asyncio.timeout(timeout):
        shown = await _handshake(ip, port, name, seeing)
        verifying = ssl.create_default_context(cafile=ca_file)
        # Names are matched below: OpenSSL takes wildcards and CN, RFC 5922 does not.
        verifying.check_hostname = False
        trust, code = "", 0
        try:
            await _handshake(ip, port, name, verifying)
        except ssl.SSLCertVerificationError as error:
            trust, code = error.verify_message, error.verify_code
    chain = [x509.load_der_x509_certificate(der) for der in shown[2]]
    matched, note = match_name(chain[0], name) if chain else ("", "no certificate was sent")
    facts = tuple(_facts(certificate) for certificate in chain)
    return TlsFacts(shown[0], shown[1], facts, trust, code, matched, note)


async def _handshake(
    ip: str, port: int, name: str, context: ssl.SSLContext
) -> tuple[str, str, list[bytes]]:
    _, writer = await asyncio.open_connection(ip, port, ssl=context, server_hostname=name)
    try:
        connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
        cipher = connection.cipher()
        return connection.version() or "", cipher[0] if cipher else "", _chain(connection)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _chain(connection: ssl.SSLObject) -> list[bytes]:
    """The chain as sent: public from Python 3.13 on, before that one level down."""
    public = getattr(connection, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    inner: Any = connection._sslobj  # type: ignore[attr-defined]
    der = 2  # _ssl.ENCODING_DER
    return [certificate.public_bytes(der) for certificate in inner.get_unverified_chain() or []]


def match_name(certificate: x509.Certificate, name: str) -> tuple[str, str]:
    """The identity that matches a SIP domain, and a note (RFC 5922 §7.1, §7.2).

    `sip:` URIs come first, DNS names count only where there are none, a wildcard never does.
    """
    uris, dns = _identities(certificate)
    domains = [uri_parts(uri).host for uri in uris if not uri_parts(uri).user]
    wanted = name.lower().rstrip(".")
    for identity in domains or dns:
        if identity.lower().rstrip(".") == wanted:
            return identity, ""
    if any(identity.startswith("*.") for identity in dns):
        return "", "a wildcard name does not count for SIP (RFC 5922 §7.2)"
    if not domains and not dns:
        return "", "the certificate has no subjectAltName; a common name alone does not count"
    return "", f"the certificate is for {', '.join(domains or dns)}"


def _identities(certificate: x509.Certificate) -> tuple[list[str], list[str]]:
    try:
        extension = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        )
    except (x509.ExtensionNotFound, ValueError):
        return [], []
    value = extension.value
    assert isinstance(value, x509.SubjectAlternativeName)
    uris = value.get_values_for_type(x509.UniformResourceIdentifier)
    sip = [uri for uri in uris if uri_parts(uri).scheme == "sip"]
    return sip, value.get_values_for_type(x509.DNSName)


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    uris, dns = _identities(certificate)
    return CertificateFacts(
        subject=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=(*uris, *dns),
    )


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
