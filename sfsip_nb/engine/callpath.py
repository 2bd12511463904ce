"""The way of a test's call, hop by hop, and what each check of the test shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase

from sfsip_nb.engine.causes import base
from sfsip_nb.engine.rows import CheckRow


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
    hop is a property of a call that arrived: its audio, its caller. ``without`` is a side that such
    a call does not touch, so that nothing there explains it.
    """

    test: str
    hops: tuple[str, ...]
    shows: Mapping[str, Shows]
    without: str = ""

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
