"""TLS for the stand-ins: one authority of the testbed's own, and certificates that may be bad."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

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

        `fault` is asked at each handshake: "expired", "name" (a certificate for another host) or
        "". `newest` limits the protocol version. A certificate is made when it is first shown,
        because an RSA key takes longer than the rest of a testbed that nobody asks for TLS.
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

        def context() -> ssl.SSLContext:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            if newest:
                made.maximum_version = newest
            return made

        @functools.cache
        def showing(kind: str) -> ssl.SSLContext:
            made = context()
            issue[kind]().configure_cert(made)
            return made

        def choose(socket: ssl.SSLObject, _name: str, _context: ssl.SSLContext) -> None:
            socket.context = showing(fault())

        first = context()
        first.sni_callback = choose
        return first
