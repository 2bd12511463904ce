"""A running agent with a call in progress, fired at: it serves on, and no code of it has failed."""

import asyncio
import itertools
import socket
import traceback
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sipmessage import Response

from sfsip_nb.sip import Call, MapResolver, UserAgent
from sfsip_nb.sip.fields import COOKIE, header, name_addr, top_via
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
T1 = 0.01
PING = filled(REQUEST + EMPTY, method="OPTIONS", uri="sip:ping@b", to="<sip:ping@b>")


class Bench:
    """A server in a call with a caller, on an event loop that says what was raised in it.

    The loop runs while a case does and rests while the next one is drawn, so that a case is the
    same each time.
    """

    def __init__(self) -> None:
        self.raised: list[dict[str, Any]] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _, context: self.raised.append(context))
        self._numbers = itertools.count(2)
        self._call: Call | None = None
        self.server, self.caller = self.run(self._agents())
        self.socket = datagrams()
        self.port = self.socket.getsockname()[1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop."""

        async def bounded() -> T:
            async with asyncio.timeout(SECONDS):
                return await work

        return self.loop.run_until_complete(bounded())

    async def _agents(self) -> tuple[UserAgent, UserAgent]:
        async def answer(call: Call) -> None:
            await call.ring()
            await call.answer(srtp="optional")

        server = UserAgent("server", resolver=MapResolver(), t1=T1, on_invite=answer)
        caller = UserAgent("caller", resolver=MapResolver(), t1=T1)
        await server.start()
        await caller.start()
        return server, caller

    async def _live(self) -> Call:
        """The caller's side of a call that stands; a new one where the last was shot down."""
        if self._call is None or self._call.over.is_set():
            self._call = await self.caller.invite(uri(self.server))
            assert await self._call.outcome(5) == 200
        return self._call

    async def fill(self, data: bytes, in_call: bool) -> bytes:
        """Ports, tags and numbers by which a message is taken for one of ours."""
        number = next(self._numbers)
        ends = {"from": "<sip:f@a>;tag=1", "to": "<sip:t@b>", "call_id": f"c{number}"}
        if in_call:
            dialog = (await self._live()).dialog
            assert dialog is not None
            ends = {"from": dialog.local, "to": dialog.remote, "call_id": dialog.call_id}
        ends |= {"uri": uri(self.server), "port": str(self.port), "here": str(self.port)}
        return filled(data, cseq=number, branch=number, **ends)[:65_000]

    async def check(self) -> None:
        """OPTIONS is answered, and nothing was raised but what a network does."""
        ping = await self.fill(PING, False)
        await self.loop.sock_sendto(self.socket, ping, self.server.address())
        asked = read(ping).message
        assert asked is not None
        while True:
            answer = read(await self.loop.sock_recv(self.socket, 65_536)).message
            if answer is not None and header(answer, "Call-ID") == header(asked, "Call-ID"):
                break
        assert isinstance(answer, Response)
        assert answer.code == 200
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
        self.loop.close()
        self.socket.close()
        assert self.failures() == []


def datagrams() -> socket.socket:
    """A UDP socket on a free port, for use on an event loop."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


ASKED = st.tuples(st.sampled_from(sorted(REQUESTS)), st.booleans()).flatmap(
    lambda chosen: mutated(request(*chosen))
)


def request(method: str, rport: bool) -> bytes:
    """With rport an answer comes back where the request came from, else where its Via says."""
    whole = filled(REQUEST, method=method) + REQUESTS[method]
    return whole if rport else whole.replace(b";rport", b"")


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
    async def fire() -> None:
        for shot in shots:
            data = await bench.fill(*shot)
            await bench.loop.sock_sendto(bench.socket, data, bench.server.address())
        await bench.check()

    bench.run(fire())


@given(SHOTS, st.lists(st.integers(1, 400), min_size=1, max_size=6), st.booleans())
@fuzz(120)
def test_no_stream_however_split_hurts_an_agent_in_a_call(
    bench: Bench, shots: list[tuple[bytes, bool]], sizes: list[int], abort: bool
) -> None:
    async def fire() -> None:
        stream = b"".join([await bench.fill(*shot) for shot in shots])
        _, writer = await asyncio.open_connection(*bench.server.address("tcp"))
        start = 0
        for size in itertools.cycle(sizes):
            writer.write(stream[start : start + size])
            start += size
            if start >= len(stream) or writer.is_closing():
                break
            await asyncio.sleep(0)
        if abort:
            writer.transport.abort()
        writer.close()
        await bench.check()

    bench.run(fire())


REPLIES = st.lists(
    st.sampled_from(sorted(RESPONSES)).flatmap(
        lambda status: mutated(b"SIP/2.0 " + status + b"\r\n" + COMMON + RESPONSES[status])
    ),
    min_size=1,
    max_size=4,
)


@given(REPLIES)
@fuzz(80)
def test_no_reply_hurts_an_agent_that_calls(bench: Bench, replies: list[bytes]) -> None:
    async def reply() -> None:
        here = peer.getsockname()[1]
        call = await bench.caller.invite(f"sip:x@127.0.0.1:{here}")
        data, source = await bench.loop.sock_recvfrom(peer, 65_536)
        invite = read(data).message
        assert invite is not None
        via, sender = top_via(invite), name_addr(header(invite, "From"))
        assert via is not None
        ends = {"from": f"<sip:a@b>;tag={sender.tag}", "to": "<sip:x@127.0.0.1>;tag=x"}
        ends |= {"method": "INVITE", "cseq": "1", "branch": via.branch.removeprefix(COOKIE)}
        ends |= {"port": str(source[1]), "here": str(here), "call_id": header(invite, "Call-ID")}
        for answer in replies:
            await bench.loop.sock_sendto(peer, filled(answer, **ends)[:65_000], source)
        await call.outcome(0.005)
        bench.caller.stack.spawn(call.hangup())
        await bench.check()

    with datagrams() as peer:
        bench.run(reply())


WITHOUT_RPORT = request("OPTIONS", False)
CONTACT = b"Contact: <sip:fuzz@127.0.0.1:{here}>"
MEDIA = b"IN IP4 127.0.0.1\r\nt"
ATTACKS = {
    # What once hurt: sending to such a port closes the UDP socket of asyncio for good.
    "port beyond all in Via": WITHOUT_RPORT.replace(b"{port}", b"70000"),
    "port 0 in Via": WITHOUT_RPORT.replace(b"{port}", b"0"),
    "IPv6 in Via": WITHOUT_RPORT.replace(b"127.0.0.1:{port}", b"[::1]:5060"),
    "name in Via": WITHOUT_RPORT.replace(b"127.0.0.1:{port}", b"a.test"),
    "no To": request("OPTIONS", True).replace(b"To: {to}\r\n", b""),
    "port beyond all in Contact": request("INVITE", True).replace(CONTACT, b"m: <sip:a@b:70000>"),
    "no address in Contact": request("INVITE", True).replace(CONTACT, b"Contact: <sip:>"),
    "names in SDP": request("INVITE", True).replace(
        b"IN IP4 127.0.0.1\r\nt", b"IN IP4 x.test\r\nt"
    ),
    "UTF-8 in SDP": request("INVITE", True).replace(
        b"IN IP4 127.0.0.1\r\nt", b"IN IP4 \xc3\xa9\r\nt"
    ),
    "port beyond all in SDP": request("INVITE", True).replace(b"40000", b"70000"),
    "number beyond all in SDP": request("INVITE", True).replace(b"0 8 101", b"9" * 5000),
    "key of no length": request("INVITE", True).replace(b"inline:WVNfX19zZW1jdGwg", b"inline:"),
    "CSeq beyond all": request("BYE", True).replace(b"{cseq}", b"9" * 5000),
    "expiry beyond all": request("INVITE", True).replace(b"90", b"9" * 5000, 1),
    "minus one": request("INVITE", True).replace(b"Session-Expires: 90", b"Session-Expires: -1"),
    "response that is not ASCII": request("REGISTER", True).replace(b"f00d", b"\xc3\xa9"),
    "REFER to nobody": request("REFER", True).replace(b"<sip:1@127.0.0.1?", b"<?"),
}


def test_each_attack_differs_from_what_it_is_made_of() -> None:
    assert not {request(method, rport) for method in REQUESTS for rport in (True, False)} & {
        *ATTACKS.values()
    }


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("in_call", [False, True], ids=["alone", "in a call"])
def test_an_attack_known_by_name_does_no_harm(bench: Bench, attack: str, in_call: bool) -> None:
    async def fire() -> None:
        data = await bench.fill(ATTACKS[attack], in_call)
        await bench.loop.sock_sendto(bench.socket, data, bench.server.address())
        await bench.check()
        await asyncio.sleep(10 * T1)  # Sound goes to where it was asked for.
        await bench.check()

    bench.run(fire())
