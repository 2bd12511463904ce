"""Which states of Synthflow's calls are those of a call that is not over."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import stamina

from sfsip_nb.platforms.shared import watch
from sfsip_nb.platforms.synthflow import resources

NOW = datetime(2026, 11, 29, tzinfo=UTC)
OVER = (
    "completed",
    "no-answer",
    "busy",
    "failed",
    "canceled",
    "user-canceled",
    "hangup_on_voicemail",
    "left_voicemail",
    "spam",
)


class Workspace:
    """A client with one assistant, whose calls have these states, one after the other."""

    def __init__(self, *states: str) -> None:
        self.assistant_ids: dict[str, str] = {}
        self.rows = [
            {"call_id": state, "call_status": state, "start_time": "1764374400000"}
            for state in states
        ]

    def assistants(self, lasting: bool = False) -> list[dict[str, Any]]:
        return [{"model_id": "m", "name": "Receptionist"}]

    def assistant(self, model_id: str) -> dict[str, Any]:
        return self.assistants()[0]

    def calls(self, model_id: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        return self.rows

    def call(self, call_id: str) -> dict[str, Any]:
        return self.rows.pop(0)


@pytest.mark.parametrize(
    ("states", "over"),
    [(OVER, True), (("pending", "ringing", "in-progress", "paused"), False)],
)
def test_a_call_is_over_or_in_progress_by_its_state(
    monkeypatch: pytest.MonkeyPatch, states: tuple[str, ...], over: bool
) -> None:
    monkeypatch.setattr(watch, "synthflow", lambda ctx: Workspace(*states))
    ctx: Any = SimpleNamespace(parameters=SimpleNamespace(assistant_of=lambda number: "m"))
    found = watch.synthflow_calls(ctx, "+15551230001")(NOW, NOW)
    assert {call.id: call.over for call in found} == dict.fromkeys(states, over)


def test_a_call_that_was_only_prepared_and_one_of_the_agents_own_did_not_come_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = Workspace("registered", "completed", "ringing")
    workspace.rows[1]["type_of_call"] = "outbound"
    monkeypatch.setattr(watch, "synthflow", lambda ctx: workspace)
    ctx: Any = SimpleNamespace(parameters=SimpleNamespace(assistant_of=lambda number: "m"))
    found = watch.synthflow_calls(ctx, "+15551230001")(NOW, NOW)
    assert [call.id for call in found] == ["ringing"]


def test_a_call_that_is_registered_or_paused_is_not_decided_yet() -> None:
    client: Any = Workspace("pending", "registered", "ringing", "paused", "completed")
    with stamina.set_testing(True, attempts=5, cap=True):
        assert resources.settled_call(client, "c")["call_status"] == "completed"
