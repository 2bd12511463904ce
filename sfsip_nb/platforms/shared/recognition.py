"""Whether what the AI agent should say was heard, by recognition of speech on this machine.

Optional: an extra of the package, and a model that is on this machine already. Recognizers mishear
names, numbers and the telephone, so that a word which is not recognized proves nothing: such a
check is inconclusive. All are advisory, and none ever fails.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import partial
from os import path
from typing import TYPE_CHECKING

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.inputs import extras
from sfsip_nb.inputs.blocks import Expect
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms.shared.answering import agent_lines, begins_with, says, words_of
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.sip.shown import plain

if TYPE_CHECKING:
    from sfsip_nb.sip.media.g711 import Samples

_ENOUGH = 0.8
"""Share of the words expected that have to be recognized."""

_SLACK = 0.25
"""Share of words more than expected among which they may stand: words get split and doubled."""

_MOST = 10
"""Words that are named."""

_FILES = ("model.bin", "tokenizer.json")
"""Without the second one faster-whisper downloads it, whatever it is told (1.1.0, 1.2.1)."""

_SAID = (
    "It stands in Synthflow's transcript: either its audio was lost or cut on the way, or the"
    " recognizer misheard it. Listen to a call."
)
_NOT_SAID = (
    "Compare it with Synthflow's transcript, and listen to a call: the recognizer may have misheard"
    " it."
)


class NotRecognized(Exception):
    """No speech could be recognized; its text says why, and what to do."""


def wanted(expect: Expect) -> bool:
    """Whether words are expected, and something is there that listens for them."""
    return bool(expect.recognizer and (expect.greeting or expect.contains))


def checks(ctx: Context, step: str, sides: Sides) -> Iterator[Check]:
    """Which of the words expected were recognized in a call of ours that was answered.

    The text itself is kept only with ``keep_media``, as transcripts are.
    """
    expect, placed = ctx.parameters.expect, sides.placed
    if not wanted(expect) or placed is None or not placed.answered:
        return
    made = partial(check, vantage=Vantage.HERE, advisory=True)
    title = "What the AI agent says is recognized by its sound"
    evidence = placed.evidence
    try:
        text = _recognized(placed.samples, expect.recognizer)
    except NotRecognized as why:
        yield made(f"{step}/recognized", title, "speech", "none", None, reason=str(why))
        return
    if ctx.parameters.keep_media:
        kept = ctx.keep_evidence(step, Basis.CALL, f"recognized {placed.number}", "txt", text)
        evidence = (*evidence, kept)
    row = sides.synthflow.facts if sides.synthflow else {}
    lines = agent_lines(str(row.get("transcript") or ""))
    phrases = {f"contains/{place}": phrase for place, phrase in enumerate(expect.contains, 1)}
    if expect.greeting:
        phrases = {"greeting": expect.greeting, **phrases}
    for own, phrase in phrases.items():
        count, missing = _found(words_of(phrase), words_of(text))
        of = count + len(missing)
        said = any(begins_with(line, phrase) or says(line, phrase) for line in lines)
        yield made(
            f"{step}/recognized/{own}",
            title,
            phrase,
            f"{count} of {of} words" + (f", not: {_listed(missing)}" if missing else ""),
            True if of and count >= _ENOUGH * of else None,
            reason=_SAID if said else _NOT_SAID,
            evidence=evidence,
        )


def _found(expected: list[str], heard: list[str]) -> tuple[int, list[str]]:
    """How many of the words expected were heard close together and in order, and which were not."""
    span = len(expected) + max(1, round(_SLACK * len(expected)))
    best: set[int] = set()
    for at in range(max(1, len(heard) - span + 1)):
        matcher = difflib.SequenceMatcher(None, expected, heard[at : at + span], autojunk=False)
        blocks = matcher.get_matching_blocks()
        best = max(best, {one.a + n for one in blocks for n in range(one.size)}, key=len)
    return len(best), [word for place, word in enumerate(expected) if place not in best]


def _listed(words: list[str]) -> str:
    more = len(words) - _MOST
    return ", ".join(words[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _recognized(sound: Samples | None, folder: str) -> str:
    """The text of a sound of 8 kHz. Raises NotRecognized."""
    from sfsip_nb.sip.media import activity  # numpy, which only a call needs

    if sound is None or not activity.within(sound):
        raise NotRecognized("No speech came that could be listened to: open RTP both ways.")
    try:
        extras.need("speech", "expect.recognizer")
    except InputError as error:
        raise NotRecognized(str(error)) from None
    model = path.expanduser(folder)
    if not (path.isabs(model) and all(path.isfile(path.join(model, name)) for name in _FILES)):
        raise NotRecognized(
            f"expect.recognizer is {folder}, which is no folder with {' and '.join(_FILES)}. Give"
            " the full path of a Whisper model in CTranslate2 form on this machine; nothing is"
            " downloaded."
        )
    try:
        with waiting("recognition of speech", 0.0):
            return _transcribed(sound, model)
    except Exception as error:  # what its libraries raise is documented nowhere
        raise NotRecognized(
            f"faster-whisper could not use the model in {folder} ({plain(str(error))}). Try another"
            " model, or leave expect.recognizer empty."
        ) from error


def _transcribed(sound: Samples, folder: str) -> str:
    """Blocks, and takes a processor, for seconds."""
    import numpy as np
    from faster_whisper import WhisperModel

    # Twice the rate, and nothing above 4 kHz: the same spectrum in twice the samples.
    spectrum = np.fft.rfft(sound / 32_768)
    twice = (2 * np.fft.irfft(spectrum, 2 * len(sound))).astype(np.float32)
    model = WhisperModel(folder, device="cpu", compute_type="int8", local_files_only=True)
    # Without its filter for voice, Whisper finds words in silence and tones.
    segments, _ = model.transcribe(twice, vad_filter=True)
    return " ".join(segment.text.strip() for segment in segments)
