"""Which assistant uses a transfer is told by its id: a namesake's transfer is none of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.platforms.synthflow import access, section
from sfsip_nb.platforms.synthflow.transfers import ATTACHED_TO, TransferAction, TransferUse
from tests.platforms.test_namesakes import Workspace, namesakes

LIVE, NUMBER = "+15551230091", "+15551230001"


@pytest.fixture
def client() -> Any:
    """Two namesakes, of which the second has the transfer, and both the number."""
    made = namesakes()
    shown = {"phone": f"sip:{LIVE}@sbc.example"}
    action = {"action_id": "a1", "action_type": "LIVE_TRANSFER", "parameters_hard_coded": shown}
    made.actions = lambda: [action]
    made.action = lambda id: action | {"assistants": ["m2"]}
    for assistant in made.known.values():
        assistant["phone_number"] = NUMBER
    return made


def using(client: Workspace, wanted: str) -> Any:
    """What the run sees of an assistant's use of the transfer."""
    given: Any = client
    transfers = TransferAction(given, [wanted], lambda key: ())
    seen = TransferUse(given, [wanted], transfers).read(LIVE)
    assert seen is not None
    return seen.fields[ATTACHED_TO]


def test_a_transfer_of_a_namesake_is_not_attached(client: Any) -> None:
    assert using(client, "m1") == ""
    assert using(client, "m2") == "Support"


def test_a_transfer_whose_number_is_not_shown_is_ours_only_if_our_assistant_uses_it(
    client: Any,
) -> None:
    client.actions()[0]["parameters_hard_coded"] = {}
    found = {id: TransferAction(client, [id], lambda key: ()).find(LIVE) for id in ("m1", "m2")}
    assert [id for id, action in found.items() if action] == ["m2"]


def test_a_number_on_two_namesakes_is_on_two_assistants(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section, "synthflow", lambda ctx: client)
    parameters = SimpleNamespace(
        assistants={"m1": (NUMBER,)}, numbers=[NUMBER], is_one_of_several=lambda number: False
    )
    ctx: Any = SimpleNamespace(parameters=parameters)
    [judged] = section._attachment_checks(ctx)
    assert (judged.verdict, judged.seen) == ("fail", "Support, Support")
    held = access.holders(client, [])
    free = access._free("m1", "m1", [NUMBER], held)
    assert (free.verdict, free.seen) == ("fail", f"{NUMBER} is on Support")
