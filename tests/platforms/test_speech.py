"""On a live call a voice is sound, and whoever is called for is waited for."""

from __future__ import annotations

from sfsip_nb.platforms.shared.speech import unhurried
from sfsip_nb.platforms.shared.stages import CallStage

AGENT, AGAIN, PERSON = (
    CallStage(1004.0, 440.0, within=5.0),
    CallStage(1004.0, 440.0, within=5.0),
    CallStage(1400.0, 620.0, within=15.0),
)


def seconds(*stages: CallStage, time_scale: float = 1.0) -> list[float]:
    return [stage.within for stage in unhurried(stages, time_scale)]


def test_the_one_who_takes_a_transferred_call_has_time_to_come_to_the_line() -> None:
    assert seconds(AGENT, AGAIN, PERSON) == [5.0, 5.0, 45.0]
    assert seconds(AGENT, AGAIN) == [5.0, 5.0]
    assert seconds(AGENT, PERSON, time_scale=200.0) == [5.0, 6.0]


def test_waiting_for_a_referral_is_waiting_for_nobodys_voice() -> None:
    asking = CallStage(1400.0, None, within=6.0)
    assert seconds(AGENT, asking) == [5.0, 6.0]
