"""What is read once in a step: set-ups only, until a write, and never what has to be fresh."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

import httpx
import pytest

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted
from sfsip_nb.api.memory import LASTING, RECENT, Memory, afresh, remembering
from sfsip_nb.engine.clock import until
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from sfsip_nb.platforms.synthflow.resources import find_assistant
from tests.api.scripted import Script

SITE = "/api/v2/telephony/providers/edges/sites/1"


class Sites:
    """A site that is renamed by each write, and a list of calls; counts what is asked."""

    def __init__(self) -> None:
        self.name, self.refuses = "first", False
        self.script = Script(by=self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "a-token-of-the-test"})
        if request.method == "PUT":
            self.name = json.loads(request.content)["name"]
            if self.refuses:
                return httpx.Response(400, json={"code": "bad.request", "message": "no"})
        return httpx.Response(200, json={"id": "1", "name": self.name, "tags": []})

    def reads(self) -> int:
        return sum(one.method == "GET" for one in self.script.asked)


@pytest.fixture
def sites() -> Sites:
    return Sites()


@pytest.fixture
def client(sites: Sites, genesys: Callable[..., GenesysClient]) -> GenesysClient:
    return genesys(sites.script)


def test_within_a_step_one_question_is_asked_once_and_each_answer_is_the_callers_own(
    sites: Sites, client: GenesysClient
) -> None:
    with remembering():
        first = client.site("1")
        first["tags"].append("changed by the caller")
        assert client.site("1") == {"id": "1", "name": "first", "tags": []}
        client.site("2")
    assert sites.reads() == 2
    client.site("1")
    assert sites.reads() == 3, "it ends with the step"


def test_without_a_step_nothing_is_remembered(sites: Sites, client: GenesysClient) -> None:
    client.site("1")
    client.site("1")
    assert sites.reads() == 2


@pytest.mark.parametrize("refuses", [False, True])
def test_after_a_write_whatever_became_of_it_all_is_read_anew(
    sites: Sites, client: GenesysClient, refuses: bool
) -> None:
    sites.refuses = refuses
    with remembering():
        client.site("1")
        with pytest.raises(ApiError) if refuses else nullcontext():
            client._api.call("PUT", SITE, json={"name": "second"})
        assert client.site("1")["name"] == "second"


def test_what_is_waited_for_is_asked_each_time_and_then_known(
    sites: Sites, client: GenesysClient
) -> None:
    with remembering():
        client.site("1")
        sites.name = "changed by somebody"
        seen = until(lambda: client.site("1"), lambda site: sites.reads() > 3, 5.0, "a name")
        assert seen["name"] == "changed by somebody"
        assert client.site("1")["name"] == "changed by somebody"
    assert sites.reads() == 4


def test_a_read_before_a_write_is_fresh(sites: Sites, client: GenesysClient) -> None:
    with remembering():
        client.site("1")
        with afresh():
            client.site("1")
    assert sites.reads() == 2


def test_a_plan_within_a_step_shares_nothing_with_it(sites: Sites, client: GenesysClient) -> None:
    with remembering():
        client.site("1")
        with remembering():
            client.site("1")
        client.site("1")
    assert sites.reads() == 2


def test_records_of_calls_are_never_remembered(
    synthflow: Callable[[Script], SynthflowClient],
) -> None:
    script = Script(by=lambda request: httpx.Response(200, json={"response": {"calls": []}}))
    client = synthflow(script)
    with remembering():
        client.call("1")
        client.call("1")
    assert len(script.asked) == 2


def test_an_assistant_found_before_is_read_at_once_as_long_as_it_is_called_that(
    synthflow: Callable[[Script], SynthflowClient],
) -> None:
    names = {"1": "Front desk", "2": "Sales"}

    def answer(request: httpx.Request) -> httpx.Response:
        *_, id = request.url.path.split("/")
        ids = [id] if id else [*names]
        rows = [{"model_id": i, "name": names[i]} for i in ids]
        return httpx.Response(200, json={"response": {"assistants": rows}})

    script = Script(by=answer)
    client = synthflow(script)
    for _ in range(2):
        found = find_assistant(client, "Front desk")
        assert found is not None
        assert found["model_id"] == "1"
    assert [one.url.path[-1] for one in script.asked] == ["/", "1", "1"]
    names.update({"1": "Old desk", "2": "Front desk"})
    found = find_assistant(client, "Front desk")
    assert found is not None
    assert found["model_id"] == "2"


def test_what_a_memory_that_lives_on_holds_serves_the_next_step_as_its_evidence(
    sites: Sites, client: GenesysClient
) -> None:
    memory = Memory()
    with remembering(memory), noted() as first:
        client.site("1")
    with remembering(memory), noted() as second:
        client.site("1")
        client.site("1")
    assert sites.reads() == 1
    *_, read = first
    assert second == [replace(read, recalled=True)], "told once, with the time at which it was read"


def test_what_is_old_or_was_another_persons_to_change_is_read_anew(
    sites: Sites, client: GenesysClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, passed = Memory(), 0.0
    monkeypatch.setattr("sfsip_nb.api.memory.time.monotonic", lambda: passed)
    with remembering(memory):
        client.site("1")
        passed = RECENT
        client.site("1")
        assert sites.reads() == 1
        passed += 0.1
        client.site("1")
        assert sites.reads() == 2
        memory.forget("https://elsewhere.example")
        client.site("1")
        assert sites.reads() == 2
        [(origin, *_)] = memory._known
        memory.forget(origin)
        client.site("1")
    assert sites.reads() == 3


def test_what_no_write_changes_is_known_beyond_writes_and_where_all_else_is_read_anew(
    sites: Sites, client: GenesysClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0.0
    monkeypatch.setattr("sfsip_nb.api.memory.time.monotonic", lambda: passed)

    def lasting() -> None:
        client._api.call("GET", SITE, lasting=True)

    with remembering():
        lasting()
        client._api.call("PUT", SITE, json={"name": "second"})
        with afresh():
            lasting()
        passed = LASTING
        lasting()
        assert sites.reads() == 1
        assert client.site("1")["name"] == "second", "for itself it is read anew"
        assert sites.reads() == 2
        passed = 2 * LASTING + 0.1
        lasting()
    assert sites.reads() == 3


def test_what_was_read_after_the_last_write_may_be_its_read_back(
    sites: Sites, client: GenesysClient
) -> None:
    with remembering():
        client._api.call("PUT", SITE, json={"name": "second"})
        client.site("1")
        for name, reads in (("second", 1), ("never", 2)):
            named = lambda site, name=name: site["name"] == name  # noqa: E731
            until(lambda: client.site("1"), named, 0.1, "a name", known=True)
            assert sites.reads() >= reads
            assert (sites.reads() == 1) == (name == "second"), "enough, or asked for again"
