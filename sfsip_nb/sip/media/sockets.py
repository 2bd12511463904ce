"""The two sockets of a stream, and when the kernel took in what comes."""

import asyncio
import contextlib
import ipaddress
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from ..trace import Address

Receive = Callable[[bytes, Address, float], None]
"""Takes a datagram, its source, and the wall clock's seconds when it arrived."""

_LONGEST: Final = 2048
"""Bytes: no medium sends larger datagrams than an Ethernet frame holds."""

# Where the kernel stamps packets, our own lateness in reading them is not in the arrival times.
_SO_TIMESTAMPNS = 35 if sys.platform == "linux" else None
_TIMESPEC = struct.Struct("@ll")
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size) if hasattr(socket, "CMSG_SPACE") else 0


def open_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Sockets for RTP on an even port and RTCP on the next (RFC 3550 §11). Raises OSError."""
    for _ in range(50):
        rtp = _bound(host, 0)
        port = int(rtp.getsockname()[1])
        if port % 2 == 0:
            with contextlib.suppress(OSError):
                return rtp, _bound(host, port + 1)
        rtp.close()
    raise OSError("no free even UDP port for RTP")


def sendable(address: Address) -> Address | None:
    """The address, if packets can go there; a host name would be looked up at every packet."""
    with contextlib.suppress(ValueError):
        ip = ipaddress.ip_address(address[0])
        return address if 0 < address[1] < 65_536 and not ip.is_unspecified else None
    return None


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.bind((host, port))
        if _SO_TIMESTAMPNS is not None:
            with contextlib.suppress(OSError):
                bound.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except BaseException:
        bound.close()
        raise
    return bound


async def watch(bound: socket.socket, receive: Receive) -> Callable[[], None]:
    """Hand every datagram to `receive`; returns what ends that and closes the socket."""
    loop = asyncio.get_running_loop()
    take = _stamped if _SO_TIMESTAMPNS is not None else _plain

    def ready() -> None:
        # ICMP errors of what was sent before come back here; RTCP and the counters tell them.
        with contextlib.suppress(OSError):
            receive(*take(bound))

    try:
        loop.add_reader(bound, ready)
    except NotImplementedError:  # The loop of Windows.
        transport, _ = await loop.create_datagram_endpoint(lambda: _Relay(receive), sock=bound)
        return transport.close

    def close() -> None:
        loop.remove_reader(bound)
        bound.close()

    return close


def _plain(bound: socket.socket) -> tuple[bytes, Address, float]:
    data, source = bound.recvfrom(_LONGEST)
    return data, source[:2], time.time()


def _stamped(bound: socket.socket) -> tuple[bytes, Address, float]:
    data, ancillary, _, source = bound.recvmsg(_LONGEST, _ANCILLARY)
    if ancillary and len(ancillary[0][2]) == _TIMESPEC.size:
        seconds, nanoseconds = _TIMESPEC.unpack(ancillary[0][2])
        return data, source[:2], seconds + nanoseconds / 1e9
    return data, source[:2], time.time()


class _Relay(asyncio.DatagramProtocol):
    def __init__(self, receive: Receive) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        self._receive(data, addr[:2], time.time())
