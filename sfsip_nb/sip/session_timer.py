"""Session timers: a call lives as long as it is refreshed (RFC 4028).

This side asks for no timer; it takes part where the peer does.
"""

import asyncio
from typing import TYPE_CHECKING

from sipmessage import Request, Response

from .fields import header, number, parameters, values

if TYPE_CHECKING:
    from .call import Call


class SessionTimer:
    """The session interval of one call; `seconds` is 0 where there is none."""

    def __init__(self, call: "Call") -> None:
        self._call = call
        self._handle: asyncio.TimerHandle | None = None
        self.seconds = 0
        self.ours = False
        """Whether it is we who refresh."""

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

    def _start(self, seconds: int, ours: bool) -> None:
        self.stop()
        self.seconds, self.ours = seconds, ours
        # §10: refresh at half of the interval; give up shortly before its end.
        wait = seconds / 2 if ours else seconds - min(32, seconds / 3)
        act = self._refresh if ours else self._expire
        self._handle = asyncio.get_running_loop().call_later(wait, act)

    def _refresh(self) -> None:
        self._call.agent.spawn(self._refreshed())

    async def _refreshed(self) -> None:
        if self._call.state == "answered" and await self._call.refresh() >= 300:
            # Another try before the end of the interval.
            self._handle = asyncio.get_running_loop().call_later(self.seconds / 4, self._expire)

    def _expire(self) -> None:
        self._call.agent.spawn(self._expired())

    async def _expired(self) -> None:
        await self._call.bye(reason='SIP;cause=408;text="session timer expired"')


def _read(message: Request | Response) -> tuple[int, str]:
    """Seconds and refresher of Session-Expires; (0, "") if there is none that can be read."""
    value, mark, rest = header(message, "Session-Expires").partition(";")
    return number(value) or 0, parameters(mark + rest).get("refresher", "").lower()
