"""Probes: what they say of good, bad, silent and absent peers."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from sfsip_nb.sip import (
    Call,
    Credentials,
    Guard,
    Incoming,
    MapResolver,
    ProbeResult,
    loop,
    probes,
)
from tests.sip.siptools import Agents, Run, uri

LOCAL = MapResolver()


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_options_passes_on_any_answer(agents: Agents, run: Run) -> None:
    async def refuse(incoming: Incoming) -> None:
        await incoming.respond(404, "Nobody\x07 here")

    async def go() -> None:
        server = await agents("server", on_request=refuse)
        got = await probes.options(uri(server), resolver=LOCAL)
        assert got.verdict == "pass"
        assert got.sentence.endswith("answered OPTIONS with 404 Nobody here.")
        assert len(got.trace) == 2

    run(go())


def test_silence_is_inconclusive_and_a_closed_port_fails(run: Run, silent_port: int) -> None:
    async def go() -> None:
        silent = await probes.options(f"sip:127.0.0.1:{silent_port}", resolver=LOCAL, timeout=0.1)
        assert silent.verdict == "inconclusive"
        closed = await probes.options(f"sip:127.0.0.1:{free_port()}", resolver=LOCAL, timeout=0.1)
        assert (closed.verdict, "the port is closed (ICMP)" in closed.sentence) == ("fail", True)
        refused = await probes.options(f"sip:127.0.0.1:{free_port()};transport=tcp", resolver=LOCAL)
        assert (refused.verdict, "the port is closed" in refused.sentence) == ("fail", True)
        unknown = await probes.options("sip:no.test", resolver=LOCAL)
        assert unknown.verdict == "fail"

    run(go())


@pytest.mark.parametrize(
    ("password", "expect", "verdict"),
    [
        ("right", "accepted", "pass"),
        ("wrong", "accepted", "fail"),
        ("wrong", "refused", "pass"),
        ("right", "refused", "fail"),
    ],
)
def test_register_judges_credentials(
    agents: Agents, run: Run, password: str, expect: str, verdict: str
) -> None:
    guard = Guard("sip.test", {"u": "right"})

    async def registrar(incoming: Incoming) -> None:
        assert incoming.header("Contact") == ""
        login = guard.check(incoming.request)
        await incoming.respond(200 if login.ok else 401, "", guard.challenge())

    async def go() -> None:
        server = await agents("server", on_request=registrar)
        got = await probes.register(
            uri(server, ""),
            aor="sip:u@sip.test",
            credentials=[Credentials("u", password)],
            expect=expect,  # type: ignore[arg-type]
            resolver=LOCAL,
        )
        assert got.verdict == verdict
        assert got.seen["challenged"] is True

    run(go())


def test_a_call_probe_judges_signalling_and_audio_apart(agents: Agents, run: Run) -> None:
    async def answer(call: Call) -> None:
        if call.user == "busy":
            await call.reject(486)
        elif await call.answer(mute=call.user == "mute"):
            assert call.audio is not None
            call.audio.play(440)
            await call.wait_ended(5)

    async def go() -> None:
        server = await agents("server", on_invite=answer)

        async def probe(user: str) -> ProbeResult:
            return await probes.call(
                uri(server, user),
                from_="sip:+15550100@probe.test",
                expect_hz=440,
                seconds=0.4,
                resolver=LOCAL,
            )

        good, mute, busy = await asyncio.gather(probe("good"), probe("mute"), probe("busy"))
        assert good.verdict == "pass"
        assert (good.seen["bye"], good.seen["heard"]) == (200, True)
        assert mute.verdict == "fail"
        assert "No 440 Hz was heard (0 RTP packets)" in mute.sentence
        assert busy.verdict == "fail"
        assert "486 Busy Here" in busy.sentence

    run(go())


def test_a_caller_without_a_loop_runs_probes_in_the_background(silent_port: int) -> None:
    uri_ = f"sip:127.0.0.1:{silent_port}"
    got = loop.run(probes.options(uri_, resolver=LOCAL, timeout=0.05), 5)
    assert got.verdict == "inconclusive"
    with pytest.raises(TimeoutError):
        loop.run(asyncio.sleep(5), 0.05)
