"""Session timers: a call lives as long as it is refreshed (RFC 4028).

This side takes part where the peer asks for a timer; it asks for one itself with `brief`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from sipmessage import Request, Response

from .fields import header, number, parameters, values

SHORTEST, LONGEST = 90, 1800
"""Seconds of a session interval: the least that may be asked for (§4), the most that is taken."""


def brief() -> dict[str, str]:
    """Headers of an INVITE that asks for the shortest timer, refreshed from here: where nobody
    refreshes any more, the far end drops the call within this time (§7.1, §10)."""
    return {"Session-Expires": f"{SHORTEST};refresher=uac", "Min-SE": str(SHORTEST)}


@dataclass(eq=False)
class SessionTimer:
    """The session interval of one call; `seconds` is 0 where there is none.

    `refresh` shows that the call lives, and gives the code of the answer; `expire` ends the call.
    """

    spawn: Callable[[Coroutine[Any, Any, object]], None]
    refresh: Callable[[], Coroutine[Any, Any, int]]
    expire: Callable[[], Coroutine[Any, Any, object]]
    seconds: int = 0
    ours: bool = False
    """Whether it is we who refresh."""
    _handle: asyncio.TimerHandle | None = None
    _end: float = 0.0
    """When the call is given up, by the loop's clock."""

    def accept(self, request: Request) -> dict[str, str | list[str]]:
        """What a 2xx to a request says of the timer (§9); it starts anew."""
        seconds, refresher = _read(request)
        if not seconds:
            self.stop()
            return {}
        supports = "timer" in (o.lower() for o in values(request.headers, "Supported"))
        # Who asked refreshes, unless he cannot or wishes otherwise.
        refresher = refresher or "uac"
        if not supports:
            refresher = "uas"
        self._start(seconds, ours=refresher == "uas")
        extra: dict[str, str | list[str]] = {"Session-Expires": f"{seconds};refresher={refresher}"}
        if refresher == "uac":
            extra["Require"] = "timer"
        return extra

    def agreed(self, response: Response) -> None:
        """A 2xx came to our INVITE, re-INVITE or UPDATE (§7.2)."""
        seconds, refresher = _read(response)
        if seconds:
            self._start(seconds, ours=refresher != "uas")
        else:
            self.stop()

    def asked(self) -> dict[str, str]:
        """The header of a request that refreshes."""
        if not self.seconds:
            return {}
        return {"Session-Expires": f"{self.seconds};refresher={'uac' if self.ours else 'uas'}"}

    def stop(self) -> None:
        """No timer any more."""
        self.seconds = 0
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _start(self, seconds: int, ours: bool) -> None:
        self.stop()
        self.seconds, self.ours = seconds, ours
        # §10: refresh at half of the interval; give up shortly before its end.
        now = asyncio.get_running_loop().time()
        self._end = now + seconds - min(32, seconds / 3)
        if ours:
            self._at(now + seconds / 2, self._refreshed)
        else:
            self._at(self._end, self.expire)

    def _at(self, when: float, act: Callable[[], Coroutine[Any, Any, object]]) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_at(when, lambda: self.spawn(act()))

    async def _refreshed(self, first: bool = True) -> None:
        """Refresh; where it is refused, try once more halfway to the end, and then give up."""
        fired = self._handle
        if await self.refresh() < 300 or self._handle is not fired:
            return  # The timer started anew, by the peer's refresh too, or the call is over.
        if first:
            halfway = (asyncio.get_running_loop().time() + self._end) / 2
            self._at(halfway, partial(self._refreshed, first=False))
        else:
            self._at(self._end, self.expire)


def _read(message: Request | Response) -> tuple[int, str]:
    """Seconds and refresher of Session-Expires; (0, "") if there is none that can be read."""
    value, mark, rest = header(message, "Session-Expires").partition(";")
    return number(value) or 0, parameters(mark + rest).get("refresher", "").lower()
