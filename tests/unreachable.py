"""Hosts that cannot be reached, on real sockets of this machine, and a machine without names."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.resolver
import pytest
from cryptography import x509

from tests.api.listener import Answer, listening
from tests.sip import pki
from tests.sip.peers.lab import free_port

LIVE = """\
target: live
customer: Northwind
numbers: ["+442079460001"]
sip: {transport: udp, authentication: digest, username: northwind, password: "file:sip"}
synthflow:
  region: eu
  workspace_id: w-1
  api_key: "file:key"
  assistant: Front desk
  transfer: {number: "+442079460002", mode: cold}
genesys:
  region: eu-west-2
  client_id: c-1
  client_secret: "file:client"
  site: Main Site
  trunk_name: Synthflow AI
  termination_identifier: synthflow-northwind
  caller_address: "+442079460001"
  caller_name: Northwind
  inbound_flow: Reception
  transfer_queue: Support
  transfer_flow: Transfer
"""
LIVE_HOSTS = ("api.euw2.pure.cloud", "login.euw2.pure.cloud", "api.eu.synthflow.ai")

NAMELESS = """\
import socket

import dns.resolver

_known = socket.getaddrinfo


def _asked(host, *given, **more):
    if host in (None, "", "localhost") or str(host).replace(".", "").isdigit():
        return _known(host, *given, **more)
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _nobody():
    raise OSError("no name server")


socket.getaddrinfo = _asked
dns.resolver.Resolver = _nobody
"""
"""What makes a Python process know no name but this machine's own, and ask no name server."""


def live_file(folder: Path) -> Path:
    """A live customer's inputs, complete, with secrets in files."""
    text = LIVE
    for name in ("sip", "key", "client"):
        secret = folder / f"secret-{name}"
        secret.write_text(f"a-good-secret-of-{name}-Kq9xw2mN", encoding="utf-8")
        secret.chmod(0o600)
        text = text.replace(f"file:{name}", f"file:{secret}")
    file = folder / "northwind.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def nameless(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From here on no name resolves, neither here nor in processes that are started."""
    for module, name in ((socket, "getaddrinfo"), (dns.resolver, "Resolver")):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back at the end
    exec(NAMELESS, {})
    site = folder / "nameless"
    site.mkdir()
    (site / "sitecustomize.py").write_text(NAMELESS, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")


def _answering(answer: Answer) -> Callable[[Path], Iterator[str]]:
    def stands(folder: Path) -> Iterator[str]:
        with listening(lambda *_: answer) as there:
            yield there.origin

    return stands


def _refusing(folder: Path) -> Iterator[str]:
    yield f"http://127.0.0.1:{free_port()}"


def _silent(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as there:
        yield f"http://127.0.0.1:{there.getsockname()[1]}"


def _distrusted(folder: Path) -> Iterator[str]:
    leaf = pki.issue("127.0.0.1", [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    with listening(tls=pki.make(folder).server(leaf)) as there:
        yield there.origin.replace("http:", "https:")


_STANDS = {
    "refused": _refusing,
    "silent": _silent,
    "certificate": _distrusted,
    "portal": _answering((302, {"Location": "https://portal.example/"}, {})),
    "page": _answering((200, {"Content-Type": "text/html"}, "<html>")),
}
SAID = {
    "refused": "the port refuses connections",
    "silent": "no answer in time",
    "certificate": "the certificate is not trusted (self-signed certificate)",
    "portal": "it leads to portal.example, which is not the platform's",
    "page": "what answers is a web page, not the platform",
}
"""What stands in a host's place, and what is said of it."""


@contextmanager
def standing(kind: str, folder: Path) -> Iterator[str]:
    """The origin of a host that cannot be reached, one of `SAID`."""
    yield from _STANDS[kind](folder)
