"""How an object is compared: field by field, by digest, and by whose it is."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Desired, Fields, Seen
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict, Weight
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.secrets import Secret

ABSENT = "absent"
COMING = "coming"
"""What is observed of an object that comes into being with another one, while that is planned."""
_LATER = "known after "
_NOTHING: Mapping[str, str] = {}


def known_after(step: str) -> str:
    """A planned value that only an earlier step can supply, such as an FQDN read by a person."""
    return f"{_LATER}{step}"


def is_later(value: Any) -> bool:
    """Whether a planned value is one that only an earlier step can supply."""
    return isinstance(value, str) and value.startswith(_LATER)


def planned_as(planned: Any, wanted: Any) -> bool:
    """Whether a wanted value is the one that was planned (or was planned as known later)."""
    return planned == wanted or is_later(planned)


def shown(fields: Fields) -> Fields:
    """Fields as they may be written down: a secret is only ever ``set`` or ``not set``."""
    return {
        name: ("set" if value.reveal() else "not set") if isinstance(value, Secret) else value
        for name, value in fields.items()
    }


def digest(seen: Seen | None) -> str:
    """A digest of what was observed; equal digests mean that nothing the guide sets has moved."""
    if seen is None:
        return ABSENT
    data = json.dumps([seen.id, seen.fields], sort_keys=True, default=str)
    return hashlib.sha256(data.encode()).hexdigest()[:16]


def fingerprints(ctx: Context, want: Desired, seen: Seen | None) -> dict[str, str]:
    """Salted fingerprints of what is not read back, by which a later run knows it again.

    scrypt, because a SIP password may be weak and the journal is handed around.
    """
    salt = ctx.journal.get("salt") or ctx.journal.change(
        "salt", lambda made: made or os.urandom(16).hex()
    )
    return {
        name: _fingerprint(_plain(value), salt)
        for name, value in want.fields.items()
        if name in ctx.resource(want.kind).write_only and not (seen and name in seen.fields)
    }


@functools.lru_cache(maxsize=16)  # slow by design, and the same for each of many numbers
def _fingerprint(value: str, salt: str) -> str:
    return hashlib.scrypt(
        value.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1, dklen=16
    ).hex()


def _plain(value: Any) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value)


def known_secrets(ctx: Context, want: Desired) -> dict[str, str]:
    """The fingerprints of the secrets that this run last wrote to an object, as far as proved."""
    known: dict[str, str] = {}
    for change in ctx.journal.changes.standing(want.kind, want.key):
        for name, mark in change.fingerprints.items():
            if change.done:
                known[name] = mark
            else:
                known.pop(name, None)
    return known


def ours(ctx: Context, want: Desired, seen: Seen) -> bool:
    """Whether this run made the object: by its marker, else by its id in the journal."""
    if ctx.marker in seen.marker:
        return True
    made = (
        c for c in ctx.journal.changes.standing(want.kind, want.key) if c.op == "create" and c.done
    )
    return any(c.object in (None, seen.id) for c in made)


def adoption_needed(ctx: Context, want: Desired, seen: Seen | None, changed: list[str]) -> bool:
    """Whether a change would touch what belongs to others and nobody allowed it."""
    if seen is None or not changed or ours(ctx, want, seen):
        return False
    if want.address in ctx.parameters.adopt:
        return False
    only_fills = all(_fills(seen.fields.get(name), want.fields[name]) for name in changed)
    return not (seen.shared and only_fills)


def _fills(present: Any, wanted: Any) -> bool:
    """Whether a value replaces nothing: it was empty, or all entries of a list stay."""
    if isinstance(present, list) and isinstance(wanted, list):
        return set(present) <= set(wanted)
    return present in (None, "", [], False)


@dataclass(frozen=True)
class Comparison:
    """One wanted object against what is there."""

    want: Desired
    seen: Seen | None
    changed: list[str]
    fingerprints: dict[str, str]
    known: dict[str, str]
    written: str
    """When the run last wrote the object; empty if it never did."""

    @property
    def op(self) -> str:
        """The change it takes: none, create or update."""
        if not self.changed:
            return "none"
        return "create" if self.seen is None else "update"


def compare(
    ctx: Context, want: Desired, seen: Seen | None, coming: Mapping[str, str] = _NOTHING
) -> Comparison:
    """Compare an object, as it was read, with what is wanted.

    ``coming`` are fingerprints of secrets that will have been written by then.
    """
    marks = fingerprints(ctx, want, seen)
    known = {**known_secrets(ctx, want), **coming}
    changed = [
        name
        for name, value in want.fields.items()
        if seen is None
        or (known.get(name) != marks[name] if name in marks else seen.fields.get(name) != value)
    ]
    writes = ctx.journal.changes.of(want.kind, want.key)
    written = max((change.ended or change.intent for change in writes), default="")
    return Comparison(want, seen, changed, marks, known, written)


def text(value: Any) -> str:
    """A field's value for a table."""
    if isinstance(value, Secret):
        return "set"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        items = [str(item) for item in value]
        if all(item[:1] == "+" and item[1:].isdecimal() for item in items):
            items = ranges.compact(items)
        return ", ".join(items) or "(empty)"
    return "(empty)" if value in (None, "") else str(value)


def field_checks(step: str, found: Comparison) -> list[Check]:
    """One check for each field of an object, as it was read back."""
    want, seen = found.want, found.seen
    own, about = (f"/{want.part}", f" ({want.part})") if want.part else ("", "")
    number = want.part if ranges.is_number(want.part) else ""
    if seen is None:
        return [
            Check(
                id=f"{step}/{want.kind}{own}",
                title=f"{want} exists",
                expected="exists",
                seen="not there",
                verdict=Verdict.FAIL,
                vantage=vantage(want.kind),
                number=number,
            )
        ]
    return [
        replace(
            _field_check(found, name),
            id=f"{step}/{name}{own}",
            title=f"{name}{about}",
            vantage=vantage(want.kind),
            number=number,
        )
        for name in want.fields
    ]


def _field_check(found: Comparison, name: str) -> Check:
    want, differs = found.want, name in found.changed
    if name not in found.fingerprints:
        assert found.seen is not None
        return Check(
            id=name,
            title=name,
            expected=text(want.fields[name]),
            seen=text(found.seen.fields.get(name)),
            verdict=Verdict.FAIL if differs else Verdict.PASS,
        )
    differs = differs and name in found.known
    seen = "written" if name in found.known else "not written by this run"
    return Check(
        id=name,
        title=name,
        expected="the value given",
        seen="not the value that this run last wrote" if differs else f"{seen}; never returned",
        verdict=Verdict.FAIL if differs else Verdict.INCONCLUSIVE,
        weight=Weight.REQUIRED if differs else Weight.ADVISORY,
        reason="No API returns this value, so only a call can prove it.",
        proved_by=() if differs else want.proved_by.get(name, ()),
        proved_since=found.written,
    )


def vantage(kind: str) -> Vantage:
    """Who sees an object of a kind, or an input of a group, by its first name."""
    return Vantage.SYNTHFLOW if kind.startswith("synthflow.") else Vantage.PLATFORM
