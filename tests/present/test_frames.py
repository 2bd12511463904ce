"""Results as DataFrames: documented columns, proper types, and only what is known."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sfsip_nb
from sfsip_nb.engine.rows import CallRow, ChangeRow, DialledRow, StepRow
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present import dataframe, tables
from sfsip_nb.present.frames import Frames
from tests.present import record_sample as sample
from tests.project.project_files import ROOT

TOLD = (ROOT / "docs" / "data.md").read_text()
DTYPES = dict(re.findall(r"^\| (\w+) \| `(.+?)` \|", TOLD, re.MULTILINE))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with one record."""
    attempt = tmp_path / "run" / "attempts" / "0003-apply"
    attempt.mkdir(parents=True)
    (attempt / "record.json").write_text(json.dumps(sample.record()))
    return attempt.parent.parent


def documented(table: str) -> dict[str, str]:
    part = TOLD.split(f"\n## `{table}`\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \| .+ \|$", part, re.MULTILINE))


@pytest.mark.parametrize("table", dataframe.COLUMNS)
def test_every_column_is_documented_with_its_type(table: str) -> None:
    assert documented(table) == dataframe.COLUMNS[table]


@pytest.mark.parametrize("table", dataframe.COLUMNS)
def test_every_frame_has_its_columns_and_dtypes_even_if_it_is_empty(run: Path, table: str) -> None:
    for frames in (sfsip_nb.load(run), Frames([])):
        found = getattr(frames, table)
        columns = dataframe.RUN | dataframe.COLUMNS[table]
        assert list(found.columns) == list(columns)
        for name, kind in columns.items():
            if kind != "verdict":
                assert str(found[name].dtype) == DTYPES.get(kind, kind + "ean"), name


def test_verdicts_are_ordered_so_that_the_least_is_the_worst(run: Path) -> None:
    frames = sfsip_nb.load(run)
    worst = frames.checks[frames.checks.weight == "required"].groupby("step").verdict.min()
    of_steps = frames.steps.set_index("step").verdict
    judged = of_steps[of_steps.isin(["pass", "fail"])]
    assert len(judged)
    assert (worst[judged.index].astype(str) == judged.astype(str)).all()


def test_times_are_utc_and_durations_are_seconds(run: Path) -> None:
    steps = sfsip_nb.load(run).steps.dropna(subset=["ended"])
    assert str(steps.started.dt.tz) == "UTC"
    assert ((steps.ended - steps.started).dt.total_seconds() == steps.seconds).all()


def test_a_call_without_a_stream_has_no_quality() -> None:
    at = "2026-11-29T10:00:00.000Z"
    silent = CallRow(code=200, phrase="OK", packets_sent=40, packets_received=0)
    rows = [
        DialledRow(step="a", number="+15551230001", mark="m", at=at, seen=silent),
        DialledRow(step="b", number="+15551230001", mark="n", at=at),
    ]
    found = dataframe.table("calls", rows)()
    assert found.packets_received.tolist() == [0, pd.NA]
    assert found[["loss_percent", "mos"]].isna().all(axis=None)
    assert found.code.tolist() == [200, pd.NA]


def test_a_call_has_its_figures_and_each_turn_a_row() -> None:
    spoke = {"code": 200, "phrase": "OK", "answering": sample.answering()}
    row = {"step": "a", "number": "+15551230001", "mark": "m", "at": "2026-11-29T10:00:00.000Z"}
    rows = [DialledRow.model_validate(row | {"seen": spoke})]
    call = dataframe.table("calls", rows)().iloc[0]
    assert (call.first_word_ms, call.gap_p95_ms, call.barge_in_ms) == (500, 820, 240)
    assert (call.greeting_s, call.dead_air_s, call.turns, call.replies) == (2.0, 2.1, 3, 2)
    turns = dataframe.table("turns", rows)()
    assert turns.gap_ms.tolist() == [700, 820, pd.NA]
    assert turns.how.tolist() == ["answered", "answered", "unanswered"]


def test_what_is_shown_has_its_frame_and_a_remark_has_none() -> None:
    check = sample.check("a.b/c", "Title", "fail", seen="<b>1</b>")
    step = StepRow.model_validate(sample.step("a.b", "01-x", "Step", "fail", [check]))
    change = ChangeRow(
        step="a.b",
        system="genesys",
        object="trunk:x",
        change="create",
        fields=[],
        cannot_restore=[],
    )
    shown = tables.checks_table(step) + tables.notice("more")
    assert shown.frame.seen.tolist() == shown.frame.seen.tolist() == ["<b>1</b>"]
    assert tables.verdict_table([step]).frame.verdict.tolist() == ["fail"]
    assert tables.plan_table([change]).frame.object.tolist() == ["trunk:x"]
    assert tables.plain_table([{"a": 1, "b": 2}], {"a": "A"}, "T").frame.columns.tolist() == ["a"]
    with pytest.raises(AttributeError, match="No table"):
        _ = tables.notice("more").frame


