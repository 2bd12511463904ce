"""What a night leaves: the page, the data, the report, and what of it is said."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
from junitparser import JUnitXml
from typer.testing import CliRunner

import sfsip_nb
from sfsip_nb import cli
from sfsip_nb.cli import fleet as command
from sfsip_nb.engine.nights import CustomerRow, NightRow, worst_exit
from sfsip_nb.engine.record import Record
from sfsip_nb.fleet import results, run
from sfsip_nb.fleet.customers import Customer
from sfsip_nb.fleet.ledger import Ledger
from sfsip_nb.fleet.work import _compared, relative, replies
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present.nights import changed, night_html, why
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, SHORT, UNSEEN
from tests.present.html_page import Page

AT = "2026-11-30T01:00:00Z"
LATER = "2026-11-30T01:00:31Z"


def row(run_name: str = "acme", **more: Any) -> CustomerRow:
    facts = {"customer": run_name.title(), "guide": "genesys", "target": "live", "mode": "verify"}
    facts |= {"file": f"{run_name}.yaml"}
    facts |= {"run": run_name, "outcome": "pass", "exit_code": 0, "started": AT, "ended": LATER}
    return CustomerRow.model_validate(facts | more)


def night(*rows: CustomerRow, **more: Any) -> NightRow:
    facts = {"fleet": "night", "night": "2026-11-30", "mode": "verify", "started": AT}
    facts |= {"ended": LATER, "versions": {"sfsip": "1"}, "customers": list(rows)}
    return NightRow.model_validate(
        {"exit_code": worst_exit(row.exit_code for row in rows)} | facts | more
    )


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 1], 1), ([1, 2], 2), ([2, 4, 1], 4)],
)
def test_the_exit_code_is_the_worst_as_the_contract_orders_them(
    codes: list[int], worst: int
) -> None:
    assert worst_exit(codes) == worst


def test_the_page_has_a_trend_of_how_soon_agents_reply_where_that_was_measured() -> None:
    quick, silent = row("quick", replies_ms=[690, 705, 710]), row("silent")
    page = Page(night_html(night(quick, silent))).text
    assert "710 ms (before: 690, 705)" in page
    assert "Reply" not in Page(night_html(night(silent))).text


def test_a_nights_replies_are_the_median_of_its_calls() -> None:
    def call(*gaps: int) -> dict[str, Any]:
        turns = [
            {"start_s": 1, "end_s": 2, "gap": {"ms": ms, "error_ms": 20}, "how": "answered"}
            for ms in gaps
        ]
        answering = {"measured": "here", "turns": turns}
        seen = {"code": 200, "phrase": "OK", "answering": answering}
        number = {"number": "+15551230001", "mark": "m", "at": AT, "step": "verify.inbound"}
        return number | {"seen": seen}

    spoken = sample.small([], dialled=[call(700, 900), call(720), call()])
    assert replies(spoken) == [720]
    assert replies(sample.small([])) == []


def test_the_page_shows_each_customer_and_what_changed() -> None:
    fine = row("fine", since="before", before="pass", record="../../../runs/fine/record.html")
    bad = row("bad", outcome="fail", exit_code=1, reason="The trunk is out of service.")
    page = Page(night_html(night(fine, bad, gone=["left"])))
    for text in ("Fine", "Bad", "The trunk is out of service.", "No earlier night", "left"):
        assert text in page.text
    assert page.text.count("31.0 s") == 3, "each customer, and the night"
    assert ("href", "../../../runs/fine/record.html") in page.attributes
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table") == 2
    assert ("lang", "en") in page.attributes
    assert not {"script", "iframe", "link", "object", "form", "img"} & set(page.tags)
    assert "default-src 'none'" in next(v for name, v in page.attributes if name == "content")
    quiet = Page(night_html(night(row(since="before", before="pass"))))
    assert "Nothing: the same verdicts" in quiet.text


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_names_stay_text(kind: str, tmp_path: Path) -> None:
    text = HOSTILE[kind]
    poisoned = row(
        customer=text, reason=text, since="x", before=text, run=text[:40], record='../a"b<i>/r'
    )
    results.write(night(poisoned, fleet=text, gone=[text]), tmp_path)
    written = (tmp_path / "fleet.html").read_text()
    page = Page(written)
    assert not {"script", "img", "style"} & set(page.tags[page.tags.index("body") :])
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert not UNSEEN & set(written + unquote(written))
    links = [value for name, value in page.attributes if name == "href"]
    assert all(link.startswith("../") for link in links)
    assert len(list(JUnitXml.fromfile(str(tmp_path / "fleet-junit.xml")))) == 1
    (told,) = csv.DictReader((tmp_path / "fleet.csv").read_text().splitlines(keepends=True))
    assert not UNSEEN & set("".join(told.values()))
    assert not any(value.startswith(("=", "+", "-", "@")) for value in told.values())


def test_the_report_judges_as_that_of_a_run(tmp_path: Path) -> None:
    rows = (
        row("a"),
        row("b", outcome="fail", exit_code=1, reason="no"),
        row("c", outcome="waiting", exit_code=3, reason="for Dana"),
        row("d", outcome="plan", exit_code=3, reason="3 to create"),
        row("e", outcome="not run", exit_code=2, reason="numbers is missing"),
        row("f", outcome="plan", exit_code=4, reason="Stopped early in 03-x: killed"),
    )
    results.write(night(*rows), tmp_path)
    (suite,) = JUnitXml.fromfile(str(tmp_path / "fleet-junit.xml"))
    kinds = [[type(result).__name__ for result in case.result] for case in suite]
    assert kinds == [[], ["Failure"], ["Error"], ["Skipped"], ["Error"], ["Error"]]
    assert [case.time for case in suite] == [31.0] * 6


def test_load_gives_the_nights_and_the_records_that_they_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = tmp_path / "runs" / "acme" / "attempts" / "0003-apply"
    attempt.mkdir(parents=True)
    (attempt / "record.json").write_text(json.dumps(sample.record()))
    where = "../../../runs/acme/attempts/0003-apply/record.html"
    fleet = tmp_path / "fleet"
    for name in ("2026-11-29", "2026-11-30"):
        gone = row("gone", record="../../../runs/gone/attempts/0001-verify/record.html")
        told = night(row(record=where), gone, night=name)
        results.write(told, fleet / "nights" / name)
    frames = sfsip_nb.load(fleet)
    assert list(frames.customers.night) == ["2026-11-29"] * 2 + ["2026-11-30"] * 2
    assert list(frames.customers.seconds) == [31.0] * 4
    assert list(frames.attempts.attempt) == [3], "once, though both nights name it"
    monkeypatch.chdir(tmp_path)
    for path in (tmp_path, "."):
        assert list(sfsip_nb.load(path).attempts.attempt) == [3], "once, though it is there too"
    assert len(sfsip_nb.load(fleet / "nights" / "2026-11-30" / "fleet.json").customers) == 2
    (fleet / "nights" / "2026-11-30" / "fleet.json").write_text("{}")
    with pytest.raises(InputError, match="is no night of a fleet"):
        sfsip_nb.load(fleet)


def test_a_fleets_folder_that_is_a_link_leads_to_its_records(tmp_path: Path) -> None:
    page = tmp_path / "runs" / "acme" / "attempts" / "0003-apply" / "record.html"
    page.parent.mkdir(parents=True)
    (page.parent / "record.json").write_text(json.dumps(sample.record()))
    (disk := tmp_path / "another" / "disk").mkdir(parents=True)
    (fleet := tmp_path / "fleet").symlink_to(disk, target_is_directory=True)
    record = relative(page, fleet / "nights" / "one")
    results.write(night(row(record=record)), fleet / "nights" / "one")
    assert list(sfsip_nb.load(fleet).attempts.attempt) == [3]
    facts = dict.fromkeys(("file", "run", "customer", "guide", "target", "mode", "folder"), "x")
    customer = Customer(**facts, inputs="", limit=1.0, since="one", record_before=record)
    assert _compared(sample.small([]), customer, fleet / "nights" / "two") is not None


def test_parquet_holds_the_same_as_the_frame(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert results.write(night(row(), row("b")), tmp_path) == []
    frame = sfsip_nb.load(tmp_path / "fleet.json").customers
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "fleet.parquet"), frame)


def test_without_pyarrow_it_is_said_that_there_is_no_parquet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "find_spec", lambda _: None)
    (said,) = results.write(night(row()), tmp_path)
    assert "pyarrow is not installed" in said
    assert not (tmp_path / "fleet.parquet").exists()


def test_what_changed_is_told_from_the_records_of_both_nights(tmp_path: Path) -> None:
    """The night's own folder is not there yet when the first of its rows is made."""
    before = sample.record()
    attempt = tmp_path / "runs" / "acme" / "attempts" / "0001-verify"
    attempt.mkdir(parents=True)
    (attempt / "record.json").write_text(json.dumps(before))
    turned = json.loads(json.dumps(before))
    turned["steps"][0]["verdict"] = "blocked"
    turned["causes"] = {**turned.get("causes", {}), "named": []}
    facts = dict.fromkeys(("file", "run", "customer", "guide", "target", "mode", "folder"), "x")
    page = "../../../runs/acme/attempts/0001-verify/record.html"
    customer = Customer(**facts, inputs="", limit=1.0, since="before", record_before=page)
    record = Record.model_validate(turned)
    compared = _compared(record, customer, tmp_path / "fleet" / "nights" / "tonight")
    assert compared is not None
    told = changed(row(since="before", before="pass", record="x", compared=compared))
    step = before["steps"][0]
    assert told[-1] == f"{step['verdict']} → blocked: {step['id']}"
    gone = [cause["sentence"] for cause in before.get("causes", {}).get("named", [])]
    assert [line for line in told if line.startswith("Gone: ")] == [f"Gone: {s}" for s in gone]
    lost = changed(row(since="before", before="pass", record="x"))
    assert lost == ["That night's record cannot be read any more: only the verdicts are compared."]


