"""The journal's SQLite file: its tables, its transactions, and what can be wrong with it.

Several notebooks may hold the file open: every write is one ``BEGIN IMMEDIATE`` transaction, and
WAL with ``synchronous=FULL`` survives ``kill -9``.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
  outcome TEXT, left TEXT, undone TEXT, ended TEXT, undoes TEXT NOT NULL DEFAULT '[]',
  half TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS changes_by_object ON changes (kind, key);
CREATE TABLE IF NOT EXISTS people (
  step TEXT PRIMARY KEY, attempt INTEGER NOT NULL, done_by TEXT NOT NULL, done_at TEXT NOT NULL,
  note TEXT NOT NULL, given TEXT NOT NULL, card TEXT NOT NULL, before TEXT NOT NULL,
  evidence TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS evidence (
  name TEXT PRIMARY KEY, attempt INTEGER NOT NULL, step TEXT NOT NULL, title TEXT NOT NULL,
  sha256 TEXT NOT NULL, kept TEXT NOT NULL, kind TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS dialled (
  id INTEGER PRIMARY KEY, attempt INTEGER NOT NULL, step TEXT NOT NULL, number TEXT NOT NULL,
  mark TEXT NOT NULL, at TEXT NOT NULL, result TEXT NOT NULL DEFAULT '{}',
  account TEXT NOT NULL DEFAULT '', approved_by TEXT NOT NULL DEFAULT '');
"""

_LATER = (
    ("changes", "undoes", "[]"),
    ("changes", "half", ""),
    ("dialled", "result", "{}"),
    ("dialled", "account", ""),
    ("dialled", "approved_by", ""),
    ("evidence", "kind", ""),
)
"""Columns that the journals of earlier versions lack, and what stands in their old rows."""

_TEXTS = {"reason", "outcome", "half", "done_by", "note", "title", "account", "approved_by"}
_DATA = {"value", "facts", "checks", "before", "after", "given", "card", "evidence", "result"}
_OWN_DATA = {"prints", "undoes"}
"""Columns, in whichever table: texts and data from outside, which may hold a secret, and our own
data. Data is kept as JSON."""


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """Tell a journal that cannot be written from one that is damaged, and say what to do."""
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


class Database:
    """The file, safe to open from several processes at once."""

    def __init__(self, path: Path, clean: Callable[[Any], Any]) -> None:
        """Open or make it. ``clean`` takes secrets out of all that is written."""
        private.folder(path.parent)
        self._turns = threading.RLock()  # among the threads of this process
        self._path = path
        self._clean = clean
        with sound(path):
            private.file(path)  # SQLite gives its side files the same mode
            self._connection = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        with self.writing() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            for table, name, value in _LATER:
                columns = connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
                if not any(row["name"] == name for row in columns):
                    connection.execute(
                        f"ALTER TABLE {table} ADD COLUMN {name} TEXT NOT NULL DEFAULT '{value}'"
                    )

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Every write goes through here: one transaction, taken at once, not on first write.

        What is written inside another one is a part of it. What is read inside stands until it is
        over: nobody else writes meanwhile, so it is kept short.
        """
        with self._turns, sound(self._path):
            if self._connection.in_transaction:
                yield self._connection
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:  # an interrupt too, wherever in here it comes
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def stored(self, column: str, value: Any) -> Any:
        """A value as its column holds it, secrets taken out.

        Half a surrogate pair, which JSON of a platform may hold and SQLite not, is its escape.
        """
        if column in _OWN_DATA:
            return json.dumps(value, sort_keys=True)
        if column not in _TEXTS | _DATA:
            return value
        text = self._clean(value)
        if column in _DATA:
            text = json.dumps(text, sort_keys=True, ensure_ascii=False, default=str)
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    def insert(self, table: str, verb: str = "INSERT", **values: Any) -> int:
        """Add a row, and return its number. ``verb``: such as ``INSERT OR REPLACE``."""
        stored = [self.stored(*item) for item in values.items()]
        places = ", ".join("?" * len(stored))
        with self.writing() as connection:
            cursor = connection.execute(
                f"{verb} INTO {table} ({', '.join(values)}) VALUES ({places})", stored
            )
        return int(cursor.lastrowid or 0)

    def update(self, table: str, number: int, where: str = "id = ?", **values: Any) -> None:
        """Set columns of the row of that number; ``where`` may ask for more."""
        stored = [self.stored(*item) for item in values.items()]
        columns = ", ".join(f"{name} = ?" for name in values)
        with self.writing() as connection:
            connection.execute(f"UPDATE {table} SET {columns} WHERE {where}", [*stored, number])

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What a query finds, data read."""
        with sound(self._path):
            found = self._connection.execute(query, values).fetchall()
        return [
            {
                name: _read(row[name]) if name in _DATA | _OWN_DATA else row[name]
                for name in row.keys()  # noqa: SIM118 (a row iterates over its values)
            }
            for row in found
        ]


def _read(text: str) -> Any:
    """What a text of JSON says; a text that is in it more than once, as the checks of many numbers
    are alike, is kept once."""
    known: dict[str, str] = {}

    def once(value: Any) -> Any:
        return known.setdefault(value, value) if isinstance(value, str) else value

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {
            name: [once(item) for item in value] if isinstance(value, list) else once(value)
            for name, value in pairs
        }

    return json.loads(text, object_pairs_hook=kept)
