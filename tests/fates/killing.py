"""A process of its own that ends by SIGKILL at a chosen moment of a chosen write."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sfsip_nb.engine.database import Database
from tests.engine.test_killed import in_a_child
from tests.fates.proxy import Request

MOMENTS = ("before it is sent", "after its answer", "after the journal noted it")

_OF_CHANGES = re.compile(r"\s*(INSERT INTO|UPDATE)\s+changes\b")


class Killer:
    """Strikes at the ``number``-th occurrence of a moment; ``struck`` says at which write."""

    def __init__(self, moment: str, number: int) -> None:
        self.moment, self.number, self.struck = moment, number, ""
        self._seen = 0
        self._last = "nothing yet"

    def kill(self, work: Callable[[], object], folder: Path) -> None:
        """Run ``work`` in a forked process, and end that where the moment comes."""
        epitaph = folder / "struck"
        epitaph.unlink(missing_ok=True)

        def watched() -> None:
            self._watch(epitaph)
            work()

        status = in_a_child(watched)
        if os.WIFSIGNALED(status):
            self.struck = epitaph.read_text()
        else:
            assert status == 0, "the child ended by a fault of its own"

    def _at(self, moment: str, epitaph: Path) -> None:
        if moment != self.moment:
            return
        self._seen += 1
        if self._seen == self.number:
            epitaph.write_text(self._last)
            os.kill(os.getpid(), signal.SIGKILL)

    def _watch(self, epitaph: Path) -> None:
        """For the rest of this process."""
        send, writing = httpx.Client.send, Database.writing

        def sent(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
            if not Request(request.method, request.url.path, {}, b"").writes:
                return send(client, request, **more)
            self._last = f"{request.method} {request.url.path}"
            self._at("before it is sent", epitaph)
            response = send(client, request, **more)
            self._at("after its answer", epitaph)
            return response

        @contextmanager
        def written(database: Database) -> Iterator[Any]:
            statements: list[str] = []
            with writing(database) as db:
                db.set_trace_callback(statements.append)
                try:
                    yield db
                finally:
                    db.set_trace_callback(None)
            if any(map(_OF_CHANGES.match, statements)):
                self._at("after the journal noted it", epitaph)

        httpx.Client.send = sent  # type: ignore[method-assign, assignment]
        Database.writing = written  # type: ignore[method-assign]
