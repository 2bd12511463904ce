"""A running agent with a call in progress, fired at: it serves on, and no code of it has failed."""

import asyncio
import contextlib
import itertools
import socket
import threading
import traceback
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.sip import Call, MapResolver, UserAgent
from sfsip_nb.sip.fields import header, name_addr, top_via
from sfsip_nb.sip.reading import read
from tests.sip.hostile import (
    COMMON,
    EMPTY,
    REQUEST,
    REQUESTS,
    RESPONSES,
    built,
    filled,
    fuzz,
    mutated,
)
from tests.sip.siptools import uri

T = TypeVar("T")
SECONDS = 10.0
PING = filled(REQUEST + EMPTY, method="OPTIONS", uri="sip:ping@b", to="<sip:ping@b>")


class Bench:
    """A server in a call with a caller, on an event loop that says what was raised in it."""

    def __init__(self) -> None:
        self.raised: list[dict[str, Any]] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _, context: self.raised.append(context))
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self._numbers = itertools.count(2)
        self.server, self.caller = self.run(self._agents())
        self.address = self.server.address()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(SECONDS)
        self._call: Call | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return done.result(SECONDS)

    async def _agents(self) -> tuple[UserAgent, UserAgent]:
        async def answer(call: Call) -> None:
            await call.ring()
            await call.answer(srtp="optional")

        server = UserAgent("server", resolver=MapResolver(), t1=0.01, on_invite=answer)
        caller = UserAgent("caller", resolver=MapResolver(), t1=0.01)
        await server.start()
        await caller.start()
        return server, caller

    async def _live(self) -> Call:
        """The caller's side of a call that stands; a new one where the last was shot down."""
        if self._call is None or self._call.over.is_set():
            self._call = await self.caller.invite(uri(self.server))
            assert await self._call.outcome(5) == 200
        return self._call

    def fill(self, data: bytes, in_call: bool) -> bytes:
        """Ports, tags and numbers by which a message is taken for one of ours."""
        port, number = self.socket.getsockname()[1], next(self._numbers)
        ends = {"from": "<sip:f@a>;tag=1", "to": "<sip:t@b>", "call_id": f"c{number}"}
        if in_call:
            dialog = self.run(self._live()).dialog
            assert dialog is not None
            ends = {"from": dialog.local, "to": dialog.remote, "call_id": dialog.call_id}
        target = uri(self.server)
        return filled(data, uri=target, port=port, here=port, cseq=number, branch=number, **ends)

    def check(self) -> None:
        """OPTIONS is answered over UDP and TCP, and nothing was raised but what a network does."""
        ping = self.fill(PING, False)
        branch = top_via(read(ping).message).branch  # type: ignore[arg-type, union-attr]
        self.socket.sendto(ping, self.address)
        while True:
            answer = read(self.socket.recv(65_536)).message
            if answer is not None and (via := top_via(answer)) and via.branch == branch:
                break
        assert getattr(answer, "code", 0) == 200
        assert self.failures() == []

    def failures(self) -> list[str]:
        """What code of ours raised since the last time; what a network does is no failure."""
        raised = [c.get("exception") or RuntimeError(c["message"]) for c in self.raised]
        errors = [error for agent in (self.server, self.caller) for error in agent.errors]
        for found in (self.raised, self.server.errors, self.caller.errors):
            found.clear()
        ours = [error for error in (*raised, *errors) if not isinstance(error, OSError)]
        return ["".join(traceback.format_exception(error)) for error in ours]

    def close(self) -> None:
        async def end() -> None:
            await self.caller.close()
            await self.server.close()

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(SECONDS)
        self.loop.close()
        self.socket.close()
        assert self.failures() == []


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


ASKED = st.sampled_from(sorted(REQUESTS)).flatmap(
    lambda method: mutated(filled(REQUEST, method=method) + REQUESTS[method])
)
SHOTS = st.lists(
    st.tuples(st.one_of(ASKED, ASKED, built(), st.binary(max_size=80)), st.booleans()),
    min_size=1,
    max_size=3,
)


@given(SHOTS)
@fuzz(200)
def test_no_datagram_hurts_an_agent_in_a_call(
    bench: Bench, shots: list[tuple[bytes, bool]]
) -> None:
    for data, in_call in shots:
        bench.socket.sendto(bench.fill(data, in_call)[:65_000], bench.address)
    bench.check()


@given(SHOTS, st.lists(st.integers(1, 400), min_size=1, max_size=6), st.booleans())
@fuzz(120)
def test_no_stream_however_split_hurts_an_agent_in_a_call(
    bench: Bench, shots: list[tuple[bytes, bool]], sizes: list[int], abort: bool
) -> None:
    stream = b"".join(bench.fill(data, in_call) for data, in_call in shots)
    with socket.create_connection(bench.server.address("tcp"), SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if abort:  # closes with a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        with contextlib.suppress(ConnectionError):
            start = 0
            for size in itertools.cycle(sizes):
                connection.sendall(stream[start : start + size])
                start += size
                if start >= len(stream):
                    break
    bench.check()


REPLIES = st.lists(
    st.sampled_from(sorted(RESPONSES)).flatmap(
        lambda status: mutated(b"SIP/2.0 " + status + b"\r\n" + COMMON + RESPONSES[status])
    ),
    min_size=1,
    max_size=4,
)


@given(REPLIES, st.booleans())
@fuzz(80)
def test_no_reply_hurts_an_agent_that_calls(
    bench: Bench, replies: list[bytes], reliable: bool
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(SECONDS)
        here = peer.getsockname()[1]
        call = bench.run(bench.caller.invite(f"sip:x@127.0.0.1:{here}"))
        data, source = peer.recvfrom(65_536)
        invite = read(data).message
        assert invite is not None
        via = top_via(invite)
        assert via is not None
        for reply in replies:
            answer = filled(
                reply,
                method="INVITE",
                cseq=1,
                branch=via.branch.removeprefix("z9hG4bK"),
                port=source[1],
                here=here,
                to="<sip:x@127.0.0.1>;tag=x",
                call_id=header(invite, "Call-ID"),
                **{"from": f"<sip:a@b>;tag={name_addr(header(invite, 'From')).tag}"},
            )
            peer.sendto(answer[:65_000], source)
        bench.run(call.outcome(0.02))
        bench.run(call.hangup())
    bench.check()
