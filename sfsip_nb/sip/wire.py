"""UDP, TCP and TLS sockets of one user agent."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from .dns import NextHop
from .reading import Framer, TooLong
from .trace import Address, Transport

CONNECT_SECONDS = 5.0
"""Longest time for a connection to be made, TLS handshake included."""

MAX_STREAMS = 1_000
"""Connections at a time; another one is closed at once."""

MAX_UNSENT = 1 << 20
"""Bytes that may wait for a peer that does not read; with more, the connection ends."""

_DEAD_SECONDS = 10
"""After this time without acknowledgement, or probe of an idle connection, TCP gives up."""


@dataclass(frozen=True)
class Peer:
    """The other end of a flow; what is sent to it takes the way its messages came.

    `name` is what the certificate of a TLS server was checked for.
    """

    transport: Transport
    local: Address
    remote: Address
    writer: asyncio.StreamWriter | None = field(default=None, compare=False, repr=False)
    name: str = ""

    @property
    def open(self) -> bool:
        """Whether this is a connection that can still be written to."""
        return self.writer is not None and not self.writer.is_closing()


Flow = tuple[Transport, Address, str]


class Wire:
    """The sockets.

    `on_message(data, peer)` gets each complete message, `on_lost(peer)` each connection that
    ended.
    """

    def __init__(
        self,
        on_message: Callable[[bytes, Peer], None],
        on_lost: Callable[[Peer], None],
        *,
        host: str,
        transports: Collection[Transport],
        tls_server: ssl.SSLContext | None,
        tls_client: ssl.SSLContext | None,
    ) -> None:
        self._on_message, self._on_lost = on_message, on_lost
        self.host = host
        self._tls_server, self._tls_client = tls_server, tls_client
        self._udp: asyncio.DatagramTransport | None = None
        self._servers: list[asyncio.Server] = []
        self._streams: dict[Flow, Peer] = {}
        self._connecting: dict[Flow, asyncio.Task[Peer]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.transports = frozenset(transports)
        self.addresses: dict[Transport, Address] = {}

    async def start(self) -> None:
        """Bind to free ports, UDP and TCP to the same."""
        for attempt in range(20):
            try:
                await self._bind()
                break
            except OSError:
                await self.close()
                if attempt == 19:
                    raise
        if "tls" in self.transports and self._tls_server is not None:
            server = await self._listen("tls", 0, self._tls_server)
            self.addresses["tls"] = server

    async def _bind(self) -> None:
        port = 0
        if "udp" in self.transports:
            loop = asyncio.get_running_loop()
            self._udp, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._datagram), local_addr=(self.host, 0)
            )
            self.addresses["udp"] = self._udp.get_extra_info("sockname")[:2]
            port = self.addresses["udp"][1]
        if "tcp" in self.transports:
            self.addresses["tcp"] = await self._listen("tcp", port, None)

    async def _listen(
        self, transport: Transport, port: int, context: ssl.SSLContext | None
    ) -> Address:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                self._adopt(transport, reader, writer)

        server = await asyncio.start_server(connected, self.host, port, ssl=context)
        self._servers.append(server)
        address: Address = server.sockets[0].getsockname()[:2]
        return address

    async def close(self) -> None:
        """Close all sockets."""
        for server in self._servers:
            server.close()
        pending = [*self._tasks, *self._connecting.values()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        if self._udp is not None:
            self._udp.close()
            await asyncio.sleep(0)  # The transport closes its socket on the next turn.
        self._udp = None
        self._servers.clear()
        self.addresses.clear()

    def known(self, hop: NextHop, server_name: str) -> Peer | None:
        """An open connection to a hop."""
        peer = self._streams.get(_flow(hop, server_name))
        return peer if peer is not None and peer.open else None

    async def peer(self, hop: NextHop, server_name: str) -> Peer:
        """A flow to a hop; an open connection is used again. Raises OSError.

        A TLS connection is only used again for the name that it was checked for (RFC 5922 §4).
        """
        if not 0 < hop.port < 65_536:
            raise OSError(f"there is no port {hop.port}")
        if hop.transport == "udp":
            if self._udp is None:
                raise OSError("this agent has no UDP socket")
            return Peer("udp", self.addresses["udp"], (hop.ip, hop.port))
        if (known := self.known(hop, server_name)) is not None:
            return known
        flow = _flow(hop, server_name)
        task = self._connecting.get(flow)
        if task is None:
            task = self._connecting[flow] = asyncio.create_task(self._connect(flow))
            task.add_done_callback(lambda done: self._connected(flow, done))
        # Whoever gives up must not take the connection from the others that wait for it.
        return await asyncio.shield(task)

    async def _connect(self, flow: Flow) -> Peer:
        transport, (ip, port), name = flow
        context = None
        if transport == "tls":
            context = self._tls_client or ssl.create_default_context()
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                ip, port, ssl=context, server_hostname=name or None
            )
        return self._adopt(transport, reader, writer, name)

    def _connected(self, flow: Flow, done: asyncio.Task[Peer]) -> None:
        del self._connecting[flow]
        if not done.cancelled():
            done.exception()  # Seen, also if nobody waits any more.

    def local_addresses(self, transport: Transport) -> set[Address]:
        """Addresses that messages leave from: the bound one, and those of open connections."""
        bound = {self.addresses[transport]} if transport in self.addresses else set()
        return bound | {p.local for p in self._streams.values() if p.transport == transport}

    def send(self, data: bytes, peer: Peer) -> None:
        """Send without waiting; what cannot be delivered is found by the transaction's timers."""
        if peer.writer is not None:
            if not peer.writer.is_closing():
                peer.writer.write(data)
                if peer.writer.transport.get_write_buffer_size() > MAX_UNSENT:
                    peer.writer.transport.abort()
        elif self._udp is not None:
            self._udp.sendto(data, peer.remote)

    def _adopt(
        self,
        transport: Transport,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        name: str = "",
    ) -> Peer:
        ends = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        if len(self._tasks) >= MAX_STREAMS or None in ends:
            writer.transport.abort()
            raise OSError(f"closed at once, or more than {MAX_STREAMS} connections")
        _watch(writer.get_extra_info("socket"))
        local, remote = (end[:2] for end in ends)
        peer = Peer(transport, local, remote, writer, name)
        self._streams[transport, remote, name] = peer
        task = asyncio.create_task(self._read(reader, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return peer

    async def _read(self, reader: asyncio.StreamReader, peer: Peer) -> None:
        framer, writer = Framer(), peer.writer
        assert writer is not None
        try:
            while data := await reader.read(65_536):
                if framer.idle and b"\r\n\r\n" in data and not data.strip(b"\r\n"):
                    self.send(b"\r\n", peer)  # Ping and pong (RFC 5626 §4.4.1).
                for message in framer.feed(data):
                    self._on_message(message, peer)
        except TooLong as error:
            self._on_message(error.head, peer)
        except (OSError, ValueError):
            pass  # A reset or a stream that is no SIP: the connection ends (RFC 3261 §18.3).
        finally:
            flow = peer.transport, peer.remote, peer.name
            if self._streams.get(flow) is peer:
                del self._streams[flow]
            writer.close()
            self._on_lost(peer)
            with contextlib.suppress(OSError, asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 0.5)

    def _datagram(self, data: bytes, remote: Address) -> None:
        self._on_message(data, Peer("udp", self.addresses["udp"], remote))


def _flow(hop: NextHop, server_name: str) -> Flow:
    return hop.transport, (hop.ip, hop.port), server_name if hop.transport == "tls" else ""


def _watch(sock: socket.socket) -> None:
    """Let the system find a peer that vanished without a word, where it can (RFC 5482)."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": 3 * _DEAD_SECONDS,
        "TCP_KEEPINTVL": _DEAD_SECONDS // 2,
        "TCP_KEEPCNT": 2,
        "TCP_USER_TIMEOUT": 1000 * _DEAD_SECONDS,
    }
    for name, value in options.items():
        if (option := getattr(socket, name, None)) is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


class _Datagrams(asyncio.DatagramProtocol):
    """What comes over UDP. An ICMP error names no peer there; timers find the loss."""

    def __init__(self, received: Callable[[bytes, Address], None]) -> None:
        self._received = received

    def datagram_received(self, data: bytes, addr: Address) -> None:
        # CRLF alone is keep-alive (RFC 5626 §3.5.1).
        if data.strip(b"\r\n\0"):
            self._received(data, addr[:2])
