"""Whether each host that a run needs can be reached: all asked at once, without any secret."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

from sfsip_nb.api.errors import Problem, plain
from sfsip_nb.api.origins import is_own
from sfsip_nb.api.silence import ADVICE, LASTING, silence
from sfsip_nb.api.transport import client
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.fields import on_this_machine

_CONNECT, _PAUSE = 1.5, 0.3
"""Seconds for one address of a host to answer a connection, and before the host is tried again."""

_HEADERS = {"Accept": "application/json"}
_GRANT = {"grant_type": "client_credentials"}
"""What a token server is asked for, by nobody: it refuses."""

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Reached:
    """One host, and how it was reached.

    `names` are the origins that are there. `code` is empty where it was, else as of `silence`, or
    ``foreign`` where something answers that is not the platform. `said` tells it in words.
    """

    names: tuple[str, ...]
    host: str
    port: int
    addresses: tuple[str, ...]
    code: str
    said: str
    advice: str

    @property
    def ok(self) -> bool:
        """Whether it was reached."""
        return not self.code


def reach(origins: Mapping[str, str], seconds: float) -> list[Reached]:
    """Each host of the origins (name → base URL), in their order, within so many seconds."""
    questions: dict[tuple[str, int], _Question] = {}
    until = time.monotonic() + seconds
    for name, base in origins.items():
        url = httpx.URL(base)
        place = url.host, url.port or _PORTS[url.scheme]
        questions.setdefault(place, _Question(base, *place, until)).names.append(name)
    answers: queue.SimpleQueue[None] = queue.SimpleQueue()
    for question in questions.values():
        # Not joined: the system's own look-up of a name cannot be interrupted.
        threading.Thread(target=question.ask, args=(answers,), daemon=True).start()
    try:
        for _ in questions:
            answers.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        pass
    return [question.told() for question in questions.values()]


class _Question:
    """One host asked until it answers, cannot mend itself, or time is over."""

    def __init__(self, base: str, host: str, port: int, until: float) -> None:
        self.names: list[str] = []
        self._base, self._host, self._port, self._until = base, host, port, until
        self._proxy = "" if on_this_machine(host) or proxy_bypass(host) else _proxy()
        self._addresses: Sequence[str] = ()
        self._broke: Exception | None = None
        self._problem: Problem | None = silence(httpx.ReadTimeout(""))

    def ask(self, answers: queue.SimpleQueue[None]) -> None:
        """Ask, and say that it is over."""
        try:
            again = False
            while True:
                problem = self._once(again)
                if time.monotonic() >= self._until:  # by now it was told
                    return
                self._problem = problem
                over = problem is None or problem.code in LASTING or problem.code == "foreign"
                if over or time.monotonic() + _PAUSE >= self._until:
                    return
                time.sleep(_PAUSE)
                again = True
        except Exception as error:
            self._broke = error
        finally:
            answers.put(None)

    def told(self) -> Reached:
        """How it went so far. Raises what is a fault of our own."""
        if self._broke is not None:
            raise self._broke
        problem, addresses = self._problem, tuple(self._addresses)
        if problem is None:
            return Reached(tuple(self.names), self._host, self._port, addresses, "", "answers", "")
        if problem.code == "timeout" and not (addresses or self._proxy):
            problem = silence(socket.gaierror(socket.EAI_AGAIN, ""))
        why = problem.message + (f" (by the proxy {self._proxy})" if self._proxy else "")
        return Reached(
            tuple(self.names), self._host, self._port, addresses, problem.code, why, problem.advice
        )

    def _once(self, again: bool) -> Problem | None:
        left = max(0.1, self._until - time.monotonic())
        connect = left if again else min(_CONNECT, left)  # the first address may be a dead one
        method, path = facts.asked(self.names[0])
        asked: dict[str, Any] = {"headers": _HEADERS, "data": _GRANT if method == "POST" else None}
        try:
            if not self._proxy:
                found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
                self._addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
            with (
                client(self._host, httpx.Timeout(left, connect=connect)) as http,
                http.stream(method, self._base.rstrip("/") + path, **asked) as answer,
            ):
                return self._foreign(answer)
        except (httpx.HTTPError, OSError) as error:
            return silence(error)

    def _foreign(self, answer: httpx.Response) -> Problem | None:
        """What shows that this is not the platform: a guest network's page, a proxy's block page.

        A refusal is the platform's own answer, for it was given no token. RFC 6585 §6 has 511.
        """
        to = answer.next_request.url if answer.next_request else None
        if to is not None and not self._own(to):
            why = f"it leads to {plain(to.host, 80)}, which is not the platform's"
        elif answer.status_code == 511 or (answer.is_success and _is_page(answer)):
            why = "what answers is a web page, not the platform"
        else:
            return None
        return Problem("foreign", why, advice=ADVICE["foreign"])

    def _own(self, url: httpx.URL) -> bool:
        here = url.host == self._host and (url.port or _PORTS.get(url.scheme)) == self._port
        return here or is_own(self.names[0], url.host)


def _is_page(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("Content-Type", "").lower().startswith("text/html"))


def _proxy() -> str:
    """Where the environment has HTTPS go through, without its credentials; mostly nowhere."""
    proxies = getproxies()
    given = proxies.get("https") or proxies.get("all") or ""
    try:
        url = httpx.URL(given)
    except httpx.InvalidURL:
        return plain(given.rpartition("@")[2], 80)
    return f"{url.host}:{url.port}" if url.port else url.host
