"""TLS for the stand-ins: one authority of the testbed's own, and certificates that may be bad."""

from __future__ import annotations

import functools
import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme

from sfsip_nb.inputs import private


class Certificates:
    """A certificate authority that lives as long as the testbed; its key is never written."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="sfsip testbed")

    def write(self, path: Path) -> None:
        """Write the authority's certificate as PEM."""
        private.write(path, self._ca.cert_pem.bytes())

    def client(self) -> ssl.SSLContext:
        """A context that trusts this authority only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._ca.configure_trust(context)
        return context

    def server(
        self,
        *names: str,
        fault: Callable[[], str] = lambda: "",
        newest: ssl.TLSVersion | None = None,
    ) -> ssl.SSLContext:
        """A server context for `names`.

        `fault` is asked at each handshake: "expired", "name" (a certificate for another host),
        "version" (TLS 1.1 at most) or "". `newest` limits the protocol version. A certificate is
        made when it is first shown, because an RSA key takes longer than the rest of a testbed that
        nobody asks for TLS.
        """
        long_ago = datetime.now(UTC) - timedelta(days=2)
        issue: dict[str, Callable[[], trustme.LeafCert]] = {
            # All ciphers that Genesys Cloud lists want an RSA key.
            "": lambda: self._ca.issue_cert(*names, key_type=trustme.KeyType.RSA),
            "expired": lambda: self._ca.issue_cert(
                *names, not_before=long_ago, not_after=long_ago + timedelta(1)
            ),
            "name": lambda: self._ca.issue_cert("elsewhere.example"),
        }

        @functools.cache
        def showing(kind: str) -> ssl.SSLContext:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            issue.get(kind, issue[""])().configure_cert(made)
            return made

        def choose(socket: ssl.SSLObject, _name: str, _context: ssl.SSLContext) -> None:
            socket.context = showing(fault())

        first = _Asked(ssl.PROTOCOL_TLS_SERVER)
        first.newest, first.old = newest, lambda: fault() == "version"
        first.sni_callback = choose
        return first


class _Asked(ssl.SSLContext):
    """A server context that is asked at each connection for the newest version that it speaks."""

    newest: ssl.TLSVersion | None
    old: Callable[[], bool]

    def wrap_bio(self, *given: Any, **named: Any) -> ssl.SSLObject:
        """The beginning of a handshake. The version is settled before a certificate is chosen."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of versions before 1.2
            lowest = ssl.TLSVersion.TLSv1 if self.old() else ssl.TLSVersion.MINIMUM_SUPPORTED
            newest = self.newest or ssl.TLSVersion.MAXIMUM_SUPPORTED
            self.minimum_version = lowest
            self.maximum_version = ssl.TLSVersion.TLSv1_1 if self.old() else newest
        return super().wrap_bio(*given, **named)
