"""No hostile account, region, URL or testbed gets a secret: a listener hears nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import stamina

from sfsip_nb.engine.context import Context, Surroundings
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import live_values
from sfsip_nb.inputs.load import from_namespace, load_file
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.platforms.shared.checks import synthflow
from sfsip_nb.platforms.talkdesk.platform import talkdesk
from sfsip_nb.runs import looking, places, session
from sfsip_nb.runs.environment import surroundings
from sfsip_nb.sip import MapResolver
from sfsip_nb.testbed import life
from tests.api.listener import Listener, listening

CLIENTS: dict[str, tuple[str, Callable[[Context], object]]] = {
    "genesys": ("genesys", lambda ctx: genesys(ctx).organization()),
    "talkdesk": ("talkdesk", lambda ctx: talkdesk(ctx).queues()),
    "synthflow of genesys": ("genesys", lambda ctx: synthflow(ctx).numbers()),
    "synthflow of talkdesk": ("talkdesk", lambda ctx: synthflow(ctx).numbers()),
}
EVERY_CLIENT = pytest.mark.parametrize("client", CLIENTS)

ACCOUNTS = ["HOST/", "HOST#", "HOST?", "HOST\\", "user@HOST/", "user:word@HOST#", "a.b", "x#"]
URLS = ["https://HOST", "https://HOST/v2", "https://api.us.synthflow.ai@HOST", "https://user@HOST"]


@pytest.fixture(autouse=True)
def _once() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as made:
        yield made
        assert made.connections == 0
        assert made.asked == []


class Unwritten:
    """The journal of a run that has just begun."""

    def get(self, name: str, default: Any) -> Any:
        return default

    def count_requests(self, attempt: int, asked: Any) -> None:
        pass


def attempt(guide: str, live: bool, origin: Callable[[str], str]) -> Context:
    """An attempt of `guide` whose origins are what `origin` makes of their names."""
    parameters = from_namespace(guide, {"target": "testbed"})
    if live:
        parameters = parameters.model_copy(update={"target": "live"})
    names = ("synthflow", f"{guide}.api", f"{guide}.login")
    return Context(
        guide=session.GUIDES[guide],
        parameters=parameters,
        mode="plan",
        journal=cast("Any", Unwritten()),
        attempt=1,
        run_dir=Path(),
        secrets=parameters.secrets(),
        redactor=Redactor(),
        surroundings=Surroundings({name: origin(name) for name in names}, MapResolver({})),
    )


@EVERY_CLIENT
def test_a_listener_would_hear_each_client(client: str) -> None:
    guide, ask = CLIENTS[client]
    with listening(lambda *_: (200, {}, {"access_token": "a-token-of-the-test"})) as made:
        ctx = attempt(guide, False, lambda name: made.origin)
        ask(ctx)
        ctx.release()
        assert made.authorizations


@EVERY_CLIENT
@pytest.mark.parametrize("url", ["http://HOST", *URLS])
def test_a_live_run_sends_no_secret_to_this_machine(
    client: str, url: str, listener: Listener
) -> None:
    guide, ask = CLIENTS[client]
    hostile = url.replace("HOST", f"127.0.0.1:{listener.port}")
    with pytest.raises(InputError, match="No secret of"):
        ask(attempt(guide, True, lambda name: hostile))


@EVERY_CLIENT
@pytest.mark.parametrize("url", URLS)
def test_a_testbed_run_sends_no_secret_elsewhere(client: str, url: str, listener: Listener) -> None:
    guide, ask = CLIENTS[client]
    hostile = url.replace("HOST", f"0.0.0.0:{listener.port}")  # reaches it, and is no loopback
    with pytest.raises(InputError, match="No secret of"):
        ask(attempt(guide, False, lambda name: hostile))


@pytest.mark.parametrize("part", ["api", "login"])
@pytest.mark.parametrize("guide", ["genesys", "talkdesk"])
def test_one_foreign_origin_of_two_is_enough(guide: str, part: str, listener: Listener) -> None:
    """The token is worth as much as the secret."""
    with listening(lambda *_: (200, {}, {"access_token": "a-token-of-the-test"})) as good:
        foreign = f"https://0.0.0.0:{listener.port}"
        ctx = attempt(guide, False, lambda name: foreign if name.endswith(part) else good.origin)
        with pytest.raises(InputError, match="No secret of"):
            CLIENTS[guide][1](ctx)
        assert good.connections == 0


def test_a_testbed_that_names_another_host_is_not_used(listener: Listener) -> None:
    here, foreign = "http://127.0.0.1:1", f"https://0.0.0.0:{listener.port}"
    info = {
        "synthflow": {"us": here},
        "talkdesk": {},
        "patterns": {"talkdesk": {"api": here, "login": foreign + "/{account}"}},
        "sip": {},
        "pstn": {},
    }
    parameters = from_namespace("talkdesk", {"target": "testbed"})
    with pytest.raises(InputError, match="stays on this machine"):
        surroundings(session.GUIDES["talkdesk"], parameters, life.RunningTestbed(info))


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> Draft:
    """A live customer's form, as far as it takes to ask the platforms."""
    for name in ("TALKDESK_CLIENT_SECRET", "SYNTHFLOW_API_KEY"):
        monkeypatch.setenv(name, f"Zk41-{name.lower()}")
    draft = Draft("talkdesk", live_values("talkdesk") | {"customer": "Northwind"})
    draft.note("talkdesk.region", "us")
    draft.note("talkdesk.client_id", "client")
    return draft


