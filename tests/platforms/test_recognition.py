"""Words that are listened for in the sound of a call: what is not recognized never fails a step."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict, Weight, step_verdict
from sfsip_nb.inputs import samples
from sfsip_nb.platforms.shared import recognition, testcall, verification
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.stages import CallStage
from sfsip_nb.platforms.synthflow.standin.telephony import words
from sfsip_nb.sip import IncomingCall, MapResolver, UserAgent, loop
from sfsip_nb.sip.media import g711
from sfsip_nb.sip.media.g711 import Samples
from sfsip_nb.sip.media.sending import Sender
from tests.engine.world import engine
from tests.platforms.test_answering import STEP, sides

REAL = os.environ.get("SFSIP_WHISPER_MODEL", "")
GREETING, REPLY = words.TEXTS["support"], words.TEXTS["order"]


class WhisperModel:
    """That of faster-whisper 1.1: it knows the assistant's recordings, or says what it is told."""

    made: ClassVar[list[dict[str, Any]]] = []
    says = ""
    fails = ""

    def __init__(
        self,
        model_size_or_path: str,
        device: str = "auto",
        device_index: int | list[int] = 0,
        compute_type: str = "default",
        cpu_threads: int = 0,
        num_workers: int = 1,
        download_root: str | None = None,
        local_files_only: bool = False,
        files: dict[str, Any] | None = None,
    ) -> None:
        self.made.append({"model": model_size_or_path, "local": local_files_only, "on": device})
        if self.fails:
            raise RuntimeError(self.fails)

    def transcribe(
        self, audio: np.ndarray[Any, Any], language: str | None = None, *, vad_filter: bool = False
    ) -> tuple[Iterator[Any], Any]:
        assert audio.dtype == np.float32
        assert abs(audio).max() <= 1.1
        texts = [self.says] if self.says else _known(audio[::2])
        return (SimpleNamespace(text=f" {text}") for text in texts), SimpleNamespace(language="en")


