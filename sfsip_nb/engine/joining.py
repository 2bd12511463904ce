"""Which records are of one call: by an id that both carry, else by number, direction and time.

An id that two records share decides. Without one, records are told apart by what both sides know of
a call; where that leaves more than one, it is said that they cannot be told apart, and none is
taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.dialing import MARK_HEADER

LONGER = timedelta(seconds=5)
"""How much two records of a call may differ in its length: each side sees its end by itself."""

_CLOCKS = timedelta(seconds=2)
"""Ours and a platform's, where a call before ours must not be taken for it."""


@dataclass(frozen=True)
class Wanted:
    """What is known of a call beside the number that was called.

    ``keys`` are the ids by which it was marked. ``placed`` is when we placed it, if we did, and
    ``lasted`` for how long it then stood. ``direction`` is the contact center's. ``proven`` are
    names of ids that were seen to join two records: from then on, different ids are two calls.
    """

    caller: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    placed: datetime | None = None
    lasted: timedelta | None = None
    direction: str = ""
    proven: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CallMatch:
    """What the contact center (``there``) and Synthflow (``here``) have of one call.

    ``by`` names the id that both have, ``own`` the one by which Synthflow's is the call that we
    marked; empty where it is by number and time. ``rivals`` are calls that nothing tells apart; of
    a side that has some, none is taken.
    """

    there: SeenCall | None = None
    here: SeenCall | None = None
    rivals: tuple[SeenCall, ...] = ()
    by: str = ""
    own: str = ""

    @property
    def joined(self) -> bool:
        """Whether both records are there and can be of the same call."""
        there, here = self.there, self.here
        return bool(there and here and (self.by or calls.same(there, here)))

    @property
    def seen(self) -> tuple[SeenCall, ...]:
        """All calls of it."""
        return (*filter(None, (self.there, self.here)), *self.rivals)


def shared(keys: Mapping[str, str], others: Mapping[str, str]) -> str:
    """The name of an id that both have, as the first spells it; empty where there is none."""
    known = {(name.casefold(), value) for name, value in others.items() if value}
    return next((n for n, value in keys.items() if (n.casefold(), value) in known), "")


def match(theirs: Sequence[SeenCall], ours: Sequence[SeenCall], wanted: Wanted) -> CallMatch:
    """Find a call among the contact center's records and Synthflow's, each the newest first."""
    ties = _ties(theirs, ours)
    proven = wanted.proven | {name.casefold() for pairs in ties.values() for _, name in pairs}
    foreign = {call.id for call in ours if _marked_otherwise(call, wanted)}
    of_others = {t for t, pairs in ties.items() if {h.id for h, _ in pairs} & foreign}
    ours = [call for call in ours if call.id not in foreign]
    known = [call for call in theirs if call.id not in of_others]
    theirs = _fitting(known, wanted)
    tied = {h.id for pairs in ties.values() for h, _ in pairs}
    loose = [call for call in ours if call.id not in tied]

    if own := [call for call in ours if shared(wanted.keys, call.keys)]:
        return _marked(own[0], known, theirs, ties, wanted, proven)
    near = [call for call in theirs if calls.same(call, theirs[0])]
    if len(near) == 1 or (near and near[0].id in ties and wanted.placed is None):
        there = near[0]
        if pairs := ties.get(there.id):
            return CallMatch(there, pairs[0][0], by=pairs[0][1])
        return _beside(there, [h for h in loose if not _differ(there, h, proven)], wanted)
    if near:
        close = [h for h in ours if any(calls.same(h, there) for there in near)]
        alone = close[0] if len(close) == 1 else None
        return CallMatch(None, alone, tuple(near) if alone else (*near, *close))
    alike = _fitting(loose or ours, replace(wanted, caller=""), wanted.caller)
    near = [call for call in alike if calls.same(call, alike[0])]
    return (
        CallMatch(None, None, tuple(near))
        if near[1:]
        else CallMatch(None, near[0] if near else None)
    )


def from_caller(found: Sequence[SeenCall], caller: str) -> list[SeenCall]:
    """One side's calls from that caller; all of them, where its number does not tell."""
    return _narrowed(found, lambda call: not caller or calls.alike(call.caller, caller))


