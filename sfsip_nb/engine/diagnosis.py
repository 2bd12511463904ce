"""Which causes explain what failed: the fewest, the earliest on the call's way first.

What an API shows to differ is a cause by itself. Of the others the earliest on the way counts; at
one hop a SIP code beats a missing record, and a missing record beats what was not heard. A call
that got past a hop clears what stands there; what failed behind the hop where it ended is a
consequence and needs no cause of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Any

from sfsip_nb.engine.causes import KnownCause, Sign, base
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.engine.verdicts import Verdict


class Strength(IntEnum):
    """How much a check says of a cause."""

    SOUND = 0
    RECORD = 1
    CODE = 2
    READ = 3


@dataclass(frozen=True)
class Shows:
    """What a check of a test call shows: how far the call came, or which property it has.

    One that failed shows that the call ended at ``until`` or before: by default at ``at``. A
    property says nothing unless the call got to the hop ``after``.
    """

    at: str
    strength: Strength
    until: str = ""
    after: str = "agent"


@dataclass(frozen=True)
class CallPath:
    """The way of one test's call: its hops in order, and what each check of the test shows.

    ``shows`` has the checks' ids without the test's, and ``*`` for any text. An ``at`` that is no
    hop is a property of a call that arrived: its audio, its caller.
    """

    test: str
    hops: tuple[str, ...]
    shows: Mapping[str, Shows]

    def of(self, check: CheckRow) -> Shows | None:
        """What a check shows of this path's call; None for a check of something else."""
        name = base(check)
        if not name.startswith(f"{self.test}/"):
            return None
        own = name.removeprefix(f"{self.test}/")
        return next((s for pattern, s in self.shows.items() if fnmatchcase(own, pattern)), None)

    def place(self, at: str) -> int:
        """The hop's place on the way; -1 for what is not on it."""
        return self.hops.index(at) if at in self.hops else -1


@dataclass(frozen=True)
class Hit:
    """A check that is a sign of a cause, and the named groups of what it saw."""

    check: CheckRow
    groups: Mapping[str, str]


@dataclass
class Named:
    """A cause that explains something, with the checks that show it and those it explains.

    ``equals`` are causes that explain the same just as well.
    """

    cause: KnownCause
    hits: list[Hit]
    explains: list[CheckRow] = field(default_factory=list)
    equals: list[Named] = field(default_factory=list)


@dataclass(frozen=True)
class RuledOut:
    """A cause that something speaks for, and the check that clears it."""

    cause: KnownCause
    by: CheckRow


@dataclass(frozen=True)
class Explanation:
    """What explains a run's failed checks, what was ruled out, and what nothing explains."""

    named: list[Named]
    ruled_out: list[RuledOut]
    unexplained: list[CheckRow]


