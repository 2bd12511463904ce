"""In which order records and addresses are tried."""

import ipaddress
import random
import socket
from collections.abc import Iterable
from typing import Any

from .trace import Address

_ULA = ipaddress.ip_network("fc00::/7")


def srv_order(records: Iterable[Any], rng: random.Random) -> list[Any]:
    """SRV records by priority, those of one priority drawn by weight (RFC 2782, "Weight").

    Records of weight 0 stand first in the draw, so they are hardly ever taken before the others.
    """
    ordered = []
    waiting = sorted(records, key=lambda r: (r.priority, r.weight != 0, str(r.target), r.port))
    while waiting:
        same = [record for record in waiting if record.priority == waiting[0].priority]
        drawn, running = rng.randint(0, sum(record.weight for record in same)), 0
        for record in same:
            running += record.weight
            if running >= drawn:
                ordered.append(record)
                waiting.remove(record)
                break
    return ordered


def naptr_order(records: Iterable[Any]) -> list[Any]:
    """NAPTR records by order, then preference (RFC 3403 §4.1); equal ones always the same way."""
    return sorted(records, key=lambda one: (one.order, one.preference, one.service))


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


def by_preference(ips: Iterable[str]) -> list[str]:
    """IPv6 before IPv4, as RFC 7984 §4 has it with the default policy of RFC 6724."""
    return sorted(ips, key=lambda ip: ":" not in ip)
