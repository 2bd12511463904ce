"""The journal: everything that a run asked, did and saw, in one SQLite file.

An effect is written before it happens (intent) and after (outcome), so that a run that was
killed knows what it left half done. Several notebooks may hold the file open: every write is
one ``BEGIN IMMEDIATE`` transaction, and WAL with ``synchronous=FULL`` survives ``kill -9``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfsip_nb.engine.clock import now
from sfsip_nb.engine.rows import CheckRow, StepRow
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError, SfsipError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
  id INTEGER PRIMARY KEY, mode TEXT NOT NULL, kind TEXT NOT NULL, started TEXT NOT NULL,
  ended TEXT, facts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS steps (
  id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, step TEXT NOT NULL, verdict TEXT,
  change TEXT NOT NULL, checks TEXT NOT NULL, reason TEXT NOT NULL,
  started TEXT NOT NULL, ended TEXT);
CREATE TABLE IF NOT EXISTS changes (
  id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, plan TEXT NOT NULL, step TEXT NOT NULL,
  kind TEXT NOT NULL, key TEXT NOT NULL, op TEXT NOT NULL, before TEXT NOT NULL,
  after TEXT NOT NULL, prints TEXT NOT NULL, object TEXT, intent TEXT NOT NULL,
  outcome TEXT, left TEXT, undone TEXT, ended TEXT, undoes TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS people (
  step TEXT PRIMARY KEY, attempt INTEGER NOT NULL, done_by TEXT NOT NULL, done_at TEXT NOT NULL,
  note TEXT NOT NULL, given TEXT NOT NULL, card TEXT NOT NULL, before TEXT NOT NULL,
  evidence TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS evidence (
  name TEXT PRIMARY KEY, attempt INTEGER NOT NULL, step TEXT NOT NULL, title TEXT NOT NULL,
  sha256 TEXT NOT NULL, kept TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS dialled (
  id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, step TEXT NOT NULL, number TEXT NOT NULL,
  mark TEXT NOT NULL, at TEXT NOT NULL);
"""

_COLUMNS = "SELECT name FROM pragma_table_info('changes')"


def _storable(text: str) -> str:
    """Half a surrogate pair, which JSON of a platform may hold and SQLite not, as its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """A full disk and a damaged file, as what they are."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise SfsipError(
            f"The journal {path} cannot be used: {error}. See that the disk has room and"
            " that the file may be written; then run the same command to continue."
        ) from error
    except sqlite3.DatabaseError as error:
        raise InputError(
            str(path),
            f"The journal {path} is damaged: {error}. Replace it with a backup copy,"
            " or start a new run with --out; what was done is in the journal.json of each"
            " attempt.",
        ) from error


@dataclass(frozen=True)
class Change:
    """One request that changes a platform, as it was meant (intent) and its fate (outcome).

    ``outcome`` is ``done`` (by an answer, or as reading showed), ``refused: …`` (proved not to have
    been carried out), ``superseded: …`` (never known, written over since), or open: None, or
    ``unknown: …`` with what stood in the way. ``left`` is the object's digest as the write left it,
    None where it was not read back.
    """

    id: int
    plan: str
    step: str
    kind: str
    key: str
    op: str
    before: dict[str, Any]
    after: dict[str, Any]
    prints: dict[str, str]
    object: str | None
    outcome: str | None
    left: str | None
    undone: str | None
    intent: str
    ended: str | None
    undoes: tuple[int, ...] = ()
    """The earlier writes that this one takes back: a rollback's, or a compensation's."""

    @property
    def open(self) -> bool:
        """Whether it is not known yet if the platform carried it out."""
        return self.outcome is None or self.outcome.startswith("unknown")

    @property
    def done(self) -> bool:
        """Whether the platform carried it out: an answer proved it, or reading did."""
        return (self.outcome or "").startswith("done")

    @property
    def stands(self) -> bool:
        """Whether the write may have left something behind that nothing took back."""
        refused = (self.outcome or "").startswith("refused")
        return not (self.undone or refused or self.undoes)


