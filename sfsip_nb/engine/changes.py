"""The journal of changes: each write to a platform, as it was meant, and its fate.

An intent is written before anything is sent, and the outcome after, so that a run that was killed
knows what it left half done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from sfsip_nb.engine.clock import now
from sfsip_nb.engine.database import Database


@dataclass(frozen=True)
class Meant:
    """One request that changes a platform, as it is meant.

    ``fingerprints`` are those of secret fields. ``undoes`` are the earlier writes that this one
    takes back: a rollback's, or a compensation's. ``half`` says what is so where no other write
    follows this one, which does only half of what is wanted; empty for a whole one.
    """

    step: str
    kind: str
    key: str
    op: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    plan: str = ""
    undoes: tuple[int, ...] = ()
    half: str = ""

    def __str__(self) -> str:
        return f"{self.op} of {self.kind} “{self.key}”"


@dataclass(frozen=True, kw_only=True)
class Change(Meant):
    """A write in the journal: as it was meant (intent), and its fate (outcome).

    ``outcome`` is ``done`` (by an answer, or as reading showed), ``refused: …`` (proved not to have
    been carried out), ``superseded: …`` (never known, written over since), or open: None, or
    ``unknown: …`` with what stood in the way. ``left`` is the object's digest as the write left it,
    None where it was not read back.
    """

    id: int
    object: str | None
    outcome: str | None
    left: str | None
    undone: str | None
    intent: str
    ended: str | None

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


_OPEN = "(outcome IS NULL OR outcome LIKE 'unknown%')"
_HALF = """id IN (SELECT id FROM (
  SELECT max(id) AS id, half, undone, "left" FROM changes
  WHERE outcome LIKE 'done%' GROUP BY kind, key
) WHERE half != '' AND undone IS NULL AND "left" IS NULL)"""
"""The last write to an object that was carried out, where it is one half and nothing followed."""


class Changes:
    """The writes of a run, oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(self, attempt: int, meant: Meant) -> Change:
        """Note a write that is about to happen."""
        columns = vars(meant) | {"prints": meant.fingerprints}
        del columns["fingerprints"]
        id_ = self._database.insert("changes", attempt=attempt, intent=now(), **columns)
        return self._found("id = ?", id_)[0]

    def ended(self, change: int, outcome: str, object_id: str | None = None) -> None:
        """Note the fate of a write, and the object's id where it is known.

        What a write that is done takes back is undone by the same stroke.
        """
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE changes SET outcome = ?, object = coalesce(?, object), ended = ?"
                " WHERE id = ?",
                (self._database.stored("outcome", outcome), object_id, now(), change),
            )
            if outcome.startswith("done"):
                connection.execute(
                    "UPDATE changes SET undone = ? WHERE undone IS NULL AND id IN (SELECT value"
                    " FROM json_each((SELECT undoes FROM changes WHERE id = ?)))",
                    (now(), change),
                )

    def left(self, change: int, object_id: str, digest: str) -> None:
        """Note the object as it was read back after a write."""
        self._database.update("changes", change, object=object_id, left=digest)

    def undone(self, change: int) -> None:
        """Note that a write is taken back, though not by a write of its own."""
        self._database.update("changes", change, undone=now())

    def all(self) -> list[Change]:
        """All writes of the run."""
        return self._found("true")

    def of_attempt(self, attempt: int) -> list[Change]:
        """The writes of one attempt."""
        return self._found("attempt = ?", attempt)

    def left_over(self, until: int | None = None, without: Iterable[int] = ()) -> list[Change]:
        """The writes whose fate is open, and those that left an object half changed.

        Of an attempt and those before it, or of all; `without` those of some attempts.
        """
        past = f"attempt NOT IN ({', '.join(map(str, without))})"
        now_or_before = "attempt <= coalesce(?, attempt)"
        return self._found(f"({_OPEN} OR {_HALF}) AND {now_or_before} AND {past}", until)

    def of(self, kind: str, key: str) -> list[Change]:
        """The writes to one object."""
        return self._found("kind = ? AND key = ?", kind, key)

    def of_kinds(self, *kinds: str) -> list[Change]:
        """The writes to objects of some kinds."""
        return self._found(f"kind IN ({', '.join('?' * len(kinds))})", *kinds)

    def standing(self, kind: str, key: str) -> list[Change]:
        """The writes to one object that stand: neither refused nor taken back."""
        return [change for change in self.of(kind, key) if change.stands]

    def half(self, kind: str, key: str) -> Change | None:
        """The write that left an object half changed, as far as is known, if one did."""
        found = self._found(f"{_HALF} AND kind = ? AND key = ?", kind, key)
        return found[0] if found else None

    def _found(self, where: str, *values: Any) -> list[Change]:
        names = {each.name for each in fields(Change)}
        rows = self._database.rows(f"SELECT * FROM changes WHERE {where} ORDER BY id", *values)
        return [
            Change(
                fingerprints=row["prints"],
                **{name: value for name, value in row.items() if name in names}
                | {"undoes": tuple(row["undoes"])},
            )
            for row in rows
        ]
