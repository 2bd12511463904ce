"""What a guide is made of: sections, steps, cards for people, and wanted objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sfsip_nb.engine.verdicts import Check
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.inputs.schema import Parameters

if TYPE_CHECKING:
    from sfsip_nb.engine.approval import PlannedCalls
    from sfsip_nb.engine.context import Context

Fields = dict[str, Any]


class Refused(SfsipError):
    """Something that the runbook itself will not do; ``advice`` says what to do instead."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.advice = advice


class Stranded(Refused):
    """An object was left between what it was and what it should be: a person must act at once."""


@dataclass(frozen=True)
class Seen:
    """An object as it is on a platform now: its id and the fields that the guide sets.

    ``marker`` is the text in which ownership is written, where the object has such a text.
    ``owner`` says in words what else uses the object, empty if nothing does.
    ``shared`` marks an object that the customer made and the run only attaches something to
    (an assistant): filling an empty field of it needs no adoption, replacing a value does.
    """

    id: str
    fields: Fields
    marker: str = ""
    owner: str = ""
    shared: bool = False


class Resource(Protocol):
    """One kind of object on one platform: how to read, make, change and remove it.

    Fields are flat and use names, not ids, so that a person can read a difference. ``create``,
    ``update`` and ``delete`` send one request that changes something, at most.
    Every method raises the client's ``ApiError``.
    """

    kind: str
    write_only: frozenset[str] = frozenset()
    """What the API need not return; what it returns of it all the same is compared as any field."""
    marked: bool = False
    """Whether the ownership marker can be written into such an object."""
    late: float = 0.0
    """Seconds for which a new object is not seen yet, at the least."""
    at_risk: str = ""
    """What it means for the customer where a change of several requests stops half-way."""

    def stages(self, seen: Seen, fields: Fields) -> list[Fields]:
        """The requests that an update takes, as the fields that each of them sets."""
        return [fields]

    def read(self, key: str) -> Seen | None: ...
    def create(self, key: str, fields: Fields, marker: str) -> str: ...
    def update(self, key: str, seen: Seen, fields: Fields) -> None: ...
    def delete(self, key: str, seen: Seen) -> None: ...


@dataclass(frozen=True)
class Desired:
    """How one object should be, and why, in a sentence for the person who approves the plan.

    ``cannot_restore`` says what a rollback could not bring back. ``proved_by`` says of fields that
    no API returns which checks show that they were written right. An object that comes into being
    with another one (a number with its pool) names that one's kind and key in ``comes_with``, and
    the fields that it then has in ``born``.
    ``part``
    tells the checks of several like objects of a step apart: a number, a range, a name.
    """

    kind: str
    key: str
    fields: Fields
    why: str
    cannot_restore: str = ""
    comes_with: str = ""
    born: Fields = field(default_factory=dict)
    proved_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    part: str = ""

    def __str__(self) -> str:
        return f"{self.kind} “{self.key}”"

    @property
    def address(self) -> str:
        """Kind and key, as ``adopt`` and the journal name it."""
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True)
class CardField:
    """A value that a person enters or checks: where, and exactly what."""

    label: str
    value: str
    name: str = ""
    secret: bool = False


@dataclass(frozen=True)
class Ask:
    """A value that only the person can see and hands back."""

    name: str
    label: str


@dataclass(frozen=True)
class Card:
    """A step that a person does: the click path, the exact values, why, and what to look for.

    ``proved_by`` names the step whose evidence shows that it was done; without one, the
    person's own word, with name and time, is all the evidence there can be. ``each_attempt``
    marks what has to be done anew every time, such as placing a call. A ``decision`` asks for a
    person's yes and for nothing to be done: it may be given in any mode, and what is wanted
    depends on it. ``standing`` names the input in which that yes may stand beforehand; nothing
    else that the inputs say counts as one then.
    """

    step: str
    system: str
    title: str
    path: tuple[str, ...]
    why: str
    look_for: str
    fields: tuple[CardField, ...] = ()
    asks: tuple[Ask, ...] = ()
    proved_by: str = ""
    each_attempt: bool = False
    decision: bool = False
    standing: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """The smallest unit with a verdict.

    ``desired`` and ``card`` say what should be; ``check`` looks further once those are done.
    ``skip_reason`` says why the inputs make the step needless, else it is an empty text.
    ``dials`` marks a step that places a call: never in ``plan``. ``calls`` are those that need no
    person to dial, as far as the inputs say; they are on the card by which they are approved.
    ``checks_anyway`` marks one whose checks need no answer to its card, and are run while it waits.
    """

    id: str
    section: str
    title: str
    needs: tuple[str, ...] = ()
    desired: Callable[[Context], list[Desired]] | None = None
    card: Callable[[Context], Card | None] | None = None
    check: Callable[[Context], list[Check]] | None = None
    skip_reason: Callable[[Context], str] | None = None
    dials: bool = False
    calls: Callable[[Context], tuple[PlannedCalls, ...]] | None = None
    checks_anyway: bool = False


