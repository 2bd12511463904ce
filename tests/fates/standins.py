"""The testbed's stand-ins in this process, behind the proxy, with a state to go back to."""

from __future__ import annotations

import json
import pickle
import threading
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette

from sfsip_nb.testbed import admin
from sfsip_nb.testbed.standin import settle, stand_ins
from sfsip_nb.testbed.world import World
from tests.fates.proxy import ADMINISTER, Answer, Request

_HIDDEN_READS = 1


class StillWorld(World):
    """A world that is kept in memory; what is new is missed by a number of reads, not seconds."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self._hidden: dict[str, int] = {}
        settle(self)

    def save(self) -> None:
        """Nothing is kept."""

    def touch(self) -> None:
        """Nothing is kept."""

    def written(self) -> None:
        """Nothing is kept."""

    def appear_late(self, id_: str, seconds: float) -> None:
        self._hidden[id_] = _HIDDEN_READS

    def visible(self, id_: str) -> bool:
        left = self._hidden.pop(id_, 0)
        if left > 1:
            self._hidden[id_] = left - 1
        return left == 0


class StandIns:
    """All HTTP of the testbed as one function, and the world behind it."""

    def __init__(self) -> None:
        self.world = world = StillWorld()
        self._lock = threading.Lock()
        routes = [route for own in stand_ins().values() for route in own.routes(world)]
        self._application = Starlette(routes=routes)

    def answer(self, request: Request) -> Answer:
        """What the stand-ins answer. Their handlers never wait, so no event loop is needed."""
        path, _, query = request.target.partition("?")
        if path.startswith(ADMINISTER):
            system, step = path.removeprefix(ADMINISTER).split("/")
            with self._lock:
                do = admin.step(system, step)
                assert do
                seen = dict(do(self.world, json.loads(request.body)))
            return Answer(200, json.dumps(seen).encode(), {})
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [
                (n.encode("latin-1"), v.encode("latin-1")) for n, v in request.headers.items()
            ],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 1),
        }
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        with self._lock:
            answering: Any = self._application(scope, receive, send)  # type: ignore[arg-type]
            try:
                answering.send(None)
            except StopIteration:
                pass
            else:
                raise AssertionError(f"{request.method} {path} waits for something")
        start, *parts = said
        headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in start["headers"]}
        return Answer(start["status"], b"".join(p.get("body", b"") for p in parts), headers)

    # -- the state ------------------------------------------------------------------------

    def snapshot(self) -> bytes:
        """The whole state, to go back to."""
        world = self.world
        with self._lock:
            kept = {name: getattr(world, name) for name in ("systems", "_ids", "_hidden")}
            return pickle.dumps(kept)

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot."""
        with self._lock:
            for name, value in pickle.loads(snapshot).items():
                setattr(self.world, name, value)
            self.world.tokens.clear()
            self.world.writes.clear()

    def state(self) -> dict[str, Any]:
        """A copy of all objects, by system and collection."""
        return dict(pickle.loads(self.snapshot())["systems"])
