"""Peers that are absent, deaf, mute or wrong: a verdict in time that says what to do."""

import asyncio
import ssl
import time
from typing import Any

import pytest

from sfsip_nb.sip import Call, Credentials, Guard, Incoming, MapResolver, ProbeResult, probes
from tests.sip.probetools import FROM, LOCAL, answering
from tests.sip.siptools import Agents, Run, Tls, uri


class Silent(asyncio.DatagramProtocol):
    """A UDP port where nobody answers."""


class Deaf(asyncio.Protocol):
    """A TCP port that takes connections and says nothing."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport closes itself when the other side does."""


@pytest.mark.parametrize("probe", ["options", "register", "call"])
def test_adverse_peers_get_a_verdict_in_time_that_says_what_to_do(
    agents: Agents, run: Run, tls: Tls, probe: str
) -> None:
    async def ask(to: str, **more: Any) -> ProbeResult:
        began = time.monotonic()
        more.setdefault("resolver", LOCAL)
        if probe == "options":
            got = await probes.options(to, timeout=0.5, **more)
        elif probe == "register":
            got = await probes.register(to, aor="sip:u@x.test", timeout=0.5, **more)
        else:
            got = await probes.call(to, from_=FROM, seconds=0.1, timeout=6.0, **more)
        assert time.monotonic() - began < (8 if probe == "call" else 3)
        return got

    async def go() -> None:
        running = asyncio.get_running_loop()
        silent, _ = await running.create_datagram_endpoint(Silent, local_addr=("127.0.0.1", 0))
        deaf = await running.create_server(Deaf, "127.0.0.1", 0)
        udp = silent.get_extra_info("sockname")[1]
        tcp = deaf.sockets[0].getsockname()[1]
        wrong = await agents("w", transports=("tls",), tls_server=tls.server("other.test"))
        names = MapResolver(
            {
                "sip.test:5061/tls": "{}:{}".format(*wrong.address("tls")),
                "half.test:5061/tls": f"127.0.0.1:{tcp}",
            }
        )
        rows = (
            ("sip:1@nobody.test", {}, "fail", "is not in the address map"),
            ("sip:1@127.0.0.1:9", {}, "fail", "Correct the port"),
            ("sip:1@127.0.0.1:9;transport=tcp", {}, "fail", "Correct the port"),
            (f"sip:1@127.0.0.1:{udp}", {}, "inconclusive", "try the other transports"),
            (
                f"sip:1@127.0.0.1:{tcp};transport=tcp",
                {},
                "inconclusive",
                "took the connection but said nothing",
            ),
            (
                "sip:1@sip.test;transport=tls",
                {"resolver": names, "tls_client": tls.client},
                "fail",
                "Use the name that the certificate is for",
            ),
            (
                "sip:1@sip.test;transport=tls",
                {"resolver": names, "tls_client": ssl.create_default_context()},
                "fail",
                "CA is not trusted here",
            ),
            (
                "sip:1@half.test;transport=tls",
                {"resolver": names, "tls_client": tls.client},
                "inconclusive",
                "no TLS connection within",
            ),
        )
        for to, more, verdict, words in rows:
            got = await ask(to, **more)
            assert (got.verdict, words in got.sentence) == (verdict, True), got.sentence
        silent.close()
        deaf.close()
        await asyncio.sleep(0.05)  # what the probes closed is closed here too

    run(go())


def test_a_wrong_password_is_tried_once_and_a_peer_without_registrar_is_named(
    agents: Agents, run: Run
) -> None:
    guard = Guard("sip.test", {"u": "right"})
    asked: list[str] = []

    async def registrar(incoming: Incoming) -> None:
        asked.append(incoming.method)
        login = guard.check(incoming.request)
        await incoming.respond(200 if login.ok else 401, "", guard.challenge())

    async def calls(call: Call) -> None:
        if not guard.check(call.invite).ok:
            return await call.reject(401, headers=guard.challenge())
        await answering(call)

    async def go() -> None:
        server = await agents("server", on_request=registrar, on_invite=calls)
        static = await agents("static", on_request=lambda incoming: incoming.respond(405))
        wrong = [Credentials("u", "wrong")]
        got = await probes.register(
            uri(server, ""), aor="sip:u@sip.test", credentials=wrong, resolver=LOCAL
        )
        assert (got.verdict, len(asked)) == ("fail", 2)
        assert "Compare user name, password and realm" in got.sentence
        none = await probes.register(uri(static, ""), aor="sip:u@sip.test", resolver=LOCAL)
        assert none.verdict == "fail"
        assert "takes no registrations" in none.sentence
        called = await probes.call(uri(server), from_=FROM, credentials=wrong, resolver=LOCAL)
        assert (called.verdict, called.seen["challenges"]) == ("fail", 2)
        assert "user name, password or realm are wrong" in called.sentence

    run(go())


def test_a_call_that_rings_for_ever_is_given_up_and_cancelled(agents: Agents, run: Run) -> None:
    ended: list[int] = []

    async def ring(call: Call) -> None:
        await call.ring()
        await call.wait_ended(10)
        ended.append(call.code)

    async def go() -> None:
        server = await agents("server", on_invite=ring)
        got = await probes.call(uri(server), from_=FROM, seconds=0.1, timeout=6, resolver=LOCAL)
        assert got.verdict == "inconclusive"
        assert "rang, but gave no final answer" in got.sentence
        await asyncio.sleep(0.05)
        assert ended == [487]

    run(go())
