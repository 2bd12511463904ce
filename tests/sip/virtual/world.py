"""A loop whose clock jumps, with a network in memory: whole agents without sockets or waiting.

Nothing of the package knows of it. The clock stands still while anything can run, and then moves
to the next timer, so RFC 3261's own times take no time, and a busy machine changes none of them.
UDP and TCP alone: a certificate needs a real socket.
"""

import asyncio
import itertools
import selectors
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sipmessage import Request, Response

from sfsip_nb.sip import Address
from sfsip_nb.sip.reading import read
from sfsip_nb.sip.trace import summary

T1 = 0.5
"""RFC 3261's own."""

Fate = Callable[[bytes], Sequence[float]]
"""What becomes of a datagram: the seconds that each copy of it takes; none if it is lost."""


class _Jump(selectors.DefaultSelector):
    """In place of waiting, the clock moves."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("nothing is left that could happen")
            self.now = round(self.now + timeout, 9)  # Drawn waits must not blur the others.
        return ready


@dataclass(frozen=True)
class Sent:
    """What somebody sent, whether it arrived or not."""

    at: float
    source: Address
    target: Address
    data: bytes

    @property
    def message(self) -> Request | Response:
        return cast("Request | Response", read(self.data).message)

    def __str__(self) -> str:
        return summary(self.message)


class VirtualLoop(asyncio.SelectorEventLoop):
    """`sent` is all that went over the network; `fate` decides what of UDP arrives, and when."""

    patience = 7200.0
    """Virtual seconds that a test may take, in place of the real ones."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self.sent: list[Sent] = []
        self.fate: Fate = lambda data: (0.0,)
        self._ports = itertools.count(20_000)
        self._datagrams: dict[Address, _Datagrams] = {}
        self._servers: dict[Address, _Server] = {}

    def time(self) -> float:
        return self._jump.now

    async def create_datagram_endpoint(  # type: ignore[override]
        self, factory: Callable[[], Any], local_addr: Address, **_: Any
    ) -> tuple[asyncio.DatagramTransport, Any]:
        protocol, local = factory(), self._place(*local_addr)
        transport = self._datagrams[local] = _Datagrams(self, self._datagrams, protocol, local)
        protocol.connection_made(transport)
        return transport, protocol

    async def create_server(  # type: ignore[override]
        self, factory: Callable[[], Any], host: str, port: int, **tls: Any
    ) -> "_Server":
        assert not any(tls.values())
        local = self._place(host, port)
        server = self._servers[local] = _Server(self._servers, factory, local)
        return server

    async def create_connection(  # type: ignore[override]
        self, factory: Callable[[], Any], host: str, port: int, **tls: Any
    ) -> tuple[asyncio.Transport, Any]:
        assert not tls["ssl"]
        server = self._servers.get((host, port))
        if server is None:
            raise ConnectionRefusedError(f"{host}:{port} listens not")
        local = self._place(host, 0)
        near = _Stream(self, factory(), local, server.local)
        far = _Stream(self, server.factory(), server.local, local)
        near.other, far.other = far, near
        far.protocol.connection_made(far)
        near.protocol.connection_made(near)
        return near, near.protocol

    def _place(self, host: str, port: int) -> Address:
        return host, port or next(self._ports)


class _Datagrams(asyncio.DatagramTransport):
    def __init__(
        self, loop: VirtualLoop, bound: "dict[Address, _Datagrams]", protocol: Any, local: Address
    ) -> None:
        super().__init__({"sockname": local})
        self._loop, self._bound, self._protocol, self._local = loop, bound, protocol, local

    def sendto(self, data: Any, addr: Any = None) -> None:
        self._loop.sent.append(Sent(self._loop.time(), self._local, addr, bytes(data)))
        for delay in self._loop.fate(bytes(data)):
            if delay:
                self._loop.call_later(delay, self._arrive, bytes(data), addr)
            else:  # in the order of sending, which timers of one time do not keep
                self._loop.call_soon(self._arrive, bytes(data), addr)

    def _arrive(self, data: bytes, addr: Address) -> None:
        if (target := self._bound.get(addr)) is not None:
            target._protocol.datagram_received(data, self._local)

    def close(self) -> None:
        self._bound.pop(self._local, None)


class _Stream(asyncio.Transport):
    """One end of a TCP connection, which loses nothing and takes no time."""

    other: "_Stream"

    def __init__(self, loop: VirtualLoop, protocol: Any, local: Address, remote: Address) -> None:
        super().__init__({"sockname": local, "peername": remote, "socket": _Socket(local)})
        self.protocol = protocol
        self._loop, self._local, self._remote, self._closing = loop, local, remote, False

    def write(self, data: Any) -> None:
        self._loop.sent.append(Sent(self._loop.time(), self._local, self._remote, bytes(data)))
        self._loop.call_soon(self.other._arrive, bytes(data))

    def _arrive(self, data: bytes) -> None:
        if not self._closing:
            self.protocol.data_received(data)

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self.other._ended)
            self._loop.call_soon(self.protocol.connection_lost, None)

    abort = close

    def _ended(self) -> None:
        if not self._closing:
            self.protocol.eof_received()


class _Server(asyncio.AbstractServer):
    def __init__(
        self, known: "dict[Address, _Server]", factory: Callable[[], Any], local: Address
    ) -> None:
        self.factory, self.local, self.sockets = factory, local, [_Socket(local)]
        self._known = known

    def close(self) -> None:
        self._known.pop(self.local, None)


class _Socket:
    """What is asked of a socket beyond sending: its address, and options that change nothing."""

    def __init__(self, local: Address) -> None:
        self._local = local

    def getsockname(self) -> Address:
        return self._local

    def setsockopt(self, *_: int) -> None:
        pass


def here() -> VirtualLoop:
    """The loop of the test that runs."""
    return cast(VirtualLoop, asyncio.get_running_loop())


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run work in a world of its own."""

    async def bounded() -> None:
        async with asyncio.timeout(VirtualLoop.patience):
            await work

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(bounded())
