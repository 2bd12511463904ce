"""Where a request is sent: the candidates, one after the other (RFC 3261 §8.1.2, RFC 3263 §4)."""

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from sipmessage import Request

from . import fields
from .dns import NextHop, ResolveError, is_address
from .fields import name_addr, uri_parts, values
from .trace import Transport
from .transport import TransportLayer
from .wire import Peer

LARGEST_DATAGRAM = 1300
"""Bytes of a request that UDP carries where the MTU is not known (RFC 3261 §18.1.1)."""

MAX_CANDIDATES = 8
"""Next hops that are tried; a zone that lists more must not keep a request for minutes."""


class ForStrictRouter(Request):
    """A request that goes to its Request-URI, whatever its Route says (RFC 3261 §8.1.2)."""


def next_hop(request: Request) -> str:
    """The URI whose host a request is sent to: first Route, else Request-URI (§8.1.2)."""
    routes = values(request.headers, "Route")
    if isinstance(request, ForStrictRouter) or not routes:
        return str(request.uri)
    if "lr" in uri_parts(name_addr(routes[0]).uri).params:
        return name_addr(routes[0]).uri
    return str(request.uri)


@dataclass(eq=False)
class Hops:
    """The peers that may take one request, each found when the one before has failed.

    A dialog without a route stays on its open connection `flow`: behind NAT, and where a
    certificate names no address, the Contact of the peer cannot be connected to (RFC 5923).
    """

    layer: TransportLayer
    request: Request
    transport: Transport | None = None
    flow: Peer | None = None
    peer: Peer | None = None
    branch: str = ""
    data: bytes = b""
    """The request as it goes out, if it had to be written to know its size."""
    _only_udp: bool = False
    _hops: deque[NextHop] | None = None
    _hop: NextHop | None = None
    _reused: Peer | None = None
    _reached: bool = False
    _error: OSError | None = None

    async def next(self, same: bool = False) -> Peer | None:
        """The next peer, with the request made ready for it; None after the last.

        `same`: the one of before again, for a request with something added, as credentials.
        Raises OSError if none could be reached: ResolveError, a refused or failed connection, a
        refused certificate.
        """
        if same and self.peer is not None and (self.peer.transport == "udp" or self.peer.open):
            return await self._sized(self._ready(self.peer))
        stays = not self._reached and not self.request.headers.getlist("Route")
        if stays and self.flow is not None and self.flow.open:
            return await self._sized(self._ready(self.flow))
        hops = await self.find()
        # An idle connection may have been closed meanwhile: make a new one.
        idle = self._reused is not None and not self._reused.open
        if self._hop is not None and (same or idle):
            hops.appendleft(self._hop)
        while hops:
            self._hop = hops.popleft()
            self._reused = self.layer.wire.known(self._hop, self._name())
            try:
                peer = self._reused or await self.layer.wire.peer(self._hop, self._name())
            except OSError as error:
                self._error = error
                continue
            return await self._sized(self._ready(peer))
        if not self._reached:
            raise self._error or ResolveError(f"nowhere to send {self.request.method} to.")
        return None

    async def first(self) -> Peer:
        """The first peer. Raises as `next` does, which yields one or raises when first asked."""
        peer = await self.next()
        assert peer is not None
        return peer

    async def find(self) -> deque[NextHop]:
        """All next hops that this element can reach. Raises ResolveError."""
        if self._hops is None:
            self._hops = deque((await self._resolve(self._kind()))[:MAX_CANDIDATES])
        return self._hops

    def _ready(self, peer: Peer) -> Peer:
        self._reached, self.peer, self.branch = True, peer, fields.new_branch()
        self.data = b""
        self.layer.prepare(self.request, peer, self.branch)
        return peer

    async def _sized(self, peer: Peer) -> Peer:
        """Take TCP for a request that is too large for UDP, if there is TCP at both ends."""
        if peer.transport != "udp" or self._only_udp or "tcp" not in self.layer.wire.transports:
            return peer
        self.data = bytes(self.request)
        if len(self.data) <= LARGEST_DATAGRAM:
            return peer
        try:
            hop = (await self._resolve("tcp"))[0]
            stream = await self.layer.wire.peer(hop, "")
        except OSError:
            self._only_udp = True
            return peer  # RFC 3261 §18.1.1: UDP all the same.
        self._hop = hop
        return self._ready(stream)

    @cached_property
    def _target(self) -> fields.UriParts:
        uri = next_hop(self.request)
        parts = uri_parts(uri)
        if not parts.host:
            raise ResolveError(f"{uri!r} names no host to send to.")
        return parts

    def _kind(self) -> Transport | None:
        parts = self._target
        kind = parts.params.get("transport", "").lower() or self.transport
        if not kind and self.flow is not None:
            kind = self.flow.transport
        if parts.scheme == "sips":
            kind = "tls"
        if kind not in ("udp", "tcp", "tls", None):
            raise ResolveError(f"transport {kind!r} of {parts.host} is not supported.")
        return cast("Transport | None", kind)

    def _name(self) -> str:
        """What a certificate is checked for; a Route by address keeps the name of its dialog."""
        host = self._target.host
        return self.flow.name if self.flow and self.flow.name and is_address(host) else host

    async def _resolve(self, kind: Transport | None) -> list[NextHop]:
        parts = self._target
        hops = await self.layer.resolver.candidates(parts.host, parts.port, kind)
        # The transport is chosen first, then all its servers are candidates (RFC 3263 §4.1, §4.2).
        same = [hop for hop in hops if hop.transport == hops[0].transport]
        six = ":" in self.layer.wire.host  # the family of our sockets
        usable = [hop for hop in same if (":" in hop.ip) == six]
        if not usable:
            here = "IPv6" if six else "IPv4"
            raise ResolveError(f"{parts.host} has no {here} address, and this side has only that.")
        return usable