@pytest.mark.parametrize("account", ["", *ACCOUNTS])
def test_a_half_typed_account_makes_no_client(
    account: str, form: Draft, listener: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(places.RUN_DIR, str(tmp_path))
    form.note("synthflow.region", "us")
    form.note("talkdesk.account", account.replace("HOST", f"127.0.0.1:{listener.port}"))
    assert "talkdesk.account" in form.problems()
    secrets = {key: Secret(value.reveal()) for key, value in form.checked.secrets.items()}
    with (
        looking.read_only_context(form.loose(), secrets, tmp_path) as ctx,
        pytest.raises(KeyError, match="account"),
    ):
        talkdesk(ctx)


@pytest.mark.parametrize("key", ["talkdesk.region", "synthflow.region"])
@pytest.mark.parametrize("region", ["", "us.evil.example/", "xx", "us-us"])
def test_an_unknown_region_makes_no_host(
    key: str, region: str, form: Draft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(places.RUN_DIR, str(tmp_path))
    form.note("talkdesk.account", "acme")
    form.note("synthflow.region", "us")
    form.note(key, region)
    with (
        pytest.raises(InputError, match="Choose the regions first"),
        looking.read_only_context(form.loose(), {}, tmp_path),
    ):
        raise AssertionError("it was opened")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_a_hostile_account_opens_no_run(account: str, listener: Listener, tmp_path: Path) -> None:
    hostile = account.replace("HOST", f"127.0.0.1:{listener.port}")
    file = Path("parameters/talkdesk.testbed.yaml")
    with pytest.raises(InputError, match=r"^talkdesk\.account "):
        load_file(file, [f"talkdesk.account='{hostile}'"])
    with pytest.raises(InputError, match=r"^talkdesk\.account "):
        from_namespace("talkdesk", {"target": "testbed", "talkdesk": {"account": hostile}})
    with pytest.raises(InputError, match=r"^talkdesk\.account "):
        session.prepare(file, [f"talkdesk.account='{hostile}'"], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://0.0.0.0:PORT/control",
        "http://127.0.0.1@0.0.0.0:PORT/control",
        "http://127.0.0.1:80@0.0.0.0:PORT/control",
        "http://127.0.0.1\\@0.0.0.0:PORT/control",
        "http://127.0.0.1#@0.0.0.0:PORT/control",
        "http://localhost.evil.example:PORT/control",
        "https://127.0.0.1:PORT/control",
        "//127.0.0.1:PORT/control",
    ],
)
def test_a_testbeds_url_leads_nowhere_else(url: str, listener: Listener, tmp_path: Path) -> None:
    file, hostile = Path("parameters/genesys.testbed.yaml"), url.replace("PORT", f"{listener.port}")
    with pytest.raises(InputError, match=r"^testbed\.url .* not on this machine"):
        session.prepare(file, out=tmp_path / "run", testbed_url=f"'{hostile}'")


def test_a_client_is_given_no_origin_that_was_not_asserted() -> None:
    """What reads an origin reads it through `origin`, or only to tell it."""
    clients = [
        path
        for path in Path("sfsip_nb/guides").rglob("*.py")
        if "surroundings.origins" in path.read_text(encoding="utf-8")
    ]
    assert {path.name for path in clients} <= {"origins.py", "access.py"}