def during(whole: SeenCall, found: Sequence[SeenCall]) -> list[SeenCall]:
    """Calls that began while another one stood: what a transfer out of it may have started."""
    ended = whole.ended if whole.over else None
    last = ended + calls.APART if ended else None
    return [c for c in found if whole.started <= c.started and (not last or c.started <= last)]


def _marked(
    here: SeenCall,
    known: Sequence[SeenCall],
    theirs: Sequence[SeenCall],
    ties: Mapping[str, Sequence[tuple[SeenCall, str]]],
    wanted: Wanted,
    proven: frozenset[str],
) -> CallMatch:
    """The contact center's record of a call that Synthflow has by our mark.

    Of all that are ``known`` it may be one by its id, of those that fit (``theirs``) one by time.
    """
    own = shared(wanted.keys, here.keys)
    for there in known:
        for call, name in ties.get(there.id, ()):
            if call.id == here.id:
                return CallMatch(there, here, by=name, own=own)
    left = [t for t in theirs if t.id not in ties and not _differ(t, here, proven)]
    near = [there for there in left if calls.same(there, here)]
    if near[1:]:
        return CallMatch(None, here, tuple(near), own=own)
    return CallMatch(next(iter(near or left), None), here, own=own)


def _beside(there: SeenCall, ours: Sequence[SeenCall], wanted: Wanted) -> CallMatch:
    """Synthflow's record of a call of the contact center: its part is no longer than the whole."""
    near = [here for here in ours if calls.same(there, here)]
    whole = there.lasted

    def within(here: SeenCall) -> bool:
        return here.lasted is None or whole is None or here.lasted <= whole + LONGER

    caller = wanted.caller or there.caller
    near = _narrowed(near, lambda here: calls.alike(here.caller, caller), within)
    if near[1:]:
        return CallMatch(there, None, tuple(near))
    return CallMatch(there, next(iter(near or ours), None))


def _fitting(found: Sequence[SeenCall], wanted: Wanted, likely: str = "") -> list[SeenCall]:
    """Calls from the wanted caller, told apart by what else is known as far as one then is left.

    ``likely`` is a caller that may have been rewritten.
    """
    fit = [c for c in found if not wanted.caller or calls.alike(c.caller, wanted.caller)]
    placed, lasted = wanted.placed, wanted.lasted
    return _narrowed(
        fit,
        lambda call: not likely or calls.alike(call.caller, likely),
        lambda call: not wanted.direction or call.direction in ("", wanted.direction),
        lambda call: placed is None or call.started >= placed - _CLOCKS,
        lambda call: placed is None or call.started <= placed + calls.APART,
        lambda call: lasted is None or call.lasted is None or abs(call.lasted - lasted) <= LONGER,
    )


def _narrowed(found: Iterable[SeenCall], *tests: Callable[[SeenCall], bool]) -> list[SeenCall]:
    """Those that pass each test, but for a test that none would pass."""
    left = list(found)
    for test in tests:
        left = [call for call in left if test(call)] or left
    return left


def _ties(
    theirs: Sequence[SeenCall], ours: Sequence[SeenCall]
) -> dict[str, list[tuple[SeenCall, str]]]:
    """By id of the contact center's call: Synthflow's calls with one of its ids, and which."""
    index: dict[tuple[str, str], list[SeenCall]] = {}
    for here in ours:
        for name, value in here.keys.items():
            index.setdefault((name.casefold(), value), []).append(here)
    found: dict[str, list[tuple[SeenCall, str]]] = {}
    for there in theirs:
        for name, value in there.keys.items():
            for here in index.get((name.casefold(), value), ()) if value else ():
                found.setdefault(there.id, []).append((here, name))
    return found


def _differ(one: SeenCall, other: SeenCall, proven: frozenset[str]) -> bool:
    """Whether an id that is known to join records says that these are two calls."""
    mine = {name.casefold(): value for name, value in one.keys.items()}
    theirs = {name.casefold(): value for name, value in other.keys.items()}
    both = proven & mine.keys() & theirs.keys()
    return any(mine[name] != theirs[name] for name in both)


def _marked_otherwise(call: SeenCall, wanted: Wanted) -> bool:
    """Whether it is a test call of ours, and not the wanted one."""
    carried = next((v for n, v in call.keys.items() if n.casefold() == MARK_HEADER.casefold()), "")
    return carried not in ("", wanted.keys.get(MARK_HEADER, ""))
