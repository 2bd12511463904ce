"""Writes the parameters down from the schema: the notebooks' cell and the example files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_origin

import yaml
from pydantic.fields import FieldInfo

from sfsip_nb.inputs.blocks import Block
from sfsip_nb.inputs.platform import platform
from sfsip_nb.inputs.schema import block_of, parameters_model, sample, sample_of


def parameters_cell(guide: str, values: Mapping[str, Any] | None = None) -> str:
    """The source of the cell tagged ``parameters`` in the notebooks of `guide`.

    Its values are the testbed customer's unless others are given. Each name is typed with a bare
    builtin and has a help comment, which is what ``papermill --help-notebook`` reads.
    """
    model = parameters_model(guide)
    values = values or sample_values(guide)
    return "\n".join(
        f"{key}: {_builtin(field)} = {_python(values[key])}  # {field.description}"
        for key, field in _fields(model)
    )


def sample_values(guide: str) -> dict[str, Any]:
    """The testbed customer's values, JSON-like."""
    return sample(parameters_model(guide), guide)


def live_values(guide: str) -> dict[str, Any]:
    """What a live customer's inputs begin with: no sample, and empty what only the user knows."""
    return _live(parameters_model(guide))


def example_yaml(guide: str, live: bool, given: Mapping[str, Any] | None = None) -> str:
    """The text of ``parameters/<guide>.testbed.yaml`` or, if `live`, ``<guide>.example.yaml``.

    The live one holds no sample: what only the user knows is empty, to be filled in. `given` are
    other values for either.
    """
    model = parameters_model(guide)
    vendor = platform(guide).title
    if live:
        head = [
            f"# {vendor} to Synthflow over SIP: a live customer.",
            "# Filled in: sfsip replay FILE --mode plan"
            if given
            else "# Copy this file, fill in every empty value, then: sfsip replay FILE --mode plan",
            "# Put telephone numbers in quotes. Secrets are references, never the secret itself:",
            "# env:NAME, file:PATH or keyring:SERVICE/NAME.",
        ]
        values = given or live_values(guide)
    else:
        file = "FILE" if given else f"parameters/{guide}.testbed.yaml"
        head = [
            f"# {vendor} to Synthflow over SIP: the testbed customer, on this machine only.",
            f"# Run it with: sfsip replay {file}",
        ]
        values = given or sample_values(guide)
    return "\n".join([*head, "", *_yaml(model, values, 0)]) + "\n"


def _fields(model: type[Block]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _builtin(field: FieldInfo) -> str:
    annotation = field.annotation
    if block_of(annotation) or get_origin(annotation) is dict:
        return "dict"
    if get_origin(annotation) is list:
        return "list"
    return annotation.__name__ if annotation in (bool, int) else "str"


def _python(value: Any, depth: int = 0) -> str:
    """`value` as Python source; a mapping over several lines."""
    if not isinstance(value, Mapping) or not value:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _plain(value)
    inner = "    " * (depth + 1)
    lines = [f"{inner}{json.dumps(k)}: {_python(v, depth + 1)}," for k, v in value.items()]
    return "\n".join(["{", *lines, "    " * depth + "}"])


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_python(item) for item in value)}]"
    return repr(value)


def _live(model: type[Block]) -> dict[str, Any]:
    """The example values of a live run: references for secrets, else the defaults, else empty."""
    values: dict[str, Any] = {}
    for key, field in _fields(model):
        block = block_of(field.annotation)
        extra = field.json_schema_extra
        if key == "target":
            value: Any = "live"
        elif block and sample_of(field) is None:
            value = _live(block)
        elif isinstance(extra, dict) and extra.get("secret") and extra["sample"]:
            value = f"env:{_variable(str(extra['sample']))}"
        elif key in _SUGGESTED:
            value = sample_of(field)
        elif block or get_origin(field.annotation) is dict:
            value = {}
        elif field.is_required():
            value = [] if get_origin(field.annotation) is list else ""
        else:
            value = field.get_default(call_default_factory=True)
        values[key] = value
    return values


# What a live file may well begin with: neither a customer's own value nor a default.
_SUGGESTED = ("transport", "authentication", "mode", "trunk_name", "path", "max_concurrent_calls")


def _variable(reference: str) -> str:
    """The environment variable that holds a live customer's secret, after the sample's name."""
    return reference.partition(":")[2].upper().replace("-", "_")


def _yaml(model: type[Block], values: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, field in _fields(model):
        value, block = values[key], block_of(field.annotation)
        if depth == 0 and block:
            yield ""
        yield f"{indent}# {field.description}"
        if block and sample_of(field) is None:
            yield f"{indent}{key}:"
            yield from _yaml(block, value, depth + 1)
        elif isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            for name, item in value.items():
                yield f"{indent}  {name}: {flow(item)}"
        else:
            yield f"{indent}{key}: {flow(value)}"


_RESOLVER = yaml.SafeLoader("")
_TEXT = "tag:yaml.org,2002:str"


def flow(value: Any) -> str:
    """`value` on one line; texts in double quotes wherever YAML could take them otherwise."""
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, str):
        words = value.replace("-", "").replace("_", "").isalpha()
        kind = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))
        plain = words and kind == _TEXT
        return value if plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
