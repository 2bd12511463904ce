"""How large inputs may be: every text, list, depth and file, each with a message that says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.bounds import DEEPEST, MOST
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import live_values, sample_values
from sfsip_nb.inputs.load import from_namespace, load_file
from sfsip_nb.inputs.schema import GUIDES, named, parameters_model


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def cyclic() -> list[Any]:
    value: list[Any] = []
    value += [value, value]
    return value


@pytest.mark.parametrize("guide", GUIDES)
def test_every_text_and_every_list_of_the_schema_has_a_most(guide: str) -> None:
    def unbounded(schema: dict[str, Any], place: str) -> Iterator[str]:
        kind = schema.get("type")
        closed = {"enum", "const", "format", "maxLength"} & set(schema)
        if kind == "string" and not closed:
            yield place
        if kind == "array" and "maxItems" not in schema and "caller_priority" not in place:
            yield place  # caller_priority names each of four words once
        if kind == "object" and "properties" not in schema and "maxProperties" not in schema:
            yield place
        for name, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
            yield from unbounded(inner, f"{place}.{name}")
        for name in ("items", "additionalProperties"):
            if isinstance(schema.get(name), dict):
                yield from unbounded(schema[name], f"{place}[]")
        for inner in schema.get("anyOf", []):
            yield from unbounded(inner, place)

    assert list(unbounded(parameters_model(guide).model_json_schema(), guide)) == []


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("customer", "x" * 201, "has 201 characters, but at most 200"),
        ("customer", "x" * 900_000, "has 900,000 characters"),
        ("genesys.site", "x" * 900_000, "has 900,000 characters"),
        ("genesys.caller_name", "x" * 41, "has 41 characters, but at most 40"),
        ("sip.password", "file:" + "x" * 1000, "has 1,005 characters, but at most 1,000"),
        ("people.trunk.acl.note", "x" * 4001, "has 4,001 characters, but at most 4,000"),
        ("numbers", ["+442079460001"] * (ranges.MOST + 1), f"more than {ranges.MOST:,} entries"),
        ("adopt[0]", ["genesys.did:" + "x" * 1000], "has 1,012 characters"),
        ("people.trunk.acl.values", {"v": nested(20)}, "deep"),
        ("numbers", nested(5000), f"more than {DEEPEST} deep"),
        ("adopt", cyclic(), f"more than {DEEPEST} deep"),
        ("adopt", ["x"] * (MOST + 1), f"above {MOST:,} values"),
        ("customer", 10**5000, "too large"),
        ("people", {"y" * 900_000: {"done_by": "A"}}, "holds a name, which has 900,000"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else type(value).__name__,
)
def test_what_is_too_large_is_said_with_its_place(key: str, value: Any, says: str) -> None:
    values = sample_values("genesys")
    *groups, name = key.partition("[")[0].split(".")
    if groups[:1] == ["people"]:
        groups = ["people", ".".join(groups[1:])]
    target = values
    for group in groups:
        target = target[group]
    target[name] = value
    with pytest.raises(InputError) as caught:
        from_namespace("genesys", values)
    assert says in str(caught.value)
    assert str(caught.value).startswith(key.partition("[")[0])
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("number", ["1:" * 100_000 + "1", "0x" + "f" * 5000, "9" * 5000], ids=len)
def test_a_number_without_end_is_not_computed(number: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(f"target: testbed\ngenesys: {{}}\ncustomer: {number}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^customer .*is a number of"):
        load_file(file)


@pytest.mark.parametrize("customer", ["x" * 200, "ß" * 200, "ﷺ" * 200, "株" * 200, "é" * 200])
@pytest.mark.parametrize("guide", GUIDES)
def test_the_longest_customers_run_is_a_folder(customer: str, guide: str, tmp_path: Path) -> None:
    run = from_namespace(guide, sample_values(guide) | {"customer": customer}).run_name
    rehearsal = named(customer, "", guide) + "-rehearsal"
    for name in (run, rehearsal):
        (tmp_path / name).mkdir()
        from_namespace(guide, sample_values(guide) | {"run": name})


def test_a_form_is_not_opened_on_a_name_that_is_too_long() -> None:
    with pytest.raises(InputError, match="900,000 characters"):
        Draft("genesys", live_values("genesys") | {"customer": "x" * 900_000})
