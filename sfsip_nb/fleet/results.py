"""What a night leaves: fleet.html, fleet.json, fleet.csv, fleet.parquet, fleet-junit.xml."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from sfsip_nb.engine.nights import CustomerRow, NightRow
from sfsip_nb.engine.verdicts import DONE
from sfsip_nb.inputs import private
from sfsip_nb.present import style
from sfsip_nb.present.frames import load
from sfsip_nb.present.nights import changed, night_html
from sfsip_nb.present.outcome import PLAN
from sfsip_nb.present.text import visible

PARQUET = "fleet.parquet"


def write(night: NightRow, folder: Path) -> list[str]:
    """Write a night's files; what could not be written, in sentences."""
    private.folder(folder)
    private.write(folder / "fleet.json", json.dumps(night.as_json(), indent=1) + "\n")
    private.write(folder / "fleet.html", night_html(night))
    _junit(night, folder / "fleet-junit.xml")
    frame = load(folder / "fleet.json").customers
    private.write(folder / "fleet.csv", frame.map(_cell).to_csv(index=False))
    if find_spec("pyarrow") is None:
        return [f"{PARQUET} was not written: pyarrow is not installed (pip install pyarrow)."]
    private.file(folder / PARQUET)
    frame.to_parquet(folder / PARQUET, engine="pyarrow", index=False)
    return []


def _cell(value: object) -> object:
    """A text that no spreadsheet takes for a formula, and in which nothing is hidden."""
    if not isinstance(value, str):
        return value
    return f"'{visible(value)}" if value[:1] in tuple("=+-@\t\r") else visible(value)


def _junit(night: NightRow, path: Path) -> None:
    """A case a customer, judged as a run's junit.xml judges a step; a plan is skipped.

    A plan that broke off is an error, as whatever else did.
    """
    report = JUnitXml(visible(f"fleet {night.fleet}"))
    suite = TestSuite(visible(f"{night.fleet} {night.night}"))
    suite.timestamp = night.started.removesuffix("Z")
    for row in night.customers:
        suite.add_testcase(_case(row))
    report.add_testsuite(suite)
    report.update_statistics()
    private.file(path)
    report.write(str(path))


def _case(row: CustomerRow) -> TestCase:
    case = TestCase(visible(f"{row.customer}: {row.run}"), visible(row.guide or "fleet"))
    took = datetime.fromisoformat(row.ended) - datetime.fromisoformat(row.started)
    case.time = took.total_seconds()
    if row.exit_code == 1:
        case.result = [Failure(visible(row.reason), row.outcome)]
    elif row.outcome == PLAN and row.is_finished:
        case.result = [Skipped(visible(row.reason))]
    elif row.exit_code or row.outcome not in DONE:
        case.result = [Error(visible(row.reason), row.outcome)]
    told = [str(style.verdict(row.outcome)), *changed(row), row.record]
    case.system_out = visible("\n".join(filter(None, told)))
    return case
