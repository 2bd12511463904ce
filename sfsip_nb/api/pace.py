"""A share of the requests a minute that a platform allows a client, kept by waiting in between.

A fleet replays customers of one client at the same time, each in kernels of its own; each kernel
finds its customer's share in its environment. Without one, nothing waits.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping

VARIABLE = "SFSIP_PACE"
"""The share, such as ``genesys=75``: requests a minute of this process to that platform."""


class Pace:
    """Called before each request: the one begins a fixed time after the other, in no burst."""

    def __init__(
        self,
        per_minute: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            moment = self._clock()
            wait = max(0.0, self._next - moment)
            self._next = moment + wait + self._gap
        if wait:
            self._sleep(wait)


def written(platform: str, per_minute: float) -> Mapping[str, str]:
    """The environment that gives a share; empty where nothing is to wait."""
    return {VARIABLE: f"{platform}={per_minute:g}"} if per_minute else {}


@functools.cache
def of(platform: str) -> Pace:
    """The pace of all this process's clients of a platform, by its environment."""
    name, _, share = os.environ.get(VARIABLE, "").partition("=")
    return Pace(float(share) if name == platform else 0.0)
