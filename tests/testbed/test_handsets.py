"""The rehearsal's telephones: dialed and answered when the control interface tells them to."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.testbed import life
from sfsip_nb.testbed.running import TestbedRefusal


@pytest.fixture
def testbed(tmp_path: Path) -> Any:
    yield life.ensure(tmp_path, time_scale=200)
    life.stop(tmp_path)


Look = dict[str, Any]


def until(testbed: life.RunningTestbed, seen: Callable[[Look], bool]) -> Look:
    """Look at the telephones until something is seen, for half a minute."""
    end = time.monotonic() + 30
    while not seen(look := testbed.administer("phone", "look", {})) and time.monotonic() < end:
        time.sleep(0.05)
    return look


def test_a_call_that_nothing_answers_is_told_with_its_code(testbed: life.RunningTestbed) -> None:
    called = testbed.administer("phone", "dial", {"to": "+15550999999"})
    assert called == {"from": samples.CALLER, "to": "+15550999999"}
    seen = until(testbed, lambda look: not look["busy"])
    assert seen["outside"] == "ended: 404 Not Found"


def test_one_phone_makes_one_call_at_a_time(testbed: life.RunningTestbed) -> None:
    testbed.administer("phone", "dial", {"to": samples.CALLEE})
    with pytest.raises(TestbedRefusal, match="Wait until it is free"):
        testbed.administer("phone", "dial", {"to": samples.CALLEE})
    until(testbed, lambda look: not look["busy"])
    testbed.administer("phone", "dial", {"to": samples.CALLEE})


def test_a_phone_that_does_not_ring_is_not_answered(testbed: life.RunningTestbed) -> None:
    with pytest.raises(TestbedRefusal, match="No agent's phone is ringing"):
        testbed.administer("phone", "answer", {})
    with pytest.raises(TestbedRefusal, match="The card gives no value for to"):
        testbed.administer("phone", "dial", {})


def test_a_screen_is_read_and_changes_nothing(testbed: life.RunningTestbed) -> None:
    before = testbed.control("GET", "/state")
    seen = testbed.screen("talkdesk", "access.number", {"numbers": [samples.DID]})
    assert seen["numbers"] == samples.DID
    assert testbed.screen("talkdesk", "trunk.create", {"name": "mine"}) == {}
    assert testbed.screen("phone", "verify.inbound", {}) == {"caller": samples.CALLER}
    with pytest.raises(TestbedRefusal, match="There is no 'mine' among the trunks"):
        testbed.screen("genesys", "trunk.inbound", {"trunk_name": "mine"})
    assert testbed.control("GET", "/state") == before
