"""Where a transferred call landed, when others come to the live agents at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.genesys import verify
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.talkdesk import verify as talkdesk

CALLER, NUMBER, AGENTS = "+15550100123", "+15551230001", "+15551230090"
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
FIRST = SeenCall(Vantage.PLATFORM, "first", AT, CALLER, NUMBER, ended=AT + timedelta(seconds=30))


def landed(id: str, after: float, caller: str = CALLER, queue: str = "q") -> SeenCall:
    """A conversation of its own that came to a queue, where an agent took it."""
    segments = [{"segmentType": kind, "queueId": queue} for kind in ("delay", "interact")]
    parts = [
        {"purpose": who, "sessions": [{"ani": caller, "segments": [segment]}]}
        for who, segment in zip(("acd", "agent"), segments, strict=True)
    ]
    at = AT + timedelta(seconds=after)
    return SeenCall(Vantage.PLATFORM, id, at, caller, AGENTS, {"participants": parts})


@pytest.fixture
def ctx(monkeypatch: pytest.MonkeyPatch) -> Any:
    transfer = SimpleNamespace(number=AGENTS)
    made = SimpleNamespace(parameters=SimpleNamespace(synthflow=SimpleNamespace(transfer=transfer)))
    wanted = SimpleNamespace(transfer_queue="Support", ring_group_number=AGENTS)
    queues = [{"id": "q", "name": "Support"}, {"id": "other", "name": "Sales"}]
    monkeypatch.setattr(verify, "settings", lambda ctx: wanted)
    monkeypatch.setattr(talkdesk, "settings", lambda ctx: wanted)
    monkeypatch.setattr(verify, "genesys", lambda ctx: SimpleNamespace(queues=lambda: queues))
    return made


def received(monkeypatch: pytest.MonkeyPatch, ctx: Any, *others: SeenCall) -> list[Check]:
    found = [FIRST, *others]
    monkeypatch.setattr(verify, "conversations", lambda ctx: lambda since, until: found)
    row = SeenCall(Vantage.SYNTHFLOW, "s", AT, CALLER, NUMBER, {"call_status": "completed"})
    sides = Sides("Genesys Cloud", NUMBER, FIRST, row, CALLER)
    return list(verify._received(ctx, "verify.transfer", sides))


def test_the_callers_own_transfer_is_told_from_another_callers(
    monkeypatch: pytest.MonkeyPatch, ctx: Any
) -> None:
    other = landed("other", 6, caller="+15550100999", queue="other")
    found = received(monkeypatch, ctx, landed("mine", 5), other)
    assert {check.verdict for check in found} == {"pass"}


def test_two_transfers_at_once_of_one_caller_are_both_named_and_neither_is_judged(
    monkeypatch: pytest.MonkeyPatch, ctx: Any
) -> None:
    found = received(monkeypatch, ctx, landed("one", 5), landed("two", 6, queue="other"))
    assert {check.verdict for check in found} == {"inconclusive"}
    assert all("one" in check.seen and "two" in check.seen for check in found)
    assert {check.id for check in found} == {"verify.transfer/queue", "verify.transfer/agent"}


def test_at_talkdesk_too_a_transfer_is_found_by_its_caller_and_else_not_guessed(
    monkeypatch: pytest.MonkeyPatch, ctx: Any
) -> None:
    mine, other = landed("mine", 5), landed("other", 6, caller="+15550100999")

    def found(*entries: SeenCall) -> list[str]:
        monkeypatch.setattr(talkdesk, "report", lambda ctx: lambda since, until: [*entries])
        return sorted(call.id for call in talkdesk._transferred(ctx, FIRST))

    assert found(mine, other) == ["mine"]
    assert found(mine, landed("again", 7)) == ["again", "mine"]
    assert found(mine, landed("another call's", 300)) == ["mine"]


@pytest.mark.parametrize(
    ("groups", "verdict"),
    [
        ("Sales", "pass"),
        ("Front desk, Sales", "pass"),
        ("Sales Overflow", "fail"),
        ("", "fail"),
    ],
)
def test_at_talkdesk_a_ring_group_is_known_by_its_whole_name(
    monkeypatch: pytest.MonkeyPatch, ctx: Any, groups: str, verdict: str
) -> None:
    wanted = SimpleNamespace(ring_group="Sales", ring_group_number=AGENTS)
    monkeypatch.setattr(talkdesk, "settings", lambda ctx: wanted)
    monkeypatch.setattr(talkdesk.agent_record, "checks", lambda *_: [])
    facts = {"ring_groups": groups, "handling_user_name": "Ann"}
    call = SeenCall(Vantage.PLATFORM, "c", AT, CALLER, NUMBER, facts)
    row = SeenCall(Vantage.SYNTHFLOW, "s", AT, CALLER, NUMBER, {"call_status": "completed"})
    found = talkdesk._judge_transfer(ctx, Sides("Talkdesk", NUMBER, call, row, CALLER))
    assert {c.id: c.verdict for c in found}["verify.transfer/queue"] == verdict
