"""The testbed's process: HTTP and telephony on one event loop, until asked to end or idle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from sfsip_nb.inputs import private, samples, schema
from sfsip_nb.inputs.platform import names, platform

from . import control, registry
from .guard import OriginGuard
from .places import FOLDER, INFO
from .standin import settle, stand_ins
from .telephony import Telephony
from .world import Json, World

HOST = "127.0.0.1"
IDLE_SECONDS = 600.0
_LOOK_SECONDS = 0.5

log = logging.getLogger("sfsip_nb.testbed")


class Server(uvicorn.Server):
    """Tells when it answers; leaves the signals to the testbed, which has more to close."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def credentials() -> Json:
    """The sample customer's credentials, for whoever reads the first line."""
    sip = {"username": samples.SIP_USERNAME, "password": samples.testbed_secret("sip-password")}
    return {name: own.credentials() for name, own in stand_ins().items()} | {"sip": sip}


def listening_socket() -> socket.socket:
    """A free loopback port; asyncio switches Nagle's delay off only where TCP is named."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind((HOST, 0))
    listener.listen()
    return listener


def application(world: World, controls: control.ControlServer) -> OriginGuard:
    """All HTTP of the testbed, on one origin."""
    served = (route for own in stand_ins().values() for route in own.routes(world))
    return OriginGuard(Starlette(routes=[*controls.routes(), *served]))


async def run(
    run_dir: Path,
    *,
    time_scale: float = 60,
    seed: int = 1,
    faults: Sequence[str] = (),
    idle_seconds: float = IDLE_SECONDS,
    on_ready: Callable[[Json], None] = lambda info: None,
) -> None:
    """Serve the testbed of `run_dir` until a signal, ``POST /stop`` or `idle_seconds` of quiet.

    `on_ready` gets the ready line's content with credentials, once everything answers. Raises
    `seal.SealBroken` when the saved state cannot be opened, KeyError for an unknown fault.
    """
    directory = run_dir / FOLDER
    private.folder(directory)
    world = World(directory, time_scale=time_scale, seed=seed, faults=faults)
    if not world.load():
        settle(world)
    world.meddle()
    world.save()

    stop = asyncio.Event()
    telephony = Telephony(world, directory)
    with listening_socket() as listener:
        origin = "http://{}:{}".format(*listener.getsockname())
        token = secrets.token_urlsafe(32)
        info = _info(f"{origin}{control.PATH}/{token}", origin, world, await telephony.start())
        controls = control.ControlServer(world, info, stop.set, token)
        app = application(world, controls)
        server = Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await server.answers.wait()
            _note(directory / INFO, info)
            on_ready(info | {"credentials": credentials()})
            log.info("ready at %s", origin)
            await _until_over(world, stop, idle_seconds)
        finally:
            registry.leave(info["instance"])
            (directory / INFO).unlink(missing_ok=True)
            await telephony.stop()
            server.should_exit = server.force_exit = True
            await serving
            world.save()
            log.info("ended")


def _info(control_url: str, origin: str, world: World, telephony: dict[str, Any]) -> Json:
    patterns = {
        name: {api: origin + path for api, path in own.paths.items()}
        for name, own in stand_ins().items()
    }
    return {
        "control": control_url,
        **{name: _sample_addresses(name, urls) for name, urls in patterns.items()},
        # Where an address depends on the customer's own account or region.
        "patterns": patterns,
        **telephony,
        "pid": os.getpid(),
        "instance": uuid.uuid4().hex,
        "time_scale": world.time_scale,
        "seed": world.seed,
    }


def _sample_addresses(name: str, urls: dict[str, str]) -> dict[str, str]:
    """Where the sample customer's APIs answer."""
    group = schema.sample(platform(name).block, name) if name in names() else {}
    return {api: url.format_map(group) for api, url in urls.items()}


def _note(path: Path, info: Json) -> None:
    """In the user's own list, where it answers; in the run's folder, which of the list it is."""
    entry = registry.RegisteredTestbed(info["instance"], info["control"], info["pid"])
    registry.enter(entry)
    draft = path.with_name(path.name + ".new")
    private.write(draft, json.dumps({"instance": entry.instance, "pid": entry.pid}))
    draft.replace(path)


async def _until_over(world: World, stop: asyncio.Event, idle_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, stop.set)
    world.used()
    while not stop.is_set():
        left = world.last_used + idle_seconds - time.monotonic()
        if left <= 0:
            log.info("nobody wanted anything for %g s", idle_seconds)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), min(left, _LOOK_SECONDS))