class JournaledStep(StepRow):
    """A step's row, with the attempt in which it ended. The guide knows its section and title."""

    attempt: int


def _step(row: dict[str, Any]) -> JournaledStep:
    checks = [CheckRow.model_validate(check) for check in row["checks"]]
    return JournaledStep(
        id=row["step"],
        section="",
        title="",
        verdict=row["verdict"],
        change=row["change"],
        checks=checks,
        evidence=sorted({name for check in checks for name in check.evidence}),
        reason=row["reason"],
        started=row["started"],
        ended=row["ended"],
        attempt=row["attempt"],
    )


class Journal:
    """A run's journal. Safe to open from several processes at once."""

    def __init__(self, path: Path, clean: Callable[[Any], Any] = lambda data: data) -> None:
        """Open or make the file. ``clean`` takes secrets out of all that is written."""
        private.folder(path.parent)
        self.path = path
        self._clean = clean
        with self._sound():
            private.file(path)  # SQLite gives its side files the same mode
            self._db = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
        with self._writing() as db:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            if not any(row["name"] == "undoes" for row in db.execute(_COLUMNS)):
                db.execute("ALTER TABLE changes ADD COLUMN undoes TEXT NOT NULL DEFAULT '[]'")

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Every write goes through here: one transaction, taken at once, not on first write."""
        with self._sound():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:  # an interrupt too, wherever in here it comes
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _sound(self) -> AbstractContextManager[None]:
        return sound(self.path)

    def _dump(self, data: Any) -> str:
        return _storable(
            json.dumps(self._clean(data), sort_keys=True, ensure_ascii=False, default=str)
        )

    def _text(self, text: str) -> str:
        return _storable(str(self._clean(text)))

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._sound():
            return self._db.execute(query, values).fetchall()

    # -- what was asked -------------------------------------------------------------------

    def put(self, name: str, value: Any) -> None:
        """Keep a named value of the run (inputs, a captured FQDN, the salt)."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, self._dump(value)))

    def put_new(self, name: str, value: Any) -> None:
        """``put``, without a write where the value stands there already."""
        if not self._rows(
            "SELECT 1 FROM meta WHERE (name, value) = (?, ?)", name, self._dump(value)
        ):
            self.put(name, value)

    def get(self, name: str, default: Any = None) -> Any:
        """A named value of the run."""
        rows = self._rows("SELECT value FROM meta WHERE name = ?", name)
        return json.loads(rows[0]["value"]) if rows else default

    # -- attempts -------------------------------------------------------------------------

    def begin(self, mode: str, kind: str, facts: dict[str, Any]) -> int:
        """A new attempt; ``kind`` is ``replay`` or ``interactive``. Returns its number."""
        with self._writing() as db:
            cursor = db.execute(
                "INSERT INTO attempts (mode, kind, started, facts) VALUES (?, ?, ?, ?)",
                (mode, kind, now(), self._dump(facts)),
            )
        return int(cursor.lastrowid or 0)

    def restate(self, attempt: int, mode: str, facts: dict[str, Any]) -> None:
        """State an attempt anew, when a person changed an input or approved its plan."""
        with self._writing() as db:
            db.execute(
                "UPDATE attempts SET mode = ?, facts = ? WHERE id = ? AND ended IS NULL",
                (mode, self._dump(facts), attempt),
            )

    def end(self, attempt: int) -> None:
        """Close an attempt; a closed one is never written to again."""
        with self._writing() as db:
            db.execute(
                "UPDATE attempts SET ended = ? WHERE id = ? AND ended IS NULL", (now(), attempt)
            )

    def attempt(self, attempt: int) -> dict[str, Any]:
        """One attempt's row, with its facts. Raises ``KeyError`` if there is none."""
        rows = self._rows("SELECT * FROM attempts WHERE id = ?", attempt)
        if not rows:
            raise KeyError(f"the journal has no attempt {attempt}")
        return dict(rows[0]) | {"facts": json.loads(rows[0]["facts"])}

    def attempts(self) -> list[dict[str, Any]]:
        """All attempts, oldest first."""
        return [
            self.attempt(row["id"]) for row in self._rows("SELECT id FROM attempts ORDER BY id")
        ]

    # -- steps ----------------------------------------------------------------------------

    def last_judged(self) -> int | None:
        """The newest attempt in which a step has a verdict."""
        rows = self._rows("SELECT max(attempt) AS newest FROM steps WHERE verdict IS NOT NULL")
        return rows[0]["newest"] if rows else None

    def step_begins(self, attempt: int, step: str) -> int:
        """Note that a step starts. Returns the row to end it with."""
        with self._writing() as db:
            cursor = db.execute(
                "INSERT INTO steps (attempt, step, change, checks, reason, started)"
                " VALUES (?, ?, 'none', '[]', '', ?)",
                (attempt, step, now()),
            )
        return int(cursor.lastrowid or 0)

    def step_ends(
        self, row: int, verdict: str, change: str, checks: Iterable[CheckRow], reason: str
    ) -> None:
        """Note a step's verdict, with its checks."""
        judged = [check.model_dump(mode="json") for check in checks]
        with self._writing() as db:
            db.execute(
                "UPDATE steps SET verdict=?, change=?, checks=?, reason=?, ended=? WHERE id=?",
                (verdict, change, self._dump(judged), self._text(reason), now(), row),
            )

    def steps(self, attempt: int | None = None) -> dict[str, JournaledStep]:
        """The newest ended row of each step, of one attempt or of the whole run."""
        return {id_: _step(row) for id_, row in self.step_rows(attempt).items()}

    def step_rows(self, attempt: int | None = None) -> dict[str, dict[str, Any]]:
        """The same as they stand in the file, for journal.json."""
        rows = self._rows(
            "SELECT * FROM steps WHERE verdict IS NOT NULL AND (? IS NULL OR attempt = ?)"
            " ORDER BY id",
            attempt,
            attempt,
        )
        return {row["step"]: dict(row) | {"checks": json.loads(row["checks"])} for row in rows}

    def checks(self, step: str) -> list[CheckRow]:
        """The checks of every execution of a step in this run, oldest first."""
        rows = self._rows("SELECT checks FROM steps WHERE step = ? ORDER BY id", step)
        return [CheckRow.model_validate(c) for row in rows for c in json.loads(row["checks"])]

    def verdict(self, step: str) -> str | None:
        """The newest verdict of a step in the whole run, if it ever ended."""
        row = self.steps().get(step)
        return row.verdict if row else None

    # -- changes --------------------------------------------------------------------------

    def intend(
        self,
        attempt: int,
        plan: str,
        step: str,
        kind: str,
        key: str,
        op: str,
        before: dict[str, Any],
        after: dict[str, Any],
        fingerprints: dict[str, str],
        undoes: Iterable[int] = (),
    ) -> int:
        """Note a write that is about to happen. ``fingerprints`` are those of secret fields."""
        with self._writing() as db:
            cursor = db.execute(
                "INSERT INTO changes (attempt, plan, step, kind, key, op, before, after, prints,"
                " intent, undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    attempt,
                    plan,
                    step,
                    kind,
                    key,
                    op,
                    self._dump(before),
                    self._dump(after),
                    json.dumps(fingerprints, sort_keys=True),
                    now(),
                    json.dumps(list(undoes)),
                ),
            )
        return int(cursor.lastrowid or 0)

    def done(self, change: int, outcome: str, object_id: str | None = None) -> None:
        """Note the fate of a write, and the object's id where it is known.

        What a write that is done takes back is undone by the same stroke.
        """
        with self._writing() as db:
            db.execute(
                "UPDATE changes SET outcome = ?, object = coalesce(?, object), ended = ?"
                " WHERE id = ?",
                (self._text(outcome), object_id, now(), change),
            )
            if outcome.startswith("done"):
                db.execute(
                    "UPDATE changes SET undone = ? WHERE undone IS NULL AND id IN (SELECT value"
                    " FROM json_each((SELECT undoes FROM changes WHERE id = ?)))",
                    (now(), change),
                )

    def left(self, change: int, object_id: str, digest: str) -> None:
        """Note the object as it was read back after a write."""
        with self._writing() as db:
            db.execute(
                "UPDATE changes SET object = ?, left = ? WHERE id = ?", (object_id, digest, change)
            )

    def undone(self, change: int) -> None:
        """Note that a write is taken back, though not by a write of its own."""
        with self._writing() as db:
            db.execute("UPDATE changes SET undone = ? WHERE id = ?", (now(), change))

    def changes(self, attempt: int | None = None) -> list[Change]:
        """All writes, oldest first, of one attempt or of the whole run."""
        rows = self._rows(
            "SELECT * FROM changes WHERE ? IS NULL OR attempt = ? ORDER BY id", attempt, attempt
        )
        names = Change.__dataclass_fields__
        as_json = ("before", "after", "prints", "undoes")
        return [
            Change(**{n: json.loads(row[n]) if n in as_json else row[n] for n in names})
            for row in rows
        ]

    def writes(self, kind: str, key: str) -> list[Change]:
        """This run's writes to one object, oldest first."""
        return [c for c in self.changes() if (c.kind, c.key) == (kind, key)]

    def standing(self, kind: str, key: str) -> list[Change]:
        """This run's writes to one object that stand: neither refused nor taken back."""
        return [c for c in self.writes(kind, key) if c.stands]

    # -- people, evidence, calls ----------------------------------------------------------

    def answered(
        self,
        attempt: int,
        step: str,
        done_by: str,
        done_at: str,
        note: str,
        given: dict[str, Any],
        card: dict[str, Any],
        before: dict[str, Any],
        evidence: list[str],
    ) -> None:
        """Keep what a person did: who, when, what they handed back and showed, and their card."""
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    step,
                    attempt,
                    self._text(done_by),
                    done_at,
                    self._text(note),
                    self._dump(given),
                    self._dump(card),
                    self._dump(before),
                    self._dump(evidence),
                ),
            )

    def forget_answer(self, step: str) -> None:
        """Take a person's answer back: the step waits again."""
        with self._writing() as db:
            db.execute("DELETE FROM people WHERE step = ?", (step,))

    def people(self) -> dict[str, dict[str, Any]]:
        """Who did which human step."""
        return {
            row["step"]: dict(row)
            | {name: json.loads(row[name]) for name in ("given", "card", "before", "evidence")}
            for row in self._rows("SELECT * FROM people ORDER BY done_at, step")
        }

    def keep_evidence(self, attempt: int, step: str, name: str, title: str, sha256: str) -> None:
        """Note a file of evidence; the same content is noted once."""
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)",
                (name, attempt, step, self._text(title), sha256, now()),
            )

    def evidence(self) -> dict[str, dict[str, Any]]:
        """All evidence files by name."""
        return {
            row["name"]: dict(row) for row in self._rows("SELECT * FROM evidence ORDER BY kept")
        }

    def dial(self, attempt: int, step: str, number: str, mark: str) -> None:
        """Note a call before it is placed."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO dialled (attempt, step, number, mark, at) VALUES (?, ?, ?, ?, ?)",
                (attempt, step, number, mark, now()),
            )

    def dialled(self, attempt: int) -> list[dict[str, Any]]:
        """The calls that an attempt placed, oldest first."""
        return [
            dict(r)
            for r in self._rows("SELECT * FROM dialled WHERE attempt = ? ORDER BY id", attempt)
        ]
