"""The user agent: many may live in one process, each with its sockets (RFC 3261)."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence

from sipmessage import Response

from .call import Call
from .digest import Answerer, Credentials
from .dns import Resolver
from .fields import ExtraHeaders, uri_parts
from .incoming import receive
from .locating import DnsResolver
from .messages import ABILITIES, ALLOW, SDP, Incoming, build, set_body
from .outgoing import Progress, place
from .sdp import Srtp
from .stack import Stack
from .trace import Address, Trace, Transport
from .transport import Wire

MAX_CALLS = 2_000
"""Calls at a time, those included that ended in the last 64 T1; more are refused by 503."""


class UserAgent(Stack):
    """One SIP element that calls, is called, asks and answers.

    `on_invite(call)` and `on_request(incoming)` run as tasks of their own; an exception ends in
    `errors` and as a 500 at the peer. `advertised` ("host" or "host:port") replaces the real
    socket in Via and Contact. `gate(source, transport)` is asked for each message received; what
    it denies is dropped unread, as a firewall does. `t1` is RFC 3261's T1 in seconds and scales
    every SIP timer.
    """

    def __init__(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        transports: Collection[Transport] = ("udp", "tcp"),
        tls_port: int = 0,
        tls_server: ssl.SSLContext | None = None,
        tls_client: ssl.SSLContext | None = None,
        resolver: Resolver | None = None,
        trace: Trace | None = None,
        credentials: Sequence[Credentials] = (),
        advertised: str = "",
        on_invite: Callable[[Call], Awaitable[object]] | None = None,
        on_request: Callable[[Incoming], Awaitable[object]] | None = None,
        gate: Callable[[Address, Transport], bool] | None = None,
        t1: float = 0.5,
    ) -> None:
        super().__init__()
        self.name, self.host, self.advertised, self.t1 = name, host, advertised, t1
        self.resolver = DnsResolver() if resolver is None else resolver
        self.trace = Trace() if trace is None else trace
        self.credentials = tuple(credentials)
        self.on_invite, self.on_request = on_invite, on_request
        self.gate = gate
        self._wire = Wire(
            self._received,
            self._lost,
            host=host,
            port=port,
            tls_port=tls_port,
            transports=transports,
            tls_server=tls_server,
            tls_client=tls_client,
        )

    async def start(self) -> None:
        """Bind the sockets. Raises OSError if a port is taken."""
        await self._wire.start()

    async def close(self) -> None:
        """End at once: calls are dropped without BYE, so hang up before."""
        for call in list(self.calls.values()):
            call.drop()
        for client in list(self._clients.values()):
            client.end()
        self._servers.end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
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
        codecs: Sequence[str] = ("PCMU", "PCMA"),
        srtp: Srtp = "off",
        credentials: Sequence[Credentials] | None = None,
        transport: Transport | None = None,
        proxy: str = "",
        to_header: str = "",
        on_progress: Progress | None = None,
    ) -> Call:
        """Begin a call to the Request-URI `to`; returns at once, see `Call.outcome`.

        `from_` is a URI or `"Name" <uri>`; `proxy` a SIP URI that becomes the Route. A request
        that is too large for UDP takes TCP (RFC 3261 §18.1.1).
        """
        request = build(
            "INVITE",
            to,
            host=self._host(),
            from_=from_,
            to=to_header,
            headers=headers,
            proxy=proxy,
        )
        return await place(
            self,
            request,
            transport=transport,
            codecs=codecs,
            srtp=srtp,
            credentials=self.credentials if credentials is None else credentials,
            on_progress=on_progress,
        )

    async def request(
        self,
        method: str,
        uri: str,
        *,
        from_: str = "",
        to: str = "",
        headers: ExtraHeaders | None = None,
        body: bytes = b"",
        content_type: str = "",
        credentials: Sequence[Credentials] | None = None,
        transport: Transport | None = None,
        proxy: str = "",
        timeout: float | None = None,
    ) -> Response | None:
        """A request outside a dialog and its final response; None if nothing was heard in time.

        Raises ResolveError (no address) and OSError (connection refused, TLS refused, closed
        without an answer).
        """
        request = build(
            method, uri, host=self._host(), from_=from_, to=to, headers=headers, proxy=proxy
        )
        set_body(request, body, content_type)
        answerer = Answerer(self.credentials if credentials is None else credentials)
        return await self.transact(request, answerer, transport=transport, timeout=timeout)

    async def options(
        self, uri: str, *, transport: Transport | None = None, timeout: float | None = None
    ) -> Response | None:
        """OPTIONS (RFC 3261 §11)."""
        extra = {"Accept": SDP}
        return await self.request(
            "OPTIONS", uri, headers=extra, transport=transport, timeout=timeout
        )

    async def register(
        self,
        uri: str,
        *,
        aor: str,
        expires: int = 300,
        contact: str = "",
        credentials: Sequence[Credentials] | None = None,
        transport: Transport | None = None,
        timeout: float | None = None,
    ) -> Response | None:
        """Bind `aor` to `contact` (a Contact value; empty: this agent) at the registrar `uri`.

        RFC 3261 §10.2; expires 0 removes the binding. Raises OSError.
        """
        if not contact:
            contact = await self.contact_for(uri, aor, transport)
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

    def _host(self) -> str:
        advertised = uri_parts(f"sip:{self.advertised}").host if self.advertised else ""
        return advertised or self.host

    def _new_call(self, incoming: Incoming) -> None:
        if len(self.calls) >= MAX_CALLS:
            busy = incoming.make(503, "", {"Retry-After": "30"})
            incoming.transaction.respond(busy)
            return
        call = receive(self, incoming)
        handler = self.on_invite

        async def handle() -> None:
            try:
                if handler is None:
                    await call.reject(480)
                else:
                    await handler(call)
            except Exception:
                await call.hangup("SIP;cause=500", 500)
                raise

        self.spawn(handle())

    async def _handle(self, incoming: Incoming) -> None:
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
