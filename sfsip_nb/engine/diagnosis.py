"""Which causes explain what failed: the fewest, the earliest on the call's way first.

What an API shows to differ, or what only one cause can make a check say, is a cause by itself.
Of the others the earliest on the way counts; at one hop a SIP code beats a missing record, and a
missing record beats what was not heard. A call that got past a hop clears what stands there; what
failed behind the hop where it ended is a consequence and needs no cause of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sfsip_nb.engine.callpath import CallPath, Shows, Strength
from sfsip_nb.engine.causes import Kinds, KnownCause, Sign, base
from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.engine.sight import Sight
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs import ranges


@dataclass(frozen=True)
class Hit:
    """A check that is a sign of a cause, and the named groups of what it saw.

    ``proves`` says that nothing else makes it say so.
    """

    check: CheckRow
    groups: Mapping[str, str]
    proves: bool = False


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
    """What explains a run's failed checks, what was ruled out, and what nothing explains.

    ``untested`` are causes of which nothing could be seen while those named stand.
    """

    named: list[Named]
    ruled_out: list[RuledOut]
    unexplained: list[CheckRow]
    untested: list[KnownCause]


class Reasoning:
    """One run's checks, against the causes and the ways of its calls."""

    def __init__(
        self, causes: Iterable[KnownCause], paths: Sequence[CallPath], checks: Iterable[CheckRow]
    ) -> None:
        self.causes = tuple(causes)
        self.paths = paths
        self.checks = list(checks)
        self.failed = [check for check in self.checks if check.verdict is Verdict.FAIL]
        self._kinds = Kinds(self.checks)
        self._on = {check.id: on for check in self.checks if (on := self._shown(check))}
        self._far = self._furthest()
        self._ends = self._endings()

    def explanation(self) -> Explanation:
        """Name the causes."""
        possible, cleared = self._possible()
        read = [one for one in possible if self._strength(one) is Strength.READ]
        for one in read:
            one.explains = self._explained(one)
        named = _leading(read)
        left = _without(self.failed, named)
        weaker = [one for one in possible if self._strength(one) is not Strength.READ]
        while left and (found := self._best(weaker, left)):
            named.append(found)
            left = _without(left, [found])
        chosen = {one.cause.id for one in named}
        out = [one for one in cleared if one.cause.id not in chosen]
        first = [check for check in left if not self._is_behind(check)]
        known = {*chosen, *(other.cause.id for one in named for other in one.equals)}
        known |= {one.cause.id for one in out}
        rest = [cause for cause in self.causes if named and cause.id not in known]
        untested = Sight(self.paths, self.checks, self._kinds, self._far.items()).lacks(rest)
        return Explanation(sorted(named, key=self._order), out, first, untested)

    # -- candidates -----------------------------------------------------------------------

    def _possible(self) -> tuple[list[Named], list[RuledOut]]:
        possible, cleared = [], []
        for cause in self.causes:
            hits = [hit for sign in cause.signs for hit in self._hits(sign)]
            if not hits or not all(self._hits(sign) for sign in cause.also):
                continue
            against = [hit.check for sign in cause.unless for hit in self._hits(sign)]
            against = [check for check in against if not self._is_behind(check)]
            hits = [hit for hit in hits if not self._is_behind(hit.check)]
            plausible = [hit for hit in hits if not (passed := self._passed(cause, hit.check))]
            if against or (hits and not plausible):
                cleared.append(RuledOut(cause, against[0] if against else passed[0]))
            elif plausible:
                possible.append(Named(cause, plausible))
        return possible, cleared

    def _hits(self, sign: Sign) -> list[Hit]:
        found = ((check, sign.match(check)) for check in self._kinds.of(sign))
        return [Hit(check, match.groupdict(), sign.proves) for check, match in found if match]

    def _passed(self, cause: KnownCause, check: CheckRow) -> list[CheckRow]:
        """A check by which a call got past the place where the cause would have stopped it."""
        if (on := self._on.get(check.id)) and (place := on[0].place(cause.at)) >= 0:
            return self._reached(on[0], place, check.number)
        return []

    # -- how far the calls came -----------------------------------------------------------

    def _shown(self, check: CheckRow) -> tuple[CallPath, Shows] | None:
        return next(((path, s) for path in self.paths if (s := path.of(check))), None)

    def _furthest(self) -> dict[tuple[str, str], tuple[int, CheckRow]]:
        """By test and number: the furthest hop that a call got to, and the check that shows it."""
        far: dict[tuple[str, str], tuple[int, CheckRow]] = {}
        for check in self.checks:
            if check.verdict is Verdict.PASS and (on := self._on.get(check.id)):
                key, place = (on[0].test, check.number), on[0].place(on[1].at)
                if place > far.get(key, (-1,))[0]:
                    far[key] = place, check
        return far

    def _endings(self) -> dict[tuple[str, str], int]:
        """By test and number: the earliest hop at which a call that failed is known to be over."""
        ends: dict[tuple[str, str], int] = {}
        for check in self.failed:
            if on := self._on.get(check.id):
                path, shown = on
                over = path.place(shown.until or shown.at)
                if over >= 0 and not self._reached(path, path.place(shown.at), check.number):
                    key = path.test, check.number
                    ends[key] = min(over, ends.get(key, over))
        return ends

    def _reached(self, path: CallPath, place: int, number: str) -> list[CheckRow]:
        found = (self._far.get((path.test, own), (-1, None)) for own in {"", number})
        return [check for far, check in found if check and far >= place]

    def _is_behind(self, check: CheckRow) -> bool:
        """Whether a failed check is behind the hop where the call ended, and so says nothing."""
        if check.verdict is not Verdict.FAIL or not (on := self._on.get(check.id)):
            return False
        path, shown = on
        own = path.place(shown.at)
        arrived = path.place(shown.after) if own < 0 else own - 1
        ends = (self._ends.get((path.test, number)) for number in {"", check.number})
        return any(end is not None and end <= arrived for end in ends)

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
                and self._follows(one.cause, check)
            )
        ]

    def _follows(self, cause: KnownCause, check: CheckRow) -> bool:
        """Whether a failed check is what comes of a call that ends there, or that lacks this."""
        on = self._on.get(check.id)
        if not cause.at or on is None or on[0].without == cause.side:
            return False
        path, shown = on
        place, own = path.place(cause.at), path.place(shown.until or shown.at)
        if place < 0:
            return _related(cause.at, shown.at)
        last = path.place(shown.after) if own < 0 else own
        return place <= last and not self._reached(path, place, check.number)

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
        return max(self._of(hit) for hit in one.hits)

    def _of(self, hit: Hit) -> Strength:
        on = None if hit.proves else self._on.get(hit.check.id)
        return on[1].strength if on else Strength.READ

    def _place(self, cause: KnownCause) -> int:
        """How early on a call's way it is; what stops no call comes last."""
        places = [place for path in self.paths if (place := path.place(cause.at)) >= 0]
        return max(places, default=max((len(path.hops) for path in self.paths), default=0))

    def _order(self, one: Named) -> tuple[bool, int, int]:
        stops = any(check.id in self._on for check in one.explains)
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
    number = ", ".join(ranges.compact(numbers)) or str(names.get("numbers", ""))
    return {**names, **about, "number": number, **{k: v or "" for k, v in hit.groups.items()}}
