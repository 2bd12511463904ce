"""A call that Talkdesk dials without a trunk comes back to it: its report has the call twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.verdicts import Vantage
from sfsip_nb.platforms.talkdesk.verify import at_once

CALLER, NUMBER = "+15550100123", "+15551230001"
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def call(id: str, begins: int, ends: int, from_: str = CALLER, to: str = NUMBER) -> SeenCall:
    end = (AT + timedelta(seconds=ends)).isoformat()
    started = AT + timedelta(seconds=begins)
    return SeenCall(Vantage.PLATFORM, id, started, from_, to, {"end_at": end})


@pytest.mark.parametrize(
    ("other", "is_again"),
    [
        (call("within", 1, 19), True),
        (call("around", -1, 21), True),
        (call("its caller is not passed on", 1, 19, from_=""), True),
        (call("once more, afterwards", 20, 30), False),
        (call("before", -10, 0), False),
        (call("of somebody else", 1, 19, from_="+15550100999"), False),
        (call("to the live agents", 1, 19, to="+15551230091"), False),
        (call("itself", 0, 20), False),
    ],
    ids=lambda value: value.id if isinstance(value, SeenCall) else "",
)
def test_only_a_record_of_the_same_call_while_it_stood_is_the_call_again(
    other: SeenCall, is_again: bool
) -> None:
    assert bool(at_once(call("itself", 0, 20), [other])) is is_again
