"""What a call proves: a 200 not who answered, a login not more than that it was accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Vantage
from sfsip_nb.platforms.genesys.verify import _INTERACT, _segment_types
from sfsip_nb.platforms.shared import access_control, agent_record, probes, wire
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.testcall import ObservedCall

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
CTX = cast(Context, SimpleNamespace(live=False))
CALL = ObservedCall(
    "+15551230001", "+15550100123", "sfsip-1", NOW, code=200, answer="200 OK", bye_code=200,
    ended_by="local", seconds=3.0, heard=[True],
)  # fmt: skip


def sides(status: str = "", caller: str = "+15550100123", **facts: Any) -> Sides:
    here = SeenCall(
        Vantage.SYNTHFLOW, "s", NOW, caller, "+15551230001", {"call_status": status} | facts
    )
    return Sides("Genesys", "+15551230001", None, here if status else None, "+15550100123", CALL)


def first(placed: ObservedCall, of: Sides) -> Any:
    return wire.checks("verify.inbound", placed, of, ("AI agent",))[0]


@pytest.mark.parametrize(
    ("status", "verdict", "words"),
    [
        ("completed", "pass", "200 OK, from the AI agent"),
        ("in-progress", "pass", "200 OK, from the AI agent"),
        ("failed", "inconclusive", "but not from the AI agent: Synthflow says failed"),
        ("", "inconclusive", "Synthflow has no such call"),
    ],
)
def test_a_200_is_the_agents_only_where_synthflow_has_the_call(
    status: str, verdict: str, words: str
) -> None:
    made = first(CALL, sides(status))
    assert made.verdict.value == verdict
    assert words in made.seen
    assert first(replace(CALL, code=486, answer="486 Busy Here"), sides(status)).verdict == "fail"


def test_the_end_of_a_call_says_who_hung_up_and_when() -> None:
    ended = wire.checks("verify.inbound", CALL, sides("completed"), ("AI agent",))[-1]
    assert ended.seen.startswith("the caller hung up after 3.0 s, BYE 200")
    early = replace(CALL, ended_by="remote", bye_code=None, seconds=0.2)
    ended = wire.checks("verify.inbound", early, sides("completed"), ("AI agent",))[-1]
    assert (ended.verdict, ended.seen[:35]) == ("fail", "the other side hung up after 0.2 s,")


@pytest.mark.parametrize(
    ("challenges", "code", "verdict"),
    [
        (1, 200, "pass"), (1, 488, "pass"), (1, 486, "pass"), (1, 503, "pass"),
        (1, 403, "fail"), (1, 407, "fail"), (1, 0, "inconclusive"),
        (0, 200, "inconclusive"), (0, 404, "inconclusive"), (0, 480, "inconclusive"),
        (0, 403, "fail"), (0, 0, "inconclusive"),
    ],
)  # fmt: skip
def test_credentials_fail_only_where_they_were_refused(
    challenges: int, code: int, verdict: str
) -> None:
    placed = replace(CALL, code=code, challenges=challenges, answer=f"{code} X")
    made = probes._accepted(CTX, "probe.digest", placed)
    assert made.verdict.value == verdict
    assert f"{code} X" in made.seen


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ((407, 407), "pass"), ((403,), "pass"), ((401,), "pass"),
        ((407, 100, 200), "fail"), ((407, 180, 486), "fail"), ((407, 183, 403), "fail"),
        ((486,), "inconclusive"), ((480,), "inconclusive"), ((503,), "inconclusive"),
        ((), "inconclusive"),
    ],
)  # fmt: skip
def test_a_wrong_password_lets_in_only_what_rings_or_is_answered(
    codes: tuple[int, ...], verdict: str
) -> None:
    code = codes[-1] if codes else 0
    placed = replace(CALL, code=code, codes=codes, answer=f"{code} X" if code else "", phrase="")
    made = probes._refused(CTX, "probe.digest", placed)
    assert made.verdict.value == verdict
    assert ("at your cost" in made.reason) is (verdict == "fail")


@pytest.mark.parametrize(
    ("kinds", "took"), [(["alert"], False), (["alert", "interact"], True), ([], False)]
)
def test_an_agent_took_a_call_only_where_both_talked(kinds: list[str], took: bool) -> None:
    segments = [{"segmentType": kind} for kind in kinds]
    agent = {"purpose": "agent", "sessions": [{"segments": segments}]}
    assert (_INTERACT in _segment_types(agent)) is took


@pytest.mark.parametrize(
    ("actions", "verdict", "words"),
    [
        ([], "fail", "no transfer"),
        (None, "fail", "no transfer"),
        ([{"action_type": "LIVE_TRANSFER", "status": "failed", "sip_code": 403}], "fail", "403"),
        ([{"action_type": "LIVE_TRANSFER", "status": "success"}], "pass", "success"),
        ({"a": {"action_type": "LIVE_TRANSFER"}}, "inconclusive", ""),
        ([{"action_type": "SEND_SMS", "status": "success"}], "fail", "no transfer"),
    ],
)
def test_a_transfer_is_made_where_synthflow_says_that_it_succeeded(
    actions: Any, verdict: str, words: str
) -> None:
    (made,) = agent_record.transfer("verify.transfer", sides("completed", executed_actions=actions))
    assert made.verdict.value == verdict
    assert words in made.seen


def test_a_call_that_synthflow_does_not_place_asks_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*given: Any) -> str:
        raise ApiError("Synthflow", "POST", "/calls", 400, Problem("", "not attached"))

    transfer = SimpleNamespace(number="+15551230090")
    own = SimpleNamespace(
        assistant_of=lambda number: "A", synthflow=SimpleNamespace(transfer=transfer)
    )
    monkeypatch.setattr(
        access_control, "synthflow", lambda ctx: SimpleNamespace(place_call=refuses)
    )
    monkeypatch.setattr(access_control, "listed_assistant", lambda *given: {"model_id": "m"})
    monkeypatch.setattr(access_control, "sampled", lambda parameters: ["+15551230001"])
    monkeypatch.setattr(access_control.dialing, "permit", lambda *given: "mark")
    ctx = cast(Context, SimpleNamespace(live=False, parameters=own))
    made = access_control._listed(ctx, "Genesys Cloud", 1)
    assert made.verdict.value == "inconclusive"
    assert "not attached" in made.seen
