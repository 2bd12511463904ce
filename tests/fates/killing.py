"""A process that ends by SIGKILL, or a person who interrupts, at a chosen moment of a write."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from sfsip_nb.engine.database import Database
from tests.engine.test_killed import in_a_child
from tests.fates.proxy import Request

MOMENTS = ("before it is sent", "after its answer", "after the journal noted it")

_OF_CHANGES = re.compile(r"\s*(INSERT INTO|UPDATE)\s+changes\b")


class _Striker:
    """Strikes at the ``number``-th occurrence of a moment; ``struck`` says at which write."""

    def __init__(self, moment: str, number: int) -> None:
        self.moment, self.number, self.struck = moment, number, ""
        self._seen = 0
        self._last = "nothing yet"

    def strike(self) -> None:
        raise NotImplementedError

    def _at(self, moment: str) -> None:
        if moment != self.moment:
            return
        self._seen += 1
        if self._seen == self.number:
            self.struck = self._last
            self.strike()

    @contextmanager
    def watching(self) -> Iterator[None]:
        send, writing = httpx.Client.send, Database.writing

        def sent(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
            if not Request(request.method, request.url.path, {}, b"").writes:
                return send(client, request, **more)
            self._last = f"{request.method} {request.url.path}"
            self._at("before it is sent")
            response = send(client, request, **more)
            self._at("after its answer")
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
                self._at("after the journal noted it")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(httpx.Client, "send", sent)
            patch.setattr(Database, "writing", written)
            yield


class Killer(_Striker):
    """Ends a process of its own."""

    def kill(self, work: Callable[[], object], folder: Path) -> None:
        """Run ``work`` in a forked process, and end that where the moment comes."""
        self._epitaph = folder / "struck"
        self._epitaph.unlink(missing_ok=True)

        def watched() -> None:
            with self.watching():
                work()

        status = in_a_child(watched)
        if os.WIFSIGNALED(status):
            self.struck = self._epitaph.read_text()
        else:
            assert status == 0, "the child ended by a fault of its own"

    def strike(self) -> None:
        self._epitaph.write_text(self.struck)
        os.kill(os.getpid(), signal.SIGKILL)


class Interrupter(_Striker):
    """Interrupts as a person does."""

    def interrupt(self, work: Callable[[], object]) -> None:
        """Run ``work`` until the moment comes."""
        with self.watching(), suppress(KeyboardInterrupt):
            work()

    def strike(self) -> None:
        raise KeyboardInterrupt