def test_a_secret_is_in_no_frame_of_the_inputs() -> None:
    row = {"key": "sip.password", "help": "", "value": "env:X", "problem": "", "secret": True}
    shown = tables.inputs_table([row])
    assert shown.frame.value[0] in str(shown)


def levels(*values: int | None, offset: float = 0.0) -> str:
    """A file of levels, one for each packet of 20 ms."""
    lane = {
        "what": "Heard by the caller: what was received here",
        "vantage": "here",
        "offset": offset,
        "seconds": 0.02,
        "values": values,
    }
    call = {"call": "+15551230001", "answered": "2026-11-29T10:00:00+00:00"}
    return json.dumps(call | {"unit": "dBov", "floor": -60, "lanes": [lane]})


def test_levels_become_seconds_and_a_gap_is_missing_and_not_silent(run: Path) -> None:
    text = levels(*[-15] * 25, *[-60] * 25, *[None] * 50, offset=0.5)
    keep(run, "0-heard-15551230001.json", "heard +15551230001", text)
    quality = sfsip_nb.load(run).quality
    assert quality.second.tolist() == [0, 1]
    assert quality.direction.unique().tolist() == ["Heard by the caller"]
    assert quality.silent.tolist() == [0.5, pd.NA]
    assert quality.missing.tolist() == [0.0, 1.0]
    assert quality.level_dbov[0] == pytest.approx(-18.0, abs=0.1)
    assert quality["at"][0] == pd.Timestamp("2026-11-29T10:00:00.5Z")


@pytest.mark.parametrize(
    ("by", "kind", "rows"),
    [("verify.inbound", "call", 1), ("diagnose", "call", 0), ("verify.inbound", "file", 0)],
    ids=["kept alike by an earlier attempt", "named as proof", "attached by a person"],
)
def test_a_frame_has_what_the_attempts_own_steps_kept(
    run: Path, by: str, kind: str, rows: int
) -> None:
    keep(run, "0-heard-15551230001.json", "heard +15551230001", levels(-15), by=by, kind=kind)
    assert len(sfsip_nb.load(run).quality) == rows


@pytest.mark.parametrize("text", ["", "[]", '{"answered": "never"}', '{"lanes": 3}'])
def test_damaged_levels_are_named_with_their_file(run: Path, text: str) -> None:
    keep(run, "0-heard-15551230001.json", "heard +15551230001", text)
    with pytest.raises(InputError, match=r"0-heard-15551230001\.json holds no levels"):
        _ = sfsip_nb.load(run).quality


def test_a_record_cannot_name_evidence_outside_its_folder(run: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text("{}")
    keep(run, "../../elsewhere.json", "heard +15551230001", None)
    assert sfsip_nb.load(run).quality.empty


def test_one_record_a_run_and_a_folder_of_runs_are_read_alike(run: Path) -> None:
    file = next(run.rglob("record.json"))
    whole = sfsip_nb.load(run.parent).steps
    for path in (file, str(file), file.parent, run):
        pd.testing.assert_frame_equal(sfsip_nb.load(path).steps, whole)


def test_a_half_made_attempt_is_not_read(run: Path) -> None:
    half = run / "attempts" / ".0004-apply.partial"
    half.mkdir()
    (half / "record.json").write_text("{")
    assert sfsip_nb.load(run).attempts.attempt.tolist() == [sample.record()["attempt"]]


@pytest.mark.parametrize("name", [".", "nothing/here"])
def test_a_path_without_a_record_says_what_to_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"no record\.json.*run's folder"):
        sfsip_nb.load(tmp_path / name)


def test_pandas_is_not_imported_before_a_frame_is_asked_for(run: Path) -> None:
    code = (
        "import sys, sfsip_nb; from sfsip_nb import open_run\n"
        f"runs = sfsip_nb.load({str(run)!r})\n"
        "assert 'pandas' not in sys.modules\n"
        "assert len(runs.steps) and 'pandas' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def keep(
    run: Path,
    name: str,
    title: str,
    text: str | None,
    *,
    by: str = "verify.inbound",
    kind: str = "",
) -> None:
    """Name a file of evidence of `verify.inbound` in the record, by a step, and write it."""
    record = next(run.rglob("record.json"))
    data: dict[str, Any] = json.loads(record.read_text())
    row = {"name": name, "step": "verify.inbound", "title": title, "sha256": "0" * 64, "kind": kind}
    data["evidence"] = [row | {"kept": "2026-11-20T10:00:00.000Z"}]
    for step in data["steps"]:
        step["evidence"] = [name] if step["id"] == by else []
    record.write_text(json.dumps(data))
    if text is not None:
        folder = run / "evidence"
        folder.mkdir()
        (folder / name).write_text(text)
