"""Greetings by the hundred over bad networks: what is wrong with one is named, a good one is not.

Each is another rendition of the same words, as speech synthesis makes them: a little faster or
slower, louder or quieter. Packets are real, time is virtual.
"""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.inputs.blocks import Expect
from sfsip_nb.platforms.shared import answering
from sfsip_nb.platforms.synthflow.standin.telephony import words
from sfsip_nb.sip import Recording
from sfsip_nb.sip.evidence import answers
from sfsip_nb.sip.media import turns
from sfsip_nb.sip.media.sampling import RATE
from tests.platforms.test_answering import STEP, sides
from tests.sip.timeline import AT, Network, heard, packets, sound

CALLS, LASTS = 100, 7.0
SAID = words.recorded("support")
EXPECT = Expect.model_validate(
    {"greeting_ms": round(1000 * (SAID.ends - SAID.begins)), "first_word_ms": 1500}
)


def rendition(chance: random.Random, cut_s: float = 0.0) -> Recording:
    """The words once more, up to 3 % faster or slower and 3 dB louder or quieter, their first
    seconds cut off."""
    speed, level = chance.uniform(0.97, 1.03), 10 ** (chance.uniform(-3, 3) / 20)
    places = np.arange(0, len(SAID.samples) - 1, speed)
    samples = np.interp(places, np.arange(len(SAID.samples)), SAID.samples * level)
    samples[: round((SAID.begins + cut_s) * RATE)] = 0
    return Recording(SAID.name, SAID.text, samples.clip(-32_768, 32_767).astype(np.int16))


def told(kind: str, seed: int) -> str:
    """What is said of one call's greeting: the first word of whatever is not as expected."""
    chance = random.Random(f"{kind}/{seed}")
    begins = 3.0 if kind == "late" else chance.uniform(0.3, 0.9)
    spoken = [(begins, rendition(chance, 0.4 if kind == "clipped" else 0.0))]
    samples = sound(LASTS, [] if kind == "silent" else spoken)
    network = Network(chance.uniform(0, 0.03), chance.uniform(0, 0.06), seed=seed)
    agent = heard(network.carried(packets(samples)))
    found = turns.answering(AT, AT + LASTS, [], agent)
    row = AnsweringRow.model_validate(answers.facts(found, answers.HERE))
    made = answering.checks(STEP, sides(row), EXPECT)
    failed = [check.seen.split(":")[0] for check in made if check.verdict == "fail"]
    return failed[0] if failed else "as it should be"


@pytest.mark.parametrize("kind", ["clipped", "silent", "late"])
def test_of_a_hundred_bad_greetings_at_least_95_are_named(kind: str) -> None:
    named = Counter(told(kind, seed) for seed in range(CALLS))
    assert named[kind] >= 95, named


def test_of_a_hundred_good_greetings_none_is_called_bad() -> None:
    assert Counter(told("good", seed) for seed in range(CALLS)) == {"as it should be": CALLS}
