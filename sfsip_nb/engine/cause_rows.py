"""The rows that say why a run failed: the guide's issues, the causes named, what was ruled out."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from sfsip_nb.engine.rows import CheckRow, HopRow
from sfsip_nb.engine.shape import Shape


class IssueRow(Shape):
    """A row of the guide's troubleshooting table, and what in the run speaks for it."""

    because: list[str]
    cause: str
    certain: bool = Field(
        default=False, description="Whether a check failed; else some are only open."
    )
    id: str = ""
    remedy: str
    steps: list[str] = Field(default=[], description="Steps whose checks speak for it.")
    became: Literal["", "named", "open", "ruled out", "not tested"] = Field(
        default="",
        description="What became of it: a cause of it is named, it may still be, it is ruled out,"
        " or nothing that would show it was run. Empty in early records.",
    )


class ProofRow(Shape):
    """A check that shows a cause, or that rules one out."""

    check: str
    title: str
    seen: str
    evidence: list[str] = Field(default=[], description="Its files in the evidence folder.")

    @classmethod
    def of(cls, check: CheckRow) -> Self:
        """What a check shows."""
        return cls(check=check.id, title=check.title, seen=check.seen, evidence=check.evidence)


class FixRow(Shape):
    """A cause by name, and what to do about it."""

    id: str = Field(description="Stable id of the cause, such as genesys.sip-server.")
    sentence: str = Field(description="What is broken, with the customer's own names.")
    side: str = Field(description="Who has it: a platform, the network, the AI agent.")
    object: str
    field: str = Field(description="What of the object is wrong.")
    path: str = Field(description="Where to click.")
    value: str = Field(description="What has to stand there; may be empty.")
    who: str = Field(description="Who can do it.")
    mends: str = Field(default="", description="The step that does it, or has the card for it.")
    tell: str = Field(
        default="", description="The one check that tells it from what looks the same."
    )


class CauseRow(FixRow):
    """A cause that explains what failed: where, what shows it, what to do."""

    row: str = Field(default="", description="Id of the guide's row that it belongs to.")
    proof: list[ProofRow]
    explains: list[str] = Field(description="Ids of the failed checks that it explains.")
    test: str = Field(default="", description="The test whose call it broke; empty for none.")
    hops: list[HopRow] = Field(
        default=[], description="That call's way; the hop that failed is where it broke."
    )
    equals: list[FixRow] = Field(default=[], description="Causes that explain it just as well.")


class RuledOutRow(Shape):
    """A cause that something spoke for, and what clears it."""

    id: str
    sentence: str = Field(description="Side, object and field of the cause.")
    by: ProofRow


class UntestedRow(Shape):
    """A cause of which nothing could be seen."""

    id: str
    side: str = Field(description="Who would have it.")
    object: str
    field: str = Field(description="What of the object would be wrong.")


class CausesRow(Shape):
    """Why a run failed."""

    named: list[CauseRow] = Field(
        default=[], description="What breaks calls first, the earliest on the way first."
    )
    ruled_out: list[RuledOutRow] = Field(default=[])
    unexplained: list[ProofRow] = Field(
        default=[], description="Failed checks that no known cause explains."
    )
    untested: list[UntestedRow] = Field(
        default=[],
        description="What could not be looked at while the causes named stand: fix those first,"
        " then verify again.",
    )
