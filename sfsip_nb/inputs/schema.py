"""The parameters: one schema for the files, the notebooks' cells, the form and the messages."""

from __future__ import annotations

import copy
import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, create_model
from pydantic.fields import FieldInfo

from sfsip_nb.inputs import fields as f
from sfsip_nb.inputs import ranges, samples
from sfsip_nb.inputs.answered import Answered, AnsweredNumber, each
from sfsip_nb.inputs.blocks import (
    Answer,
    Block,
    ByHand,
    Expect,
    Sip,
    Synthflow,
    Testbed,
    TestCalls,
    Waiver,
    ask,
)
from sfsip_nb.inputs.platform import names, platform, platforms
from sfsip_nb.inputs.secrets import Secret, resolve


def _adopted(texts: list[str]) -> list[str]:
    for text in texts:
        if not re.fullmatch(r"[a-z]+\.[a-z_]+:\S(?:.*\S)?", text):
            raise ValueError(
                f"holds '{text[:60]}': write system.kind:name, such as genesys.did:+… or"
                " synthflow.number:+…, as the plan prints it."
            )
    return texts


class _Head(Block):
    target: Literal["testbed", "live"] = ask("testbed or live", "testbed")
    customer: f.Text = ask("the customer's name, as shown in the record", samples.CUSTOMER)
    mode: Literal["", "plan", "apply", "verify"] = ask(
        "plan, apply or verify; empty: apply on the testbed, plan on live", "", ""
    )
    run: f.RunName = ask("name of the run; empty: made from customer and guide", "", "")
    answered: Answered = ask(
        "numbers the AI agent answers, E.164, in quotes; or a CSV file",
        [samples.DID],
        alias="numbers",
    )
    sip: Sip = ask("SIP between both sides", None)
    synthflow: Synthflow = ask("Synthflow workspace, assistant, transfer", None)


class Parameters(_Head):
    """What a run is asked for, checked. The common part of all guides."""

    test_calls: TestCalls = ask("which test calls may be placed", None, TestCalls)
    expect: Expect = ask("what the AI agent should say, and how fast", None, Expect)
    people: dict[str, Answer] = ask("answers to the manual steps", None, {}, max_length=100)
    adopt: Annotated[list[f.LongItem], AfterValidator(_adopted)] = ask(
        "existing objects that the run may change, as the plan names them",
        [],
        [],
        max_length=2 * ranges.MOST,
    )
    waive: list[Waiver] = ask(
        "checks that are waived: check, reason, by, until", [], [], max_length=200
    )
    keep_media: bool = ask(
        "keep recordings and transcripts; on live only with recorded consent", False, False
    )
    on_open: Literal["raise", "report"] = ask(
        "without a person, at a section not passed: raise an error, or report it",
        "raise",
        "raise",
    )
    testbed: Testbed = ask("testbed settings; not used on live", None, Testbed)

    @functools.cached_property
    def each_number(self) -> tuple[AnsweredNumber, ...]:
        """Every number that the AI agent answers, with the assistant that does."""
        usual = {"assistant": self.synthflow.assistant}
        return tuple(
            entry if entry.assistant else entry.model_copy(update=usual)
            for entry in each(self.answered)
        )

    @functools.cached_property
    def numbers(self) -> tuple[str, ...]:
        """The numbers that the AI agent answers, in E.164 form."""
        return tuple(entry.number for entry in self.each_number)

    @functools.cached_property
    def assistants(self) -> dict[str, tuple[str, ...]]:
        """Each assistant, as the inputs name it, and the numbers that it answers."""
        found: dict[str, list[str]] = {}
        for entry in self.each_number:
            found.setdefault(entry.assistant, []).append(entry.number)
        return {assistant: tuple(numbers) for assistant, numbers in found.items()}

    def is_one_of_several(self, number: str) -> bool:
        """Whether a number is one of those, and there are others."""
        return len(self._own) > 1 and number in self._own

    @functools.cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(self.numbers)

    def assistant_of(self, number: str) -> str:
        """The assistant that answers one of the numbers, as the inputs name it."""
        return next(entry.assistant for entry in self.each_number if entry.number == number)

    @property
    def guide(self) -> str:
        """The guide's name, which is that of its group of parameters."""
        return next(name for name in names() if name in type(self).model_fields)

    @property
    def platform(self) -> Any:
        """The contact center's own group."""
        return getattr(self, self.guide)

    @property
    def trunk_name(self) -> str:
        """The trunk's name, on whichever contact center."""
        return str(self.platform.trunk_name)

    @property
    def run_name(self) -> str:
        """Name of the run: as given, else a slug of customer and guide."""
        return named(self.customer, self.run, self.guide)

    @property
    def by_hand(self) -> ByHand:
        """What a person does: on a live customer everything, in a rehearsal what they chose."""
        everything = ByHand(cards=True, plan=True, calls=True)
        return everything if self.target == "live" else self.testbed.by_hand

    @property
    def effective_mode(self) -> str:
        """The mode: as given, else plan where a person approves it, and apply where nobody does."""
        return self.mode or ("plan" if self.by_hand.plan else "apply")

    def secrets(self) -> dict[str, Secret]:
        """The secrets by dotted key, read now. Raises InputError for one that is not there."""
        return {key: resolve(reference, key) for key, reference in self.references()}

    def references(self) -> Iterator[tuple[str, str]]:
        """The secret references that are set, by dotted key."""
        for key in secret_keys(type(self)):
            if reference := functools.reduce(getattr, key.split("."), self):
                yield key, str(reference)


