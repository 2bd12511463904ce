"""A run opened: its folder, its journal, its testbed or its live platforms, and one attempt.

Only this module and those above it know that the testbed exists.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sfsip_nb.api import pace
from sfsip_nb.api.waits import waiting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.found import JOURNAL, look, refuse_foreign
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import from_namespace, load_file
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor, Secret
from sfsip_nb.platforms import guides
from sfsip_nb.runs import attempts, index, parameters_file, places, refusals
from sfsip_nb.runs.environment import attached, surroundings, testbed_of
from sfsip_nb.runs.folder import sweep
from sfsip_nb.runs.holding import alone
from sfsip_nb.runs.person import HEADLESS
from sfsip_nb.testbed import life

GUIDES: Mapping[str, Guide] = guides.ALL


@dataclass
class Session:
    """One attempt of one run. ``close`` ends the attempt; see also ``replay.Prepared``."""

    guide: Guide
    parameters: Parameters
    run_dir: Path
    secrets: Mapping[str, Secret]
    redactor: Redactor
    journal: Journal
    attempt: int
    testbed: life.RunningTestbed | None
    owns_testbed: bool = False
    per_minute: float = 0.0
    alone: ExitStack = field(default_factory=ExitStack)
    _engine: Engine | None = field(default=None, init=False)

    @property
    def mode(self) -> str:
        """plan, apply or verify."""
        return self.parameters.effective_mode

    @property
    def attempt_name(self) -> str:
        """The attempt's folder, such as ``0001-apply``."""
        return f"{self.attempt:04d}-{self.mode}"

    def is_stale(self) -> bool:
        """Whether the run went on without it, as its journal says now.

        Its attempt was closed, or another notebook has opened the run with other inputs.
        """
        kept = self.journal.get("parameters")["values"]
        return self.is_closed() or kept != attempts.plain(self.parameters)

    def is_closed(self) -> bool:
        """Whether its attempt was closed, as making a record does."""
        return self.journal.attempt(self.attempt).ended is not None

    @property
    def env(self) -> dict[str, str]:
        """What a kernel of this attempt finds in its environment; no secret."""
        told = {places.RUN_DIR: str(self.run_dir), places.ATTEMPT: str(self.attempt), HEADLESS: "1"}
        return told | dict(pace.written(self.guide.name, self.per_minute))

    @property
    def engine(self) -> Engine:
        """The engine over this attempt."""
        if self._engine is None:
            self._engine = Engine(
                Context(
                    guide=self.guide,
                    parameters=self.parameters,
                    mode=self.mode,
                    journal=self.journal,
                    attempt=self.attempt,
                    run_dir=self.run_dir,
                    secrets=self.secrets,
                    redactor=self.redactor,
                    surroundings=surroundings(self.guide, self.parameters, self.testbed),
                )
            )
        return self._engine

    def reach(self) -> None:
        """Reach each host that the run needs (`Engine.reach`)."""
        self.engine.reach()

    def release(self) -> None:
        """Revoke the tokens and close the clients; they open anew when they are needed again."""
        if self._engine is not None:
            self._engine.ctx.release()
            self._engine = None

    def close(self) -> None:
        """End the attempt, and the testbed that it started."""
        self.release()
        self.journal.end(self.attempt)
        self.journal.close()
        if self.owns_testbed:
            with waiting("the testbed to end", life.STOP_SECONDS):
                life.stop(self.run_dir)
        self.alone.close()


def prepare(
    path: Path,
    sets: Sequence[str] = (),
    mode: str = "",
    out: Path | None = None,
    testbed_url: str = "",
    faults: Sequence[str] = (),
    keep_testbed: bool = False,
    approve: str = "",
    confirm: Callable[[Mapping[str, Secret]], None] = lambda secrets: None,
    per_minute: float = 0.0,
) -> Session:
    """A replay's attempt from a parameters file. Raises ``InputError``; nothing was touched then.

    ``approve`` names the person who approves the saved plan, so that apply may carry it out.
    ``confirm`` is given the secrets first, and raises ``InputError`` where a person rejects one.
    ``per_minute`` is its share of the requests to the contact center, 0 where nothing shares them.
    """
    more = [f"mode={mode}"] if mode else []
    more += [f"testbed.url={testbed_url}"] if testbed_url else []
    parameters = load_file(path, [*sets, *more])
    wanted = [*parameters.testbed.faults, *faults]
    secrets = parameters.secrets()
    confirm(secrets)
    session = _open(parameters, secrets, out, "replay", faults=wanted, approve=approve)
    session.owns_testbed = (
        session.testbed is not None and session.testbed.started and not keep_testbed
    )
    session.per_minute = per_minute
    parameters_file.note(session.journal, path)
    if approve:
        try:
            session.engine.approve(approve)
        except BaseException:
            session.close()
            raise
    return session


