"""Inputs written back into a parameters file: each in its place, all else as it stood."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import flow
from sfsip_nb.inputs.rewrite import rewritten
from sfsip_nb.inputs.yamltree import read_mapping

FILE = """\
# Acme, as agreed on Monday
target: live   # a real customer
customer: Acme

numbers:
# the front desk
- "+12127363102"  # front
- "+12127363103"
synthflow: {region: us, assistant: Front desk, transfer: {number: "+12127363104"}}  # flow
genesys:
    site: 'Main Site'    # four spaces here
    trunk_name: Synthflow AI
    caller_name: >-
        Acme
        Desk

    transfer_queue:
    # transfer_flow comes later
sip:
  password: env:SIP_PASSWORD

# the end
"""


def changed_lines(before: str, after: str) -> list[str]:
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in found if line[:2] in ("- ", "+ ")]


@pytest.mark.parametrize(
    ("key", "value", "lines"),
    [
        ("genesys.site", "Branch: 2", ["-     site: 'Main Site'    # four spaces here",
                                       '+     site: "Branch: 2"    # four spaces here']),
        ("numbers", ["+12127363109"], ['- - "+12127363102"  # front', '+ - "+12127363109"',
                                       "- # the front desk", '- - "+12127363103"']),
        ("genesys.transfer_queue", "Night", ["-     transfer_queue:",
                                             "+     transfer_queue: Night"]),
        ("genesys.caller_name", "On", ["-     caller_name: >-", "-         Acme", "-         Desk",
                                       '+     caller_name: "On"']),
        ("sip.username", "acme", ["+   username: acme"]),
        ("test_calls.allowed", True, ["+ test_calls: {allowed: true}"]),
    ],
)  # fmt: skip
def test_only_what_changed_is_written(key: str, value: Any, lines: list[str]) -> None:
    after = rewritten(FILE, {key: value}, "acme.yaml")
    assert sorted(changed_lines(FILE, after)) == sorted(lines)
    assert "# Acme, as agreed on Monday" in after
    assert after.rstrip().endswith("# the end")
    found: Any = read_mapping(after, "").data
    for name in key.split("."):
        found = found[name]
    assert found == value


def test_a_flow_group_keeps_its_line_and_its_comment() -> None:
    after = rewritten(FILE, {"synthflow.region": "eu", "synthflow.transfer.mode": "warm"}, "")
    assert (
        'synthflow: {region: eu, assistant: Front desk, transfer: {number: "+12127363104", mode:'
        " warm}}  # flow"
    ) in after


def test_what_is_no_parameters_file_is_refused() -> None:
    for text in ("[1, 2]", "a: [", ""):
        with pytest.raises(InputError):
            rewritten(text, {"customer": "Acme"}, "acme.yaml")


def test_what_cannot_be_put_in_its_place_is_said_with_what_to_write() -> None:
    text = "customer: Acme\ngenesys:\n  ? site # at: nine\n  : Main Site\n"
    with pytest.raises(InputError, match='Write it by hand: "Main: Site"') as refused:
        rewritten(text, {"genesys.site": "Main: Site"}, "acme.yaml")
    assert refused.value.key == "genesys.site"


names = st.sampled_from(["customer", "site", "numbers", "group", "other"])
texts = st.one_of(
    st.sampled_from(["yes", "On", "null", "~", "1", "0o7", "- a", "a: b", "#x", "'", '"', ""]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)  # fmt: skip
values = st.one_of(texts, st.booleans(), st.integers(-9, 99), st.lists(texts, max_size=3))
groups = st.dictionaries(
    names, st.one_of(values, st.dictionaries(names, values, max_size=3)), max_size=4
)
files = st.dictionaries(names, st.one_of(values, groups), min_size=1, max_size=5)


@given(
    files,
    st.dictionaries(st.lists(names, min_size=1, max_size=3).map(".".join), values, max_size=3),
    st.sampled_from([None, False, True]),
    st.integers(2, 5),
)
@example({"numbers": ["a"]}, {"numbers": []}, False, 2)
@example({"group": {}}, {"group.site": "a"}, False, 2)
def test_any_change_is_read_back_and_every_comment_stays(
    data: dict[str, Any], changes: dict[str, Any], style: bool | None, indent: int
) -> None:
    dumped = yaml.safe_dump(data, default_flow_style=style, indent=indent, allow_unicode=True)
    text = "# head\n" + dumped.rstrip("\n") + "   # tail\n# end\n"
    if _data(text) != data:  # the comment landed in a text of several lines
        text = "# head\n" + dumped + "# end\n"
    after = rewritten(text, changes, "acme.yaml")
    wanted = _data(text)
    for key, value in changes.items():
        *path, name = key.split(".")
        group = wanted
        for part in path:
            if not isinstance(group.get(part), dict):
                group[part] = {}
            group = group[part]
        group[name] = value
    assert _data(after) == wanted
    assert after.startswith("# head\n")
    assert after.endswith("# end\n")


def _data(text: str) -> Any:
    return read_mapping(text, "").data


@given(values)
def test_a_value_on_one_line_is_read_back_as_it_is(value: Any) -> None:
    assert yaml.safe_load(flow(value)) == value


@pytest.mark.parametrize("path", sorted(Path("parameters").glob("*.yaml")), ids=lambda p: p.name)
def test_the_shipped_files_take_any_input_with_one_line_changed(path: Path) -> None:
    before = path.read_text(encoding="utf-8")
    for key, value in {"sip.username": "acme-2", "synthflow.transfer.mode": "warm"}.items():
        after = rewritten(before, {key: value}, path.name)
        assert len(changed_lines(before, after)) == 2