def named(customer: str, run: str, guide: str) -> str:
    """Name of a run: `run` as given, else a slug of the customer and the guide."""
    plain = unicodedata.normalize("NFKD", customer.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    slug = slug or hashlib.sha256(customer.encode()).hexdigest()[:8]  # no Latin letters
    return run or f"{slug}-{guide}"


GUIDES = names()


@functools.cache
def parameters_model(guide: str) -> type[Parameters]:
    """The model of `guide`'s parameters. Raises KeyError for an unknown guide."""
    own = platform(guide)
    group: Any = (own.block, ask(own.about, None))
    head = create_model("Head", __base__=_Head, **{guide: group})
    bases: Any = (Parameters, head)  # its fields before those of Parameters
    model: type[Parameters] = create_model(f"{own.block.__name__}Parameters", __base__=bases)
    return model


def block_of(annotation: Any) -> type[Block] | None:
    """`annotation` if it is a group of parameters."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, Block) else None


def sample_of(field: FieldInfo) -> Any:
    """The testbed customer's value that stands with `field`; None where its group has them."""
    extra = field.json_schema_extra
    return extra.get("sample") if isinstance(extra, dict) else None


def secret_keys(model: type[Block]) -> list[str]:
    """The dotted keys that hold secret references."""
    found = []
    for name, field in model.model_fields.items():
        if block := block_of(field.annotation):
            found += [f"{name}.{inner}" for inner in secret_keys(block)]
        elif isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret"):
            found.append(name)
    return found


def sample(model: type[Block], guide: str) -> dict[str, Any]:
    """The testbed customer's values for `model`, under the names used in files."""
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        value = copy.deepcopy(sample_of(field))
        if name == "people":
            steps = platform(guide).administrator_steps
            value = {step: {"done_by": samples.ADMINISTRATOR} for step in steps}
        elif value is None:
            block = block_of(field.annotation)
            value = sample(block, guide) if block else None
        values[field.alias or name] = value
    if "destinations" in values:  # live agents of every contact center may be called
        values["destinations"][1:1] = dict.fromkeys(own.transfer_number for own in platforms())
    if "transfer" in values:
        values["transfer"]["number"] = platform(guide).transfer_number
    return values


def over_sample(given: Mapping[str, Any], model: type[Parameters], guide: str) -> dict[str, Any]:
    """What is given over the testbed's sample customer, group by group.

    A group with a sample of its own is replaced whole.
    """
    return _over(sample(model, guide), given, model)


def _over(below: dict[str, Any], above: Mapping[str, Any], model: type[Block]) -> dict[str, Any]:
    merged = below | dict(above)
    for name, field in model.model_fields.items():
        key, block = field.alias or name, block_of(field.annotation)
        if block and sample_of(field) is None and isinstance(above.get(key), Mapping):
            merged[key] = _over(below[key], above[key], block)
    return merged
