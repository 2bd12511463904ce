"""The rows that the journal and the record are made of: steps, checks, changes and the rest."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Literal, Self

from pydantic import Field

from sfsip_nb.engine.answering_rows import AnsweringRow
from sfsip_nb.engine.model import Card
from sfsip_nb.engine.shape import Instant, Sha256, Shape
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Verdict, Weight


class CheckRow(Shape):
    """One expectation and what was seen."""

    at: Instant = Field(default="", description="When it was judged.")
    evidence: list[str] = Field(description="Names of files in the run's evidence folder.")
    expected: str = Field(description="What should be.")
    id: str = Field(description="Stable id: the step's id, a slash, and the check's own part.")
    seen: str = Field(description="What was.")
    title: str = Field(description="What was checked.")
    vantage: Vantage = Field(
        description="Who saw it: this machine, the contact center, Synthflow, or both ends of the"
        " testbed."
    )
    verdict: Verdict
    weight: Weight = Field(description="An advisory check never changes its step's verdict.")
    reason: str = Field(
        default="",
        validation_alias="settle",
        serialization_alias="settle",
        description="Why the verdict is not a plain pass, and what to do next; who waived it; what"
        " proved it.",
    )
    proved_by: list[str] = Field(
        default=[],
        description="Ids of the checks or steps that decide it where its own step cannot: a pass"
        " rests on all of them.",
    )
    proved_since: str = Field(
        default="", description="What was seen before says nothing of it; empty for no limit."
    )
    number: str = Field(
        default="", description="The number (E.164) that it is about, where it is one of several."
    )
    basis: list[Basis] = Field(default=[], description="The kinds of evidence that it rests on.")

    @classmethod
    def of(cls, check: Check) -> Self:
        """The row of a check that was made now."""
        return cls.model_validate(vars(check))

    @property
    def check(self) -> Check:
        """The check that the row is of."""
        lists = {"evidence": tuple(self.evidence), "proved_by": tuple(self.proved_by)}
        return Check(**self.model_dump() | lists)


class StepRow(Shape):
    """One step as it ended."""

    id: str = Field(description="Stable id, such as trunk.create.")
    section: str
    title: str
    verdict: Verdict
    change: str = Field(
        description="none, create, update or delete: what the step did to a platform, or would do."
    )
    checks: list[CheckRow]
    evidence: list[str] = Field(description="All evidence of the step's checks.")
    reason: str = Field(
        default="",
        validation_alias="note",
        serialization_alias="note",
        description="Why it is skipped or blocked, and what was found half done.",
    )
    started: Instant
    ended: Instant | None

    def titled(self, section: str, title: str) -> Self:
        """The same row with what only the guide knows of the step."""
        return self.model_copy(update={"section": section, "title": title})


class FieldRow(Shape):
    """One field of an object that is changed."""

    field: str
    before: Any = Field(description="Value before; a secret only as set.")
    after: Any = Field(description="Value after; a secret only as set.")


class ChangeRow(Shape):
    """A change of one object, planned or made."""

    step: str = Field(description="Id of the step that wants it.")
    system: str = Field(description="The platform: genesys, talkdesk or synthflow.")
    object: str = Field(description="Kind and key of the object, as `adopt` names it.")
    change: Literal["create", "update", "delete"] = Field(description="What is done to the object.")
    fields: list[FieldRow]
    why: str = Field(default="", description="Why it should be so; of planned changes.")
    cannot_restore: list[str] = Field(description="What a rollback cannot bring back.")
    note: str = ""
    at: Instant = Field(default="", description="When it ended.")
    outcome: str = Field(
        default="",
        description="done, recovered, or refused and why; empty where nothing is known of it.",
    )
    undone: str = Field(default="", description="When a rollback took it back; empty if none did.")


class UndoneRow(Shape):
    """What became of one change in a rollback."""

    ok: bool
    result: str
    what: str


class RollbackRow(Shape):
    """What a rollback did, and what is not as the run's first plan found it."""

    at: Instant
    by: str = Field(description="Who approved it; empty on the testbed.")
    differences: list[str] = Field(description="What is not as before, each as a sentence.")
    ok: bool = Field(description="Whether everything is as before.")
    undone: list[UndoneRow]


class CardFieldRow(Shape):
    """A value that a person was to enter; a secret is never in it."""

    label: str = ""
    name: str = ""
    secret: bool = False
    value: str = ""


class AskRow(Shape):
    """A value that a person was to hand back."""

    label: str = ""
    name: str = ""


class CardRow(Shape):
    """What a person was asked to do."""

    asks: list[AskRow] = Field(default=[])
    decision: bool = Field(
        default=False, description="Whether it asks for a yes only, and for nothing to be done."
    )
    each_attempt: bool = False
    fields: list[CardFieldRow] = Field(default=[])
    look_for: str = ""
    path: list[str] = Field(default=[])
    proved_by: str = ""
    standing: str = Field(
        default="", description="The input in which a yes may stand beforehand; empty for none."
    )
    step: str = ""
    system: str = ""
    title: str = ""
    why: str = ""

    @classmethod
    def of(cls, card: Card) -> Self:
        """A card as it may be written down and shown, secrets only as ``set``."""
        data = asdict(replace(card, values={}))  # which may hold secrets
        for field in data["fields"]:
            if field["secret"]:
                field["value"] = "set (copy it from where you keep it)"
        return cls.model_validate(data)


