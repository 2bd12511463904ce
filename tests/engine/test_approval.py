"""Calls cost money and ring: nobody's silence is a yes, and nothing else gets past `permit`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsip_nb.engine import approval, dialing, people
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.model import Step
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.numbers import dial_refusal
from sfsip_nb.notebook import cards
from tests.engine.world import OPENED, engine, run_all
from tests.inputs.test_caller import ACCOUNT as TLS_ACCOUNT

ACCOUNT = TLS_ACCOUNT | {"uri": "sip:carrier.acme-testbed.example", "transport": "udp"}
STEP, PROBE = "verify.inbound", "probe.codec"
TODAY = datetime.now(UTC).date()
FROM = f"acme-caller@carrier.acme-testbed.example over UDP, as {samples.CALLER}"
ASKS = (
    Step(
        STEP,
        "01",
        "Calls",
        card=lambda ctx: approval.asked(ctx, STEP),
        check=lambda ctx: [],
        dials=True,
        calls=lambda ctx: (PlannedCalls(2, FROM, 120.0), PlannedCalls(1, "an assistant", None)),
    ),
    Step(
        PROBE,
        "01",
        "A probe",
        card=lambda ctx: approval.asked(ctx, PROBE),
        check=lambda ctx: [],
        dials=True,
        calls=lambda ctx: (PlannedCalls(4, "this machine", 7.0),),
    ),
    Step(
        "probe.skipped",
        "01",
        "Another one, which the inputs do not call for",
        skip_reason=lambda ctx: "Not needed.",
        dials=True,
        calls=lambda ctx: (PlannedCalls(9, "nobody", 999.0),),
    ),
)
BOTH_WAIT = {STEP: "waiting", PROBE: "waiting", "probe.skipped": "skipped"}
BOTH_DIAL = dict.fromkeys(BOTH_WAIT, "skipped")


def attempt(folder: Path, live: bool = True, **inputs: Any) -> Engine:
    calls = {"caller": ACCOUNT} | inputs.pop("calls", {})
    inputs = {"people": {}, "test_calls": calls} | inputs
    return engine(folder, steps=ASKS, live=live, **inputs)


def answer(ctx: Context, by: str = "Ann") -> None:
    people.answer(ctx, approval.card(ctx, STEP), by)


def permitted(ctx: Context, account: str = ACCOUNT["uri"]) -> bool:
    try:
        dialing.permit(ctx, STEP, samples.DID, account)
    except dialing.NotAllowed:
        return False
    return True


def test_without_a_yes_the_steps_wait_and_nothing_is_dialed(tmp_path: Path) -> None:
    made = attempt(tmp_path)
    assert run_all(made) == BOTH_WAIT
    assert not permitted(made.ctx)
    assert not permitted(made.ctx, "")  # nobody's account: it rings all the same
    assert made.ctx.journal.dialled(made.ctx.attempt) == []


def test_the_card_says_what_is_called_how_often_how_long_and_at_whose_cost(tmp_path: Path) -> None:
    ctx = attempt(tmp_path, calls={"destinations": [samples.DID], "max": 2}).ctx
    card = approval.card(ctx, STEP)
    told = {field.name: field.value for field in card.fields}
    assert told["numbers"] == samples.DID
    assert told["calls"] == "at most 2 in this attempt, 30 a minute, one at a time; planned: 7"
    assert told["seconds"] == "120 seconds; an assistant's call, until one of the two hangs up"
    assert told["account"] == f"{FROM} (2 calls); an assistant (1 call); this machine (4 calls)"
    assert "cost money" in card.why
    assert samples.testbed_secret("sip-password") not in str(card)


def test_a_notebook_asks_for_the_name_of_who_approves(tmp_path: Path) -> None:
    ctx = attempt(tmp_path).ctx
    fields = {key: label for key, label, _ in cards.asking(ctx, approval.card(ctx, STEP), False)}
    assert fields == {"note": "Note", "by": "Approved by"}


def test_a_yes_holds_for_its_attempt_and_for_what_it_was_given_to(tmp_path: Path) -> None:
    first = attempt(tmp_path)
    answer(first.ctx)
    assert run_all(first) == BOTH_DIAL
    assert permitted(first.ctx)
    assert permitted(first.ctx, "")
    calls = first.ctx.journal.dialled(first.ctx.attempt)
    assert [(call.account, call.approved_by) for call in calls] == [
        (ACCOUNT["uri"], "Ann"),
        ("", "Ann"),
    ]
    assert not permitted(attempt(tmp_path).ctx)  # another attempt
    more = attempt(tmp_path)
    answer(more.ctx)
    most = more.ctx.parameters.test_calls.model_copy(update={"max": 99})
    more.ctx.parameters = more.ctx.parameters.model_copy(update={"test_calls": most})
    assert not permitted(more.ctx)  # more calls than the person was shown


def test_a_yes_to_calls_changes_nothing_that_a_plan_is_made_of(tmp_path: Path) -> None:
    ctx = attempt(tmp_path).ctx
    before = people.decided(ctx)
    answer(ctx)
    assert people.decided(ctx) == before


def test_an_answer_in_the_people_block_is_no_yes(tmp_path: Path) -> None:
    """It may have been given to the card of a call that a person dialed."""
    said = {STEP: {"done_by": "Bob", "values": {"caller": samples.CALLER}}}
    made = attempt(tmp_path, people=said)
    assert run_all(made) == BOTH_WAIT
    assert not permitted(made.ctx)


def test_where_no_call_is_allowed_nobody_is_asked_for_a_yes(tmp_path: Path) -> None:
    made = attempt(tmp_path, calls={"allowed": False})
    assert run_all(made) == BOTH_DIAL
    assert not permitted(made.ctx)


@pytest.mark.parametrize(("days", "holds"), [(0, True), (30, True), (-1, False)])
def test_a_standing_yes_holds_until_its_last_day(tmp_path: Path, days: int, holds: bool) -> None:
    until = TODAY + timedelta(days=days)
    made = attempt(tmp_path, calls={"approved": {"by": "Ann", "until": until.isoformat()}})
    assert run_all(made) == (BOTH_DIAL if holds else BOTH_WAIT)
    assert permitted(made.ctx) is holds
    if holds:
        (call,) = made.ctx.journal.dialled(made.ctx.attempt)
        assert call.approved_by == f"Ann, until {until}"
    else:
        assert f"expired on {until}" in approval.card(made.ctx, STEP).why


def test_a_rehearsal_asks_only_a_person_who_makes_the_calls(tmp_path: Path) -> None:
    assert permitted(attempt(tmp_path, live=False).ctx)
    by_hand = {"by_hand": {"calls": True}}
    assert not permitted(attempt(tmp_path, live=False, testbed=by_hand).ctx)


EMERGENCY = ["+1911", "+49112", "+44999", "+1988", "911", "112", "+19005550123", "+448431234567"]
LISTED = [samples.DID, samples.CALLEE, samples.TRANSFER_NUMBER]
APPROVALS = ["none", "now", "standing", "expired"]


@settings(max_examples=60, deadline=None)
@given(
    live=st.booleans(),
    allowed=st.booleans(),
    account=st.booleans(),
    destinations=st.lists(st.sampled_from([*LISTED, *EMERGENCY]), unique=True),
    most=st.integers(0, 3),
    yes=st.sampled_from(APPROVALS),
    numbers=st.lists(st.sampled_from([*LISTED, *EMERGENCY]), min_size=1, max_size=6),
)
def test_whatever_is_configured_nothing_is_dialed_that_is_not_allowed(
    live: bool,
    allowed: bool,
    account: bool,
    destinations: list[str],
    most: int,
    yes: str,
    numbers: list[str],
) -> None:
    with TemporaryDirectory() as folder:
        ctx = attempt(Path(folder), live=live, calls={"per_minute": 60}).ctx
        day = TODAY + timedelta(days=-1 if yes == "expired" else 1)
        calls = ctx.parameters.test_calls
        update: dict[str, Any] = {"allowed": allowed, "destinations": destinations, "max": most}
        if yes in ("standing", "expired"):
            ok = calls.approved.model_copy(update={"by": "Ann", "until": day})
            update["approved"] = ok
        calls = calls.model_copy(update=update)  # unchecked: as bad as a file never gets
        ctx.parameters = ctx.parameters.model_copy(update={"test_calls": calls})
        if yes == "now":
            answer(ctx)
        from_ = calls.caller.account if account else ""
        dialed = []
        for number in numbers:
            try:
                dialing.permit(ctx, STEP, number, from_)
            except dialing.NotAllowed:
                continue
            dialed.append(number)
        due = [n for n in numbers if n in destinations and not dial_refusal(n)]
        may = allowed and (yes in ("now", "standing") or not live)
        assert dialed == (due[:most] if may else [])
        assert not set(dialed) & set(EMERGENCY)
        assert [c.number for c in ctx.journal.dialled(ctx.attempt)] == dialed
        OPENED.pop().close()
