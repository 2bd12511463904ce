"""The form of the inputs: widgets where a person is there, its static twin always.

Values come first: the widgets start from the inputs as they stand, and nothing blocks. What a
person types is checked at once and noted; the next cell that runs acts on it. Buttons only look up
what the platforms have, and save the inputs to a file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs import extras
from sfsip_nb.inputs.answered import AnsweredNumber
from sfsip_nb.inputs.blocks import Block
from sfsip_nb.inputs.draft import FIXED, Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.meant import OneOf
from sfsip_nb.inputs.schema import block_of
from sfsip_nb.inputs.secrets import doubts
from sfsip_nb.present.tables import Shown, Stamp, folded, inputs_table
from sfsip_nb.runs import person
from sfsip_nb.runs.parameters_file import Proposal

_LINES = ", one a line", "; tick several, or none"
_WORDS = {"sip": "SIP", "api": "API", "id": "ID", "fqdn": "FQDN", "sbc": "SBC", "url": "URL"}


def ready() -> None:
    """Raises InputError where a person is there and ipywidgets, to ask them with, is not."""
    if person.is_there():
        extras.need("lab", "A notebook in which a person works", "ipywidgets")


@dataclass(frozen=True)
class Field:
    """One input as a form asks for it.

    `kind`: text, number, switch, choice, lines, several (lines from a closed list), day or fixed.
    `group` is the dotted name of the group that it stands in, empty at the top. `first`: it is
    asked before the others, because with it the platforms can be asked what they have.
    """

    key: str
    help: str
    kind: str
    secret: bool = False
    first: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def group(self) -> str:
        """The dotted name of its group."""
        return self.key.rpartition(".")[0]

    @property
    def label(self) -> str:
        """Its name in words, with its group's: `genesys.client_id` reads Genesys client ID."""
        return label(self.key)


def label(key: str) -> str:
    """The dotted key of an input in words."""
    *_, group, name = ["", *key.split(".")]
    near = group if group.endswith(f"_{name}") else f"{group} {name}"
    words = [_WORDS.get(word, word) for word in near.replace("_", " ").split()]
    return " ".join([words[0][0].upper() + words[0][1:], *words[1:]])


def fields_of(model: type[Block], prefix: str = "") -> Iterator[Field]:
    """Every input of a schema, nested ones with dotted keys, in the schema's order.

    `json_schema_extra` says which are `secret`, and which are asked `first`.
    """
    for name, info in model.model_fields.items():
        key, block = f"{prefix}{info.alias or name}", block_of(info.annotation)
        if block is not None:
            yield from fields_of(block, f"{key}.")
            continue
        extra = info.json_schema_extra
        marks = extra if isinstance(extra, Mapping) else {}
        secret, first = bool(marks.get("secret")), bool(marks.get("first"))
        kind, choices = ("fixed", ()) if key in FIXED else _kind(info)
        yield Field(key, _help(info.description or "", kind, secret), kind, secret, first, choices)


def _help(text: str, kind: str, secret: bool) -> str:
    """The schema's help, as it is meant for a file, in the words of a form."""
    text = text.replace(", in quotes", "") + (_LINES[0] if kind == "lines" else "")
    return "the secret itself, or a reference: env:NAME, file:PATH" if secret else text


