"""Which addresses this machine has a way to."""

import ipaddress
import socket

from .trace import Address

_ULA = ipaddress.ip_network("fc00::/7")


def local_ip(remote: Address) -> str:
    """The address that this machine uses towards a peer; nothing is sent. Raises OSError."""
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
