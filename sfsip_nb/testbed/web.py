"""What all stand-ins share: requests without a framework's habits, refusals, and the write log.

A stand-in is a table of `Endpoint`; each handler is a plain function from `ApiRequest` to what is
sent back as JSON (or a `Reply`; a whole `Response` where it is a file). A refusal is raised, in the
vendor's own shape.
"""

from __future__ import annotations

import inspect
import itertools
import json
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .world import Json, Objects, World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
log = logging.getLogger("sfsip_nb.testbed")


class ApiRefusal(Exception):
    """The stand-in says no: HTTP `status`, a JSON `body`, further `headers`."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Reply:
    """What a handler returns where it is not simply JSON with status 200."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def every_fifth() -> Iterator[bool]:
    """True for every fifth request: under some faults a platform stumbles that often."""
    return itertools.cycle((False, False, False, False, True))


def show(thing: Json) -> Json:
    """An object as the API serves it: without what only the vendor's screens show."""
    return {key: value for key, value in thing.items() if not key.startswith("_")}


@dataclass
class ApiRequest:
    """One request, as a handler sees it."""

    world: World
    objects: dict[str, Objects]  # the platform's, by collection
    path: Mapping[str, str]
    query: QueryParams
    method: str
    headers: Mapping[str, str]
    url: str
    origin: str
    body: Any = None

    def listed(self, name: str) -> set[str]:
        """What a query parameter names that may be repeated, and may hold commas."""
        return {word for text in self.query.getlist(name) for word in text.split(",")}


Handler = Callable[[ApiRequest], Any]
Gate = Callable[[ApiRequest, "Endpoint"], None]


@dataclass(frozen=True)
class Endpoint:
    """One method and path. `any_of`: permissions of which one is needed.

    `reads`: it changes nothing, whatever its method says; such requests are no writes.
    """

    method: str
    path: str
    handler: Handler
    any_of: Sequence[str] = ()
    reads: bool = False

    @property
    def writes(self) -> bool:
        """A request to it belongs into the write log."""
        return not self.reads and self.method != "GET"


def routes(
    world: World,
    system: str,
    prefix: str,
    endpoints: Iterable[Endpoint],
    gate: Gate,
    unreadable: Callable[[str], ApiRefusal],
    correlation: str = "",
) -> list[Route]:
    """Starlette routes for a stand-in. `gate` refuses what may not pass, before the handler.

    `correlation` names the header that gives each answer an id, where the vendor has one.
    """

    def route(endpoint: Endpoint) -> Route:
        async def serve(request: Request) -> Response:
            world.used()
            response = await _answer(world, system, endpoint, request, gate, unreadable)
            if correlation:
                response.headers.setdefault(correlation, str(uuid.uuid4()))
            if endpoint.writes:
                world.writes.append(
                    {
                        "system": system,
                        "method": endpoint.method,
                        "path": request.url.path,
                        "status": response.status_code,
                        "at": world.iso(),
                    }
                )
                world.meddle()
                world.written()
            log.info("%s %s %s", request.method, request.url.path, response.status_code)
            return response

        return Route(prefix + endpoint.path, serve, methods=[endpoint.method])

    return [route(endpoint) for endpoint in endpoints]


async def _answer(
    world: World,
    system: str,
    endpoint: Endpoint,
    request: Request,
    gate: Gate,
    unreadable: Callable[[str], ApiRefusal],
) -> Response:
    try:
        asked = ApiRequest(
            world,
            world.systems[system],
            request.path_params,
            request.query_params,
            endpoint.method,
            request.headers,
            str(request.url),
            origin=f"{request.url.scheme}://{request.url.netloc}",
        )
        gate(asked, endpoint)
        asked.body = _read(await request.body(), request.headers, unreadable)
        answer = endpoint.handler(asked)
        if inspect.isawaitable(answer):
            answer = await answer
    except ApiRefusal as refused:
        return JSONResponse(refused.body, refused.status, headers=refused.headers)
    if isinstance(answer, Reply):
        return JSONResponse(answer.body, answer.status, headers=dict(answer.headers))
    if answer is None:
        return Response()
    if isinstance(answer, Response):
        return answer
    return JSONResponse(answer)


def _read(
    content: bytes, headers: Mapping[str, str], unreadable: Callable[[str], ApiRefusal]
) -> Any:
    if not content:
        return None
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(content.decode("ascii", "replace")))
    try:
        return json.loads(content)
    except ValueError as error:
        raise unreadable("The request body is not JSON.") from error
