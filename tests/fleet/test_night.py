"""A night gone through, interrupted, gone on with: on real workers, with a cheap task."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dask
import pytest
from distributed import Client

from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.fleet import night as nights
from sfsip_nb.fleet import run
from sfsip_nb.fleet.customers import Customer
from sfsip_nb.fleet.ledger import Ledger
from sfsip_nb.fleet.night import Began
from sfsip_nb.fleet.run import Command, Done
from sfsip_nb.fleet.work import Task
from sfsip_nb.present.nights import changed
from tests.fleet import cheap

TONIGHT = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> None:
    it_is(TONIGHT, monkeypatch)


def it_is(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    monkeypatch.setattr(nights, "moment", lambda: moment)
    monkeypatch.setattr("sfsip_nb.fleet.ledger.now", lambda: stamp)


def go(file: Path, *, fresh: bool = False, night: str = "", task: Task = cheap.by_name) -> Done:
    return run.night(Command(file, night=night, fresh=fresh), lambda _: None, task)


def begun(folder: Path, *names: str) -> list[int]:
    return [cheap.times(folder / "runs" / f"{name}-genesys") for name in names]


def test_each_customer_is_replayed_once_and_has_its_row(cluster: Client, tmp_path: Path) -> None:
    file = cheap.fleet_file(tmp_path, "bad", "broken", "fine")
    told: list[Began | CustomerRow] = []
    done = run.night(Command(file), told.append, cheap.by_name)
    assert [(row.run, row.outcome, row.exit_code) for row in done.night.customers] == [
        ("bad-genesys", "fail", 1),
        ("broken-genesys", "partial", 4),
        ("fine-genesys", "pass", 0),
    ]
    assert done.night.exit_code == 4
    assert begun(tmp_path, "bad", "broken", "fine") == [1, 1, 1]
    assert {row.customer.run for row in told if isinstance(row, Began)} == {
        row.run for row in told if isinstance(row, CustomerRow)
    }
    assert done.page == tmp_path / "fleet" / "nights" / "2026-11-30" / "fleet.html"
    assert json.loads(done.page.with_name("fleet.json").read_text()) == done.night.as_json()


def test_the_worst_decides(cluster: Client, tmp_path: Path) -> None:
    assert go(cheap.fleet_file(tmp_path / "a", "one", "two")).night.exit_code == 0
    assert go(cheap.fleet_file(tmp_path / "b", "one", "bad")).night.exit_code == 1
    file = cheap.fleet_file(tmp_path / "c", "one", "bad")
    (file.parent / "customers" / "wrong.yaml").write_text("target: live\n")
    done = go(file)
    assert done.night.exit_code == 2
    (wrong,) = [row for row in done.night.customers if row.exit_code == 2]
    assert wrong.outcome == "not run"
    assert "holds none of the groups genesys, talkdesk" in wrong.reason
    assert begun(tmp_path / "c", "one", "bad") == [1, 1], "the others were replayed"


def test_a_killed_workers_customer_goes_to_another_one(cluster: Client, tmp_path: Path) -> None:
    done = go(cheap.fleet_file(tmp_path, "killed", "a", "b", "c"))
    assert done.night.exit_code == 0
    assert begun(tmp_path, "killed", "a", "b", "c") == [2, 1, 1, 1]
    first, second = (tmp_path / "runs" / "killed-genesys" / "begun").read_text().split()
    assert first != second, "another process"
    lines = Ledger(tmp_path / "fleet").lines()
    ended = [line["row"]["run"] for line in lines if line["event"] == "ended"]
    assert sorted(ended) == ["a-genesys", "b-genesys", "c-genesys", "killed-genesys"]


def test_a_customer_that_kills_each_worker_breaks_off_and_the_rest_goes_on(
    cluster: Client, tmp_path: Path
) -> None:
    done = go(cheap.fleet_file(tmp_path, "doomed", "fine"))
    doomed, fine = done.night.customers
    assert (doomed.exit_code, fine.exit_code) == (4, 0)
    assert "was killed, or ended by itself (KilledWorker)" in doomed.reason


def test_an_interrupted_night_goes_on_with_those_that_have_not_finished(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cheap.fleet_file(tmp_path, "bad", "fine", "held")

    def interrupt(happened: Began | CustomerRow) -> None:
        rows.extend([happened] if isinstance(happened, CustomerRow) else [])
        if len(rows) == 2:
            raise KeyboardInterrupt

    rows: list[CustomerRow] = []
    with pytest.raises(KeyboardInterrupt):
        run.night(Command(file), interrupt, cheap.by_name)
    assert {row.run for row in rows} == {"bad-genesys", "fine-genesys"}
    (tmp_path / "runs" / "held-genesys" / "go").parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / "runs" / "held-genesys" / "go").touch()

    it_is(TONIGHT + timedelta(hours=4), monkeypatch)  # past midnight
    done = go(file)
    assert done.night.night == "2026-11-30"
    assert begun(tmp_path, "bad", "fine") == [1, 1]
    assert [row.exit_code for row in done.night.customers] == [1, 0, 0]

    go(file, night="2026-11-30")
    assert begun(tmp_path, "bad", "fine") == [1, 1], "all have finished"
    it_is(TONIGHT + timedelta(hours=5), monkeypatch)
    assert go(file).night.night == "2026-12-01", "that night is over"
    assert begun(tmp_path, "bad", "fine") == [2, 2]
    go(file, fresh=True)
    assert begun(tmp_path, "bad", "fine") == [3, 3]


def test_an_interrupted_night_of_long_ago_is_left_as_it_is(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cheap.fleet_file(tmp_path, "fine")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.night(Command(file), interrupt, cheap.by_name)
    it_is(TONIGHT + timedelta(hours=13), monkeypatch)
    assert go(file).night.night == "2026-12-01"


def test_what_broke_off_is_tried_again_and_what_has_other_inputs_too(
    cluster: Client, tmp_path: Path
) -> None:
    file = cheap.fleet_file(tmp_path, "broken", "fine", "other")
    go(file)
    cheap.customer_file(tmp_path / "customers", "other", more='numbers: ["+15551230002"]\n')
    go(file)
    assert begun(tmp_path, "broken", "fine", "other") == [2, 1, 2]


def test_each_night_is_held_against_the_one_before(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cheap.fleet_file(tmp_path, "bad", "fine", "left")
    assert go(file, task=cheap.passes).turned == 3, "all are new"
    (tmp_path / "customers" / "left.yaml").unlink()
    it_is(TONIGHT + timedelta(days=1), monkeypatch)
    done = go(file)
    assert done.night.gone == ["left-genesys"]
    bad, fine = done.night.customers
    assert (bad.since, bad.before, bad.outcome) == ("2026-11-30", "pass", "fail")
    assert (fine.since, fine.before, fine.outcome) == ("2026-11-30", "pass", "pass")
    page = done.page.read_text()
    changes = page[page.index('id="changed"') : page.index('id="customers"')]
    assert "Was pass." in changes
    assert ">bad<" in changes
    assert ">fine<" not in changes
    it_is(TONIGHT + timedelta(days=2), monkeypatch)
    assert go(file).turned == 0


def test_a_file_that_stays_wrong_is_news_once_and_nobody_is_gone(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cheap.fleet_file(tmp_path, "acme")
    path = tmp_path / "customers" / "acme.yaml"
    fine = path.read_text()
    seen = []
    for day, text in enumerate((fine, "target: live\n", "target: live\n", "x: [\n", fine)):
        it_is(TONIGHT + timedelta(days=day), monkeypatch)
        path.write_text(text)
        done = go(file, task=cheap.passes)
        (one,) = done.night.customers
        seen.append((done.night.gone, one.outcome, changed(one)[:1]))
    assert seen[:3] == [
        ([], "pass", ["No earlier night to compare it with."]),
        ([], "not run", ["Was pass."]),
        ([], "not run", []),
    ]
    gone, outcome, (told,) = seen[3]
    assert (gone, outcome) == ([], "not run")
    assert told.startswith("The reason was: "), "other trouble is news"
    assert seen[4] == ([], "pass", []), "the same as when it last finished"


def test_a_customer_that_breaks_off_every_night_is_news_once(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = cheap.fleet_file(tmp_path, "broken")
    turned = []
    for day, task in enumerate((cheap.by_name, cheap.by_name, cheap.passes, *[cheap.by_name] * 2)):
        it_is(TONIGHT + timedelta(days=day), monkeypatch)
        turned.append(go(file, task=task).turned)
    assert turned == [1, 0, 1, 1, 0], "new, the same, finished at last, broken again, the same"


def test_workers_that_dask_gave_up_are_started_anew(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights, "_LOOK_SECONDS", 0.1)
    with dask.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}):
        for nanny in list(cluster.cluster.workers.values()):
            cluster.sync(nanny.close)
        assert go(cheap.fleet_file(tmp_path, "fine")).night.exit_code == 0


def test_no_more_customers_draw_on_a_budget_than_it_has_leases(
    cluster: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def budgeted(found: list[Customer], *_: object) -> list[Customer]:
        return [replace(one, budget="of-this-test") for one in found]

    with monkeypatch.context() as patch:
        patch.setattr(run, "budgeted", budgeted)
        done = go(cheap.fleet_file(tmp_path, "a", "b", "c", "d"), task=cheap.alone)
    assert [row.outcome for row in done.night.customers] == ["pass"] * 4
    done = go(cheap.fleet_file(tmp_path / "freely", "a", "b"), task=cheap.alone)
    assert "fail" in [row.outcome for row in done.night.customers], "else the test sees nothing"
