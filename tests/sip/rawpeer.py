"""A peer that does what the test says, message by message, over UDP or one TCP connection."""

import asyncio
from typing import Any

from sipmessage import Request, Response

from sfsip_nb.sip.fields import add_headers, token
from sfsip_nb.sip.messages import new_request, set_body
from sfsip_nb.sip.reading import Framer, read
from sfsip_nb.sip.serving import Incoming

Message = Request | Response

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


class RawPeer(asyncio.DatagramProtocol):
    """Sends what it is told, keeps what it gets. `send` goes to whom it last heard from."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.tag = token(4)
        self.target: Any = None
        self.udp: asyncio.DatagramTransport
        self.writer: asyncio.StreamWriter | None = None
        self.connections = 0
        self.address: tuple[str, int] = ("", 0)
        self._server: asyncio.Server | None = None

    @classmethod
    async def udp_at(cls, host: str = "127.0.0.1") -> "RawPeer":
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(cls, local_addr=(host, 0))
        return peer

    @classmethod
    async def tcp_at(cls, host: str = "127.0.0.1", **tls: Any) -> "RawPeer":
        peer = cls()
        peer._server = await asyncio.start_server(peer._accepted, host, 0, **tls)
        peer.address = peer._server.sockets[0].getsockname()[:2]
        return peer

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            if self.writer is not None:
                self.writer.transport.abort()
        else:
            self.udp.close()

    @property
    def place(self) -> str:
        """Address and port as they stand in a URI or Via."""
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def uri(self, user: str = "peer") -> str:
        return f"sip:{user}@{self.place}" + (";transport=tcp" if self._server else "")

    async def next(self, what: str | int) -> Any:
        """The next message, which has to be a request of a method or a response of a code."""
        message = await self.inbox.get()
        got = message.method if isinstance(message, Request) else message.code
        assert got == what, (got, what)
        return message

    async def after(self, what: str | int, *skip: str | int) -> Any:
        """The next message that is not one of `skip`: copies, provisional responses."""
        while True:
            message = await self.inbox.get()
            got = message.method if isinstance(message, Request) else message.code
            if got == what:
                return message
            assert got in skip, (got, what)

    def reply(
        self, request: Request, code: int, *, body: bytes = b"", tag: str = "", **headers: Any
    ) -> None:
        """Answer; underscores in names of headers stand for hyphens."""
        incoming = Incoming("raw", request, None, None, None)  # type: ignore[arg-type]
        incoming.to_tag = tag or self.tag
        extra = {"Contact": f"<{self.uri()}>"} | _named(headers)
        response = incoming.make(code, "", extra)
        set_body(response, body, "application/sdp")
        self.send(response)

    def request(
        self, method: str, uri: str, *, number: int = 1, body: bytes = b"", **headers: Any
    ) -> Request:
        """A request of this peer, ready to be sent."""
        made = new_request(method, uri)
        kind = "TCP" if self._server or self.writer else "UDP"
        usual = {
            "Via": f"SIP/2.0/{kind} {self.place};branch=z9hG4bK{token(6)};rport",
            "Max-Forwards": "70",
            "From": f"<{self.uri()}>;tag={self.tag}",
            "To": f"<{uri}>",
            "Call-ID": f"{self.tag}@raw",
            "CSeq": f"{number} {method}",
            "Contact": f"<{self.uri()}>",
        }
        add_headers(made, usual | _named(headers))
        set_body(made, body, "application/sdp")
        return made

    def inside(
        self, response: Response, method: str, *, number: int, body: bytes = b"", **headers: Any
    ) -> Request:
        """A request in the dialog that a response to our INVITE made."""
        target, to = response.headers["Contact"].strip("<>"), response.headers["To"]
        return self.request(method, target, number=number, body=body, To=to, **headers)

    def within(
        self, invite: Request, method: str, *, number: int, body: bytes = b"", **headers: Any
    ) -> Request:
        """A request in the dialog that our answer to an INVITE made."""
        target = invite.headers["Contact"].strip("<>")
        ends = {
            "From": f"{invite.headers['To']};tag={self.tag}",
            "To": invite.headers["From"],
            "Call-ID": invite.headers["Call-ID"],
        }
        return self.request(method, target, number=number, body=body, **(ends | headers))

    def send(self, message: Message | bytes) -> None:
        data = message if isinstance(message, bytes) else bytes(message)
        if self.writer is not None:
            self.writer.write(data)
        else:
            self.udp.sendto(data, self.target)

    def quiet(self) -> bool:
        """Whether nothing waits to be read."""
        return self.inbox.empty()

    # Sockets

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.udp = transport  # type: ignore[assignment]
        self.address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.target = addr
        if (message := read(data).message) is not None:
            self.inbox.put_nowait(message)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.connections += 1
        framer = Framer()
        while data := await reader.read(65_536):
            for raw in framer.feed(data):
                if (message := read(raw).message) is not None:
                    self.inbox.put_nowait(message)
        writer.close()


def _named(headers: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
