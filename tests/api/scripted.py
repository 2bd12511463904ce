"""A transport that answers from a script."""

from __future__ import annotations

from collections.abc import Callable

import httpx

Handler = Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers requests in turn, or from a function; keeps what was asked."""

    def __init__(self, *answers: httpx.Response | Exception, by: Handler | None = None) -> None:
        self.asked: list[httpx.Request] = []
        self._answers = list(answers)
        self._by = by

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token" and self._by is None:
            return httpx.Response(200, json={"access_token": "a-token-of-the-test"})
        self.asked.append(request)
        if self._by is not None:
            return self._by(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
