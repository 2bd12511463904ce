"""The trial of Talkdesk's fallback: what it tells, and of what."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.platforms.shared.testcall import ObservedCall
from sfsip_nb.platforms.talkdesk import trunk

COUNTED = "0 of about 400 packets came, of 396 that the sender counts (RTCP)"


@pytest.mark.parametrize(
    ("heard", "lost", "verdict", "seen"),
    [
        (True, False, "pass", "a voice heard after 200 OK"),
        (False, False, "fail", f"no voice after 200 OK; {COUNTED}, 400 went (PCMU)"),
        (False, True, "inconclusive", f"no voice after 200 OK; {COUNTED}, 400 went (PCMU)"),
    ],
)
def test_its_verdict_is_by_what_was_heard_unless_audio_was_lost_on_the_way_here(
    monkeypatch: pytest.MonkeyPatch, heard: bool, lost: bool, verdict: str, seen: str
) -> None:
    audio = {"came": COUNTED, "packets_sent": 400, "mos": None, "lost_here": lost}
    placed = ObservedCall("+15551230001", "", "", datetime.now(UTC), 200, "OK", heard=[heard])
    placed.audio, placed.codec, placed.answer = audio, "PCMU", "200 OK"
    own = SimpleNamespace(fallback="Acme Voicemail", timeout_seconds=30)
    ctx: Any = SimpleNamespace(parameters=None, surroundings=SimpleNamespace(time_scale=60))
    monkeypatch.setattr(trunk, "sampled", lambda parameters: ["+15551230001"])
    monkeypatch.setattr(trunk, "synthflow", lambda ctx: SimpleNamespace(assistants=list))
    monkeypatch.setattr(trunk, "settings", lambda ctx: own)
    monkeypatch.setattr(trunk, "_trial", lambda ctx: (PlannedCalls(1, "a telephone", 120.0),))
    monkeypatch.setattr(trunk.line, "phone", lambda *_: placed)
    (made,) = trunk._fallback(ctx)
    assert (made.verdict.value, made.seen) == (verdict, seen)


@pytest.mark.parametrize(
    ("now", "seen"),
    [
        ({}, "when it was tested: a voice heard"),
        ({"fallback": "Night desk"}, "not tested"),
        ({"timeout_seconds": 5}, "not tested"),
    ],
    ids=["the same", "another fallback", "another timeout"],
)
def test_a_trial_tells_nothing_of_another_fallback_or_timeout(
    monkeypatch: pytest.MonkeyPatch, now: dict[str, Any], seen: str
) -> None:
    own = SimpleNamespace(fallback="Agents", timeout_seconds=30)
    monkeypatch.setattr(trunk, "settings", lambda ctx: own)
    tried = trunk._fallback_check(cast(Any, None), "a voice heard", True, required=True)
    journal = SimpleNamespace(checks=lambda step: [CheckRow.of(tried)])
    vars(own).update(now)
    assert trunk._tried_before(cast(Any, SimpleNamespace(journal=journal))).seen == seen