def test_why_names_causes_before_steps_and_a_stop_before_both() -> None:
    data = sample.record()
    record = Record.model_validate(data)
    assert why(record)
    stopped = Record.model_validate(data | {"broke_off": "02-x: interrupted"})
    assert why(stopped) == "Stopped early in 02-x: interrupted"


def test_a_ledger_with_half_a_line_is_gone_on_with(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.night_begins("one", 2)
    ledger.ends("one", row())
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(path.read_bytes()[:-20])  # killed in the middle of a line
    ledger.ends("one", row("other"))
    (known,) = ledger.nights()
    assert list(known.rows) == ["other.yaml"]
    assert path.stat().st_mode & 0o077 == 0


Said = Callable[..., str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Said:
    """What the command prints of a night of these rows; the exit code is the night's."""

    def of(*rows: CustomerRow, words: tuple[str, ...] = ()) -> str:
        whole = night(*rows)

        def passed(_: object, tell: Callable[[CustomerRow], None]) -> run.Done:
            for one in rows:
                tell(one)
            return run.Done(whole, tmp_path / "fleet.html", [])

        monkeypatch.setattr(run, "night", passed)
        done = CliRunner().invoke(cli.app, ["fleet", "x.yaml", *words])
        assert done.exit_code == whole.exit_code, done.output
        return done.stdout

    assert command.fleet
    return of


def test_only_changed_says_nothing_of_the_others_and_ends_by_the_worst(said: Said) -> None:
    same = row("same", outcome="fail", exit_code=1, since="x", before="fail", reason="as ever")
    other = row("other", since="x", before="fail")
    assert said(same, words=("--only-changed",)) == ""
    told = said(same, other, words=("--only-changed",))
    assert "Other (other)" in told
    assert "≠ Was fail." in told
    assert "Same" not in told
    assert "fleet: " in told
    assert "✖ fail Same (same), 31.0 s\n   as ever\n" in said(same, other)


def test_what_is_said_steers_no_terminal(said: Said) -> None:
    assert not UNSEEN & set(said(row(customer=SHORT, reason=SHORT)))
