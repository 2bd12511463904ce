"""The testbed's HTTP side in this process, on a real socket, with a fresh world for each test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.testbed import server
from sfsip_nb.testbed.control import ControlServer
from sfsip_nb.testbed.standin import settle
from sfsip_nb.testbed.world import World

T = TypeVar("T")
TOKEN = "bench-token"
EDGES = "/api/v2/telephony/providers/edges"
SITE = f"{EDGES}/sites/{genesys_samples.SITE_ID}"


class Host:
    """One HTTP server on one loop in a thread; what it serves is changed from test to test."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = server.listening_socket()
        self.origin = "http://{}:{}".format(*self._listener.getsockname())
        self.application: ASGIApp | None = None
        config = uvicorn.Config(
            self._serve, interface="asgi3", log_config=None, access_log=False, lifespan="off"
        )
        self._server = server.Server(config)
        serving = self._server.serve(sockets=[self._listener])
        self._serving = asyncio.run_coroutine_threadsafe(serving, self.loop)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.application is not None
        await self.application(scope, receive, send)

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._serving.result(5)
        self._listener.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


class Bench:
    """A fresh world on `host`, and HTTP clients for its systems."""

    def __init__(self, host: Host, directory: Path) -> None:
        self._host = host
        self.origin = host.origin
        self.world = World(directory)
        settle(self.world)
        self.stopped = threading.Event()
        controls = ControlServer(self.world, {"instance": "i"}, self.stopped.set, TOKEN)
        host.application = server.application(self.world, controls)
        self._clients: list[httpx.Client] = []
        self.control = self.client(f"/control/{TOKEN}")
        self.genesys = self.client("")
        self.synthflow = self.client("/synthflow/us/v2")
        self.synthflow.headers["Authorization"] = "Bearer " + samples.testbed_secret(
            "synthflow-api-key"
        )

    def client(self, path: str) -> httpx.Client:
        """A client with a base path and without a word about who asks."""
        made = httpx.Client(base_url=self.origin + path, trust_env=False, verify=False)
        self._clients.append(made)
        return made

    def token(self, **changes: str) -> httpx.Response:
        """Ask the token endpoint, by default as the runbook's client should."""
        asked = {
            "client_id": genesys_samples.CLIENT_ID,
            "client_secret": samples.testbed_secret("genesys-client-secret"),
            "grant_type": "client_credentials",
            **changes,
        }
        return self.client("").post(
            "/oauth/token",
            data={"grant_type": asked["grant_type"]},
            auth=(asked["client_id"], asked["client_secret"]),
        )

    def login(self) -> None:
        self.genesys.headers["Authorization"] = "Bearer " + self.token().json()["access_token"]

    def on_loop(self, do: Callable[..., T], *given: Any) -> T:
        """Run `do` where the world lives."""

        async def run() -> T:
            return do(*given)

        return asyncio.run_coroutine_threadsafe(run(), self._host.loop).result(5)

    def close(self) -> None:
        for client in self._clients:
            client.close()

    # shorthand

    def trunk(self, name: str = "Trunk", **properties: Any) -> dict[str, Any]:
        """A trunk to be created: the template filled in."""
        query = {"trunkMetabaseId": "external_sip_pcv_byoc_carrier.json"}
        base = f"{EDGES}/trunkbasesettings/template"
        trunk: dict[str, Any] = self.genesys.get(base, params=query).json()
        given = {"trunk_transport_serverProxyList": ["sip.us.synthflow.ai:32681"], **properties}
        for key, value in given.items():
            trunk["properties"].setdefault(key, {"value": {}})["value"]["instance"] = value
        return trunk | {"name": name, "inboundSite": {"id": genesys_samples.SITE_ID}}

    def created(self, path: str, body: Any) -> dict[str, Any]:
        """POST, which must succeed, and wait until reads see the object."""
        response = self.genesys.post(path, json=body)
        assert response.status_code == 200, response.text
        made: dict[str, Any] = response.json()
        self.world._visible_from.clear()
        return made


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and Genesys error code."""
    return response.status_code, response.json()["code"]
