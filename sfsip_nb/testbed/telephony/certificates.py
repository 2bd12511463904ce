"""TLS for the stand-ins: one authority of the testbed's own, and certificates that may be bad."""

from __future__ import annotations

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
        "". `newest` limits the protocol version.
        """
        long_ago = datetime.now(UTC) - timedelta(days=2)
        # All ciphers that Genesys Cloud lists want an RSA key.
        good = self._context(self._ca.issue_cert(*names, key_type=trustme.KeyType.RSA), newest)
        bad = {
            "expired": self._context(
                self._ca.issue_cert(*names, not_before=long_ago, not_after=long_ago + timedelta(1)),
                newest,
            ),
            "name": self._context(self._ca.issue_cert("elsewhere.example"), newest),
        }

        def choose(socket: ssl.SSLObject, _name: str, _context: ssl.SSLContext) -> None:
            socket.context = bad.get(fault(), good)

        good.sni_callback = choose
        return good

    def _context(self, leaf: trustme.LeafCert, newest: ssl.TLSVersion | None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        if newest:
            context.maximum_version = newest
        return context
