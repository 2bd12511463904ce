"""What can be wrong, as data: each cause with its signs, where it is, and how to fix it.

A platform's causes stand in the ``causes.yaml`` of its package; what reasons over them is
`engine/diagnosis.py`. Texts are templates over the inputs, as those of a call's hops are, and over
the check that shows the cause: ``{title}``, ``{seen}``, ``{expected}``, ``{number}``, and the named
groups of the sign's ``seen``.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from sfsip_nb.engine.rows import CheckRow
from sfsip_nb.inputs import tables


def _pattern(text: str) -> str:
    re.compile(text)
    return text


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(_Entry):
    """What has to be seen: a check by its id, how it ended, and what it says."""

    check: str = Field(description="The check's id without a number; * stands for any text.")
    seen: Annotated[str, AfterValidator(_pattern)] = Field(
        default="", description="A regular expression that is found in what was seen."
    )
    verdict: Literal["fail", "inconclusive", "pass"] = "fail"
    differs: Literal["", "lacks", "adds"] = Field(
        default="",
        description="Of a list: whether it lacks an entry that it should have, or has one more.",
    )

    proves: bool = Field(
        default=False,
        description="Whether nothing else makes a check say so: then no earlier fault explains it.",
    )

    def match(self, check: CheckRow) -> re.Match[str] | None:
        """Whether such a check ended and says as this sign has it: the match of what it saw."""
        if check.verdict != self.verdict or (self.differs and not self._differs(check)):
            return None
        return re.search(self.seen, check.seen, re.IGNORECASE | re.DOTALL)

    def _differs(self, check: CheckRow) -> bool:
        wanted, seen = (set(text.split(", ")) for text in (check.expected, check.seen))
        return bool(wanted - seen if self.differs == "lacks" else seen - wanted)


class KnownCause(_Entry):
    """One thing that can be wrong."""

    id: str
    side: str = Field(description="Who has it: a platform, the network, the AI agent, this tool.")
    object: str = Field(description="The object, by the customer's name for it.")
    field: str = Field(description="What of the object is wrong.")
    says: str = Field(description="What is broken, in one sentence.")
    rows: Mapping[str, str] = Field(
        default={}, description="By guide: the troubleshooting row that it belongs to."
    )
    at: str = Field(
        default="",
        description="The hop that a call does not get to, or the property that it lacks; empty"
        " where calls are not affected.",
    )
    signs: tuple[Sign, ...] = Field(min_length=1, description="Any of them shows it.")
    also: tuple[Sign, ...] = Field(default=(), description="All of these have to be seen too.")
    unless: tuple[Sign, ...] = Field(default=(), description="Any of these rules it out.")
    follows: tuple[str, ...] = Field(
        default=(), description="Causes of which it is only the consequence, where one is named."
    )
    explains: tuple[str, ...] = Field(
        default=(), description="Checks that fail because of it, beside those behind its hop."
    )
    path: str = Field(description="Where to click, from the platform's main menu on.")
    value: str = Field(default="", description="The value that has to stand there.")
    who: str = Field(default="", description="Who can do it.")
    mends: str = Field(default="", description="The step that does it or has the card for it.")
    tell: str = Field(
        default="", description="The one check that tells it from what looks the same."
    )


def base(check: CheckRow) -> str:
    """A check's id without the number that tells it from the same check of other numbers."""
    return check.id.removesuffix(f"/{check.number}") if check.number else check.id


@functools.cache
def _matching(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(fnmatch.translate(pattern)).match


class Kinds:
    """A run's checks by their ids, with and without their numbers: many numbers make few kinds."""

    def __init__(self, checks: Iterable[CheckRow]) -> None:
        self._checks: dict[tuple[str, str], list[CheckRow]] = {}
        for check in checks:
            name = check.id.replace(check.number, "+") if check.number else check.id
            self._checks.setdefault((name, base(check)), []).append(check)
        self._found: dict[str, list[CheckRow]] = {}  # many signs are about the same checks

    def of(self, sign: Sign) -> list[CheckRow]:
        """The checks that a sign is about."""
        if sign.check not in self._found:
            matches = _matching(sign.check)
            self._found[sign.check] = [
                check
                for names, found in self._checks.items()
                if any(map(matches, names))
                for check in found
            ]
        return self._found[sign.check]


@functools.cache
def read(package: str) -> tuple[KnownCause, ...]:
    """The causes of a package, in the order of its file.

    Raises ``pydantic.ValidationError`` for a file that is not as it should be.
    """
    path = files(package).joinpath("causes.yaml")
    if not path.is_file():
        return ()
    entries: list[dict[str, Any]] = tables.parse(path.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[KnownCause, ...]).validate_python(tuple(entries))
