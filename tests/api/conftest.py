"""Clients over a scripted transport, and a testbed of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import stamina

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.platforms.talkdesk.client import TalkdeskClient
from sfsip_nb.testbed import life
from tests.api.scripted import Script


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=5, cap=True):
        yield


@pytest.fixture
def genesys() -> Iterator[Callable[..., GenesysClient]]:
    made: list[GenesysClient] = []

    def make(script: Script, **options: Any) -> GenesysClient:
        http = httpx.Client(transport=httpx.MockTransport(script))
        client = GenesysClient(
            "client",
            Secret("the-client's-secret"),
            api="https://api.usw2.pure.cloud",
            login="https://login.usw2.pure.cloud",
            http=http,
            **options,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def synthflow() -> Iterator[Callable[[Script], SynthflowClient]]:
    made: list[SynthflowClient] = []

    def make(script: Script) -> SynthflowClient:
        http = httpx.Client(transport=httpx.MockTransport(script))
        base = "https://api.us.synthflow.ai/v2"
        client = SynthflowClient(Secret("the-key-of-the-test"), "workspace", base=base, http=http)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def talkdesk() -> Iterator[Callable[..., TalkdeskClient]]:
    made: list[TalkdeskClient] = []

    def make(script: Script, **options: Any) -> TalkdeskClient:
        client = TalkdeskClient(
            "acme",
            "client",
            Secret("the-client's-secret"),
            api="https://api.talkdeskapp.com",
            login="https://acme.talkdeskid.com",
            http=httpx.Client(transport=httpx.MockTransport(script)),
            **options,
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[life.RunningTestbed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        run_dir = tmp_path_factory.mktemp("run")
        try:
            yield life.ensure(run_dir, time_scale=600, seed=1)
        finally:
            life.stop(run_dir)


@pytest.fixture
def platform(testbed: life.RunningTestbed) -> Iterator[GenesysClient]:
    secret = Secret(samples.testbed_secret("genesys-client-secret"))
    client = GenesysClient(genesys_samples.CLIENT_ID, secret, **testbed.info["genesys"])
    yield client
    client.close()


@pytest.fixture
def workspace(testbed: life.RunningTestbed) -> Iterator[SynthflowClient]:
    key = Secret(samples.testbed_secret("synthflow-api-key"))
    base = testbed.info["synthflow"]["us"]
    client = SynthflowClient(key, samples.SYNTHFLOW_WORKSPACE_ID, base=base)
    yield client
    client.close()


@pytest.fixture
def account(testbed: life.RunningTestbed) -> Iterator[TalkdeskClient]:
    secret = Secret(samples.testbed_secret("talkdesk-client-secret"))
    client = TalkdeskClient(
        talkdesk_samples.ACCOUNT, talkdesk_samples.CLIENT_ID, secret, **testbed.info["talkdesk"]
    )
    yield client
    client.close()
