"""Many runs with chance for an enemy: python -m tests.fates.random_fates [--seeds 300] [--from 0].

Each seed is a customer of one of both guides, one to three applies that meet trouble (several
writes with a fate each, reads that fail, a kill), a clean apply, often a rollback with trouble,
and a clean rollback. Asked is what ``test_every_write`` asks: as planned and nothing twice after
the clean apply, as before after the clean rollback, no number silent without a word, and never a
rollback that says all is well where it is not.

Prints each seed that went wrong, to be repeated with ``--from SEED --seeds 1``, and a closing line
with counts and time. Exit 1 where one went wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.fates import judging
from tests.fates.cases import NotClean, Story
from tests.fates.fates import FATES, Fate
from tests.fates.harness import Attempt, Place, RolledBack, quick
from tests.fates.killing import MOMENTS, Killer
from tests.fates.scenarios import SCENARIOS, Scenario

_SHARE = 0.15
_LONGEST = 400


class Enemy:
    """Chance, by a seed: what a run meets."""

    def __init__(self, seed: int, story: Story, counts: Counter[str]) -> None:
        self.random = random.Random(seed)
        self.story, self.counts = story, counts

    def _fates(self, writes: int) -> dict[int, Fate]:
        chance = self.random
        numbers = [chance.randint(1, writes + 2) for _ in range(chance.randint(1, 4))]
        return {number: FATES[chance.choice(list(FATES))] for number in numbers}

    def _begin(self, writes: int) -> Killer | None:
        """The trouble of one attempt; who kills it, if somebody does."""
        chance = self.random
        troubled = chance.random() < 0.5
        fates = self._fates(writes) if chance.random() < 0.85 else {}
        self.story.place.begin(fates, _SHARE if troubled else 0.0, chance.randrange(2**32))
        if chance.random() >= 0.3:
            return None
        return Killer(chance.choice(MOMENTS), chance.randint(1, 2 * writes))

    def _count(self, killer: Killer | None) -> None:
        """Count what was met."""
        proxy = self.story.place.proxy
        self.counts["fates"] += len({s.write for s in proxy.sent} & proxy.fates.keys())
        self.counts["troubled reads"] += proxy.troubled
        self.counts["kills"] += bool(killer and killer.struck)

    def apply(self) -> list[str]:
        """One apply with trouble; what is wrong with it."""
        self.counts["applies"] += 1
        story = self.story
        rang = judging.ringing(story.state) & judging.ringing(story.before)
        killer, came = self._begin(len(story.writes)), Attempt()
        if killer is None:
            came = story.run.attempt()
        else:
            killer.kill(story.run.attempt, story.folder)
        self._count(killer)
        if killer is not None:  # what it said ended with its process
            return []
        came.broke = ""  # trouble with reads may break it off; it goes on
        return story.judge_first(came, rang)

    def rollback(self) -> list[str]:
        """One rollback with trouble; what is wrong with it."""
        self.counts["rollbacks"] += 1
        story = self.story
        killer, came = self._begin(len(story.undoing)), RolledBack()
        if killer is None:
            came = story.run.rollback()
        else:
            killer.kill(story.run.rollback, story.folder)
        self._count(killer)
        if not came.ok:
            return []
        left = judging.differences(story.before, story.state)
        return [f"a rollback says that all is well: {c}: {text}" for c, text, _ in left]


def meet(enemy: Enemy) -> list[str]:
    """The whole of one seed; what is wrong with it."""
    story, place = enemy.story, enemy.story.place
    story.go_back(story.planned)
    wrong = []
    for _ in range(enemy.random.randint(1, 3)):
        wrong += enemy.apply()
    place.begin()
    wrong += story.judge_applied(story.run.attempt()) + story.judge_verify()
    if enemy.random.random() < 0.5:
        wrong += enemy.rollback()
    place.begin()
    return wrong + story.judge_rollback("the last rollback", story.run.rollback())


class Stories:
    """Each scenario's story with all steps, its clean course told once."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place, self._folder = place, folder
        self._told: dict[str, Story | NotClean] = {}

    def of(self, scenario: Scenario) -> Story:
        """Raises ``NotClean``."""
        if scenario.name not in self._told:
            folder = self._folder / scenario.name
            try:
                told: Story | NotClean = Story(self._place, scenario, folder, scenario.whole)
            except NotClean as error:
                told = error
            self._told[scenario.name] = told
        found = self._told[scenario.name]
        if isinstance(found, NotClean):
            raise found
        return found


def main(given: Sequence[str] | None = None) -> int:
    """The command."""
    asked = argparse.ArgumentParser(prog="python -m tests.fates.random_fates")
    asked.add_argument("--seeds", type=int, default=300, help="how many")
    asked.add_argument("--from", type=int, default=0, dest="first", help="the first one")
    options = asked.parse_args(given)
    began, counts, bad = time.monotonic(), Counter[str](), 0
    scenarios = list(SCENARIOS.values())
    with tempfile.TemporaryDirectory() as folder, quick(), Place() as place:
        stories = Stories(place, Path(folder))
        for seed in range(options.first, options.first + options.seeds):
            scenario = scenarios[seed % len(scenarios)]
            try:
                wrong = meet(Enemy(seed, stories.of(scenario), counts))
            except NotClean as error:
                wrong = [f"even without trouble: {error}"]
            if wrong:
                bad += 1
                lines = [text if len(text) < _LONGEST else text[:_LONGEST] + "…" for text in wrong]
                print("\n    ".join([f"seed {seed}, {scenario.name}:", *lines]), flush=True)
    met = ", ".join(f"{number} {what}" for what, number in counts.items())
    took = time.monotonic() - began
    print(f"{options.seeds} seeds, both guides: {met}; {bad} went wrong; {took:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