def _known(sound: np.ndarray[Any, Any]) -> Iterable[str]:
    """What of the assistant's recordings is in a sound of 8 kHz, in order."""
    found = {}
    for name, text in words.TEXTS.items():
        own = words.recorded(name).samples / 32_768
        size = len(sound) + len(own)
        alike = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(own, size)), size)
        at = int(alike.argmax())
        if alike[at] > 0.8 * (own @ own):
            found[at] = text
    return [found[at] for at in sorted(found)]


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> type[WhisperModel]:
    """The library, as if it was installed."""
    module: Any = ModuleType("faster_whisper")
    module.__spec__ = ModuleSpec("faster_whisper", None)
    module.WhisperModel = WhisperModel
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    for name, value in {"made": [], "says": "", "fails": ""}.items():
        monkeypatch.setattr(WhisperModel, name, value)
    return WhisperModel


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like a model."""
    folder = tmp_path / "whisper"
    folder.mkdir()
    for name in ("model.bin", "tokenizer.json"):
        (folder / name).touch()
    return folder


def spoken(*names: str) -> Samples:
    """What the agent says, as G.711 carries it."""
    pause = np.zeros(4000, np.int16)
    parts = [part for name in names for part in (words.recorded(name).samples, pause)]
    return g711.decode("PCMU", g711.encode("PCMU", np.concatenate(parts)))


def called(sound: Samples | None, transcript: str = "") -> Sides:
    """A call in which that came."""
    call = sides(None, transcript)
    assert call.placed is not None
    return replace(call, placed=replace(call.placed, samples=sound))


def judged(
    folder: Path, recognizer: Path | str, call: Sides, keep_media: bool = False, **expect: Any
) -> dict[str, Check]:
    expected = {"recognizer": str(recognizer), **expect}
    ctx = engine(folder, expect=expected, keep_media=keep_media).ctx
    found = list(recognition.checks(ctx, STEP, call))
    assert all(check.verdict is not Verdict.FAIL for check in found)
    assert all(check.weight is Weight.ADVISORY for check in found)
    assert all(check.vantage is Vantage.HERE for check in found)
    assert step_verdict(found) is Verdict.SKIPPED
    return {check.id.removeprefix(f"{STEP}/recognized").lstrip("/"): check for check in found}


def test_words_that_were_heard_pass_by_the_sound_of_the_call(
    tmp_path: Path, model: Path, library: type[WhisperModel]
) -> None:
    call = called(spoken("support", "order"))
    found = judged(tmp_path, model, call, greeting=GREETING, contains=["on friday", REPLY])
    assert {own: check.verdict for own, check in found.items()} == dict.fromkeys(
        ("greeting", "contains/1", "contains/2"), Verdict.PASS
    )
    assert found["greeting"].seen == "6 of 6 words"
    assert library.made == [{"model": str(model), "local": True, "on": "cpu"}]


def test_what_stands_in_the_transcript_and_is_not_heard_is_named(
    tmp_path: Path, model: Path
) -> None:
    call = called(spoken("order"), f"bot: {GREETING}\nhuman: Hi.\nbot: {REPLY}")
    found = judged(tmp_path, model, call, greeting=GREETING, contains=[REPLY])
    assert found["contains/1"].verdict is Verdict.PASS
    greeting = found["greeting"]
    assert greeting.verdict is Verdict.INCONCLUSIVE
    assert greeting.seen == "0 of 6 words, not: hello, this, is, the, support, line"
    assert greeting.reason.startswith("It stands in Synthflow's transcript")


@pytest.mark.parametrize(
    ("said", "seen", "verdict"),
    [
        ("hello this is the SUPPORT line!", "6 of 6 words", Verdict.PASS),
        ("Well, hello. This is a support line.", "5 of 6 words, not: the", Verdict.PASS),
        ("this is the line", "4 of 6 words, not: hello, support", Verdict.INCONCLUSIVE),
        ("line support the is this hello", "1 of 6 words", Verdict.INCONCLUSIVE),
        (
            "hello " + "and so on " * 5 + "this is " + "and so on " * 5 + "the support line",
            "3 of 6 words, not: hello, this, is",
            Verdict.INCONCLUSIVE,
        ),
    ],
)
def test_a_share_of_the_words_has_to_be_heard_together_and_in_order(
    tmp_path: Path, model: Path, library: type[WhisperModel], said: str, seen: str, verdict: Verdict
) -> None:
    library.says = said
    found = judged(tmp_path, model, called(spoken("yes")), greeting=GREETING)["greeting"]
    assert found.seen.startswith(seen)
    assert found.verdict is verdict


def test_many_words_are_not_all_named(tmp_path: Path, model: Path) -> None:
    long = " ".join(f"word{place}" for place in range(40))
    found = judged(tmp_path, model, called(spoken("yes")), greeting=long)["greeting"]
    assert found.seen.endswith("word9 and 30 more")


def test_what_is_not_installed_is_said_with_the_line_for_pip(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    (found,) = judged(tmp_path, model, called(spoken("yes")), greeting=GREETING).values()
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "expect.recognizer needs faster_whisper" in found.reason
    assert found.reason.endswith("pip install 'sfsip-nb[speech]'")


@pytest.mark.parametrize("named", ["tiny", "~nobody/whisper", "/" + 300 * "w", "{model}"])
def test_what_is_no_model_is_said_and_nothing_is_loaded(
    tmp_path: Path, model: Path, library: type[WhisperModel], named: str
) -> None:
    (model / "tokenizer.json").unlink()  # which the library would download
    folder = named.format(model=model)
    (found,) = judged(tmp_path, folder, called(spoken("yes")), greeting=GREETING).values()
    assert found.verdict is Verdict.INCONCLUSIVE
    assert f"expect.recognizer is {folder}, which is no folder with" in found.reason
    assert not library.made


def test_a_model_that_cannot_be_used_is_said(
    tmp_path: Path, model: Path, library: type[WhisperModel]
) -> None:
    library.fails = "Unsupported\nmodel binary version"
    (found,) = judged(tmp_path, model, called(spoken("yes")), contains=["yes"]).values()
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "(Unsupported model binary version)" in found.reason


@pytest.mark.parametrize("sound", [None, np.zeros(0, np.int16), np.zeros(16_000, np.int16)])
def test_a_call_without_speech_is_not_listened_to(
    tmp_path: Path, model: Path, library: type[WhisperModel], sound: Samples | None
) -> None:
    (found,) = judged(tmp_path, model, called(sound), greeting=GREETING).values()
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("No speech came")
    assert not library.made


def test_nothing_is_recognized_that_is_not_asked_for(
    tmp_path: Path, model: Path, library: type[WhisperModel]
) -> None:
    call = called(spoken("yes"))
    assert not judged(tmp_path / "a", "", call, greeting=GREETING)
    assert not judged(tmp_path / "b", model, call)
    assert not judged(tmp_path / "c", model, replace(call, placed=None), greeting=GREETING)
    assert not library.made


def test_the_text_is_kept_only_where_media_is(
    tmp_path: Path, model: Path, library: type[WhisperModel]
) -> None:
    library.says = "My account is 4711."
    for folder, keep in ((tmp_path / "no", False), (tmp_path / "yes", True)):
        found = judged(folder, model, called(spoken("yes")), keep_media=keep, greeting=GREETING)
        assert "4711" not in repr(found)
        texts = [file for file in folder.rglob("*.txt") if "4711" in file.read_text()]
        assert bool(texts) is keep
        assert [file.name for file in texts] == list(found["greeting"].evidence)


@pytest.mark.parametrize(
    ("test", "names", "listening"),
    [
        (verification.INBOUND, ("recognizer", "greeting"), True),
        (verification.INBOUND, ("recognizer",), False),
        (verification.INBOUND, ("greeting",), False),
        (verification.TRANSFER, ("recognizer", "greeting"), False),
    ],
)
def test_only_the_call_for_the_agent_alone_is_listened_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    test: verification.Test,
    names: tuple[str, ...],
    listening: bool,
) -> None:
    asked: list[tuple[bool, bool]] = []

    def phone(ctx: Any, step: str, number: str, stages: Any, listening: bool) -> None:
        asked.append((listening, stages[-1].whole))
        raise NotAllowed("Enough was seen.")

    monkeypatch.setattr(verification.line, "phone", phone)
    ctx = engine(tmp_path, expect=dict.fromkeys(names, "/anything")).ctx
    ctx.surroundings = replace(ctx.surroundings, phone="phone.test")
    verification.run(ctx, test, platform=None, judge=None)  # type: ignore[arg-type]
    assert asked == [(listening, listening)]


@dataclass
class Held:
    """How a busy machine held up a call: packets left out, and the longest late moment in s."""

    senders: list[Sender] = field(default_factory=list)
    late: float = 0.0

    @property
    def up(self) -> bool:
        """Whether so long that a pause in what is said was no longer the one in the recording."""
        return self.late > 0.15 or any(sender.left_out for sender in self.senders)

    async def look(self) -> None:
        """Note how late a short sleep ends, again and again."""
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(0.02)
            self.late = max(self.late, time.monotonic() - asleep - 0.02)


async def _talk(held: Held, call: IncomingCall) -> None:
    """An agent that says its greeting as soon as it answers, and a reply once somebody spoke."""
    if not await call.answer():
        return
    looking = asyncio.create_task(held.look())
    assert call.audio
    audio = call.audio
    held.senders.append(audio.sender)
    audio.find_speech()
    await audio.say(words.recorded("support"))
    # Speech is found by looking.
    while not audio.speech_heard() and call.state == "answered":  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    await asyncio.sleep(1.5)  # longer than the caller's words
    await audio.say(words.recorded("order"))
    await call.wait_ended()
    looking.cancel()


def talked(
    folder: Path, stage: CallStage, listening: bool, keep: bool
) -> tuple[testcall.ObservedCall, Path]:
    """A call to that agent, and where its evidence is kept; another one where a busy machine held
    it up."""
    for attempt in range(4):
        ctx = engine(
            folder / str(attempt),
            keep_media=keep,
            test_calls={"allowed": True, "destinations": [samples.DID], "from": samples.CALLER},
        ).ctx
        held = Held()
        agent = UserAgent("agent", resolver=MapResolver(), on_invite=partial(_talk, held))
        loop.run(agent.start())
        try:
            uri = f"sip:{samples.DID}@127.0.0.1:{agent.address('udp')[1]}"
            made = testcall.call(ctx, STEP, samples.DID, uri, [stage], listening=listening)
        finally:
            loop.run(agent.close())
        assert made.answered
        if not held.up:
            break
    return made, ctx.run_dir / "evidence"


@pytest.mark.parametrize("keep", [False, True], ids=["no media kept", "media kept"])
@pytest.mark.parametrize("listening", [False, True])
def test_the_sound_of_a_call_is_held_where_it_is_listened_to_and_kept_where_media_is(
    tmp_path: Path, listening: bool, keep: bool
) -> None:
    stage = CallStage(None, testcall.AGENT_HZ, within=3.0, at_least=3.0)
    made, evidence = talked(tmp_path, stage, listening, keep)
    kept = {path.suffix: path.read_bytes() for path in evidence.iterdir()}
    assert (".wav" in kept) is keep
    assert (len(kept[".pcapng"]) > 16_000) is keep, "audio in the capture"
    assert (made.samples is not None) is listening
    if made.samples is not None:
        assert _known(made.samples / 32_768) == [GREETING]


def test_a_reply_is_listened_to_until_its_end(tmp_path: Path) -> None:
    stage = CallStage("hello", testcall.AGENT_HZ, within=5.0, whole=True)
    made, _ = talked(tmp_path, stage, listening=True, keep=False)
    assert made.samples is not None
    assert _known(made.samples / 32_768) == [GREETING, REPLY]


@pytest.mark.skipif(
    not REAL or not importlib.util.find_spec("faster_whisper"),
    reason="SFSIP_WHISPER_MODEL names no model, or faster-whisper is not installed",
)
def test_the_real_library_recognizes_speech_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "faster_whisper")
    monkeypatch.setattr(socket.socket, "connect", pytest.fail)
    found = judged(tmp_path, REAL, called(spoken("order")), contains=[REPLY], greeting=GREETING)
    assert found["contains/1"].verdict is Verdict.PASS
    assert found["greeting"].verdict is Verdict.INCONCLUSIVE
