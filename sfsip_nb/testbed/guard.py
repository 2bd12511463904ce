"""Who may ask the testbed at all: programs of this machine, and no page that a browser shows.

A page of the web reaches loopback through the browser of whoever has it open. It is told by its
Origin, and, where its own name was made to lead here (DNS rebinding), by the Host that it asked.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HERE = r"(?:127\.0\.0\.1|localhost|\[::1\])"


class OriginGuard:
    """Lets requests to `app` through; refuses with 403 what did not come from here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        why = _refusal(scope)
        answer = JSONResponse({"error": why}, 403) if why else self._app
        await answer(scope, receive, send)


def _refusal(scope: Scope) -> str:
    """Why a request is refused; empty where it is not."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not re.fullmatch(rf"{_HERE}(?::[0-9]+)?", hosts[0], re.I):
        return "The testbed answers only requests whose Host is 127.0.0.1, localhost or [::1]."
    port = scope["server"][1]
    if not all(
        re.fullmatch(rf"http://{_HERE}:{port}", origin, re.I)
        for origin in headers.getlist("origin")
    ):
        return "The testbed answers no page of another origin than its own."
    return ""
