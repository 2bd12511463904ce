"""Probes: what they say of good and bad peers. What stands in the way: `test_adverse`."""

import asyncio

import pytest

from sfsip_nb.sip import (
    Call,
    Credentials,
    DigestGuard,
    Incoming,
    ProbeResult,
    probes,
)
from tests.sip.probetools import answering, plan
from tests.sip.siptools import Agents, uri


async def test_options_passes_on_any_answer(agents: Agents) -> None:
    async def refuse(incoming: Incoming) -> None:
        await incoming.respond(404, "Nobody\x07 here")

    server = await agents("server", on_request=refuse)
    got = await probes.options(plan(uri(server)))
    assert got.verdict == "pass"
    assert got.sentence.endswith("answered OPTIONS with 404 Nobody here.")
    assert len(got.trace) == 2


@pytest.mark.parametrize(
    ("password", "expect", "verdict"),
    [
        ("right", "accepted", "pass"),
        ("wrong", "accepted", "fail"),
        ("wrong", "refused", "pass"),
        ("right", "refused", "fail"),
    ],
)
async def test_register_judges_credentials(
    agents: Agents, password: str, expect: str, verdict: str
) -> None:
    guard = DigestGuard("sip.test", {"u": "right"}.get)

    async def registrar(incoming: Incoming) -> None:
        assert incoming.header("Contact") == ""
        login = guard.check(incoming.request)
        await incoming.respond(200 if login.ok else 401, "", guard.challenge())

    server = await agents("server", on_request=registrar)
    got = await probes.register(
        plan(uri(server, ""), credentials=[Credentials("u", password)]),
        aor="sip:u@sip.test",
        expect=expect,  # type: ignore[arg-type]
    )
    assert got.verdict == verdict
    assert got.seen["challenged"] is True


async def test_a_call_probe_judges_signalling_and_audio_apart(agents: Agents) -> None:
    async def answer(call: Call) -> None:
        if call.user == "busy":
            await call.reject(486)
        elif await call.answer(mute=call.user == "mute"):
            assert call.audio is not None
            call.audio.play(440)
            await call.wait_ended(5)

    server = await agents("server", on_invite=answer)

    async def probe(user: str) -> ProbeResult:
        return await probes.call(
            plan(uri(server, user)), probes.Listening(expect_hz=440, seconds=0.4)
        )

    good, mute, busy = await asyncio.gather(probe("good"), probe("mute"), probe("busy"))
    assert good.verdict == "pass"
    assert (good.seen["bye"], good.seen["heard"]) == (200, True)
    assert mute.verdict == "fail"
    assert "No 440 Hz was heard (0 of about " in mute.sentence
    assert busy.verdict == "fail"
    assert "486 Busy Here" in busy.sentence


async def test_a_wrong_password_is_tried_once_and_a_peer_without_registrar_is_named(
    agents: Agents,
) -> None:
    guard = DigestGuard("sip.test", {"u": "right"}.get)
    asked: list[str] = []

    async def registrar(incoming: Incoming) -> None:
        asked.append(incoming.method)
        login = guard.check(incoming.request)
        await incoming.respond(200 if login.ok else 401, "", guard.challenge())

    async def calls(call: Call) -> None:
        if not guard.check(call.invite).ok:
            return await call.reject(401, headers=guard.challenge())
        await answering(call)

    server = await agents("server", on_request=registrar, on_invite=calls)
    static = await agents("static", on_request=lambda incoming: incoming.respond(405))
    wrong = [Credentials("u", "wrong")]
    got = await probes.register(plan(uri(server, ""), credentials=wrong), aor="sip:u@sip.test")
    assert (got.verdict, len(asked)) == ("fail", 2)
    assert "Compare user name, password and realm" in got.sentence
    none = await probes.register(plan(uri(static, "")), aor="sip:u@sip.test")
    assert none.verdict == "fail"
    assert "accepts no registrations" in none.sentence
    called = await probes.call(plan(uri(server), credentials=wrong))
    assert (called.verdict, called.seen["challenges"]) == ("fail", 2)
    assert "user name, password or realm are wrong" in called.sentence


async def test_a_call_that_rings_for_ever_is_given_up_and_cancelled(agents: Agents) -> None:
    ended: list[int] = []

    async def ring(call: Call) -> None:
        await call.ring()
        await call.wait_ended(10)
        ended.append(call.code)

    server = await agents("server", on_invite=ring)
    got = await probes.call(plan(uri(server)), probes.Listening(seconds=0.1), timeout=6)
    assert got.verdict == "inconclusive"
    assert "rang, but gave no final answer" in got.sentence
    await asyncio.sleep(0.05)
    assert ended == [487]
