"""The journal: everything that a run asked, did and saw, in one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from sfsip_nb.engine.changes import Changes
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.database import Database
from sfsip_nb.engine.held import Running
from sfsip_nb.engine.proofs import settled
from sfsip_nb.engine.rows import (
    CallRow,
    CardRow,
    CheckRow,
    DialledRow,
    EvidenceRow,
    OperatorRow,
    StepRow,
    TestbedRow,
    WaiverRow,
)
from sfsip_nb.engine.shape import Instant, Shape
from sfsip_nb.engine.verdicts import Basis, Verdict

_OPEN_ATTEMPT = "id = ? AND ended IS NULL"

_CUT_OFF = "It was cut off before it finished, so its result is unknown. Run it again."


class AttemptFacts(Shape):
    """What an attempt knows of itself from its start."""

    customer: str = ""
    run: str = ""
    target: Literal["testbed", "live"] = "testbed"
    versions: dict[str, str] = Field(default={})
    inputs: dict[str, Any] = Field(default={})
    waivers: list[WaiverRow] = Field(default=[])
    testbed: TestbedRow | None = None
    operator: OperatorRow | None = None


class AttemptRow(Shape):
    """An attempt, as the journal keeps it."""

    id: int
    mode: str
    kind: str
    started: Instant
    ended: Instant | None
    facts: AttemptFacts


class AnswerRow(Shape):
    """What a person did, as the journal keeps it."""

    step: str
    attempt: int
    done_by: str
    done_at: str
    note: str
    given: dict[str, Any]
    """What the person handed back."""
    card: CardRow
    before: dict[str, Any]
    """What the simulated administrator found."""
    evidence: list[str]


class JournaledStep(StepRow):
    """A step's row, with its attempt. The guide knows its section and title.

    One that was cut off is inconclusive, whatever the step came to before.
    """

    attempt: int


_Settled = tuple[tuple[list[int], list[int], list[DialledRow]], dict[str, JournaledStep]]
"""What the verdicts of some steps were settled by, and the steps with these verdicts."""


def _step(row: dict[str, Any]) -> JournaledStep:
    named = {name for check in row["checks"] for name in check["evidence"]}
    about = {"id": row["step"], "section": "", "title": "", "evidence": sorted(named)}
    if row["verdict"] is None:
        about |= {"verdict": Verdict.INCONCLUSIVE, "reason": _CUT_OFF}
    return JournaledStep.model_validate(row | about)


class Journal:
    """A run's journal. Safe to open from several processes at once."""

    def __init__(self, path: Path, clean: Callable[[Any], Any] = lambda data: data) -> None:
        """Open or make the file. ``clean`` takes secrets out of all that is written."""
        self.database = Database(path, clean)
        self.changes = Changes(self.database)
        self._running = Running(path.parent)
        self._read: dict[int, JournaledStep] = {}  # a row of a step that is over never changes
        self._settled: dict[int | None, _Settled] = {}

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._running.end()
        self.database.close()

    # -- what was asked -------------------------------------------------------------------

    def put(self, name: str, value: Any) -> None:
        """Keep a named value of the run (inputs, a captured FQDN, the salt); twice is once.

        One that is made of what stood there before is for ``change``.
        """
        stands = "SELECT 1 FROM meta WHERE (name, value) = (?, ?)"
        if not self.database.rows(stands, name, self.database.stored("value", value)):
            self.database.insert("meta", "INSERT OR REPLACE", name=name, value=value)

    def get(self, name: str, default: Any = None) -> Any:
        """A named value of the run."""
        rows = self.database.rows("SELECT value FROM meta WHERE name = ?", name)
        return rows[0]["value"] if rows else default

    def change(self, name: str, to: Callable[[Any], Any], default: Any = None) -> Any:
        """Keep what ``to`` makes of a named value as it stands now, and return that.

        Nobody writes in between. ``default`` is what there is where there is none yet.
        """
        with self.database.writing():
            self.put(name, to(self.get(name, default)))
            return self.get(name)

    def count_requests(self, attempt: int, asked: Mapping[str, int]) -> None:
        """Add the requests that an attempt has sent, by platform, to those of before."""
        if asked:
            self.change(f"requests/{attempt}", lambda sent: Counter(sent) + Counter(asked), {})

    def requests(self, attempt: int) -> dict[str, int]:
        """The requests that an attempt has sent, by platform."""
        return dict(self.get(f"requests/{attempt}", {}))

    # -- attempts -------------------------------------------------------------------------

    def begin(self, mode: str, kind: str, facts: AttemptFacts) -> int:
        """A new attempt; ``kind`` is ``replay`` or ``interactive``. Returns its number."""
        return self.database.insert(
            "attempts", mode=mode, kind=kind, started=now(), facts=facts.model_dump(mode="json")
        )

    def restate(self, attempt: int, mode: str, facts: AttemptFacts) -> None:
        """State an attempt anew, when a person changed an input or approved its plan."""
        self.database.update(
            "attempts", attempt, _OPEN_ATTEMPT, mode=mode, facts=facts.model_dump(mode="json")
        )

    def end(self, attempt: int) -> None:
        """Close an attempt; a closed one is never written to again."""
        self.database.update("attempts", attempt, _OPEN_ATTEMPT, ended=now())

    def attempt(self, attempt: int) -> AttemptRow:
        """One attempt. Raises ``KeyError`` if there is none."""
        rows = self.database.rows("SELECT * FROM attempts WHERE id = ?", attempt)
        if not rows:
            raise KeyError(f"the journal has no attempt {attempt}")
        return AttemptRow.model_validate(rows[0])

    def attempts(self) -> list[AttemptRow]:
        """All attempts, oldest first."""
        rows = self.database.rows("SELECT * FROM attempts ORDER BY id")
        return [AttemptRow.model_validate(row) for row in rows]

    # -- steps ----------------------------------------------------------------------------

    def last_judged(self, before: int | None = None) -> int | None:
        """The newest attempt in which a step has a verdict, of those before one or of all."""
        query = (
            "SELECT max(attempt) AS newest FROM steps"
            f" WHERE {self.over} AND attempt < coalesce(?, attempt + 1)"
        )
        newest: int | None = self.database.rows(query, before)[0]["newest"]
        return newest

    def step_begins(self, attempt: int, step: str) -> int:
        """Note that a step starts. Returns the row to end it with.

        Until then, or until `step_over`, it counts as running, unless this process is gone.
        """
        with self.database.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO steps (attempt, step, change, checks, reason, started)"
                " VALUES (?, ?, 'none', '[]', '', ?)",
                (attempt, step, now()),
            )
            row = int(cursor.lastrowid or 0)
            self._running.begin(str(row))  # before anybody else sees it
        return row

    def step_ends(
        self, row: int, verdict: str, change: str, checks: Iterable[CheckRow], reason: str
    ) -> None:
        """Note a step's verdict, with its checks."""
        judged = [check.model_dump(mode="json") for check in checks]
        self.database.update(
            "steps",
            row,
            verdict=verdict,
            change=change,
            checks=judged,
            reason=reason,
            ended=now(),
        )
        self.step_over()

    def step_over(self) -> None:
        """Whatever step was begun here is carried out no more: without a verdict it was cut off."""
        self._running.end()

    @property
    def running(self) -> set[str]:
        """The steps that some process carries out now."""
        return {row["step"] for row in self._unended() if self._running.holds(str(row["id"]))}

    @contextmanager
    def rolling_back(self, attempt: int) -> Iterator[None]:
        """Roll the run back in here, in that attempt: it counts as at work, unless this process
        is gone."""
        self._running.begin(f"rollback-{attempt}")
        try:
            yield
        finally:
            self._running.end()

    @property
    def rollbacks(self) -> list[int]:
        """The attempts in which some process rolls the run back now."""
        begun = "SELECT id FROM attempts WHERE ended IS NULL AND kind = 'rollback'"
        ids = [row["id"] for row in self.database.rows(begun)]
        return [id_ for id_ in ids if self._running.holds(f"rollback-{id_}")]

    @property
    def over(self) -> str:
        """Which rows are of steps that ended or were cut off, as SQL."""
        begun = [row["id"] for row in self._unended()]
        cut = [str(row) for row in begun if row in self._read or not self._running.holds(str(row))]
        return f"(verdict IS NOT NULL OR id IN ({', '.join(cut)}))"

    def _unended(self) -> list[dict[str, Any]]:
        return self.database.rows("SELECT id, step FROM steps WHERE verdict IS NULL")

    def steps(self, attempt: int | None = None) -> dict[str, JournaledStep]:
        """The newest row of each step, of one attempt or of the whole run.

        One that is carried out now counts once it has ended; one that was cut off counts.
        Checks that other steps prove have the verdict that this gives them, by the newest that the
        run has seen of those steps.
        """
        own = self._newest("attempt = coalesce(?, attempt)", attempt)
        seen = own
        if attempt is not None:
            seen = self._newest("attempt <= ?", attempt)
        attempts = {row.attempt for row in seen.values()}
        calls = [call for number in sorted(attempts) for call in self.dialled(number)]
        of = ([*map(id, own.values())], [*map(id, seen.values())], calls)
        if attempt not in self._settled or self._settled[attempt][0] != of:
            rows = {id_: settled(row, seen, calls) for id_, row in own.items()}
            self._settled[attempt] = of, rows
        return dict(self._settled[attempt][1])

    def _newest(self, where: str, attempt: int | None) -> dict[str, JournaledStep]:
        newest = self.database.rows(
            f"SELECT max(id) AS id FROM steps WHERE {self.over} AND {where}"
            " GROUP BY step ORDER BY min(id)",
            attempt,
        )
        for row in newest:
            if row["id"] not in self._read:
                (kept,) = self.database.rows("SELECT * FROM steps WHERE id = ?", row["id"])
                self._read[row["id"]] = _step(kept)
        over = [self._read[row["id"]] for row in newest]
        return {step.id: step for step in over}

    def checks(self, step: str) -> list[CheckRow]:
        """The checks of every execution of a step in this run, oldest first."""
        rows = self.database.rows("SELECT checks FROM steps WHERE step = ? ORDER BY id", step)
        return [CheckRow.model_validate(check) for row in rows for check in row["checks"]]

    def verdict(self, step: str) -> str | None:
        """The newest verdict of a step in the whole run, if it was ever carried out."""
        row = self.steps().get(step)
        return row.verdict if row else None

    # -- people, evidence, calls ----------------------------------------------------------

    def answered(self, answer: AnswerRow) -> None:
        """Keep what a person did."""
        self.database.insert("people", "INSERT OR REPLACE", **answer.model_dump())

    def forget_answer(self, step: str) -> None:
        """Take a person's answer back: the step waits again."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM people WHERE step = ?", (step,))

    def answer(self, step: str) -> AnswerRow | None:
        """What a person did of a step, if they did."""
        rows = self.database.rows("SELECT * FROM people WHERE step = ?", step)
        return AnswerRow.model_validate(rows[0]) if rows else None

    def people(self) -> dict[str, AnswerRow]:
        """Who did which human step."""
        rows = self.database.rows("SELECT * FROM people ORDER BY done_at, step")
        return {row["step"]: AnswerRow.model_validate(row) for row in rows}

    def keep_evidence(
        self, attempt: int, step: str, kind: Basis, name: str, title: str, sha256: str
    ) -> None:
        """Note a file of evidence; the same content is noted once."""
        self.database.insert(
            "evidence",
            "INSERT OR IGNORE",
            name=name,
            attempt=attempt,
            step=step,
            title=title,
            sha256=sha256,
            kept=now(),
            kind=kind,
        )

    def evidence(self) -> dict[str, EvidenceRow]:
        """All evidence files by name."""
        rows = self.database.rows("SELECT * FROM evidence ORDER BY kept")
        return {row["name"]: EvidenceRow.model_validate(row) for row in rows}

    def dial(
        self,
        attempt: int,
        step: str,
        number: str,
        mark: str,
        account: str = "",
        approved_by: str = "",
    ) -> None:
        """Note a call before it is placed, and from which account, if from one."""
        self.database.insert(
            "dialled",
            attempt=attempt,
            step=step,
            number=number,
            mark=mark,
            at=now(),
            account=account,
            approved_by=approved_by,
        )

    def called(self, mark: str, seen: CallRow) -> None:
        """Keep what the caller saw of a call that was placed, by the mark that it carried."""
        (row,) = self.database.rows("SELECT id FROM dialled WHERE mark = ?", mark)
        self.database.update("dialled", row["id"], result=seen.model_dump(mode="json"))

    def unfinished(self, step: str) -> list[DialledRow]:
        """Calls of a step from an account, of any attempt, of which nothing is kept but that they
        were about to be placed: the program ended meanwhile."""
        query = "SELECT * FROM dialled WHERE step = ? AND account != '' AND result = '{}'"
        return [_dialled(row) for row in self.database.rows(query, step)]

    def dialled(self, attempt: int) -> list[DialledRow]:
        """The calls that an attempt placed, oldest first."""
        rows = self.database.rows("SELECT * FROM dialled WHERE attempt = ? ORDER BY id", attempt)
        return [_dialled(row) for row in rows]


def _dialled(row: dict[str, Any]) -> DialledRow:
    return DialledRow.model_validate(row | {"seen": row["result"] or None})
