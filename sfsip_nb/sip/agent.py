"""The user agent: many may live in one process, each with its sockets (RFC 3261)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence

from sipmessage import Request, Response

from . import inside
from .call import Call
from .digest import Answerer, Credentials
from .dns import Resolver
from .fields import ExtraHeaders, header, name_addr, uri_parts
from .hops import Hops
from .incoming import IncomingCall
from .locating import DnsResolver
from .messages import ABILITIES, ALLOW, SDP, build
from .outgoing import OutgoingCall, Progress
from .sdp import CODECS, Srtp
from .serving import Incoming, ServerTransaction
from .stack import Stack
from .standing import Standing
from .trace import Address, Trace, Transport
from .transport import TransportLayer
from .wire import Peer, Wire

MAX_CALLS = 2_000
"""Calls at a time, those included that ended in the last 64 T1; more are refused by 503."""


class UserAgent:
    """One SIP element that calls, is called, asks and answers.

    `on_invite(call)` and `on_request(incoming)` run as tasks of their own; an exception ends in
    `errors` and as a 500 at the peer. `gate(source, transport)` is asked for each message
    received; what it denies is dropped unread, as a firewall does. `t1` is RFC 3261's T1 in
    seconds and scales every SIP timer.
    """

    def __init__(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        transports: Collection[Transport] = ("udp", "tcp"),
        tls_server: ssl.SSLContext | None = None,
        tls_client: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        trace: Trace | None = None,
        credentials: Sequence[Credentials] = (),
        on_invite: Callable[[IncomingCall], Awaitable[object]] | None = None,
        on_request: Callable[[Incoming], Awaitable[object]] | None = None,
        gate: Callable[[Address, Transport], bool] | None = None,
        t1: float = 0.5,
    ) -> None:
        self.name, self.gate = name, gate
        self.trace = Trace() if trace is None else trace
        self.credentials = tuple(credentials)
        self.on_invite, self.on_request = on_invite, on_request
        self.calls: dict[tuple[str, str], Call] = {}
        self._wire = Wire(
            self._received,
            self._lost,
            host=host,
            transports=transports,
            tls_server=tls_server,
            tls_client=tls_client,
        )
        self.transport = TransportLayer(self._wire, name, resolver or DnsResolver(), self.trace)
        self.stack = Stack(self.transport, t1, self._admitted, self._acknowledged)
        self.errors = self.stack.errors

    async def start(self) -> None:
        """Bind the sockets. Raises OSError if a port is taken."""
        await self._wire.start()

    async def close(self) -> None:
        """End at once: calls are dropped without BYE, so hang up before."""
        for call in list(self.calls.values()):
            call.session.close()
        await self.stack.close()
        self.calls.clear()
        await self._wire.close()

    async def __aenter__(self) -> "UserAgent":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def address(self, transport: Transport = "udp") -> Address:
        """The bound address. Raises KeyError for a transport that this agent does not have."""
        return self._wire.addresses[transport]

    def local_addresses(self, transport: Transport) -> set[Address]:
        """Addresses that this agent's messages come from, as its peers see them on loopback."""
        return self._wire.local_addresses(transport)

    async def invite(
        self,
        to: str,
        *,
        from_: str = "",
        headers: ExtraHeaders | None = None,
        codecs: Sequence[str] = CODECS,
        srtp: Srtp = "off",
        credentials: Sequence[Credentials] | None = None,
        transport: Transport | None = None,
        proxy: str = "",
        on_progress: Progress | None = None,
        on_standing: Callable[[Standing], None] | None = None,
    ) -> OutgoingCall:
        """Begin a call to the Request-URI `to`; returns at once, see `Call.outcome`.

        `from_` is a URI or `"Name" <uri>`; `proxy` a SIP URI that becomes the Route. A request
        that is too large for UDP takes TCP (RFC 3261 §18.1.1). `on_standing` is told, before each
        INVITE and before the ACK, how another process could end the call.
        """
        call = OutgoingCall(
            self.stack,
            build("INVITE", to, self._wire.host, from_, "", headers, proxy),
            transport=transport,
            credentials=self.credentials if credentials is None else credentials,
            on_progress=on_progress,
            on_standing=on_standing,
        )
        self._keep(call)
        await call.place(codecs, srtp)
        return call

    async def request(
        self,
        method: str,
        uri: str,
        *,
        from_: str = "",
        to: str = "",
        headers: ExtraHeaders | None = None,
        credentials: Sequence[Credentials] | None = None,
        transport: Transport | None = None,
        proxy: str = "",
        timeout: float | None = None,
    ) -> Response | None:
        """A request outside a dialog and its final response; None if nothing was heard in time.

        Raises ResolveError (no address) and OSError (connection refused, TLS refused, closed
        without an answer).
        """
        request = build(method, uri, self._wire.host, from_, to, headers, proxy)
        answerer = Answerer(self.credentials if credentials is None else credentials)
        return await self.stack.transact(request, answerer, transport=transport, timeout=timeout)

    async def register(
        self,
        uri: str,
        *,
        aor: str,
        expires: int = 300,
        credentials: Sequence[Credentials] | None = None,
        transport: Transport | None = None,
        timeout: float | None = None,
    ) -> Response | None:
        """Bind `aor` to this agent at the registrar `uri` (RFC 3261 §10.2).

        `expires` 0 removes the binding. Raises OSError.
        """
        asked = build("REGISTER", uri, self._wire.host)
        peer = await Hops(self.transport, asked, transport).first()
        contact = self.transport.contact(uri_parts(aor).user, peer)
        extra = {"Expires": str(expires), "Contact": contact}
        return await self.request(
            "REGISTER",
            uri,
            from_=aor,
            to=aor,
            headers=extra,
            credentials=credentials,
            transport=transport,
            timeout=timeout,
        )

    # Receiving

    def _received(self, data: bytes, peer: Peer) -> None:
        if self.gate is None or self.gate(peer.remote, peer.transport):
            self.stack.received(data, peer)

    def _lost(self, peer: Peer) -> None:
        self.stack.lost(peer)

    def _acknowledged(self, ack: Request) -> None:
        if call := self._call_of(ack):
            call.acks.came(ack)

    def _admitted(self, incoming: Incoming, invite: ServerTransaction | None) -> None:
        """Hand a request to its owner; a CANCEL to the INVITE that it means (RFC 3261 §9.2)."""
        if incoming.method == "CANCEL":
            if invite is not None and invite.on_cancel is not None:
                invite.on_cancel(incoming)
            else:
                incoming.transaction.respond(incoming.make(200 if invite else 481))
        elif name_addr(incoming.header("To")).tag:
            call = self._call_of(incoming.request)
            self.stack.spawn(inside.receive(call, incoming) if call else incoming.respond(481))
        elif incoming.method == "INVITE":
            self._new_call(incoming)
        else:
            self.stack.spawn(self._handle(incoming))

    def _call_of(self, request: Request) -> Call | None:
        tag = name_addr(header(request, "To")).tag
        return self.calls.get((header(request, "Call-ID"), tag))

    def _keep(self, call: Call) -> None:
        """Know a call until its end, and for 64 T1 more if it was answered: for late requests."""
        self.calls[call.key] = call

        def ended(call: Call) -> None:
            wait = 64 * self.stack.t1 if call.ok else 0.0
            asyncio.get_running_loop().call_later(wait, self.calls.pop, call.key, None)

        call.add_ended_callback(ended)

    def _new_call(self, incoming: Incoming) -> None:
        if len(self.calls) >= MAX_CALLS:
            incoming.transaction.respond(incoming.make(503, "", {"Retry-After": "30"}))
            return
        call = IncomingCall(self.stack, incoming, self.credentials)
        self._keep(call)
        self.stack.spawn(self._invited(call))

    async def _invited(self, call: IncomingCall) -> None:
        try:
            if self.on_invite is None:
                await call.reject(480)
            else:
                await self.on_invite(call)
        except Exception:
            await call.hangup("SIP;cause=500", 500)
            raise

    async def _handle(self, incoming: Incoming) -> None:
        """A request outside a dialog, INVITE apart."""
        if self.on_request is not None:
            try:
                await self.on_request(incoming)
            except Exception:
                await incoming.respond(500)
                raise
        elif incoming.method == "OPTIONS":
            await incoming.respond(200, headers=dict(ABILITIES) | {"Accept": SDP})
        else:
            await incoming.respond(405, headers={"Allow": ALLOW})
