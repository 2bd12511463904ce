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

TRUNK = "/api/v2/telephony/providers/edges/trunkbasesettings/1"


class Trunks:
    """A trunk that is renamed by each write, and a list of calls; counts what is asked."""

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
def trunks() -> Trunks:
    return Trunks()


@pytest.fixture
def client(trunks: Trunks, genesys: Callable[..., GenesysClient]) -> GenesysClient:
    return genesys(trunks.script)


def test_within_a_step_one_question_is_asked_once_and_each_answer_is_the_callers_own(
    trunks: Trunks, client: GenesysClient
) -> None:
    with remembering():
        first = client.trunk("1")
        first["tags"].append("changed by the caller")
        assert client.trunk("1") == {"id": "1", "name": "first", "tags": []}
        client.trunk("2")
    assert trunks.reads() == 2
    client.trunk("1")
    assert trunks.reads() == 3, "it ends with the step"


def test_without_a_step_nothing_is_remembered(trunks: Trunks, client: GenesysClient) -> None:
    client.trunk("1")
    client.trunk("1")
    assert trunks.reads() == 2


@pytest.mark.parametrize("refuses", [False, True])
def test_after_a_write_whatever_became_of_it_all_is_read_anew(
    trunks: Trunks, client: GenesysClient, refuses: bool
) -> None:
    trunks.refuses = refuses
    with remembering():
        client.trunk("1")
        with pytest.raises(ApiError) if refuses else nullcontext():
            client._api.call("PUT", TRUNK, json={"name": "second"})
        assert client.trunk("1")["name"] == "second"


def test_what_is_waited_for_is_asked_each_time_and_then_known(
    trunks: Trunks, client: GenesysClient
) -> None:
    with remembering():
        client.trunk("1")
        trunks.name = "changed by somebody"
        seen = until(lambda: client.trunk("1"), lambda trunk: trunks.reads() > 3, 5.0, "a name")
        assert seen["name"] == "changed by somebody"
        assert client.trunk("1")["name"] == "changed by somebody"
    assert trunks.reads() == 4


def test_a_read_before_a_write_is_fresh(trunks: Trunks, client: GenesysClient) -> None:
    with remembering():
        client.trunk("1")
        with afresh():
            client.trunk("1")
    assert trunks.reads() == 2


def test_a_plan_within_a_step_shares_nothing_with_it(trunks: Trunks, client: GenesysClient) -> None:
    with remembering():
        client.trunk("1")
        with remembering():
            client.trunk("1")
        client.trunk("1")
    assert trunks.reads() == 2


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
    trunks: Trunks, client: GenesysClient
) -> None:
    memory = Memory()
    with remembering(memory), noted() as first:
        client.trunk("1")
    with remembering(memory), noted() as second:
        client.trunk("1")
        client.trunk("1")
    assert trunks.reads() == 1
    *_, read = first
    assert second == [replace(read, recalled=True)], "told once, with the time at which it was read"


def test_what_is_old_or_was_changed_by_somebody_is_read_anew(
    trunks: Trunks, client: GenesysClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, passed = Memory(), 0.0
    monkeypatch.setattr("sfsip_nb.api.memory.time.monotonic", lambda: passed)
    with remembering(memory):
        client.trunk("1")
        passed = RECENT
        client.trunk("1")
        assert trunks.reads() == 1
        passed += 0.1
        client.trunk("1")
        assert trunks.reads() == 2
        memory.written("https://elsewhere.example")
        client.trunk("1")
        assert trunks.reads() == 2
        [(origin, *_)] = memory._known
        memory.written(origin)
        client.trunk("1")
    assert trunks.reads() == 3


def test_what_no_write_changes_is_known_beyond_writes_and_where_all_else_is_read_anew(
    trunks: Trunks, client: GenesysClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0.0
    monkeypatch.setattr("sfsip_nb.api.memory.time.monotonic", lambda: passed)

    def lasting() -> None:
        client._api.call("GET", TRUNK, lasting=True)

    with remembering():
        lasting()
        client._api.call("PUT", TRUNK, json={"name": "second"})
        with afresh():
            lasting()
        passed = LASTING
        lasting()
        assert trunks.reads() == 1
        assert client.trunk("1")["name"] == "second", "for itself it is read anew"
        assert trunks.reads() == 2
        passed = 2 * LASTING + 0.1
        lasting()
    assert trunks.reads() == 3


def test_what_was_read_after_the_last_write_may_be_its_read_back(
    trunks: Trunks, client: GenesysClient
) -> None:
    with remembering():
        client._api.call("PUT", TRUNK, json={"name": "second"})
        client.trunk("1")
        for name, reads in (("second", 1), ("never", 2)):
            named = lambda trunk, name=name: trunk["name"] == name  # noqa: E731
            until(lambda: client.trunk("1"), named, 0.1, "a name", known=True)
            assert trunks.reads() >= reads
            assert (trunks.reads() == 1) == (name == "second"), "enough, or asked for again"
