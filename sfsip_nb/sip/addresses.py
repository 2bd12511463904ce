"""Which addresses this machine has a way to, and which mean nothing elsewhere."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trace import Address

_ULA = ipaddress.ip_network("fc00::/7")
_PRIVATE = [
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10"),
    )
]


def local_ip(remote: Address) -> str:
    """The address that this machine uses toward a peer; nothing is sent. Raises OSError."""
    family = socket.AF_INET6 if ":" in remote[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((remote[0], remote[1] or 9))
        return str(probe.getsockname()[0])


def reachable(ip: str) -> bool:
    """Whether this machine has a route and a fitting address for `ip`; nothing is sent.

    A unique local address reaches no public one, as inside of many containers (RFC 6724 §5,
    rules 1, 2 and 5 as far as they matter here).
    """
    try:
        source = local_ip((ip, 9))
    except OSError:
        return False
    here, there = ipaddress.ip_address(source), ipaddress.ip_address(ip)
    return here.version == 4 or not _confined(here) or _confined(there)


def _confined(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_link_local or ip.is_loopback or ip in _ULA


def is_private(address: str) -> bool:
    """Whether an IP address means nothing outside its own network; False for a name.

    RFC 1918, RFC 6598 (carrier-grade NAT), RFC 3927 and RFC 4291 (link-local), RFC 4193. The
    loopback address is another matter: on one machine it is as good as any.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(ip in network for network in _PRIVATE if network.version == ip.version)