def open_interactive(parameters: Parameters, secrets: Mapping[str, Secret]) -> Session:
    """The attempt of a notebook: the replay's, told by the environment, else the person's own."""
    run_dir = places.folder_of(parameters.run_name)
    if places.is_replay():
        attempt = int(os.environ[places.ATTEMPT])
        return _open(parameters, secrets, run_dir, "replay", attempt=attempt)
    refuse_foreign(run_dir)
    return _open(parameters, secrets, run_dir, "interactive", faults=parameters.testbed.faults)


def reopen(
    run_dir: Path,
    mode: str = "apply",
    testbed_url: str = "",
    confirm: Callable[[Mapping[str, Secret]], None] = lambda secrets: None,
) -> Session:
    """A run from its own journal, with the inputs that it was last opened with.

    `testbed_url` is the whole control URL of the testbed that it is on now; the journal has none.
    `confirm` is as in `prepare`.
    """
    if not (run_dir / JOURNAL).exists():
        raise InputError(
            str(run_dir), f"{run_dir} holds no journal, so it is no run's folder. Check the path."
        )
    match look(run_dir).inputs:
        case {
            "guide": str(guide),
            "values": {"testbed": dict(testbed)} as values,
        } if guide in GUIDES:
            given = {"testbed": testbed | ({"url": testbed_url} if testbed_url else {})}
            parameters = from_namespace(guide, values | given | {"mode": mode})
        case _:
            raise InputError(
                str(run_dir),
                f"The journal of {run_dir} holds no inputs: no run was ever opened there, so there"
                " is nothing to undo. Check the path.",
            )
    secrets = parameters.secrets()
    confirm(secrets)
    session = _open(parameters, secrets, run_dir, "rollback")
    session.owns_testbed = session.testbed is not None and session.testbed.started
    return session


def _open(
    parameters: Parameters,
    secrets: Mapping[str, Secret],
    out: Path | None,
    kind: str,
    attempt: int | None = None,
    faults: Sequence[str] = (),
    approve: str = "",
) -> Session:
    guide = GUIDES.get(parameters.guide)
    if guide is None:
        raise InputError(parameters.guide, f"There is no runbook for {parameters.guide} yet.")
    refusals.known_faults(parameters, faults)
    refusals.known_steps(guide, parameters)
    run_dir = (out or places.home() / "runs" / parameters.run_name).resolve()
    redactor = refusals.redactor(secrets)
    found = look(run_dir)
    if kind == "replay" and attempt is None:
        guides.shipped_notebooks(guide)
        refusals.replayable(parameters, run_dir, found, approve)
    attached(parameters, found.testbed)
    # All that was given is checked by now: from here on something is written.
    with ExitStack() as held, ExitStack() as failed:
        if kind != "interactive" and attempt is None:
            held.enter_context(alone(run_dir))
            sweep(run_dir)
        testbed = testbed_of(parameters, run_dir, faults, found.testbed)
        if testbed is not None:
            redactor.add(testbed.token)
            if testbed.started:
                failed.callback(life.stop, run_dir)
        journal = Journal(run_dir / JOURNAL, redactor.data)
        failed.callback(journal.close)
        if testbed is not None and attempt is None:  # a replay's kernel leaves them as they are
            _mend(testbed, journal, faults)
            journal.put("testbed", testbed.info["instance"])
        journal.put("parameters", {"guide": guide.name, "values": attempts.plain(parameters)})
        if attempt is None:
            private.tighten(run_dir)
            attempt = attempts.begin(journal, kind, parameters, testbed)
            index.write(run_dir, journal)
        failed.pop_all()
        return Session(
            guide,
            parameters,
            run_dir,
            secrets,
            redactor,
            journal,
            attempt,
            testbed,
            alone=held.pop_all(),
        )


def _mend(testbed: life.RunningTestbed, journal: Journal, faults: Sequence[str]) -> None:
    """Switch off what this run had switched on and no longer asks for; others' faults stay."""
    for name in set(journal.get("faults", [])) - set(faults):
        testbed.control("DELETE", f"/faults/{name}")
    journal.put("faults", sorted(faults))
