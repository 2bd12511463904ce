"""Where requests in a dialog go, and whether that address can be reached (RFC 3261 §12.2.1.1)."""

import ipaddress
from dataclasses import dataclass

from ...addresses import is_private
from ...fields import name_addr, uri_parts, values
from ...shown import plain
from ..calls import CallTrace, TracedMessage
from ..finding import Observed

_DOCKER = ipaddress.ip_network("172.17.0.0/16")  # the default network of its containers


@dataclass(frozen=True)
class Aim:
    """The first address that a request goes to, and the header that names it."""

    header: str
    uri: str

    @property
    def host(self) -> str:
        """Its host, as a name or an address."""
        return uri_parts(self.uri).host


def aim_of_caller(answer: TracedMessage) -> Aim | None:
    """Where the caller's ACK and BYE go, by the 2xx; None if it names nothing."""
    contact = name_addr(answer.header("Contact")).uri
    routes = values(answer.message.headers, "Record-Route")
    if contact and routes:
        return Aim("Record-Route", name_addr(routes[-1]).uri)
    return Aim("Contact", contact) if contact else None


def aim_of(request: TracedMessage) -> Aim:
    """Where a request in a dialog went: by its first Route, else by its Request-URI."""
    if routes := values(request.message.headers, "Route"):
        return Aim("Route", name_addr(routes[0]).uri)
    return Aim("Contact", request.uri)


def beyond_reach(aim: Aim, spoke: str, asker: str, world: Observed) -> str:
    """Why an aim is out of reach; empty if nothing speaks for that.

    `spoke` is the host that its owner's messages come from, `asker` the one that has to reach it.
    """
    try:
        address = ipaddress.ip_address(aim.host)
    except ValueError:
        return ""
    if aim.host == asker:
        return ""
    if aim.host == spoke or aim.host in world.speaking:
        outside = not is_private(asker) and not ipaddress.ip_address(asker).is_loopback
        far = is_private(aim.host) and outside
        return f"a private address, which {asker} cannot reach from outside" if far else ""
    if address.is_loopback or address.is_unspecified:
        return "which means the own machine to anybody"
    if not is_private(aim.host):
        return ""
    kind = "a private address"
    if address in _DOCKER:
        kind += " (of a container: Docker's default network)"
    return f"{kind}, though the messages come from {spoke}"


def lost_way(conversation: CallTrace, request: TracedMessage, world: Observed) -> str:
    """A sentence on a request that went to an address out of reach; empty if it did not."""
    side = conversation.side(request)
    heard = (row for row in conversation.rows if conversation.side(row) != side)
    spoke = next((row.entry.source[0] for row in heard), "")
    aim = aim_of(request)
    why = beyond_reach(aim, spoke, request.entry.source[0], world) if spoke else ""
    return f" It goes to {plain(aim.uri, 80)} as {aim.header} says: {why}." if why else ""
