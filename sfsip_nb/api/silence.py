"""Why no answer came of a host, in a code and in words, and what to try."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

from sfsip_nb.api.errors import Problem, plain

LASTING = frozenset({"unresolved", "refused", "certificate", "proxy"})
"""The codes of what no waiting mends."""

ADVICE = {
    "unresolved": "Check the region and the account in the inputs, DNS, and the VPN.",
    "dns": "Check this machine's network, its DNS, and the VPN.",
    "refused": "Check the VPN, and whether a firewall or a proxy keeps this machine from it.",
    "certificate": "Check this machine's clock, and whether a proxy or a guest network opens TLS:"
    " its authority has to be in SSL_CERT_FILE.",
    "proxy": "Check HTTPS_PROXY and NO_PROXY, and what the proxy lets through.",
    "unreachable": "Check the network and the VPN, and whether a firewall keeps this machine from"
    " it.",
    "timeout": "Check the network and the VPN, and whether a firewall or a proxy holds it up.",
    "foreign": "Sign in to the guest network or the VPN in a browser, or have the proxy let it"
    " through.",
}
"""What to try, by code."""

# OpenSSL's X509_V_ERR numbers (openssl/x509_vfy.h), as `verify_code` has them.
_EXPIRED, _NOT_YET, _NAME = 10, 9, (62, 64)


def silence(error: Exception) -> Problem:
    """Why no answer came. An error's own text may hold the URL with its query: not that."""
    code, why = _told(error)
    return Problem(code, why, advice=ADVICE.get(code, ""))


def _told(error: Exception) -> tuple[str, str]:
    for cause in _causes(error):
        match cause:
            case socket.gaierror(errno=socket.EAI_AGAIN):
                return "dns", "DNS does not answer for the name"
            case socket.gaierror():
                return "unresolved", "the name does not resolve"
            case ConnectionRefusedError():
                return "refused", "the port refuses connections"
            case ssl.SSLCertVerificationError():
                return "certificate", f"the certificate {_fault(cause)}"
            case ssl.SSLError():
                return "certificate", "the port does not speak TLS as it should"
    match error:
        case httpx.ProxyError():
            return "proxy", f"the proxy refuses ({plain(error, 80)})"
        case httpx.ConnectTimeout():
            return "unreachable", "no connection in time"
        case httpx.TimeoutException():
            return "timeout", "no answer in time"
        case httpx.ConnectError():
            return "unreachable", "no connection"
        case httpx.HTTPError():
            return "broken", f"the connection broke ({type(error).__name__})"
    return "unreachable", f"no connection ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _fault(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code == _EXPIRED:
        return "has expired"
    if error.verify_code == _NOT_YET:
        return "is not valid yet"
    if error.verify_code in _NAME:
        return "is for another name"
    return f"is not trusted ({plain(error.verify_message, 80)})"