class Reasoning:
    """One run's checks, against the causes and the ways of its calls."""

    def __init__(
        self, causes: Iterable[KnownCause], paths: Sequence[CallPath], checks: Iterable[CheckRow]
    ) -> None:
        self.causes = tuple(causes)
        self.paths = paths
        self.checks = list(checks)
        self.failed = [check for check in self.checks if check.verdict is Verdict.FAIL]

    def explanation(self) -> Explanation:
        """Name the causes."""
        possible, cleared = self._possible()
        read = [one for one in possible if self._strength(one) is Strength.READ]
        for one in read:
            one.explains = self._explained(one)
        named = _leading(read)
        left = _without(self.failed, named)
        rest = [one for one in possible if self._strength(one) is not Strength.READ]
        while left and (found := self._best(rest, left)):
            named.append(found)
            left = _without(left, [found])
        chosen = {one.cause.id for one in named}
        out = [one for one in cleared if one.cause.id not in chosen]
        first = [check for check in left if not self._is_behind(check)]
        return Explanation(sorted(named, key=self._order), out, first)

    # -- candidates -----------------------------------------------------------------------

    def _possible(self) -> tuple[list[Named], list[RuledOut]]:
        possible, cleared = [], []
        for cause in self.causes:
            hits = [hit for sign in cause.signs for hit in self._hits(sign)]
            if not hits or not all(self._hits(sign) for sign in cause.also):
                continue
            against = [hit.check for sign in cause.unless for hit in self._hits(sign)]
            hits = [hit for hit in hits if not self._is_behind(hit.check)]
            plausible = [hit for hit in hits if not (passed := self._passed(cause, hit.check))]
            if against or (hits and not plausible):
                cleared.append(RuledOut(cause, against[0] if against else passed[0]))
            elif plausible:
                possible.append(Named(cause, plausible))
        return possible, cleared

    def _hits(self, sign: Sign) -> list[Hit]:
        found = ((check, sign.match(check)) for check in self.checks)
        return [Hit(check, match.groupdict()) for check, match in found if match]

    def _is_behind(self, check: CheckRow) -> bool:
        """Whether a failed check is behind the hop where the call ended, and so says nothing."""
        for path in self.paths:
            if check.verdict is Verdict.FAIL and (shown := path.of(check)):
                own = path.place(shown.at)
                arrived = path.place(shown.after) if own < 0 else own - 1
                return any(
                    0 <= path.place(other.until or other.at) <= arrived
                    for failed in self.failed
                    if failed.number in ("", check.number)
                    and (other := path.of(failed))
                    and not self._reached(path, path.place(other.at), check.number)
                )
        return False

    def _passed(self, cause: KnownCause, check: CheckRow) -> list[CheckRow]:
        """The checks by which a call got past the place where the cause would have stopped it."""
        for path in self.paths:
            if path.of(check) and (place := path.place(cause.at)) >= 0:
                return self._reached(path, place, check.number)
        return []

    def _reached(self, path: CallPath, place: int, number: str) -> list[CheckRow]:
        return [
            check
            for check in self.checks
            if check.verdict is Verdict.PASS
            and check.number in ("", number)
            and (shown := path.of(check))
            and path.place(shown.at) >= place
        ]

    # -- what a cause explains ------------------------------------------------------------

    def _explained(self, one: Named) -> list[CheckRow]:
        """The failed checks that are this cause's signs, or its consequences."""
        own = {hit.check.id for hit in one.hits}
        numbers = {hit.check.number for hit in one.hits}
        return [
            check
            for check in self.failed
            if check.id in own
            or any(fnmatchcase(base(check), pattern) for pattern in one.cause.explains)
            or (
                (not check.number or "" in numbers or check.number in numbers)
                and self._follows(one.cause.at, check)
            )
        ]

    def _follows(self, at: str, check: CheckRow) -> bool:
        """Whether a failed check is what comes of a call that ends before a hop, or lacks this."""
        for path in self.paths:
            if at and (shown := path.of(check)):
                place, own = path.place(at), path.place(shown.until or shown.at)
                if place < 0:
                    return _related(at, shown.at)
                if place <= (path.place(shown.after) if own < 0 else own):
                    return not self._reached(path, place, check.number)
        return False

    # -- which is best --------------------------------------------------------------------

    def _best(self, possible: list[Named], left: list[CheckRow]) -> Named | None:
        open_ids = {check.id for check in left}
        viable: list[tuple[tuple[int, int, int], Named]] = []
        for one in possible:
            if not any(h.check.id in open_ids or h.check.verdict != "fail" for h in one.hits):
                continue
            explains = [check for check in self._explained(one) if check.id in open_ids]
            if explains:
                made = Named(one.cause, one.hits, explains)
                key = (self._place(one.cause), -self._strength(one), -len(explains))
                viable.append((key, made))
        if not viable:
            return None
        best, found = min(viable, key=lambda pair: pair[0])
        found.equals = [one for key, one in viable if key == best and one is not found]
        return found

    def _strength(self, one: Named) -> Strength:
        return max(self._of(hit.check) for hit in one.hits)

    def _of(self, check: CheckRow) -> Strength:
        shown = next((s for path in self.paths if (s := path.of(check))), None)
        return shown.strength if shown else Strength.READ

    def _place(self, cause: KnownCause) -> int:
        """How early on a call's way it is; what stops no call comes last."""
        places = [place for path in self.paths if (place := path.place(cause.at)) >= 0]
        return max(places, default=max((len(path.hops) for path in self.paths), default=0))

    def _order(self, one: Named) -> tuple[bool, int, int]:
        stops = any(path.of(check) for path in self.paths for check in one.explains)
        return not stops, -self._strength(one), self._place(one.cause)


def _leading(found: list[Named]) -> list[Named]:
    """Those that are not the consequence of another one, which then explains what they do."""
    by_id = {one.cause.id: one for one in found}
    leading = []
    for one in found:
        first = next((by_id[id] for id in one.cause.follows if id in by_id), None)
        if first is None:
            leading.append(one)
        else:
            first.explains += [check for check in one.explains if check not in first.explains]
    return leading


def _without(failed: list[CheckRow], named: Iterable[Named]) -> list[CheckRow]:
    explained = {check.id for one in named for check in one.explains}
    return [check for check in failed if check.id not in explained]


def _related(at: str, shown: str) -> bool:
    """Whether one property is the other, or a part of it: ``audio`` and ``audio/to-ai``."""
    return f"{at}/".startswith(f"{shown}/") or f"{shown}/".startswith(f"{at}/")


def texts(one: Named, names: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the templates of a named cause are filled with: the inputs, and its first sign."""
    hit = one.hits[0]
    numbers = list(dict.fromkeys(h.check.number for h in one.hits if h.check.number))
    about = {name: getattr(hit.check, name) for name in ("seen", "expected", "title")}
    number = ", ".join(numbers) or str(names.get("numbers", ""))
    return {**names, **about, "number": number, **{k: v or "" for k, v in hit.groups.items()}}
