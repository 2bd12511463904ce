"""The inputs while a person fills them in: what was given, what was typed over it, what is wrong.

What was typed stands over what the parameters cell gives, for as long as the cell says that. Where
a cell says something else, what was typed does not count: the cell was edited since, or it is the
cell of another notebook of the run, which differs. Nothing tells which of the two, so the run keeps
it until that input is typed anew, in any of its notebooks.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from sfsip_nb.inputs.blocks import Block, without_token
from sfsip_nb.inputs.checked import Checked
from sfsip_nb.inputs.errors import ExposedSecret, InputError
from sfsip_nb.inputs.load import CELL, check_namespace
from sfsip_nb.inputs.meant import meant
from sfsip_nb.inputs.schema import (
    Parameters,
    block_of,
    named,
    over_sample,
    parameters_model,
    secret_keys,
)
from sfsip_nb.inputs.secrets import is_reference, is_typed_in, keep, type_in

FIXED = (
    *("target", "customer", "run", "testbed.url", "testbed.time_scale", "testbed.seed"),
    *("test_calls.caller.uri", "test_calls.approved.by", "test_calls.approved.until"),
)
"""They decide which run this is, where its caller's password answers a challenge, and who has said
yes to paid calls. So they stand in the parameters cell alone: what a run's folder keeps of a form
names none of them."""

MISSING = "Not filled in yet."

_typed_here: dict[str, dict[str, str]] = {}
"""References to the secrets typed into this process, by run: a cell that is run again has them."""


class Draft:
    """The inputs of one notebook, complete or not.

    `checked` is what the last look at them found. `understood` has, by key, what was made of what
    was last typed there, where that is not as it was typed.
    Raises InputError for what a form cannot mend: an unknown name, a group that is none, a
    target or a customer that is not there, a secret in the parameters cell.
    """

    def __init__(
        self,
        guide: str,
        namespace: Mapping[str, Any],
        kept: Callable[[str], Mapping[str, Any]] = lambda run: {},
        strict: bool = False,
    ) -> None:
        """`kept` gives what `typed()` once gave in a run, by its name.

        `strict`: nobody mends anything in a form, so whatever is wrong is raised.
        """
        self.guide = guide
        self.model = parameters_model(guide)
        self.secret_keys = frozenset(secret_keys(self.model))
        self._given = complete(guide, namespace)
        self._typed: dict[str, Any] = {}
        self._touched = set[str]()  # also what was typed back to what the cell gives
        self.understood: dict[str, Any] = {}
        self.in_key_ring = False
        self.fields = dict(leaves(self.model))
        self.checked: Checked
        if self._is_formed():  # else the check stops at what is not
            self._typed |= _typed_here.get(self.run_name, {})
            self._typed = self._with(kept(self.run_name))
        self.check()
        beyond = [
            problem
            for key, problem in self._problems()
            if strict or isinstance(problem, ExposedSecret) or key in ("", "testbed", *FIXED)
        ]
        if beyond:
            raise InputError.together(beyond, CELL)

    @property
    def run_name(self) -> str:
        """Name of the run that the inputs belong to."""
        return named(self._given["customer"], self._given["run"], self.guide)

    def take(self, typed: Mapping[str, Any]) -> bool:
        """Take over what `typed()` gave, in another notebook or an earlier kernel.

        Checks, and returns true, where that changes an input.
        """
        before, self._typed = self._typed, self._with(typed)
        if changed := self._typed != before:
            self.check()
        return changed

    def _is_formed(self) -> bool:
        try:
            given = {key: self._value(self._given, key) for key in self.fields}
        except TypeError:  # a group that is none
            return False
        return all(isinstance(given[name], str) for name in ("customer", "run"))

    def _with(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in self._typed.items() if is_typed_in(value)} | {
            key: entry["value"]
            for key, entry in typed.items()
            if key in self.fields
            and key not in FIXED
            and entry["over"] == self._value(self._given, key)
        }

    def typed(self) -> dict[str, Any]:
        """What was typed and over what it stands, without what ends with this process."""
        return {
            key: {"value": value, "over": self._value(self._given, key)}
            for key, value in self._typed.items()
            if not is_typed_in(value)
        }

    def noted(self, kept: Mapping[str, Any], *keys: str) -> dict[str, Any]:
        """What a run keeps of what was typed, with some inputs as they stand here now.

        All other entries stay, also those that count only in another notebook.
        """
        here = {key: entry for key, entry in self.typed().items() if key in keys}
        return {key: entry for key, entry in kept.items() if key not in keys} | here

    def note(self, key: str, value: Any) -> None:
        """Take one typed value as it is plainly meant, and check.

        A secret's text goes where only this process reads it; a reference may be typed for it too,
        and stands as it is. Raises InputError where `in_key_ring` is set and the key ring does not
        open.
        """
        self.understood.pop(key, None)
        self._touched.add(key)
        if key not in self.secret_keys:
            value, typed = meant(self.fields[key], value), value
            if value != typed:
                self.understood[key] = value
        elif not is_reference(value):
            value = keep(self.run_name, key, value) if self.in_key_ring else type_in(key, value)
        if value == self._value(self._given, key):
            self._typed.pop(key, None)
        else:
            self._typed[key] = value
        _typed_here[self.run_name] = {k: v for k, v in self._typed.items() if is_typed_in(v)}
        self.check()

    def to_write(self) -> dict[str, Any]:
        """What was typed and may stand in a file: no secret, and not how an attempt goes on."""
        typed = {key: self._value(self.values(), key) for key in {*self._typed, *self._touched}}
        return {
            key: value
            for key, value in sorted(typed.items())
            if key != "mode" and not is_typed_in(value)
        }

    def to_begin(self) -> dict[str, Any]:
        """All inputs as a new file may have them, which lacks what `to_write` lacks."""
        return self._over(copy.deepcopy(self._given), self.to_write())

    def values(self) -> dict[str, Any]:
        """All inputs, group by group, with what was typed in its place."""
        return self._over(copy.deepcopy(self._given), self._typed)

    @staticmethod
    def _over(values: dict[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
        for key, value in typed.items():
            *groups, name = key.split(".")
            target = values
            for group in groups:
                target = target[group]
            target[name] = value
        return values

    def check(self) -> None:
        """Look at the inputs anew, secrets included. What is wrong is found, and not raised."""
        self.checked = check_namespace(self.guide, self.values())

    def loose(self) -> Parameters:
        """The inputs as they stand, to ask a platform about one of them.

        Each is checked by itself, and one that is wrong is blank: nothing that was typed halfway
        may name a host, or reach one.
        """
        loose = _constructed(self.model, self.values())
        assert isinstance(loose, Parameters)
        return loose

    def problems(self) -> dict[str, str]:
        """What was found wrong, by the dotted key of the input that has to change."""
        told = {
            key: str(problem).removeprefix(f"{problem.key} ({CELL}) ")
            for key, problem in self._problems()
        }
        values = self.values()
        return {k: text if self._value(values, k) else MISSING for k, text in told.items()}

    def value(self, key: str) -> Any:
        """One input as it stands now, as it may be shown; nobody changes it in place."""
        value = self._typed[key] if key in self._typed else self._value(self._given, key)
        return without_token(value) if key == "testbed.url" else value

    def _problems(self) -> Iterator[tuple[str, InputError]]:
        for problem in self.checked.problems:
            yield input_of(problem.key, self.fields), problem

    @staticmethod
    def _value(values: Mapping[str, Any], key: str) -> Any:
        found: Any = values
        for name in key.split("."):
            found = found[name]
        return found


def input_of(key: str, inputs: Collection[str]) -> str:
    """The input at which a problem is told: that of numbers[0] at numbers; "" if there is none."""
    while key and key not in inputs:
        key = re.sub(r"(?:^|[.\[])[^.\[]*$", "", key)
    return key


def complete(guide: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What the namespace gives, with a place for everything that it does not give."""
    model = parameters_model(guide)
    names = [field.alias or name for name, field in model.model_fields.items()]
    given = {name: namespace[name] for name in names if name in namespace}
    if given.get("target") == "testbed":
        given = over_sample(given, model, guide)
    return _filled(model, given)


def _filled(model: type[Block], given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = dict(given)
    for name, field in model.model_fields.items():
        key, block = field.alias or name, block_of(field.annotation)
        if block is not None and isinstance(given.get(key, {}), Mapping):
            values[key] = _filled(block, given.get(key, {}))
        elif key not in given:
            values[key] = (
                _blank(field)
                if field.is_required()
                else field.get_default(call_default_factory=True)
            )
    return values


def _blank(field: FieldInfo) -> Any:
    return [] if get_origin(field.annotation) is list else ""


def _constructed(model: type[Block], values: Mapping[str, Any]) -> Block:
    built: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        value, block = values[field.alias or name], block_of(field.annotation)
        built[name] = _constructed(block, value) if block is not None else _checked(field, value)
    return model.model_construct(**built)


def _checked(field: FieldInfo, value: Any) -> Any:
    try:
        return TypeAdapter(field.rebuild_annotation()).validate_python(value, strict=True)
    except ValidationError:
        return _blank(field)


def leaves(model: type[Block], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every input by its dotted key."""
    for name, field in model.model_fields.items():
        key, block = f"{prefix}{field.alias or name}", block_of(field.annotation)
        if block is None:
            yield key, field
        else:
            yield from leaves(block, f"{key}.")
