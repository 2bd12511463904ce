"""What a worker does where a night's folder cannot be written: the customer is not lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.fleet import work
from sfsip_nb.fleet.customers import Customer, roll
from sfsip_nb.fleet.given import read_fleet
from tests.fleet import cheap


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    (one,) = roll(read_fleet(cheap.fleet_file(tmp_path, "acme"))).customers
    return one


def told(
    customer: Customer, night: Path, task: work.Task, monkeypatch: pytest.MonkeyPatch
) -> CustomerRow:
    """The row that the worker tells, after it has told that the customer begins."""
    rows: list[dict[str, object]] = []
    monkeypatch.setattr(work, "_tell", lambda _topic, _customer, row: rows.append(row))
    work.carry_out(customer, "topic", str(night), task)
    began, ended = rows
    assert began == {}
    return CustomerRow.model_validate(ended)


def test_a_customer_whose_row_cannot_be_kept_is_not_begun_and_says_why(
    customer: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rows").write_text("")
    row = told(customer, tmp_path, cheap.passes, monkeypatch)
    assert (row.exit_code, row.outcome) == (4, "not run")
    kept = tmp_path / "rows" / "acme-genesys.json"
    assert row.reason.startswith(f"It was not begun: {kept} cannot be written (")
    assert cheap.times(Path(customer.folder)) == 0


def test_what_came_of_a_customer_is_told_though_the_disk_fills_meanwhile(
    customer: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills(customer: Customer, night: Path) -> CustomerRow:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("sfsip_nb.inputs.private.write", full)
        return cheap.passes(customer, night)

    assert told(customer, tmp_path, fills, monkeypatch).outcome == "pass"
    (kept,) = (tmp_path / "rows").iterdir()
    assert json.loads(kept.read_text())["exit_code"] == 4, "of a customer that has begun"


def test_a_kept_row_is_told_again_and_nothing_replayed(
    customer: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(customer, tmp_path, cheap.passes, monkeypatch)
    assert told(customer, tmp_path, cheap.passes, monkeypatch) == first
    assert cheap.times(Path(customer.folder)) == 1
