"""One check of all inputs, wherever they were read from."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from sfsip_nb.inputs import apart, bounds, calls, samples
from sfsip_nb.inputs.checked import Checked
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.numbers import is_sample
from sfsip_nb.inputs.platform import platform
from sfsip_nb.inputs.problems import explain, literal_secrets, place_of
from sfsip_nb.inputs.schema import Parameters, over_sample, parameters_model, secret_keys
from sfsip_nb.inputs.secrets import Secret, resolve
from sfsip_nb.inputs.yamltree import Path, Tree, dotted

_NUMBER = re.compile(r"\+[0-9]+")


def check(guide: str, tree: Tree) -> Checked:
    """All inputs of a guide, and what is wrong with them: each by itself, and together."""
    model = parameters_model(guide)
    data = tree.data
    secrets: dict[str, Secret] = {}
    live = data.get("target") == "live"
    first = bounds.excess(data)
    if not first and data.get("target") not in ("testbed", "live"):
        # What else is asked for depends on it: nothing more can be said before it is known.
        first = ("target",), "must be testbed (this machine only) or live (a real customer)."
    if first:
        list(_unresolved(data, tree, model, live, secrets))  # to mask them all the same
        return Checked(tree.source, None, secrets, (_problem(first[0], tree, first[1]),))
    if not live:
        data = over_sample(data, model, guide)
    problems: list[InputError] = []
    parameters = None
    try:
        parameters = model.model_validate(data)
    except ValidationError as error:
        problems += explain(error, model, tree)
    wrong = {problem.key for problem in problems}
    problems += [
        error for error in _beyond(data, parameters, tree, model, secrets) if error.key not in wrong
    ]
    kept = frozenset(secret_keys(model))
    public = parameters if kept.issuperset(problem.key for problem in problems) else None
    sound = None if problems else parameters
    return Checked(tree.source, sound, secrets, tuple(problems), public, kept)


def _beyond(
    data: Mapping[str, Any],
    parameters: Parameters | None,
    tree: Tree,
    model: type[Parameters],
    secrets: dict[str, Secret],
) -> Iterable[InputError]:
    """What no single field tells: secrets that are not there, samples on live, contradictions.

    The secrets that are there go to `secrets`.
    """
    live = data.get("target") == "live"
    if live:
        yield from _samples_left(data, (), tree)
        testbed = data.get("testbed")
        if isinstance(testbed, Mapping) and testbed.get("faults"):
            yield _problem(
                ("testbed", "faults"), tree, "exist on the testbed only. Empty the list."
            )
    yield from literal_secrets(data.get("people"), ("people",), tree)
    yield from _unresolved(data, tree, model, live, secrets)
    yield from apart.confusable(secrets, _written(data, parameters))
    if parameters is not None:
        yield from _contradictions(parameters, tree)


def _written(data: Mapping[str, Any], parameters: Parameters | None) -> Mapping[str, Any]:
    """The parameters as a run writes them down, its name included; as given while one is wrong."""
    if parameters is None:
        return data
    return parameters.model_dump(mode="json", by_alias=True) | {"run": parameters.run_name}


def _unresolved(
    data: Mapping[str, Any],
    tree: Tree,
    model: type[Parameters],
    live: bool,
    secrets: dict[str, Secret],
) -> Iterable[InputError]:
    """What is wrong with the secrets' references; those that lead somewhere go to `secrets`."""
    for key in secret_keys(model):
        reference = functools.reduce(_inside, key.split("."), data)
        if isinstance(reference, str) and reference.strip():
            if live and reference.strip().startswith("testbed:"):
                continue  # told as a sample already
            try:
                secret = resolve(reference.strip(), key)
            except InputError as error:
                yield error
            else:
                secrets[key] = secret
                if key.endswith(".api_key") and not secret.reveal().isascii():
                    yield InputError(
                        key,
                        f"{key} ({reference.strip()}) gives a key with a character that keys"
                        " never contain,"
                        " such as a typographic quote or an accent. Copy it again.",
                    )


def _inside(group: Any, name: str) -> Any:
    return group.get(name) if isinstance(group, Mapping) else None


def _samples_left(value: Any, path: Path, tree: Tree) -> Iterable[InputError]:
    """The testbed customer's values in a live run's parameters."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if (*path, key) != ("testbed",):
                yield from _samples_left(item, (*path, str(key)), tree)
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _samples_left(item, (*path, place), tree)
    elif isinstance(value, str) and (what := _sample(value.strip())):
        yield _problem(
            path, tree, f"is {what}, which a live run never uses. Enter the customer's own value."
        )


@functools.cache
def _sample_names() -> frozenset[str]:
    return frozenset(name.casefold() for name in samples.identifying())


def _sample(text: str) -> str:
    if text.startswith("testbed:"):
        return "a reference to a secret of the testbed"
    if any(is_sample(number) for number in _NUMBER.findall(text)):
        return f"'{text[:60]}', with a number reserved for examples"
    if {text.casefold(), text.partition(":")[2].casefold()} & _sample_names():
        return f"'{text[:60]}', a value of the testbed customer"
    return ""


def _contradictions(parameters: Parameters, tree: Tree) -> Iterable[InputError]:
    sip, transfer = parameters.sip, parameters.synthflow.transfer
    for name in ("username", "password"):
        why = "sip.authentication is digest" if sip.authentication == "digest" else ""
        why = why or ("sip.register is true" if sip.register_ else "")
        if why and not getattr(sip, name):
            yield _problem(("sip", name), tree, f"is empty, but {why}. Fill it in.")
    if transfer.number in parameters.numbers:
        yield _problem(
            ("synthflow", "transfer", "number"),
            tree,
            f"is {transfer.number}, which the AI agent answers itself: a transfer would come back"
            " to it forever. Enter the number that reaches the live agents.",
        )
    yield from (
        _problem(("test_calls", *path), tree, sentence)
        for path, sentence in calls.contradictions(parameters)
    )
    guide = parameters.guide
    for name, sentence in platform(guide).contradictions(parameters.platform, parameters.numbers):
        yield _problem((guide, name), tree, sentence)


def _problem(path: Path, tree: Tree, sentence: str) -> InputError:
    return InputError(dotted(path), f"{place_of(path, tree)} {sentence}")
