"""Whom a certificate is for, by the rules of SIP (RFC 5922), and what else it says."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from ..fields import uri_parts


@dataclass(frozen=True)
class CertificateFacts:
    """One certificate of the chain as sent. `key` is the kind of its public key, as "RSA 2048"."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]
    key: str

    @property
    def days_left(self) -> int:
        """Whole days until it expires, negative when it has."""
        return (self.not_after - datetime.now(UTC)).days


@dataclass(frozen=True)
class Match:
    """The identity that fits a SIP domain and where it stands, or a note why none does.

    `by` CN: only the common name fits. RFC 5922 §7.1 lets a client take that for backward
    compatibility; whether a given peer does is open.
    """

    identity: str = ""
    by: Literal["URI", "DNS", "CN", ""] = ""
    note: str = ""


def match_name(certificate: x509.Certificate, name: str) -> Match:
    """Compare a SIP domain with a certificate's identities (RFC 5922 §7.1, §7.2).

    `sip:` URIs without a user come first, DNS names count only where there are none, the common
    name only where there is no subjectAltName at all, a wildcard never does.
    """
    wanted = name.lower().rstrip(".")
    names = _alternative_names(certificate)
    if names is None:
        common = common_name(certificate.subject)
        if common.lower().rstrip(".") == wanted:
            return Match(common, "CN", "no subjectAltName, only the common name fits")
        return Match(note=f"there is no subjectAltName, and the common name is {common}")
    uris, dns = names
    domains = [uri_parts(uri).host for uri in uris if not uri_parts(uri).user]
    for identity in domains or dns:
        if identity.lower().rstrip(".") == wanted:
            return Match(identity, "URI" if domains else "DNS")
    listed = ", ".join(domains or dns)
    if any(_covers(identity, wanted) for identity in domains or dns):
        return Match(note=f"{listed} is a wildcard, which is not valid for SIP (RFC 5922 §7.2)")
    return Match(note=f"it is for {listed}" if listed else "its subjectAltName names no host")


def facts(certificate: x509.Certificate) -> CertificateFacts:
    """What a table of the chain shows of one certificate."""
    uris, dns = _alternative_names(certificate) or ([], [])
    return CertificateFacts(
        subject=common_name(certificate.subject),
        issuer=common_name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        names=(*uris, *dns),
        key=_key(certificate),
    )


def common_name(name: x509.Name) -> str:
    """The common name, or the whole name where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _alternative_names(certificate: x509.Certificate) -> tuple[list[str], list[str]] | None:
    """`sip:` URIs and DNS names; None where the certificate has no subjectAltName."""
    try:
        extension = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        )
    except x509.ExtensionNotFound:
        return None
    except ValueError:
        # Unreadable: there is one, so the common name does not count.
        return [], []
    value = extension.value
    assert isinstance(value, x509.SubjectAlternativeName)
    uris = value.get_values_for_type(x509.UniformResourceIdentifier)
    sip = [uri for uri in uris if uri_parts(uri).scheme == "sip"]
    return sip, value.get_values_for_type(x509.DNSName)


def _covers(identity: str, name: str) -> bool:
    return identity.startswith("*.") and identity[2:].lower() == name.partition(".")[2]


def _key(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except ValueError:
        return "unreadable"
    kind = type(key).__name__.removesuffix("PublicKey")
    size = getattr(key, "key_size", None)
    return f"{kind} {size}" if size else kind
