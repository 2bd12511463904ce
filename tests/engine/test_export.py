"""The record as data: made from the journal alone, valid, and complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sfsip_nb.engine import export
from sfsip_nb.engine import record as record_module
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.model import CallFlow, CallHop, Step
from sfsip_nb.engine.record import Record, schema, schema_file
from sfsip_nb.engine.verdicts import Check, Verdict, Weight
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.present.record import record_html
from sfsip_nb.runs.session import GUIDES
from tests.engine.world import engine, run_all

HALF = "half a pair: \ud83d"


def record(made: Engine) -> dict[str, Any]:
    ctx = made.ctx
    ctx.journal.end(ctx.attempt)
    return export.record(ctx.journal, ctx.attempt, ctx.guide).as_json()


def valid(data: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(schema()).validate(data)


@pytest.mark.parametrize("mode", ["plan", "apply", "verify"])
def test_the_record_of_every_mode_keeps_its_schema(tmp_path: Path, mode: str) -> None:
    made = engine(tmp_path, mode)
    run_all(made)
    data = record(made)
    valid(data)
    with pytest.raises(jsonschema.ValidationError):
        valid(data | {"verdict": "splendid"})


def test_the_schema_asks_for_every_key_of_the_contract() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    promised = "schema guide customer run attempt target mode started ended verdict versions inputs"
    promised += " steps changes people waivers diagnosis testbed"
    assert set(schema()["required"]) == set(promised.split())


def test_the_schema_that_is_published_is_the_one_of_the_model() -> None:
    path = Path(record_module.__file__).with_name("record.schema.json")
    assert path.read_text(encoding="utf-8") == schema_file(), (
        "write it anew: python -m sfsip_nb.engine.record"
    )


def test_every_key_of_the_schema_is_explained() -> None:
    keys = schema()["properties"]
    page = (Path(__file__).parents[2] / "docs" / "record.md").read_text(encoding="utf-8")
    named = page[page.index("## `record.json`") : page.index("## `junit.xml`")]
    assert [key for key in keys if f"`{key}`" not in named] == []


def test_a_plan_lists_what_it_would_change_and_who_approved_it(tmp_path: Path) -> None:
    made = engine(tmp_path, "plan")
    run_all(made)
    data = record(made)
    assert data["changes"] == []
    assert [(c["step"], c["change"], c["object"]) for c in data["plan"]["changes"]] == [
        ("one", "create", "toy.thing:a"),
        ("two", "create", "toy.thing:b"),
        ("four", "update", "toy.thing:a"),
    ]
    assert data["plan"]["changes"][2]["fields"] == [
        {"field": "size", "before": "(empty)", "after": "2"}
    ]
    assert "approves itself" in data["plan"]["approved_by"]


def test_apply_names_the_plan_that_it_carried_out_and_when_each_change_ended(
    tmp_path: Path,
) -> None:
    planned = engine(tmp_path, "plan", live=True)
    run_all(planned)
    assert record(planned)["plan"]["approved_by"] == ""
    made = engine(tmp_path, live=True)
    made.approve("Dana")
    run_all(made)
    data = record(made)
    assert data["plan"]["approved_by"] == "Dana"
    assert [c["at"] >= data["started"] for c in data["changes"]] == [True, True, True]
    later = engine(tmp_path, live=True)
    run_all(later)
    again = record(later)
    assert again["plan"]["id"] == data["plan"]["id"]
    assert again["changes"] == []
    assert [c.get("outcome") for c in data["plan"]["changes"]] == [None, None, None]
    assert [c["outcome"] for c in again["plan"]["changes"]] == ["done", "done", "done"]
    page = record_html(Record.model_validate(again), {})
    assert "not carried out by this attempt" not in page, "an earlier attempt did it"


def test_every_check_says_when_it_was_judged(tmp_path: Path) -> None:
    made = engine(tmp_path)
    run_all(made)
    data = record(made)
    times = [check["at"] for step in data["steps"] for check in step["checks"]]
    assert times
    assert all(data["started"] <= time <= data["ended"] for time in times)


def test_half_a_surrogate_pair_ends_neither_the_run_nor_the_reader(tmp_path: Path) -> None:
    check = Check("x/y", HALF, HALF, HALF, Verdict.FAIL, reason=HALF)
    made = engine(tmp_path, steps=(Step("x", "01", "X", check=lambda ctx: [check]),))
    made.run("x")
    text = json.dumps(record(made), ensure_ascii=False)
    assert "half a pair: �" in text
    text.encode("utf-8")


def test_a_hop_takes_the_worst_of_its_required_checks(tmp_path: Path) -> None:
    def judged(ctx: object) -> list[Check]:
        verdicts = (("a", Verdict.PASS), ("b", Verdict.FAIL), ("c", Verdict.INCONCLUSIVE))
        found = [Check(f"x/{name}", name, "", "", verdict) for name, verdict in verdicts]
        return [*found, Check("x/d", "d", "", "", Verdict.FAIL, weight=Weight.ADVISORY)]

    flow = CallFlow(
        "x",
        "Some way",
        (
            CallHop("us", "start", "{who[name]}"),
            CallHop("us", "good", checks=("x/a", "x/d", "not/run")),
            CallHop("them", "bad", checks=("x/a", "x/b")),
            CallHop("them", "only advised", checks=("x/d",)),
        ),
    )
    made = engine(tmp_path, steps=(Step("x", "01", "X", check=judged),))
    made.run("x")
    steps = Record.model_validate(record(made)).steps
    hops = export.flow_of(flow, {"who": {"name": "Ann"}}, steps).hops
    assert [hop.verdict for hop in hops] == ["", "pass", "fail", "fail"]
    assert hops[0].name == "Ann"
    assert hops[1].checks == ["x/a", "x/d"]


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_every_way_of_the_guide_is_drawn_with_the_customers_names(guide: str) -> None:
    """Each flow step has a picture whose names are inputs that the schema knows."""
    flows = GUIDES[guide].flows
    steps = [s.id for s in GUIDES[guide].steps if s.id.startswith("flow.")]
    assert [flow.step for flow in flows] == steps
    inputs = from_namespace(guide, {"target": "testbed"}).model_dump(mode="json", by_alias=True)
    for flow in flows:
        names = [hop.name for hop in export.flow_of(flow, inputs, []).hops]
        assert any(names)


def test_the_same_journal_gives_the_same_record(tmp_path: Path) -> None:
    made = engine(tmp_path)
    run_all(made)
    assert json.dumps(record(made)) == json.dumps(record(made))
