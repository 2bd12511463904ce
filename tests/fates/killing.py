"""A process that ends at a chosen moment of a chosen write, as far as the product can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from sfsip_nb.runbook.journal import Journal
from tests.fates.proxy import Request

MOMENTS = ("before it is sent", "after its answer", "after the journal noted it")

_OF_CHANGES = re.compile(r"\s*(INSERT INTO|UPDATE)\s+changes\b")


class Killed(BaseException):
    """The process is gone."""


class Killer:
    """Strikes at the ``number``-th occurrence of a moment; ``struck`` says at which write."""

    def __init__(self, moment: str, number: int) -> None:
        self.moment, self.number, self.struck = moment, number, ""
        self._seen = 0
        self._last = "nothing yet"

    def at(self, moment: str) -> None:
        """That moment is now. Raises ``Killed`` where it is the one."""
        if moment != self.moment:
            return
        self._seen += 1
        if self._seen == self.number:
            self.struck = self._last
            raise Killed

    @contextmanager
    def about(self) -> Iterator[None]:
        """It is about, and whatever it ends is gone."""
        send, writing = httpx.Client.send, Journal._writing

        def sent(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
            if not Request(request.method, request.url.path, {}, b"").writes:
                return send(client, request, **more)
            self._last = f"{request.method} {request.url.path}"
            self.at("before it is sent")
            response = send(client, request, **more)
            self.at("after its answer")
            return response

        @contextmanager
        def written(journal: Journal) -> Iterator[Any]:
            statements: list[str] = []
            with writing(journal) as db:
                db.set_trace_callback(statements.append)
                try:
                    yield db
                finally:
                    db.set_trace_callback(None)
            if any(map(_OF_CHANGES.match, statements)):
                self.at("after the journal noted it")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(httpx.Client, "send", sent)
            patch.setattr(Journal, "_writing", written)
            with suppress(Killed):
                yield