class PlanRow(Shape):
    """A plan, who approved it, and what it changes."""

    id: str
    made_at: Instant
    approved_by: str = Field(description="Who approved it; empty if nobody did.")
    approved_at: str
    stopped: str = Field(description="Why it may no longer be carried out; empty if it may.")
    changes: list[ChangeRow]
    cards: list[CardRow] = Field(
        default=[], description="What persons are to do, as far as nobody had done it by then."
    )


class AnsweredCard(CardRow):
    """A card as a person is shown it; nothing but defaults where nobody has answered it."""

    answered_by: str = ""
    answered_at: str = ""
    note: str = ""


class PersonRow(Shape):
    """A human step and who did it."""

    step: str
    title: str
    attempt: int = Field(default=0, description="The attempt in which it was answered.")
    done_by: str
    done_at: str = Field(description="As the person said, or when it was noted.")
    note: str
    values: dict[str, Any] = Field(description="What the person handed back.")
    card: CardRow = CardRow()
    entered: list[str] | dict[str, str] = Field(
        default=[],
        description="The card's values, as label and value; the first records had them by label.",
    )
    proof: str = Field(default="", description="What proves it, and how that ended.")
    proved_by: str = Field(
        default="",
        description="Id of the step whose evidence proves it; empty where only the person's"
        " word does.",
    )
    proof_verdict: str = Field(default="", description="That step's verdict, `not run`, or empty.")
    evidence: list[str] = Field(default=[], description="Files that the person handed in.")


class HopRow(Shape):
    """A station of a call."""

    system: str
    what: str
    name: str = Field(description="The customer's own name for it; may be empty.")
    verdict: Verdict | Literal[""] = Field(
        description="The worst of its required checks, else of its advisory ones; empty if none"
        " ran."
    )
    checks: list[str]


class FlowRow(Shape):
    """The way of a call, hop by hop."""

    step: str
    title: str
    hops: list[HopRow]


class WaiverRow(Shape):
    """A check that somebody took upon themselves."""

    by: str
    check: str
    reason: str
    until: str


class TestbedRow(Shape):
    """The stand-ins, as the attempt found them."""

    faults: list[str] = Field(description="Faults switched on.")
    seed: Any
    time_scale: float | None = Field(description="Waits were divided by this.")


class OperatorRow(Shape):
    """Who ran an attempt, and from where, as that machine names them."""

    user: str = Field(description="Login name; empty where the machine has none.")
    host: str = Field(description="Name of the machine.")


class CallRow(Shape):
    """A call as its caller saw it. A figure is null where nothing was there to measure."""

    code: int = Field(description="Status of the last response to the INVITE; 0 if none came.")
    phrase: str = Field(description="The phrase of that response, or why no call was made.")
    seconds: float | None = Field(default=None, description="From the answer to the end.")
    ended_by: str = Field(
        default="", description="Who hung up: local (this machine), remote, timeout, or empty."
    )
    bye_code: int | None = Field(default=None, description="Status of the response to the BYE.")
    codec: str = Field(default="", description="The codec agreed on.")
    packets_sent: int | None = Field(default=None, description="RTP packets sent.")
    packets_received: int | None = Field(default=None, description="RTP packets received.")
    loss_percent: float | None = Field(
        default=None, description="Lost packets of the stream received."
    )
    jitter_ms: float | None = Field(
        default=None, description="Interarrival jitter of the stream received (RFC 3550 §6.4.1)."
    )
    round_trip_ms: float | None = Field(default=None, description="Round trip of the audio.")
    mos: float | None = Field(
        default=None, description="Estimate for the stream received (ITU-T G.107), 1 to 4.5."
    )
    heard: list[bool] = Field(
        default=[], description="Whether each voice that was waited for was heard, in order."
    )
    answering: AnsweringRow | None = Field(
        default=None, description="How the AI agent answered, where that was measured."
    )
    evidence: list[str] = Field(default=[], description="Its files in the evidence folder.")


class DialledRow(Shape):
    """A call that was placed."""

    step: str
    number: str
    mark: str = Field(description="The mark that the call carried.")
    at: Instant
    account: str = Field(
        default="",
        description="The SIP account (user and host) or the assistant that placed it, if one did.",
    )
    approved_by: str = Field(default="", description="Who approved it; empty where nobody had to.")
    seen: CallRow | None = Field(
        default=None, description="What its caller saw; null where nothing was kept of it."
    )


class EvidenceRow(Shape):
    """A file of evidence."""

    name: str = Field(description="The file in the run's evidence folder.")
    step: str
    title: str
    sha256: Sha256
    kept: Instant
    kind: Basis | Literal[""] = Field(
        default="", description="What kind of evidence it is; empty in early records."
    )
