"""The control interface: what a test may see and change behind the vendors' backs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import admin, stamps, surprise
from .cards import CannotDo, Step
from .faults import faults
from .standin import stand_ins
from .world import Json, Objects, World

PATH = "/control"


class ControlServer:
    """Serves `world`. `info` describes the testbed, `stop` ends it.

    Only who has the `token` is served: it stands in each path, as JupyterLab's does.
    """

    def __init__(self, world: World, info: Json, stop: Callable[[], None], token: str) -> None:
        self._world = world
        self._info = info
        self._stop = stop
        self._token = token

    def routes(self) -> list[Route]:
        """All paths, below `PATH` and the token."""
        table: list[tuple[str, str, Callable[[Request], Awaitable[Any]]]] = [
            ("GET", "", self._about),
            ("GET", "/", self._about),
            ("GET", "/state", self._state),
            ("POST", "/state/{system}/{collection}", self._add),
            ("PATCH", "/state/{system}/{collection}/{id:path}", self._patch),
            ("DELETE", "/state/{system}/{collection}/{id:path}", self._remove),
            ("GET", "/writes", self._writes),
            ("GET", "/calls", self._calls),
            ("GET", "/faults", self._faults),
            ("PUT", "/faults/{name}", self._switch),
            ("DELETE", "/faults/{name}", self._switch),
            ("GET", "/surprise", self._surprise),
            ("POST", "/surprise", self._surprise),
            ("PUT", "/surprise", self._surprise),
            ("DELETE", "/surprise", self._surprise),
            ("POST", "/admin/{system}/{step}", self._administer),
            ("POST", "/screens/{system}/{step}", self._look),
            ("POST", "/stop", self._end),
        ]
        below = PATH + "/{token}"
        served = [Route(below + path, self._guarded(do), methods=[m]) for m, path, do in table]
        other = self._guarded(self._unknown)
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        rest = [PATH, PATH + "/", below, below + "/{rest:path}"]
        return served + [Route(path, other, methods=methods) for path in rest]

    def _guarded(
        self, do: Callable[[Request], Awaitable[Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            try:
                self._admit(request)
                self._world.used()
                return JSONResponse(await do(request))
            except HTTPException as wrong:
                return JSONResponse({"error": wrong.detail}, wrong.status_code)

        return serve

    def _admit(self, request: Request) -> None:
        given = request.path_params.get("token", "")
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            raise HTTPException(
                403,
                "This is no control URL of this testbed: the token in its path is missing or"
                " wrong. Take the URL that sfsip testbed start printed.",
            )

    async def _unknown(self, request: Request) -> Json:
        raise HTTPException(404, f"The control interface has no {request.method} of that path.")

    async def _about(self, request: Request) -> Json:
        return self._info | {"faults": self._told_faults()}

    async def _end(self, request: Request) -> Json:
        self._stop()
        return {"stopping": True}

    # what is

    async def _state(self, request: Request) -> Json:
        """The customer's objects by system and collection; secrets are stamps."""
        shown: Json = stamps.public(self._world, self._world.systems)
        return shown

    async def _writes(self, request: Request) -> list[Json]:
        return self._world.writes

    async def _calls(self, request: Request) -> Json:
        """What happened on the phone: the truth, and what each platform recorded of it."""
        world = self._world
        return {
            "calls": world.calls,
            **{name: own.calls(world) for name, own in stand_ins().items()},
        }

    # changing it

    def _collection(self, request: Request) -> Objects:
        system, name = request.path_params["system"], request.path_params["collection"]
        systems = self._world.systems
        if name not in systems.get(system, {}):
            raise HTTPException(404, f"There is no collection {system}/{name}.")
        return systems[system][name]

    def _object(self, request: Request) -> tuple[Objects, str]:
        objects, id_ = self._collection(request), request.path_params["id"]
        if id_ not in objects:
            raise HTTPException(
                404, f"There is no object {id_} in {request.path_params['collection']}."
            )
        return objects, id_

    async def _add(self, request: Request) -> Json:
        objects, given = self._collection(request), await _json(request)
        id_ = given.setdefault("id", self._world.new_id())
        objects[str(id_)] = given
        self._changed()
        return dict(stamps.public(self._world, given))

    async def _patch(self, request: Request) -> Json:
        """Merge the body in (RFC 7396); the version counts on, as if a person had saved it."""
        objects, id_ = self._object(request)
        changed = objects[id_] = _merged(objects[id_], await _json(request))
        if "version" in changed:
            changed["version"] += 1
        self._changed()
        return dict(stamps.public(self._world, changed))

    async def _remove(self, request: Request) -> Json:
        objects, id_ = self._object(request)
        del objects[id_]
        self._changed()
        return {"removed": id_}

    def _changed(self) -> None:
        """Somebody changed an object: keep it, as far as a fault leaves it so."""
        self._world.meddle()
        self._world.save()

    # faults

    async def _faults(self, request: Request) -> list[Json]:
        told = self._told_faults()
        return [
            {
                "name": f.name,
                "group": f.group,
                "effect": f.effect,
                "row": f.row,
                "cause": f.cause,
                "on": f.name in told,
            }
            for f in faults().values()
        ]

    def _told_faults(self) -> list[str]:
        """Those that are on, but for the one that somebody is to find out."""
        return [name for name in self._world.faults if name != surprise.hidden(self._world)]

    async def _switch(self, request: Request) -> Json:
        name = request.path_params["name"]
        if name not in faults():
            raise HTTPException(404, f"There is no fault called {name}.")
        self._world.set_fault(name, request.method == "PUT")
        self._world.save()
        return {"faults": self._told_faults()}

    async def _surprise(self, request: Request) -> Json:
        """A fault to find out: looked at, begun for a guide, named by a person, and ended."""
        world, given = self._world, await _json(request)
        acts: dict[str, Callable[[], Json]] = {
            "GET": lambda: surprise.told(world),
            "POST": lambda: surprise.begin(world, str(given.get("guide")), given.get("seed")),
            "PUT": lambda: surprise.name(world, str(given.get("said"))),
            "DELETE": lambda: surprise.end(world),
        }
        try:
            shown = acts[request.method]()
        except CannotDo as reason:
            raise HTTPException(409, str(reason)) from reason
        world.save()
        return shown

    # people

    async def _administer(self, request: Request) -> Json:
        system, step = request.path_params["system"], request.path_params["step"]
        values = await _json(request)
        do = admin.step(system, step)
        if do is None:
            raise HTTPException(404, f"No administrator of {system} does {step}.")
        seen = self._did(do, values)
        self._world.save()
        return seen

    async def _look(self, request: Request) -> Json:
        """What stands on a screen that a card is about; nothing for a card that is about none."""
        system, step = request.path_params["system"], request.path_params["step"]
        do = admin.screen(system, step)
        return self._did(do, await _json(request)) if do else {}

    def _did(self, do: Step, values: Json) -> Json:
        try:
            return do(self._world, values)
        except CannotDo as reason:
            raise HTTPException(400, str(reason)) from reason


async def _json(request: Request) -> Json:
    content = await request.body()
    try:
        given = json.loads(content or b"{}")
    except ValueError as error:
        raise HTTPException(400, "The body is not JSON.") from error
    if not isinstance(given, dict):
        raise HTTPException(400, "The body must be a JSON object.")
    return given


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(new, dict):
        return new
    merged = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged
