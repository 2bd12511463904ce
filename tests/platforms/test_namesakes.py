"""Assistants of one name in a workspace: which one is meant, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.engine.model import Refused
from sfsip_nb.platforms.shared import lookup
from sfsip_nb.platforms.synthflow.resources import find_assistant, listed_assistant

TWO = "Synthflow has 2 inbound assistants named “Support”: give the id of the one you mean."


class Workspace:
    """A client of a workspace with these assistants: id, name, type."""

    def __init__(self, *assistants: tuple[str, str, str]) -> None:
        self.assistant_ids: dict[str, str] = {}
        self.known = {
            id: {"model_id": id, "name": name, "type": type} for id, name, type in assistants
        }

    def assistants(self, *, lasting: bool = False) -> list[dict[str, Any]]:
        return [*self.known.values()]

    def assistant(self, model_id: str) -> dict[str, Any] | None:
        return self.known.get(model_id)


def namesakes() -> Any:
    """A workspace with two inbound assistants of one name."""
    return Workspace(("m1", "Support", "inbound"), ("m2", "Support", "inbound"))


@pytest.mark.parametrize("find", [listed_assistant, find_assistant])
def test_of_namesakes_the_one_of_the_type_that_is_asked_for_is_meant(find: Any) -> None:
    client: Any = Workspace(("out", "Support", "outbound"), ("in", "Support", "inbound"))
    for _ in range(2):  # what was found before is no answer to the other question
        assert find(client, "Support")["model_id"] == "in"
        assert find(client, "Support", "outbound")["model_id"] == "out"
    assert find(Workspace(("out", "Support", "outbound")), "Support") is None


@pytest.mark.parametrize("find", [listed_assistant, find_assistant])
def test_of_two_of_one_type_neither_is_taken_by_name(find: Any) -> None:
    client = namesakes()
    with pytest.raises(Refused) as refused:
        find(client, "Support")
    assert str(refused.value) == TWO
    assert client.assistant_ids == {}
    assert find(client, "m2")["model_id"] == "m2"


def test_an_id_is_matched_before_a_name() -> None:
    client: Any = Workspace(("m1", "m2", "inbound"), ("m2", "Support", "inbound"))
    assert listed_assistant(client, "m2") == client.known["m2"]


@pytest.mark.parametrize("find", [listed_assistant, find_assistant])
def test_one_that_was_found_while_its_name_was_its_own_stays_the_one(find: Any) -> None:
    client: Any = Workspace(("m2", "Support", "inbound"))
    find_assistant(client, "Support")
    client.known = {"m1": client.known["m2"] | {"model_id": "m1"}} | client.known
    assert find(client, "Support")["model_id"] == "m2"


@pytest.mark.parametrize("typed", ["Support", "support"])
def test_the_look_up_refuses_a_name_of_two_and_offers_their_ids(
    monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    client = namesakes()
    client.known["out"] = {"model_id": "out", "name": "Support", "type": "outbound"}
    monkeypatch.setattr(lookup, "synthflow", lambda ctx: client)
    inputs = SimpleNamespace(
        assistants={},
        synthflow=SimpleNamespace(assistant=typed),
        test_calls=SimpleNamespace(ai_caller="Support"),
    )
    ctx: Any = SimpleNamespace(typed=inputs)
    found = lookup.ASSISTANT.see(ctx)
    assert (found.ok, found.sentence, found.spelled) == (False, TWO, "")
    assert found.choices == ("m1", "m2")
    assert lookup.AI_CALLER.see(ctx).ok, "only one of them places calls"
    inputs.synthflow.assistant = "m2"
    assert lookup.ASSISTANT.see(ctx).ok
    client.known["out2"] = client.known["out"] | {"model_id": "out2"}
    assert lookup.AI_CALLER.see(ctx).sentence == TWO.replace("inbound", "outbound")
