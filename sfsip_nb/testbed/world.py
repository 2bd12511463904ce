"""The world behind the stand-ins: what the customer has, and what happened on the phone.

Everything is JSON: objects have the shape in which the vendor's API returns them, with two
additions that no API serves: keys that begin with an underscore hold what only the vendor's own
screens show, and passwords stand in the clear (the saved state is sealed, `stamps` masks them).
All of it lives on one event loop, so nothing is locked.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import secrets
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sfsip_nb.inputs.platform import Fault, Systems, ends
from sfsip_nb.sip import Transport

from . import seal
from .faults import faults as known_faults
from .handsets import Handsets

Json = dict[str, Any]
Objects = dict[str, Json]

STATE = "state.sealed"
_SAVE_SOON = 0.2  # seconds; call records come in bursts
_LARGE = 1_000_000  # bytes of a state, from which on not each write is worth saving it at once
_SAVING_SHARE = 10  # at most one part in so many of the time goes into that


class World:
    """State of one testbed, kept in `directory`. `time_scale` shortens what takes time."""

    def __init__(
        self,
        directory: Path,
        *,
        time_scale: float = 60,
        seed: int = 1,
        faults: Collection[str] = (),
    ) -> None:
        self.directory = directory
        self.time_scale = time_scale
        self.seed = seed
        self.random = random.Random(seed)
        self.systems: Systems = {}
        self.records: defaultdict[str, Objects] = defaultdict(dict)  # of calls, by kind
        self.calls: list[Json] = []  # ground truth, for `GET /calls`
        self.writes: list[Json] = []
        self.tokens: dict[str, Json] = {}  # of the OAuth endpoints
        self.faults: list[str] = []
        self.surprise: Json = {}  # see `surprise`
        self.last_used = time.monotonic()
        self.handsets = Handsets()
        # Set by who can place calls: Synthflow, each contact center by its name, and "phone".
        self.dials: dict[str, Callable[[Json], None]] = {}
        # Set by who sends OPTIONS to host, port and transport: what stands in the way of an answer.
        self.pings: dict[str, Callable[[str, int, Transport], Awaitable[str]]] = {}
        self._ids = 0
        self.stamp_key = secrets.token_hex(16)
        self._visible_from: dict[str, float] = {}
        self._saving: asyncio.TimerHandle | None = None
        self._rests_until = 0.0
        for name in faults:
            self.set_fault(name)

    # time, chance, ids

    def scaled(self, seconds: float) -> float:
        """What `seconds` of the real platform take here, in seconds."""
        return seconds / self.time_scale

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of the real platform."""
        await asyncio.sleep(self.scaled(seconds))

    def now(self) -> datetime:
        """The real time, UTC; never scaled."""
        return datetime.now(UTC)

    def iso(self, at: datetime | None = None) -> str:
        """`at` (default: now) as Genesys writes it: ``2026-11-21T10:00:00.000Z``."""
        return (at or self.now()).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def new_id(self) -> str:
        """A UUID, the same ones in the same order for one seed, also across restarts."""
        self._ids += 1
        digest = hashlib.sha256(f"{self.seed}/{self._ids}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

    # faults

    def fault(self, fault: Fault) -> bool:
        """The fault is on."""
        return fault.name in self.faults

    def set_fault(self, name: str, on: bool = True) -> None:
        """Switch a fault; raises KeyError for one that no stand-in has."""
        fault = known_faults()[name]
        if on and not self.fault(fault):
            self.faults.append(name)
            self.meddle()
        elif not on and self.fault(fault):
            self.faults.remove(name)

    def meddle(self) -> None:
        """Break (again) what the faults break that are on: somebody changed it just now."""
        for name in self.faults:
            breaks = known_faults()[name].breaks
            if breaks and self.systems:
                breaks(self.systems)

    # finding

    @staticmethod
    def by_name(objects: Objects, name: str) -> Json | None:
        """The first object called `name`."""
        return next((o for o in objects.values() if o.get("name") == name), None)

    # late visibility

    def appear_late(self, id_: str, seconds: float) -> None:
        """Reads of object `id_` miss it for `seconds` of the real platform."""
        # Not below what one local round trip takes, or no client would ever meet it.
        self._visible_from[id_] = time.monotonic() + max(self.scaled(seconds), 0.05)

    def visible(self, id_: str) -> bool:
        """Reads may find object `id_` by now."""
        return time.monotonic() >= self._visible_from.get(id_, 0)

    # call records

    def keep(self, kind: str, id_: str, record: Json) -> None:
        """Keep what a platform knows of a call, in place of what it knew before."""
        self.records[kind][id_] = record
        self.touch()

    def log_call(self, line: Json) -> None:
        """Keep the truth about a call, as both stand-ins saw it."""
        self.calls.append({"at": self.iso(), **line})
        self.touch()

    # keeping

    def used(self) -> None:
        """Somebody wanted something: the idle limit starts anew."""
        self.last_used = time.monotonic()

    def touch(self) -> None:
        """Records changed: save soon."""
        self._save_in(_SAVE_SOON)

    def written(self) -> None:
        """Something was written: save now, but a large state only after a while."""
        if time.monotonic() >= self._rests_until:
            self.save()
        else:
            self._save_in(0)

    def _save_in(self, seconds: float) -> None:
        self.used()
        if self._saving is None:
            rest = self._rests_until - time.monotonic()
            loop = asyncio.get_running_loop()
            self._saving = loop.call_later(max(seconds, rest), self.save)

    def save(self) -> None:
        """Save the whole state now."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        began = time.monotonic()
        kept = {name: getattr(self, name) for name in _KEPT}
        content = json.dumps(kept).encode()
        seal.write(self.directory / STATE, content)
        if len(content) > _LARGE:
            ended = time.monotonic()
            self._rests_until = ended + (ended - began) * (_SAVING_SHARE - 1)

    def load(self) -> bool:
        """Take up the saved state; False if there is none. Raises `seal.SealBroken`."""
        content = seal.read(self.directory / STATE)
        if content is None:
            return False
        for name, value in json.loads(content).items():
            if name in _KEPT:
                setattr(self, name, value)
            elif name in ends():  # as earlier versions kept each system by itself
                self.systems[name] = value
            else:  # and each kind of record
                listed = isinstance(value, list)
                self.records[name] = {r["id"]: r for r in value} if listed else value
        self.records = defaultdict(dict, self.records)
        if self.surprise:  # nobody but the testbed knows its name
            self.set_fault(self.surprise["fault"])
        return True


# Not the faults: each start names its own, or a later run would meet what an earlier one asked for.
_KEPT: Iterable[str] = (
    "seed",
    "systems",
    "records",
    "calls",
    "writes",
    "tokens",
    "_ids",
    "stamp_key",
    "surprise",
)
