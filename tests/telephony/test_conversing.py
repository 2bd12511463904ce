"""The assistant in words: it greets, listens, waits its turn, is interrupted, and hands over."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from sfsip_nb.platforms.shared.stages import Turns
from sfsip_nb.sip import Audio, Call
from sfsip_nb.sip.media import g711, recordings
from sfsip_nb.sip.media.listening import Listener
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Json, Running, running
from tests.telephony.turns import told

words = import_module("sfsip_nb.platforms.synthflow.standin.telephony.words")

OWN = [words.recorded(name) for name in words.TEXTS]
CALLERS = [recordings.caller(name) for name in recordings.CALLER]


async def ended(testbed: Running, call: Call) -> list[Json]:
    """Hang up; what really happened."""
    await call.bye()
    await testbed.until(lambda: told(testbed.world))
    turns: list[Json] = told(testbed.world)[-1]["turns"]
    return turns


def what(turns: list[Json], kind: str) -> list[Json]:
    return [turn for turn in turns if turn["what"] == kind]


async def answered(testbed: Running) -> tuple[Call, Audio]:
    call = await testbed.call()
    assert call.audio
    return call, call.audio


async def test_a_caller_who_speaks_is_understood_answered_in_turn_and_handed_over(
    world: World,
) -> None:
    async with running(world) as testbed:
        call, audio = await answered(testbed)
        turns = Turns(audio)
        await turns.say("hello")
        assert await audio.heard(440, 0)
        await turns.answered()
        await turns.say("person")
        assert await audio.heard(620)
        happened = await ended(testbed, call)
        row = await testbed.row()
    assert row["transcript"].splitlines() == [
        "bot: Hello, this is Acme.",
        "human: Hello. Can you hear me?",
        "bot: Yes, I can hear you.",
        "human: I would like to speak to a person, please.",
        "bot: I connect you.",
    ]
    assert [action["status"] for action in row["executed_actions"]] == ["success"]
    assert [said["name"] for said in row["_heard"]["words"]] == ["hello", "person"]
    assert [said["name"] for said in what(happened, "said")] == ["greeting", "yes", "connect"]
    assert all(said["complete"] for said in what(happened, "said"))
    hello, person = what(happened, "heard")
    _, yes, connect = what(happened, "said")
    assert yes["start"] - hello["end"] > 0.69
    assert connect["start"] - person["end"] > 0.69
    assert "turns" not in row


@pytest.mark.parametrize("fault", ["", "synthflow.talks-on"])
async def test_it_stops_when_it_is_interrupted_unless_a_fault_has_it_talk_on(
    world: World, fault: str
) -> None:
    if fault:
        world.set_fault(fault)
    async with running(world) as testbed:
        call, audio = await answered(testbed)
        audio.find_speech()
        await testbed.until(lambda: any(each.seconds > 0.2 for each in audio.speech_heard()))
        spoken = await audio.say(recordings.caller("stop"))
        assert spoken
        # Its reply comes 0.7 s after the end of what it heard.
        await testbed.until(lambda: audio.speech_heard()[-1].end > spoken.end + 0.75)
        happened = await ended(testbed, call)
    greeting = what(happened, "said")[0]
    assert greeting["complete"] == bool(fault)
    assert len(what(happened, "interrupted")) == (not fault)
    assert [heard["name"] for heard in what(happened, "heard")] == ["stop"]


async def test_without_a_greeting_it_speaks_once_it_is_spoken_to(world: World) -> None:
    world.set_fault("synthflow.no-greeting")
    async with running(world) as testbed:
        call, audio = await answered(testbed)
        assert not await audio.heard(440, 1.5)
        await audio.say(recordings.caller("hello"))
        assert await audio.heard(440)
        audio.find_speech()
        await testbed.until(audio.speech_heard)
        happened = await ended(testbed, call)
        row = await testbed.row()
    assert [turn["what"] for turn in happened] == ["heard", "said"][: len(happened)]
    assert row["transcript"].startswith("human: Hello. Can you hear me?")


async def test_a_greeting_may_come_late_and_lack_its_beginning(world: World) -> None:
    world.set_fault("synthflow.late-greeting")
    world.set_fault("synthflow.cut-greeting")
    async with running(world) as testbed:
        call, audio = await answered(testbed)
        audio.find_speech()
        assert call.answered_at
        await Turns(audio).say("stop")
        happened = await ended(testbed, call)
    (greeting,) = what(happened, "said")
    whole = words.recorded("greeting")
    assert greeting["start"] - call.answered_at.timestamp() > 3
    assert greeting["end"] - greeting["start"] == pytest.approx(whole.seconds - 0.4, abs=0.1)


async def test_a_reply_may_be_slow(world: World) -> None:
    world.set_fault("synthflow.slow-replies")
    async with running(world) as testbed:
        call, audio = await answered(testbed)
        turns = Turns(audio)
        await turns.say("stop")
        await turns.answered()
        happened = await ended(testbed, call)
    (heard,) = what(happened, "heard")
    assert what(happened, "said")[-1]["start"] - heard["end"] > 2.99


async def test_a_caller_who_uses_tones_is_answered_by_tones(world: World) -> None:
    async with running(world) as testbed:
        call, audio = await answered(testbed)
        audio.play(1004)
        await testbed.until(lambda: sum(round(t.hz) == 440 for t in audio.listener.tones) > 2, 8)
        happened = await ended(testbed, call)
        row = await testbed.row()
    assert what(happened, "said") == []
    assert "bot: I heard you." in row["transcript"]


def test_what_is_not_recorded_is_not_said_in_other_words() -> None:
    assert words.said("Hello, this is Acme.").name == "greeting"
    assert words.said("Good morning!").text == "These words are not recorded here."


@pytest.mark.parametrize("recording", CALLERS, ids=lambda one: one.name)
@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_the_callers_words_are_known_through_loss_and_clipping(
    recording: recordings.Recording, codec: str
) -> None:
    heard = g711.decode(codec, recording.coded(codec)).copy()
    assert words.recognized(heard) == recording.name
    chance = np.random.default_rng(1)
    for place in range(0, len(heard), 160):
        if chance.random() < 0.05:
            heard[place : place + 160] = 0
    assert words.recognized(heard) == recording.name
    heard[:3200] = heard[-2400:] = 0
    assert words.recognized(np.pad(heard, 3000)) == recording.name


@pytest.mark.parametrize("recording", OWN, ids=lambda one: one.name)
def test_other_words_and_silence_are_not_taken_for_the_callers(
    recording: recordings.Recording,
) -> None:
    assert words.recognized(recording.samples) == ""
    assert words.recognized(np.zeros(8000, np.int16)) == ""


@pytest.mark.parametrize("recording", [*OWN, *CALLERS], ids=lambda one: one.name)
def test_no_word_is_taken_for_a_tone(recording: recordings.Recording) -> None:
    for start in range(0, 800, 80):
        listener = Listener()
        payload = g711.encode("PCMU", np.pad(recording.samples, (start, 1600)))
        listener.hear("PCMU", payload, 0.0)
        assert [tone for tone in listener.tones if tone.seconds > 0.19] == []
