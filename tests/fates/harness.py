"""A run of a guide over the proxy: planned, applied, verified and rolled back in this process."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import sqlite3
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import httpx
import pytest
import stamina

from sfsip_nb.api import transport
from sfsip_nb.engine import clock, leftover
from sfsip_nb.engine import rollback as rolling
from sfsip_nb.engine.broken import InternalError
from sfsip_nb.engine.context import Context, Surroundings
from sfsip_nb.engine.database import Database
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.model import Guide, Step
from sfsip_nb.engine.rows import RollbackRow
from sfsip_nb.engine.verdicts import Check
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.inputs.load import load_file
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.runs.session import GUIDES
from sfsip_nb.sip import MapResolver
from tests.fates.fates import TIMEOUT, UNPUNCTUAL, Fate
from tests.fates.proxy import ADMINISTER, Proxy, Request
from tests.fates.standins import StandIns

_PARAMETERS = Path(__file__).parents[2] / "parameters"
_SECTIONS = ("01", "02", "03")
_PATIENT = httpx.Timeout(20.0)
_TRIES = 6
"""How often what may take time is looked at, in place of seconds."""
_FACTS = AttemptFacts(customer="c", run="r")


@contextlib.contextmanager
def quick() -> Iterator[None]:
    """No waits between tries, no wait for the disk, a short timeout: a case takes milliseconds."""
    trusted = ssl.create_default_context()
    scrypt, opened, dumps = hashlib.scrypt, Database.__init__, json.dumps

    @functools.cache
    def cheap(plain: bytes, *, salt: bytes, **cost: int) -> bytes:
        return scrypt(plain, salt=salt, **cost | {"n": 2})

    def unsynced(self: Database, *given: Any, **named: Any) -> None:
        opened(self, *given, **named)
        self._connection.execute("PRAGMA synchronous=OFF")

    def unindented(value: Any, *, indent: int = 0, **named: Any) -> str:
        return dumps(value, **named)  # only without an indent is it C that writes

    with (
        pytest.MonkeyPatch.context() as patch,
        stamina.set_testing(True, attempts=_TRIES, cap=True),
    ):
        patch.setattr(hashlib, "scrypt", cheap)
        patch.setattr(Database, "__init__", unsynced)
        patch.setattr(json, "dumps", unindented)
        patch.setattr(clock, "time", SimpleNamespace(sleep=lambda seconds: None))
        patch.setattr(transport, "_TIMEOUT", _PATIENT)
        patch.setattr("httpx._transports.default.create_ssl_context", lambda **_: trusted)
        yield


class Unmasked(Redactor):
    """Takes nothing out, which would take most of the time; no secret here is one."""

    def add(self, secret: str) -> None:
        """It need not know any."""

    def data(self, value: Any) -> Any:
        return value


class Place:
    """The stand-ins and the proxy before them, which all cases share.

    A request that nothing befalls needs no socket: in this process the proxy has it as it is.
    """

    def __init__(self) -> None:
        self.standins = StandIns()
        self.proxy = Proxy(self.standins.answer)
        self.untouched = self.standins.snapshot()
        self._home, self._over_a_socket = os.getpid(), httpx.HTTPTransport.handle_request

    def __enter__(self) -> Self:
        def carry(client: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            headers = {name.lower(): value for name, value in request.headers.items()}
            target = request.url.raw_path.decode("latin-1")
            handed = Request(request.method, target, headers, request.read())
            if self.proxy.may_trouble(handed) or os.getpid() != self._home:
                return self._over_a_socket(client, request)
            answer = self.proxy.hand(handed)
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        httpx.HTTPTransport.handle_request = carry  # type: ignore[method-assign]
        return self

    def __exit__(self, *error: object) -> None:
        httpx.HTTPTransport.handle_request = self._over_a_socket  # type: ignore[method-assign]
        self.proxy.close()

    def begin(
        self, met: Mapping[int, Fate] | None = None, chaos: float = 0.0, seed: int = 0
    ) -> None:
        """Forget what was sent; the attempts from now on meet these fates and this chaos."""
        self.proxy.begin(met, chaos, seed)
        hurried = any(fate in UNPUNCTUAL for fate in (met or {}).values())
        transport._TIMEOUT = httpx.Timeout(TIMEOUT, connect=5.0) if hurried else _PATIENT

    def surroundings(self, parameters: Parameters) -> Surroundings:
        """The testbed's, with every API behind the proxy."""
        origin = self.proxy.origin
        origins = {
            "synthflow": f"{origin}/synthflow/{parameters.synthflow.region}/v2",
            "genesys.api": origin,
            "genesys.login": origin,
            "talkdesk.api": f"{origin}/talkdesk/us",
            "talkdesk.login": f"{origin}/talkdesk-id/us/acme-testbed",
        }
        return Surroundings(
            origins=origins,
            resolver=MapResolver({f"{talkdesk_samples.SBC}/udp": "127.0.0.1:5060"}),
            administer=self._administer,
            time_scale=1e5,
        )

    def _administer(self, system: str, step: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Over the socket too: the process of the run may be another one than the stand-ins'."""
        path = f"{self.proxy.origin}{ADMINISTER}{system}/{step}"
        with httpx.Client(trust_env=False) as person:
            return dict(person.post(path, json=dict(values)).raise_for_status().json())


@dataclass(frozen=True)
class Inputs:
    """What a run is made with: the guide, what is set over the sample file, which steps run.

    ``steps`` empty means all that write or are done by a person. Only with ``checks`` do steps
    look further than at what they write.
    """

    guide: str
    sets: Sequence[str] = ()
    steps: Sequence[str] = ()
    checks: bool = False

    @functools.cached_property
    def parameters(self) -> Parameters:
        """The sample customer's, with these inputs over it."""
        return load_file(_PARAMETERS / f"{self.guide}.testbed.yaml", list(self.sets))

    @functools.cached_property
    def of_guide(self) -> Guide:
        """The guide with only these steps."""
        guide = GUIDES[self.guide]
        chosen = [s for s in guide.steps if self._chosen(s)]
        names = {s.id for s in chosen}
        return replace(
            guide,
            steps=tuple(
                replace(
                    step,
                    needs=tuple(n for n in step.needs if n in names),
                    check=step.check if self.checks else None,
                )
                for step in chosen
            ),
        )

    def _chosen(self, step: Step) -> bool:
        if self.steps:
            return step.id in self.steps
        return step.section.startswith(_SECTIONS) and bool(step.desired or step.card)


@dataclass
class Attempt:
    """What came of one attempt: verdicts by step, all checks, what broke."""

    verdicts: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    broke: str = ""

    @property
    def failed(self) -> list[Check]:
        """The checks that failed."""
        return [c for c in self.checks if c.verdict == "fail"]


@dataclass
class RolledBack:
    """What came of one rollback, or the error that ended it."""

    done: RollbackRow | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether it says that everything is as before."""
        return self.done is not None and self.done.ok

    @property
    def named(self) -> str:
        """What it says of that which is not as before."""
        if self.done is None:
            return self.error
        left = [f"{i.what}: {i.result}" for i in self.done.undone if not i.ok]
        return "\n".join([*left, *self.done.differences])


class Run:
    """One run in a folder of its own. Each attempt has a fresh engine, as each command has."""

    def __init__(self, place: Place, inputs: Inputs, folder: Path) -> None:
        self.place, self.inputs, self.folder = place, inputs, folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def context(self, mode: str) -> Iterator[Context]:
        """A new attempt. Killed, it stays open."""
        parameters = self.inputs.parameters
        secrets = parameters.secrets()
        redactor = Unmasked()
        journal = Journal(self.folder / "journal.sqlite3", redactor.data)
        ctx = Context(
            guide=self.inputs.of_guide,
            parameters=parameters,
            mode=mode,
            journal=journal,
            attempt=journal.begin(mode, "replay", _FACTS),
            run_dir=self.folder,
            secrets=secrets,
            redactor=redactor,
            surroundings=self.place.surroundings(parameters),
        )
        try:
            yield ctx
            journal.end(ctx.attempt)
        finally:
            ctx.release()
            journal.close()

    def attempt(self, mode: str = "apply") -> Attempt:
        """Every step in the guide's order, whatever became of those before."""
        came = Attempt()
        with self.context(mode) as ctx:
            engine = Engine(ctx)
            try:
                if mode == "plan":
                    engine.plan()
                for step in ctx.guide.steps:
                    result = engine.run(step.id)
                    came.verdicts[step.id] = result.verdict.value
                    came.checks += result.checks
            except InternalError as error:
                came.broke = str(error)
            except SfsipError as error:
                came.broke = f"{type(error).__name__}: {error}"
        return came

    def rollback(self) -> RolledBack:
        """Take everything back."""
        came = RolledBack()
        with self.context("apply") as ctx:
            try:
                came.done = rolling.rollback(ctx)
            except SfsipError as error:
                came.error = str(error)
        return came

    def left(self) -> str:
        """What the run's journal says of what was left unknown or half changed."""
        with contextlib.closing(Journal(self.folder / "journal.sqlite3")) as journal:
            return "\n".join(left.told for left in leftover.left(journal))

    def open_intents(self) -> int:
        """Writes in the journal whose end is not known."""
        with contextlib.closing(sqlite3.connect(self.folder / "journal.sqlite3")) as db:
            return int(
                db.execute(
                    "SELECT count(*) FROM changes WHERE outcome IS NULL OR outcome LIKE 'unknown%'"
                ).fetchone()[0]
            )

    def keep(self, kept: Path) -> None:
        """Copy the run's folder."""
        shutil.copytree(self.folder, kept)

    def go_back(self, kept: Path) -> None:
        """Make the run's folder what was kept."""
        shutil.rmtree(self.folder)
        shutil.copytree(kept, self.folder)
