"""Each host is reached before anything is asked of it: on real sockets, whatever stands there."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from sfsip_nb.api import transport
from sfsip_nb.api.reach import Reached, reach
from sfsip_nb.api.silence import ADVICE, LASTING
from tests.api.listener import Answer, Listener, listening
from tests.sip import pki
from tests.sip.peers.lab import free_port

LIVE = "https://api.us.synthflow.ai/v2"
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
SOON = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

Listening = Callable[..., Listener]


@pytest.fixture
def listens() -> Iterator[Listening]:
    with ExitStack() as stack:
        yield lambda *given, **more: stack.enter_context(listening(*given, **more))


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pki.Pki:
    """One whose certificates this machine trusts."""
    made = pki.make(tmp_path)
    trusted = ssl.create_default_context(cafile=made.ca_file)
    monkeypatch.setattr(transport, "_trusted", lambda trust_env: trusted)
    return made


def names(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[str]:
    """DNS answers so, one look-up after the other; the names that it was asked for."""
    asked, left = list[str](), list(answers)

    def getaddrinfo(host: str, port: Any, *given: Any, **more: Any) -> Any:
        asked.append(host)
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer()

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def one(base: str, name: str = "genesys.api", seconds: float = 20.0) -> Reached:
    [found] = reach({name: base}, seconds)
    return found


def test_a_platform_that_refuses_for_want_of_a_token_is_reached(listens: Listening) -> None:
    refusing = listens(lambda *_: (401, {}, {"code": "authentication.required"}))
    found = one(refusing.origin)
    assert (found.ok, found.host, found.port) == (True, "127.0.0.1", refusing.port)
    assert found.addresses == ("127.0.0.1",)
    assert found.said == "answers"
    [(asked, _, body)] = refusing.asked
    assert asked == "GET /api/v2/organizations/me"
    assert not body
    assert refusing.authorizations == []


def test_a_token_server_is_asked_as_it_is_meant_to_be_without_a_client(listens: Listening) -> None:
    refusing = listens(lambda *_: (401, {}, {"error": "invalid_client"}))
    assert one(refusing.origin, "talkdesk.login").ok
    [(asked, _, body)] = refusing.asked
    assert asked == "POST /oauth/token"
    assert body == b"grant_type=client_credentials"
    assert refusing.authorizations == []


def test_origins_on_one_host_are_one_row(listens: Listening) -> None:
    there = listens(lambda *_: (401, {}, {}))
    other = listens(lambda *_: (200, {}, {}))
    origins = {
        "genesys.api": there.origin,
        "genesys.login": there.origin,
        "talkdesk.api": other.origin,
    }
    [first, second] = reach(origins | {"synthflow": f"{there.origin}/v2"}, 20.0)[:2]
    assert first.names == ("genesys.api", "genesys.login", "synthflow")
    assert second.names == ("talkdesk.api",)
    assert len(there.asked) == 1


def test_a_port_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    found = one(f"http://127.0.0.1:{free_port()}")
    assert (found.code, found.said) == ("refused", "the port refuses connections")
    assert found.advice == ADVICE["refused"]
    assert found.addresses == ("127.0.0.1",)


def test_a_name_that_does_not_resolve_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, UNKNOWN)
    found = one(LIVE, "synthflow")
    assert (found.code, found.said) == ("unresolved", "the name does not resolve")
    assert (found.host, found.port, found.addresses) == ("api.us.synthflow.ai", 443, ())
    assert asked == ["api.us.synthflow.ai"]


def test_a_name_server_that_stumbles_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, listens: Listening
) -> None:
    there = listens(lambda *_: (401, {}, {}))
    real = socket.getaddrinfo

    def resolved() -> Any:
        return real("127.0.0.1", there.port, type=socket.SOCK_STREAM)

    asked = names(monkeypatch, SOON, SOON, resolved)
    assert one(there.origin).ok
    assert len(asked) == 4  # twice in vain, and then once to show it and once to connect


def test_a_name_server_that_is_silent_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()
    names(monkeypatch, lambda: over.wait(20) and [])
    began = time.monotonic()
    try:
        found = one(LIVE, "synthflow", 0.3)
    finally:
        over.set()
    assert time.monotonic() - began < 5
    assert (found.code, found.said) == ("dns", "DNS does not answer for the name")


def test_silence_on_a_connection_and_instead_of_one() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
        found = one(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.3)
    assert (found.code, found.said) == ("timeout", "no answer in time")
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        for _ in range(3):  # until its queue is full, so that no more connections come about
            waiting = stack.enter_context(closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        found = one(f"http://127.0.0.1:{full.getsockname()[1]}", seconds=0.5)
    assert found.code in ("unreachable", "timeout")
    assert found.addresses == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("subject", "made", "said"),
    [
        (HERE, {"days": (-20, -10)}, "has expired"),
        (HERE, {"days": (10, 20)}, "is not valid yet"),
        (x509.DNSName("portal.example"), {}, "is for another name"),
    ],
)
def test_a_certificate_that_is_not_good(
    authority: pki.Pki, listens: Listening, subject: x509.GeneralName, made: Any, said: str
) -> None:
    leaf = pki.issue("127.0.0.1", [subject], by=authority.root, **made)
    there = listens(tls=authority.server(leaf))
    found = one(f"https://127.0.0.1:{there.port}")
    assert (found.code, found.said) == ("certificate", f"the certificate {said}")
    assert there.asked == []


def test_a_certificate_that_nobody_vouches_for(authority: pki.Pki, listens: Listening) -> None:
    there = listens(tls=authority.server(pki.issue("127.0.0.1", [HERE])))
    found = one(f"https://127.0.0.1:{there.port}")
    assert found.code == "certificate"
    assert found.said.startswith("the certificate is not trusted (self")


def test_a_port_that_speaks_no_tls_and_a_good_certificate(
    authority: pki.Pki, listens: Listening
) -> None:
    plain = listens(lambda *_: (401, {}, {}))
    found = one(f"https://127.0.0.1:{plain.port}")
    assert (found.code, found.said) == ("certificate", "the port does not speak TLS as it should")
    leaf = pki.issue("127.0.0.1", [HERE], by=authority.root)
    good = listens(lambda *_: (401, {}, {}), tls=authority.server(leaf))
    assert one(f"https://127.0.0.1:{good.port}").ok


PAGE = {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, {"Location": "https://portal.example/login?to=x"}, {}), "leads to portal.example"),
        ((307, {"Location": "http://127.0.0.1:1/"}, {}), "leads to 127.0.0.1"),
        ((200, PAGE, {}), "web page"),
        ((511, {}, {}), "web page"),
    ],
)
def test_what_answers_is_not_the_platform(listens: Listening, answer: Answer, said: str) -> None:
    portal = listens(lambda *_: answer)
    found = one(portal.origin)
    assert found.code == "foreign"
    assert said in found.said
    assert "guest network" in found.advice
    assert len(portal.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "/login"}, {}),
        (302, {"Location": "https://apps.mypurecloud.com/directory"}, {}),
        (404, PAGE, {}),
        (503, PAGE, {}),
        (405, {}, {}),
    ],
)
def test_a_platform_in_trouble_is_the_platform(listens: Listening, answer: Answer) -> None:
    assert one(listens(lambda *_: answer).origin).ok


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses(
    listens: Listening, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    proxy = listens(lambda *_: (status, {}, {}))
    for name in ("no_proxy", "NO_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret-of-proxy@127.0.0.1:{proxy.port}")
    found = one(LIVE, "synthflow")
    assert found.code == "proxy"
    assert str(status) in found.said
    assert f"by the proxy 127.0.0.1:{proxy.port}" in found.said
    assert "secret-of-proxy" not in str(found)
    assert found.addresses == (), "its name is for the proxy to resolve"
    assert [asked for asked, _, _ in proxy.asked] == ["CONNECT api.us.synthflow.ai:443"]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    assert one(LIVE, "synthflow").code == "refused"


def test_all_hosts_together_take_no_longer_than_one(listens: Listening) -> None:
    over = threading.Event()

    def late(*_: str) -> Answer:
        over.wait(20)
        return 401, {}, {}

    origins = {f"genesys.{number}": listens(late).origin for number in range(4)}
    there = listens(lambda *_: (401, {}, {}))
    began = time.monotonic()
    found = reach(origins | {"synthflow": there.origin}, 0.5)
    assert time.monotonic() - began < 5
    over.set()
    assert [host.code for host in found] == ["timeout"] * 4 + [""]


def test_a_fault_of_our_own_is_not_taken_for_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, TypeError("ours"))
    with pytest.raises(TypeError, match="ours"):
        one(LIVE, "synthflow")


def test_what_no_waiting_mends_is_among_what_is_told() -> None:
    assert set(ADVICE) > LASTING
