"""What an assistant's own call to a number shows, and what it must not be taken for."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.engine.joining import CallMatch
from sfsip_nb.engine.placing import RequestedCall
from sfsip_nb.engine.verdicts import Check, Vantage, Weight
from sfsip_nb.platforms.shared import ai_caller, direct
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.watch import WatchedPlatform
from sfsip_nb.platforms.synthflow import callids

STEP, NUMBER, OWN = "verify.inbound", "+15551230001", "+15550100177"
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
PLACED = RequestedCall(1, STEP, NUMBER, "sfsip-1", AT.isoformat(), "placed", "call-1")
THERE = SeenCall(Vantage.PLATFORM, "c-1", AT, OWN, NUMBER)
HERE = SeenCall(
    Vantage.SYNTHFLOW, "s-1", AT, OWN, NUMBER, {"model_id": "agent", "call_status": "completed"}
)


REFUSED = {"call_status": "failed", "error_message": "Telephony - 403 - Forbidden"}
ANSWERED = {"call_status": "completed"}


class Rehearsed:
    """A step whose call went as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.placed: RequestedCall | Exception = PLACED
        self.row = {"call_status": "completed", "phone_number_from": OWN}
        self.match = CallMatch(THERE, HERE)
        assistants = {"Caller": "caller", "Agent": "agent"}
        monkeypatch.setattr(ai_caller, "synthflow", lambda ctx: None)
        monkeypatch.setattr(
            ai_caller,
            "find_assistant",
            lambda client, name, *kind: {"name": name, "model_id": assistants[name]},
        )
        monkeypatch.setattr(ai_caller.placing, "place", lambda *asked: self._place())
        monkeypatch.setattr(ai_caller, "settled_call", lambda client, id: self.row)
        monkeypatch.setattr(ai_caller, "find", lambda *asked: self._sides())

    def _place(self) -> RequestedCall:
        if isinstance(self.placed, Exception):
            raise self.placed
        return self.placed

    def _sides(self) -> Sides:
        seen = self.match
        return Sides("Genesys Cloud", NUMBER, seen.there, seen.here, OWN, match=seen)

    def checks(self, named: str = "Caller") -> list[Check]:
        rules = SimpleNamespace(ai_caller=named)
        parameters = SimpleNamespace(test_calls=rules, assistant_of=lambda number: "Agent")
        ctx: Any = SimpleNamespace(parameters=parameters)
        found = ai_caller.checks(
            ctx, STEP, WatchedPlatform("Genesys Cloud", lambda *at: []), NUMBER
        )
        assert {check.weight for check in found} <= {Weight.ADVISORY}
        return found


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    return Rehearsed(monkeypatch)


def test_nothing_is_called_unless_an_assistant_is_named(call: Rehearsed) -> None:
    call.placed = AssertionError("it was called")
    assert call.checks("") == []


def test_a_call_that_the_ai_agent_answered_passes_and_says_how_its_records_were_joined(
    call: Rehearsed,
) -> None:
    reached, joined = call.checks()
    assert (reached.verdict, joined.verdict) == ("pass", "pass")
    assert reached.seen == "call call-1 from +15550100177: completed; Agent had call s-1"
    assert joined.seen.startswith("by number, direction and time")


@pytest.mark.parametrize(
    ("row", "match", "verdict", "seen"),
    [
        (REFUSED, CallMatch(), "fail", "403"),
        (ANSWERED, CallMatch(THERE), "fail", "the AI agent: no call"),
        (ANSWERED, CallMatch(), "inconclusive", "the AI agent: no call"),
        (ANSWERED, CallMatch(THERE, rivals=(HERE, HERE)), "inconclusive", "no call"),
        ({"call_status": "ringing"}, CallMatch(), "inconclusive", "ringing"),
    ],
)
def test_only_the_agents_own_record_says_that_it_answered(
    call: Rehearsed, row: dict[str, str], match: CallMatch, verdict: str, seen: str
) -> None:
    call.row, call.match = row, match
    reached = call.checks()[0]
    assert reached.verdict == verdict
    assert seen in reached.seen


@pytest.mark.parametrize(
    ("placed", "seen", "why"),
    [
        (NotAllowed("not among test_calls.destinations"), "destinations", "test_calls"),
        (
            RequestedCall(1, STEP, NUMBER, "sfsip-1", AT.isoformat(), "unknown", why="no answer"),
            "unknown: no answer",
            "not placed again in this attempt: look for it in Synthflow's log by the name sfsip-1",
        ),
        (
            RequestedCall(1, STEP, NUMBER, "sfsip-1", AT.isoformat(), "refused", why="400"),
            "refused: 400",
            "test_calls",
        ),
        (ApiError("Synthflow", "GET", "/calls", 503, Problem("busy", "busy")), "503", ""),
    ],
    ids=["not allowed", "unknown", "refused", "no records"],
)
def test_what_was_not_placed_or_is_not_known_decides_nothing(
    call: Rehearsed, placed: RequestedCall | Exception, seen: str, why: str
) -> None:
    call.placed = placed
    (told,) = call.checks()
    assert told.verdict == "inconclusive"
    assert seen in told.seen
    assert why in told.reason


# Ids that this side gives to a call.


def test_a_call_that_may_not_be_prepared_goes_without_synthflows_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*asked: str) -> str:
        raise ApiError("Synthflow", "POST", "/prepare_inbound", 404, Problem("no", "no"))

    client = SimpleNamespace(prepare_call=refuses)
    monkeypatch.setattr(direct, "synthflow", lambda ctx: client)
    monkeypatch.setattr(direct, "listed_assistant", lambda client, wanted: {"model_id": "m"})
    rules = SimpleNamespace(from_="+15550100123")
    parameters = SimpleNamespace(assistant_of=lambda number: "m", test_calls=rules)
    ctx: Any = SimpleNamespace(parameters=parameters)
    assert direct.prepared(ctx, NUMBER) == ""
    assert callids.headers("sfsip-1", "") == {"X-EI": "E.sfsip-1;"}
    client.prepare_call = lambda *asked: "id-1"
    assert callids.headers("sfsip-1", direct.prepared(ctx, NUMBER)) == {"X-EI": "S.id-1;E.sfsip-1;"}


@pytest.mark.parametrize("sent", [None, "", {}, {"X-EI": "nothing"}, {"X-EI": "E.;"}])
def test_a_record_without_headers_has_synthflows_own_id_alone(sent: Any) -> None:
    found = callids.keys({"call_id": "id-1", "telephony_sip_headers": sent})
    assert {name: value for name, value in found.items() if value and name != "X-EI"} == {
        "call_id": "id-1"
    }


def test_a_record_has_the_ids_of_its_headers() -> None:
    sent = {"X-EI": "O.+1555;S.id-1;E.sfsip-1;", "x-inin-cnv": "c-1"}
    found = callids.keys({"call_id": "id-1", "telephony_sip_headers": sent})
    assert found == {**sent, "X-EI E": "sfsip-1", "call_id": "id-1"}