@dataclass(frozen=True)
class Section:
    """One second-level heading of the vendor's document: one notebook."""

    notebook: str
    title: str


@dataclass(frozen=True)
class Line:
    """One line of the vendor's document and what carries it in the product."""

    heading: str
    kind: str
    text: str
    carried_by: str


@dataclass(frozen=True)
class CallHop:
    """A station of a call: what it is, the customer's name for it, and what judges the way there.

    ``system`` is who owns it. ``what`` and ``name`` are templates over the inputs, such as
    ``{genesys[site]}``; ``checks`` are ids of checks, of any step. ``at`` is its name in the
    causes, where something can be wrong there.
    """

    system: str
    what: str
    name: str = ""
    checks: tuple[str, ...] = ()
    at: str = ""


@dataclass(frozen=True)
class CallFlow:
    """The way of a call, as the step that traces it draws it."""

    step: str
    title: str
    hops: tuple[CallHop, ...]


@dataclass(frozen=True)
class LookupResult:
    """What a platform says of an input: whether it is there (None: it cannot tell), in words.

    ``spelled`` is the name as the platform has it, where it was typed otherwise. ``asked`` is false
    where the platform could not be asked, ``refused`` says that it did not let itself be asked,
    ``advice`` what to do about that.
    """

    ok: bool | None
    sentence: str
    choices: tuple[str, ...] = ()
    spelled: str = ""
    refused: bool = False
    advice: str = ""
    asked: bool = True


@dataclass(frozen=True)
class InputLookup:
    """A question to a platform about one input, asked while the others may still be missing.

    With a ``check``, which is the id of a check of section 01, the input names what has to be
    there before the run: that check judges it by the same answer, and no plan is made where it is
    not there. ``proved_by`` is a step that shows it where the platform refuses to be asked.
    """

    key: str
    see: Callable[[Context], LookupResult]
    check: str = ""
    title: str = ""
    advice: str = ""
    proved_by: str = ""


@dataclass(frozen=True)
class Guide:
    """One vendor document as sections and steps."""

    name: str
    title: str
    sections: tuple[Section, ...]
    steps: tuple[Step, ...]
    resources: Callable[[Context], dict[str, Resource]]
    lines: Callable[[], list[Line]]
    origins: Callable[[Parameters], dict[str, str]]
    """Live API origins by name, such as ``genesys.api``; the testbed has its own."""
    flows: tuple[CallFlow, ...] = ()
    looks: tuple[InputLookup, ...] = ()
    sip: Callable[[Parameters], tuple[str, int]] | None = None
    """The SIP host to which the contact center sends calls, and its port."""

    def __post_init__(self) -> None:
        """Refuse a guide whose steps would never run or wait for ever. Raises ``ValueError``."""
        sections, seen = {s.notebook for s in self.sections}, set[str]()
        for step in self.steps:
            if step.section not in sections:
                raise ValueError(f"{self.name}: {step.id} is in no section ({step.section})")
            if missing := set(step.needs) - seen:
                raise ValueError(f"{self.name}: {step.id} needs {missing}, not before it")
            seen.add(step.id)

    def step(self, step_id: str) -> Step:
        """The step of that id. Raises ``KeyError`` naming the known ones."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(f"no step {step_id!r}; the steps are {', '.join(s.id for s in self.steps)}")

    def of_section(self, notebook: str) -> tuple[Step, ...]:
        """The steps of one notebook, in the document's order."""
        return tuple(s for s in self.steps if s.section == notebook)
