"""One background thread with an event loop, for callers that have none (notebooks, CLI)."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

WIND_UP = 6.0
"""Seconds that a canceled coroutine gets to come to an orderly end."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def _running() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="sfsip-sip", daemon=True).start()
        return _loop


def _forget() -> None:
    """A forked child has the loop, but not the thread that runs it: it makes its own."""
    global _lock, _loop
    _lock, _loop = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def run(coroutine: Coroutine[Any, Any, T], timeout: float | None = 60.0) -> T:
    """Run a coroutine on the background loop and wait for it. Raises TimeoutError.

    A notebook's kernel runs a loop already, where `asyncio.run` refuses; this works in both.
    After a time-out or an interrupt the coroutine is canceled, and has `WIND_UP` seconds for its
    last things: a call that stands has to be hung up.
    """
    over = threading.Event()

    async def watched() -> T:
        try:
            return await coroutine
        finally:
            over.set()

    future = asyncio.run_coroutine_threadsafe(watched(), _running())
    try:
        return future.result(timeout)
    except BaseException:
        if future.cancel():
            over.wait(WIND_UP)
        raise
