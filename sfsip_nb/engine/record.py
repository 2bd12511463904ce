"""The onboarding record of one attempt, as record.json holds it, and its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from sfsip_nb.engine.cause_rows import CausesRow, IssueRow
from sfsip_nb.engine.comparison import ComparisonRow
from sfsip_nb.engine.model import Line
from sfsip_nb.engine.rows import (
    ChangeRow,
    DialledRow,
    EvidenceRow,
    FlowRow,
    OperatorRow,
    PersonRow,
    PlanRow,
    RollbackRow,
    StepRow,
    TestbedRow,
    WaiverRow,
)
from sfsip_nb.engine.shape import Instant, Shape
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs.errors import InputError

SCHEMA_ID = "urn:sfsip:record:1"
"""What the schema calls itself: the number is that of `schema` in record.json."""


class SectionRow(Shape):
    """A section of the guide."""

    id: str
    title: str


class NotRunRow(Shape):
    """A step that did not run."""

    id: str
    section: str
    title: str


class NoteRow(Shape):
    """What changed since the guide was written."""

    id: str
    guides: list[str] = Field(default=[])
    heading: str
    date: str
    text: str
    source: str


class Record(Shape):
    """Made from the run's journal: the same journal gives the same bytes.

    Within schema 1 keys are only added, never removed or changed in meaning; a reader ignores keys
    that it does not know.
    """

    version: Literal[1] = Field(
        validation_alias="schema",
        serialization_alias="schema",
        description="Version of this schema.",
    )
    guide: str = Field(description="Name of the guide: genesys or talkdesk.")
    title: str = Field(default="", description="Title of the guide.")
    customer: str
    run: str = Field(description="Name of the run.")
    attempt: int = Field(ge=1, description="Number of the attempt within the run.")
    target: Literal["testbed", "live"] = Field(
        description="The customer's own systems, or stand-ins on one machine."
    )
    mode: Literal["plan", "apply", "verify", "rollback"] = Field(
        description="plan writes nothing; apply carries out the approved plan; verify only looks;"
        " rollback undoes what the run made."
    )
    started: Instant
    ended: Instant | None = Field(
        description="When the attempt was closed; null where it never was."
    )
    verdict: Verdict = Field(
        description="The worst of the steps' verdicts; a waived check counts as passed. Steps that"
        " were not run leave it inconclusive at best."
    )
    versions: dict[str, str] = Field(description="Versions of what made the record, by name.")
    inputs: dict[str, Any] = Field(description="The inputs; a secret is `set` or `not set`.")
    sections: list[SectionRow] = Field(
        default=[],
        description="The guide's sections in its order; `steps[].section` is one of these ids.",
    )
    steps: list[StepRow] = Field(
        description="Each step that ran, by its newest execution in this attempt, in the guide's"
        " order."
    )
    not_run: list[NotRunRow] = Field(
        default=[],
        description="Steps of the guide that this attempt did not come to, or was not asked to"
        " run.",
    )
    partial: bool = Field(
        default_factory=lambda data: bool(data["not_run"]),
        description="Whether steps of the guide were not run, so that the attempt says nothing of"
        " them.",
    )
    broke_off: str = Field(
        default="",
        description="Where and why the series of notebooks broke off; empty if it ran to its end.",
    )
    rollback: RollbackRow | None = Field(
        default=None,
        description="What a rollback did, and what is not as the run's first plan found it; null"
        " for other attempts.",
    )
    rolled_back: str = Field(
        default="", description="When a later attempt rolled the run back; empty where none did."
    )
    alerts: list[str] = Field(
        default=[],
        description="What somebody has to see to at once, such as a number left half changed.",
    )
    plan: PlanRow | None = Field(
        default=None, description="The plan that the attempt made or carried out."
    )
    changes: list[ChangeRow] = Field(description="Writes of this attempt, oldest first.")
    people: list[PersonRow] = Field(description="Human steps of the run.")
    waivers: list[WaiverRow]
    diagnosis: list[IssueRow] = Field(
        description="The guide's troubleshooting rows, those with a named cause first."
    )
    causes: CausesRow = Field(
        default=CausesRow(), description="What explains the failed checks, by side and object."
    )
    testbed: TestbedRow | None = Field(description="Null on live.")
    notes: list[NoteRow] = Field(
        default=[], description="What changed since the guide was written, dated."
    )
    map: list[Line] = Field(default=[], description="Every line of the guide and what carries it.")
    flows: list[FlowRow] = Field(default=[], description="The ways of calls, hop by hop.")
    dialled: list[DialledRow] = Field(default=[], description="Calls that the attempt placed.")
    evidence: list[EvidenceRow] = Field(default=[], description="The files that the record names.")
    operator: OperatorRow | None = Field(
        default=None, description="Who ran the attempt, and from where; null in early records."
    )
    requests: dict[str, int] = Field(
        default={},
        description="How many requests the attempt sent, by platform, those of waiting and repeated"
        " ones too; empty in early records.",
    )
    compared: ComparisonRow | None = Field(
        default=None,
        description="What differs from the attempt before; null where there was none.",
    )

    def through(self, clean: Callable[[Any], Any]) -> Self:
        """The same record with every text as ``clean`` leaves it: secrets taken out."""
        told = self.as_json()
        cleaned = clean(told)
        return self if cleaned is told else self.model_validate(cleaned)


def read(path: Path) -> Record:
    """The record in a file, of this version or an earlier one.

    Raises ``InputError`` for a file that holds no record.
    """
    try:
        return Record.model_validate(json.loads(path.read_bytes()))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        why = f"{where}: {wrong['msg'].lower()}"
    except ValueError as error:
        why = str(error)
    raise InputError(
        str(path),
        f"{path} is no record that this version can read ({why}). `sfsip record DIR --check` shows"
        " whether the file was changed since it was written.",
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of record.json (2020-12), as record.schema.json beside this module has it."""
    made = Record.model_json_schema(schema_generator=_Untitled)
    for model in made["$defs"].values():
        del model["title"]
    head = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": SCHEMA_ID,
        "title": "Onboarding record of one attempt (record.json)",
    }
    return head | {name: value for name, value in made.items() if name != "title"}


def schema_file() -> str:
    """The text of record.schema.json."""
    return json.dumps(schema(), indent=1) + "\n"


class _Untitled(GenerateJsonSchema):
    """Without a title for each key, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


if __name__ == "__main__":
    Path(__file__).with_name("record.schema.json").write_text(schema_file(), encoding="utf-8")
