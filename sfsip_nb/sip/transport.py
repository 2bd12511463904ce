"""UDP, TCP and TLS sockets of one user agent (RFC 3261 §18)."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from .dns import Hop
from .reading import Framer
from .trace import Address, Transport

CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Peer:
    """The other end of a flow; what is sent to it takes the way its messages came."""

    transport: Transport
    local: Address
    remote: Address
    writer: asyncio.StreamWriter | None = field(default=None, compare=False, repr=False)

    @property
    def open(self) -> bool:
        """Whether this is a connection that can still be written to."""
        return self.writer is not None and not self.writer.is_closing()


class Wire:
    """The sockets. `on_message(data, peer)` gets each complete message."""

    def __init__(
        self,
        on_message: Callable[[bytes, Peer], None],
        *,
        host: str,
        port: int,
        tls_port: int,
        transports: Collection[Transport],
        tls_server: ssl.SSLContext | None,
        tls_client: ssl.SSLContext | None,
    ) -> None:
        self._on_message = on_message
        self._host, self._port, self._tls_port = host, port, tls_port
        self._transports = frozenset(transports)
        self._tls_server, self._tls_client = tls_server, tls_client
        self._udp: asyncio.DatagramTransport | None = None
        self._servers: list[asyncio.Server] = []
        self._streams: dict[tuple[Transport, Address], Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.addresses: dict[Transport, Address] = {}

    async def start(self) -> None:
        """Bind. With port 0, UDP and TCP get one free number between them."""
        for attempt in range(20):
            try:
                await self._bind()
                break
            except OSError:
                await self.close()
                if self._port or attempt == 19:
                    raise
        if "tls" in self._transports and self._tls_server is not None:
            server = await self._listen("tls", self._tls_port, self._tls_server)
            self.addresses["tls"] = server

    async def _bind(self) -> None:
        port = self._port
        if "udp" in self._transports:
            loop = asyncio.get_running_loop()
            self._udp, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=(self._host, port)
            )
            self.addresses["udp"] = self._udp.get_extra_info("sockname")[:2]
            port = self.addresses["udp"][1]
        if "tcp" in self._transports:
            self.addresses["tcp"] = await self._listen("tcp", port, None)

    async def _listen(
        self, transport: Transport, port: int, context: ssl.SSLContext | None
    ) -> Address:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._adopt(transport, reader, writer)

        server = await asyncio.start_server(connected, self._host, port, ssl=context)
        self._servers.append(server)
        address: Address = server.sockets[0].getsockname()[:2]
        return address

    async def close(self) -> None:
        """Close every socket and wait until they are closed."""
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._udp is not None:
            self._udp.close()
            await asyncio.sleep(0)  # The transport closes its socket on the next turn.
        self._udp = None
        self._servers.clear()
        self.addresses.clear()

    async def peer(self, hop: Hop, server_name: str) -> Peer:
        """A flow to a hop; an open connection is used again. Raises OSError."""
        if hop.transport == "udp":
            if self._udp is None:
                raise OSError("this agent has no UDP socket")
            return Peer("udp", self.addresses["udp"], (hop.ip, hop.port))
        known = self._streams.get((hop.transport, (hop.ip, hop.port)))
        if known is not None and known.open:
            return known
        context = None
        if hop.transport == "tls":
            context = self._tls_client or ssl.create_default_context()
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                hop.ip, hop.port, ssl=context, server_hostname=server_name if context else None
            )
        return self._adopt(hop.transport, reader, writer)

    def local_addresses(self, transport: Transport) -> set[Address]:
        """Addresses that messages leave from: the bound one, and those of open connections."""
        bound = {self.addresses[transport]} if transport in self.addresses else set()
        streams = (peer for (kind, _), peer in self._streams.items() if kind == transport)
        return bound | {peer.local for peer in streams}

    def send(self, data: bytes, peer: Peer) -> None:
        """Send without waiting; what cannot be delivered is found by the transaction's timers."""
        if peer.writer is not None:
            if not peer.writer.is_closing():
                peer.writer.write(data)
        elif self._udp is not None:
            self._udp.sendto(data, peer.remote)

    def _adopt(
        self, transport: Transport, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Peer:
        local = writer.get_extra_info("sockname")[:2]
        remote = writer.get_extra_info("peername")[:2]
        peer = Peer(transport, local, remote, writer)
        self._streams[transport, remote] = peer
        task = asyncio.create_task(self._read(reader, peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return peer

    async def _read(self, reader: asyncio.StreamReader, peer: Peer) -> None:
        framer = Framer()
        assert peer.writer is not None
        try:
            while data := await reader.read(65_536):
                for message in framer.feed(data):
                    self._on_message(message, peer)
        except (OSError, ValueError):
            pass  # A reset or a stream that is no SIP: the connection ends (RFC 3261 §18.3).
        finally:
            self._streams.pop((peer.transport, peer.remote), None)
            peer.writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError, TimeoutError):
                await asyncio.wait_for(peer.writer.wait_closed(), 0.5)

    def datagram(self, data: bytes, remote: Address) -> None:
        """A datagram came in."""
        # CRLF alone is keep-alive (RFC 5626 §3.5.1).
        if data.strip(b"\r\n\0"):
            self._on_message(data, Peer("udp", self.addresses["udp"], remote))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._wire.datagram(data, addr[:2])

    def error_received(self, exc: Exception) -> None:
        """An ICMP error names no peer on an unconnected socket; timers find the loss."""
