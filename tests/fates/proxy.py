"""A proxy between the clients and the platforms, on a real socket, that does as a fate says."""

from __future__ import annotations

import contextlib
import json
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fates.fates import PASSED, TROUBLE, Course, Fate

ADMINISTER = "/administer/"
"""Below it the simulated administrator carries out a card: ``SYSTEM/STEP``."""

_HELD_SECONDS = 5.0
_ASKING = (
    "/oauth/token",
    "/api/v2/tokens/me",
    "/analytics/conversations/details/query",
    "/data/reports/calls/jobs",
)
"""Paths at which no method changes anything of the customer's."""


@dataclass(frozen=True)
class Request:
    """One request, whole."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def writes(self) -> bool:
        """Whether it is there to change something."""
        asks = self.path.endswith(_ASKING) or self.path.startswith(ADMINISTER)
        return self.method not in ("GET", "HEAD") and not asks

    @property
    def same(self) -> tuple[str, str, str]:
        """What two sendings of one request have in common, whatever version they carry."""
        try:
            body = json.loads(self.body or b"null")
        except ValueError:
            body = self.body.decode("latin-1")
        if isinstance(body, dict):
            body.pop("version", None)
        return self.method, self.path, json.dumps(body, sort_keys=True)


@dataclass(frozen=True)
class Answer:
    """What the platform said."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Sent:
    """One sending of a write: which write it was, the how-manieth sending, and what became of it.

    ``platform`` is the status of the platform's answer (0: never asked), ``heard`` of what the
    client was sent (0: nothing whole).
    """

    write: int
    before: int
    method: str
    path: str
    platform: int
    heard: int


class Gone(Exception):
    """The connection is over."""


class Proxy:
    """Numbers the distinct writes from 1 and lets each take its fate; all else passes.

    ``fates`` are by the number of the write; ``chaos`` is the share of reads that meet trouble.
    """

    def __init__(self, platform: Callable[[Request], Answer]) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self.begin()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.origin = "http://{}:{}".format(*self._listener.getsockname())
        threading.Thread(target=self._accept, daemon=True).start()

    def begin(
        self,
        fates: Mapping[int, Fate] | None = None,
        chaos: float = 0.0,
        seed: int = 0,
    ) -> None:
        """Forget what was sent; from now on these fates hold."""
        with self._lock:
            self.fates = dict(fates or {})
            self.sent: list[Sent] = []
            self.troubled = 0
            self._chaos, self._random = chaos, random.Random(seed)
            self._writes: dict[tuple[str, str, str], int] = {}
            self._sendings: dict[int, int] = {}

    @property
    def writes(self) -> int:
        """How many distinct writes were sent."""
        return len(self._writes)

    def may_trouble(self, request: Request) -> bool:
        """Whether anything may befall that request."""
        with self._lock:
            write = self._writes.get(request.same, len(self._writes) + 1) if request.writes else 0
            return bool(self._chaos) or write in self.fates

    def hand(self, request: Request) -> Answer:
        """The platform's answer, without a socket, to a request that nothing befalls."""
        if request.path.startswith(ADMINISTER):
            return self._platform(request)
        _, write, before = self._course(request)
        answer = self._platform(request)
        if write:
            self._note(Sent(write, before, request.method, request.path, *[answer.status] * 2))
        return answer

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    # -- one connection -------------------------------------------------------------------

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(Gone, OSError):
            rest = b""
            while True:
                request, rest = _read(connection, rest)
                self._answer(connection, request)

    def _answer(self, connection: socket.socket, request: Request) -> None:
        if request.path.startswith(ADMINISTER):  # a person's work meets no trouble here
            connection.sendall(_written(self._platform(request), cut=False))
            return
        course, write, before = self._course(request)
        answer = self._platform(request) if course.forward else None
        if write:
            whole = not (course.reset or course.cut or course.held)
            heard = (course.status or (answer.status if answer else 0)) if whole else 0
            platform = answer.status if answer else 0
            self._note(Sent(write, before, request.method, request.path, platform, heard))
        if course.held:
            select.select([connection], [], [], _HELD_SECONDS)
        if course.reset or course.held:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Gone
        if course.delay:
            time.sleep(course.delay)
        if course.status or answer is None:
            answer = _own(course.status)
        if course.garbage:
            answer = Answer(200, b"<html>\xff this is no JSON", {"content-type": "text/html"})
        connection.sendall(_written(answer, course.cut))
        if course.cut:
            raise Gone

    def _note(self, sent: Sent) -> None:
        with self._lock:
            self.sent.append(sent)

    def _course(self, request: Request) -> tuple[Course, int, int]:
        with self._lock:
            if not request.writes:
                if request.method == "DELETE" or self._random.random() >= self._chaos:
                    return PASSED, 0, 0
                self.troubled += 1
                return self._random.choice(TROUBLE), 0, 0
            write = self._writes.setdefault(request.same, len(self._writes) + 1)
            before = self._sendings.get(write, 0)
            self._sendings[write] = before + 1
            fate = self.fates.get(write)
            return fate(request.method, before) if fate else PASSED, write, before


def _read(connection: socket.socket, buffer: bytes) -> tuple[Request, bytes]:
    while b"\r\n\r\n" not in buffer:
        buffer += _more(connection)
    head, _, buffer = buffer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", 0))
    while len(buffer) < length:
        buffer += _more(connection)
    return Request(method, target, headers, buffer[:length]), buffer[length:]


def _more(connection: socket.socket) -> bytes:
    read = connection.recv(65536)
    if not read:
        raise Gone
    return read


def _own(status: int) -> Answer:
    said = {"status": status, "code": "proxy", "message": f"the proxy answers {status}"}
    headers = {"content-type": "application/json"}
    return Answer(status, json.dumps(said).encode(), headers | {"retry-after": "0"})


def _written(answer: Answer, cut: bool) -> bytes:
    status, body = answer.status, answer.body
    promised = len(body)
    if cut:
        status = 200 if status == 204 else status
        body, promised = body[: len(body) // 2], len(body) + 50
    lines = [f"HTTP/1.1 {status} Said"]
    lines += [f"{n}: {v}" for n, v in answer.headers.items() if n.lower() != "content-length"]
    if status != 204:
        lines.append(f"content-length: {promised}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