def groups_of(model: type[Block], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The dotted name of every group of a schema, and what it is about."""
    for name, info in model.model_fields.items():
        if block := block_of(info.annotation):
            key = f"{prefix}{info.alias or name}"
            yield key, (block.__doc__ or "").partition("\n")[0].rstrip(".")
            yield from groups_of(block, f"{key}.")


def _kind(info: FieldInfo) -> tuple[str, tuple[Any, ...]]:
    annotation: Any = info.annotation
    if get_origin(annotation) in (Union, UnionType):  # `Day | None`: without a day it is empty
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    for closed in (beside for beside in info.metadata if isinstance(beside, OneOf)):
        return "choice", tuple(closed.known())
    if get_origin(annotation) is list and _bare(get_args(annotation)[0]) in (str, AnsweredNumber):
        return "lines", ()
    kinds = {bool: "switch", int: "number", str: "text", date: "day"}
    annotation = _bare(annotation)
    return (kinds.get(annotation, "fixed") if isinstance(annotation, type) else "fixed"), ()


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _show(name: str, make: Callable[[], Shown]) -> None:
    from IPython.display import display

    display(make())


class Form:
    """Inputs to look at and, where a person is there, to change.

    Display it by returning it from a cell. Structures that no single control holds (people,
    waivers) are shown and stay as the parameters have them. `note` takes each typed value.
    `closed` names, by key and group, all that may be chosen, each with a word on it. `ask` asks the
    platforms about the inputs as they stand; `propose` makes of them the run's parameters file.
    `show` displays the inputs as a table, by a name, so that it may follow what is typed.
    """

    def __init__(
        self,
        draft: Draft,
        note: Callable[[str, Any], None] | None = None,
        closed: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
        ask: Callable[[], Mapping[str, LookupResult]] = dict,
        propose: Callable[[], Proposal] | None = None,
        show: Callable[[str, Callable[[], Shown]], None] = _show,
    ) -> None:
        self.draft = draft
        self.propose = propose
        self._ask = ask
        self.closed = closed or {}
        self.fields = tuple(
            replace(field, kind="several", help=field.help.replace(*_LINES))
            if field.key in self.closed
            else field
            for field in fields_of(draft.model)
        )
        self.offers: dict[str, tuple[str, ...]] = {}
        self._seen: dict[str, tuple[Any, LookupResult]] = {}
        self.shown: Any = None
        self.stamp: Stamp | None = None
        self._note = note or draft.note
        self._show = show

    def static(self) -> Shown:
        """The inputs as a table: secrets as set or not set, and what is still wrong."""
        problems, questions = self.draft.problems(), doubts(self.draft.checked.secrets)
        rows = [
            {
                "key": field.key,
                "help": f"{field.help} {questions.get(field.key, '')}".strip(),
                "value": self.draft.value(field.key),
                "secret": field.secret,
                "problem": problems.get(field.key, ""),
            }
            for field in self.fields
        ]
        table = inputs_table(rows)
        table.stamp = self.stamp
        return table

    def note(self, key: str, value: Any) -> None:
        """Take a typed value; the widgets then say what is wrong now."""
        refused = None
        try:
            self._note(key, value)
        except InputError as error:
            refused = error
        if self.shown is not None:
            self.shown.refresh(refused)

    def look(self) -> Mapping[str, LookupResult]:
        """Ask the platforms about the inputs, and offer what they have. Only reads.

        Raises InputError where nobody can be asked yet.
        """
        seen = self._ask()
        self._seen = {key: (self.draft.value(key), result) for key, result in seen.items()}
        for key, result in seen.items():
            self.offer(key, result.choices)
        return seen

    def slip(self, key: str) -> str:
        """What the platform said against an input as it still stands: not there, or other letters.

        Empty where it said nothing against it, or something else has been typed since.
        """
        value, result = self._seen.get(key, (None, None))
        if result is None or value != self.draft.value(key):
            return ""
        return result.sentence if result.ok is False or result.spelled else ""

    def offer(self, key: str, choices: Sequence[str]) -> None:
        """Offer what a platform has for an input; anything else may still be typed.

        A name that no input takes, for something in it cannot be seen, is not offered.
        """
        self.offers[key] = tuple(choice for choice in choices if choice.isprintable())
        if self.shown is not None:
            self.shown.refresh()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if person.is_there():
            from sfsip_nb.notebook.widgets import Sheet

            self.shown = Sheet(self)
            display(self.shown.box)
            self._show("inputs", lambda: folded(self.static(), "The same as a table"))
        else:
            display(self.static())


class Intent:
    """Something shown, and fields below it; the next cell that runs honors what was typed.

    `fields` are key, label and hint of each; what is typed goes to `typed`, as it is typed. A key
    in `offered` is chosen from what stands there. With a `fold` they are behind a line of these
    words, as nobody needs them now.
    """

    def __init__(
        self,
        shown: Shown,
        fields: Sequence[tuple[str, str, str]],
        typed: dict[str, str],
        offered: Mapping[str, Sequence[str]] | None = None,
        fold: str = "",
    ) -> None:
        self.shown = shown
        self.fold = fold
        self.fields = tuple(fields)
        self.typed = typed
        self.offered = offered or {}
        self.stamp: Stamp | None = None

    @property
    def frame(self) -> Any:
        """What is shown, as a DataFrame."""
        return self.shown.frame

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from sfsip_nb.notebook.widgets import intent

        self.shown.stamp = self.stamp
        display(self.shown)
        display(intent(self.fields, self.typed, self.offered, self.fold))
