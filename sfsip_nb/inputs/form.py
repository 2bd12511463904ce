"""Every input as a form asks for it, in a notebook or at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sfsip_nb.inputs.answered import AnsweredNumber
from sfsip_nb.inputs.blocks import Block
from sfsip_nb.inputs.draft import FIXED
from sfsip_nb.inputs.meant import OneOf
from sfsip_nb.inputs.schema import block_of

_LINES = ", one a line", "; tick several, or none"
_WORDS = {"sip": "SIP", "api": "API", "id": "ID", "fqdn": "FQDN", "sbc": "SBC", "url": "URL"}


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

    def of_closed_list(self) -> Field:
        """The same, of several lines, where all that may be chosen is known."""
        return replace(self, kind="several", help=self.help.replace(*_LINES))

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
