"""A caller that is killed with SIGKILL leaves no call behind, and never calls twice."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.sip import DigestGuard, IncomingCall, Transport, UserAgent
from sfsip_nb.sip.standing import Standing
from tests.sip.doomed import LOGIN
from tests.sip.rawpeer import SDP, RawPeer
from tests.sip.siptools import Agents, until, uri

LONG = 60.0


@asynccontextmanager
async def doomed(to: str, folder: Path, seconds: float = LONG) -> AsyncIterator[Process]:
    """A caller of `to` in a process of its own, which is killed in the end if it still lives."""
    command = (sys.executable, "-m", "tests.sip.doomed", to, str(folder / "report"), f"{seconds}")
    made = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
        await made.wait()


def placed(server: UserAgent) -> int:
    """The INVITEs that a server has got, copies apart."""
    found = [e for e in server.trace if (e.direction, e.summary) == ("received", "INVITE")]
    return len({e.message.headers["CSeq"] for e in found if e.message})


async def reported(folder: Path) -> dict[str, Any]:
    await until(lambda: (folder / "report").exists())
    return dict(json.loads((folder / "report").read_text()))


def answering(legs: list[IncomingCall]) -> Callable[[IncomingCall], Awaitable[None]]:
    """Answers each call, and adds it to `legs`."""

    async def answer(call: IncomingCall) -> None:
        legs.append(call)
        await call.answer()

    return answer


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_call_whose_caller_is_killed_is_hung_up(
    agents: Agents, tmp_path: Path, transport: Transport
) -> None:
    legs: list[IncomingCall] = []
    server = await agents("server", on_invite=answering(legs))
    async with doomed(uri(server, transport=transport), tmp_path) as caller:
        await until(lambda: legs and legs[0].ack.is_set())
        # Were the switch gone too, the far end would drop it: it is to be refreshed from there.
        assert (legs[0].timer.seconds, legs[0].timer.ours) == (90, False)
        caller.send_signal(signal.SIGKILL)
        await until(legs[0].over.is_set)
    assert legs[0].ended_by == "remote"
    assert (await reported(tmp_path))["sent"] == "BYE 200"
    assert len(legs) == placed(server) == 1


async def test_a_call_whose_caller_is_killed_before_the_answer_is_canceled(
    agents: Agents, tmp_path: Path
) -> None:
    legs: list[IncomingCall] = []

    async def ring(call: IncomingCall) -> None:
        legs.append(call)
        await call.ring()
        await call.wait_ended()

    server = await agents("server", on_invite=ring)
    async with doomed(uri(server), tmp_path) as caller:
        await until(lambda: legs and legs[0].state == "ringing")
        caller.send_signal(signal.SIGKILL)
        await until(legs[0].over.is_set)
    assert legs[0].code == 487
    assert (await reported(tmp_path))["sent"].startswith("CANCEL")
    assert placed(server) == 1


async def test_a_call_of_a_caller_that_hangs_ends_when_its_time_is_over(
    agents: Agents, tmp_path: Path
) -> None:
    legs: list[IncomingCall] = []
    server = await agents("server", on_invite=answering(legs))
    async with doomed(uri(server), tmp_path, seconds=3.0) as caller:
        await until(lambda: legs and legs[0].ack.is_set())
        caller.send_signal(signal.SIGSTOP)  # as a machine that is asleep
        await until(legs[0].over.is_set, 20.0)
    assert (await reported(tmp_path))["why"] == "the call's time was over"
    assert placed(server) == 1


async def test_the_switch_answers_a_challenge_to_its_bye(tmp_path: Path) -> None:
    raw = await RawPeer.udp_at()
    guard = DigestGuard("r", {LOGIN.username: "secretsecret"}.get)
    async with doomed(raw.uri(), tmp_path) as caller:
        invite = await raw.next("INVITE")
        raw.reply(invite, 200, body=SDP)
        await raw.next("ACK")
        caller.send_signal(signal.SIGKILL)
        bye = await raw.next("BYE")
        raw.reply(bye, 401, WWW_Authenticate=guard.challenge()["WWW-Authenticate"][0])
        again = await raw.next("BYE")
        assert guard.check(again).ok
        raw.reply(again, 200)
        assert (await reported(tmp_path))["sent"] == "BYE 200"
    raw.close()


async def test_a_call_that_ended_by_itself_leaves_the_switch_nothing_to_do(
    agents: Agents, tmp_path: Path
) -> None:
    async def refuse(call: IncomingCall) -> None:
        await call.reject(486)

    server = await agents("server", on_invite=refuse)
    async with doomed(uri(server), tmp_path) as caller:
        await asyncio.wait_for(caller.wait(), 20)
    assert not (tmp_path / "report").exists()
    assert placed(server) == 1


def test_what_is_told_to_the_switch_can_be_told_again() -> None:
    standing = Standing("udp", "127.0.0.1", 5060, routes=("<sip:a;lr>",), sequence=3)
    assert Standing.parse(str(standing)) == standing
