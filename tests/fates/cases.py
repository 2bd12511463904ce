"""One case: a run that meets fates, goes on without them, and is taken back; and what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fates import judging
from tests.fates.fates import Fate
from tests.fates.harness import Attempt, Inputs, Place, RolledBack, Run
from tests.fates.judging import State
from tests.fates.scenarios import Scenario

_RINGS_NOWHERE = re.compile(r"nowhere|rings no|on no (call )?route", re.IGNORECASE)
_LONGEST = 400


@dataclass(frozen=True)
class Moment:
    """A run at one moment: its folder and the world."""

    world: bytes
    folder: Path


class NotClean(Exception):
    """Even without trouble a run is not carried out."""


class Story:
    """A scenario whose clean course is known; cases start from its moments.

    Raises ``NotClean``.
    """

    def __init__(self, place: Place, scenario: Scenario, folder: Path, inputs: Inputs) -> None:
        self.place, self.scenario, self.folder = place, scenario, folder
        self.run = Run(place, inputs, folder / "run")
        standins, proxy = place.standins, place.proxy
        place.begin()
        standins.restore(place.untouched)
        scenario.prepare(standins.world)
        self.before = standins.state()
        self.run.attempt("plan")
        self.planned = self._moment("planned")
        place.begin()
        clean = self.run.attempt()
        self.verdicts = clean.verdicts
        asked = {k: v for k, v in clean.verdicts.items() if (k, v) != ("access.number", "skipped")}
        if clean.broke or set(asked.values()) - {"pass", "inconclusive"}:
            told = [f"{c.id}: {c.title}: {c.expected} ≠ {c.seen}" for c in clean.failed]
            raise NotClean(f"{clean.broke} {clean.verdicts} {told}")
        self.writes = [f"{s.method} {s.path}" for s in proxy.sent if s.before == 0]
        self.expected = judging.canonical(self.before, standins.state())
        self.applied = self._moment("applied")
        place.begin()
        self.run.rollback()
        self.undoing = [f"{s.method} {s.path}" for s in proxy.sent if s.before == 0]
        # What no API can bring back, such as a password.
        self.lost = [(c, words) for c, _, words in judging.differences(self.before, self.state)]

    def _moment(self, name: str) -> Moment:
        self.run.keep(self.folder / name)
        return Moment(self.place.standins.snapshot(), self.folder / name)

    def go_back(self, moment: Moment) -> None:
        """Be at that moment again."""
        self.place.standins.restore(moment.world)
        self.run.go_back(moment.folder)

    @property
    def state(self) -> State:
        """The customer's objects now."""
        return self.place.standins.state()

    # -- what is asked --------------------------------------------------------------------

    def judge_first(self, first: Attempt, rang: set[str]) -> list[str]:
        """After an apply that met trouble: no number fell silent unless that is said in red."""
        wrong = [f"the first apply broke off: {first.broke}"] if first.broke else []
        for number in sorted(rang - judging.ringing(self.state)):
            said = (f"{c.id} {c.title} {c.expected} {c.seen} {c.reason}" for c in first.failed)
            if not any(number in text and _RINGS_NOWHERE.search(text) for text in said):
                wrong.append(f"{number} rings nowhere after the first apply, which does not say so")
        return wrong

    def judge_killed(self, rang: set[str]) -> list[str]:
        """After a process was killed: a number that fell silent is named by what is left."""
        told = self.run.left()
        return [
            f"{number} rings nowhere, and what is left does not say so: {told}"
            for number in sorted(rang - judging.ringing(self.state))
            if not (number in told and _RINGS_NOWHERE.search(told))
        ]

    def judge_applied(self, second: Attempt) -> list[str]:
        """After a clean apply: as planned, nothing twice, every other object as it was."""
        wrong = [f"the second apply broke off: {second.broke}"] if second.broke else []
        wrong += [
            f"the second apply: {c.id}: {c.title}: {c.expected} ≠ {c.seen}" for c in second.failed
        ]
        wrong += [
            f"the second apply: {step} is {verdict}, not {self.verdicts[step]}"
            for step, verdict in second.verdicts.items()
            if verdict != self.verdicts[step]
        ]
        state = self.state
        wrong += [f"twice after the second apply: {what}" for what in judging.twice(state)]
        found = judging.canonical(self.before, state)
        wrong += [f"missing after the second apply: {t}" for t in self.expected - found]
        wrong += [f"not planned after the second apply: {t}" for t in found - self.expected]
        if self.run.open_intents():
            wrong.append("the second apply leaves an intent open")
        return wrong

    def judge_verify(self) -> list[str]:
        """A pass that only looks finds no difference."""
        seen = self.run.attempt("verify")
        broke = [f"verify broke off: {seen.broke}"] if seen.broke else []
        return broke + [f"verify: {c.id}: {c.expected} ≠ {c.seen}" for c in seen.failed]

    def judge_rollback(self, what: str, done: RolledBack) -> list[str]:
        """After a rollback without faults: as before; what no API restores is named with a ✖."""
        left = judging.differences(self.before, self.state)
        if left and done.ok:
            return [f"{what} says that all is well: {c}: {text}" for c, text, _ in left]
        wrong = [
            f"{what} does not name: {collection}: {text} (it names: {done.named})"
            for collection, text, words in left
            if not any(word in done.named for word in words)
        ]
        return wrong + [
            f"{what} leaves what it could restore: {collection}: {text} (it says: {done.named})"
            for collection, text, words in left
            if (collection, words) not in self.lost
        ]

    # -- cases ----------------------------------------------------------------------------

    def apply(
        self, fates: Mapping[int, Fate], trouble: Callable[[], Attempt | None] | None = None
    ) -> list[str]:
        """An apply that meets fates, a clean one, and a clean rollback; what is wrong with it.

        ``trouble`` takes the place of the first apply; it answers None where that was killed.
        """
        self.go_back(self.planned)
        self.place.begin(fates)
        first = (trouble or self.run.attempt)()
        wrong = self._reached(fates)
        if first is not None:
            wrong += self.judge_first(first, judging.ringing(self.before))
        else:
            wrong += self.judge_killed(judging.ringing(self.before))
        self.place.begin()
        wrong += self.judge_applied(self.run.attempt())
        if told := self.run.left():
            wrong.append(f"the second apply leaves: {told}")
        wrong += self.judge_verify()
        return wrong + self.judge_rollback("the rollback", self.run.rollback())

    def undo(
        self, fates: Mapping[int, Fate], trouble: Callable[[], RolledBack | None] | None = None
    ) -> list[str]:
        """A rollback that meets fates and a clean one, after a clean apply."""
        self.go_back(self.applied)
        self.place.begin(fates)
        first = (trouble or self.run.rollback)()
        wrong = self._reached(fates)
        if first is not None and first.ok:
            wrong += [
                f"the first rollback says that all is well: {c}: {text}"
                for c, text, _ in judging.differences(self.before, self.state)
            ]
        if first is None:
            wrong += self.judge_killed(judging.ringing(self.before))
        self.place.begin()
        wrong += self.judge_rollback("the second rollback", self.run.rollback())
        if told := self.run.left():
            wrong.append(f"the second rollback leaves: {told}")
        return wrong

    def _reached(self, fates: Mapping[int, Fate]) -> list[str]:
        hit = {s.write for s in self.place.proxy.sent}
        return [f"write {n} was never sent" for n in fates if n not in hit]


def told(scenario: str, fate: str, number: int, write: str, wrong: list[str]) -> str:
    """A case that went wrong, for a person."""
    lines = [text if len(text) <= _LONGEST else text[:_LONGEST] + "…" for text in wrong]
    head = f"{scenario}, {fate}, write {number} ({write}):"
    return "\n    ".join([head, *lines])
