"""junit.xml: a suite a section, a case a step, for the test reports of CI systems."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from sfsip_nb.inputs import private
from sfsip_nb.present import style
from sfsip_nb.present.html import deciding
from sfsip_nb.present.text import one_line, visible


def write(record: Mapping[str, Any], path: Path) -> None:
    """Write the file.

    `fail` is a failure, `skipped` is skipped, `pass` and `waived` pass; what is blocked, waiting
    or inconclusive is an error of that type, for it is not proven. That a series broke off is a
    case of its own.
    """
    report = JUnitXml(visible(f"{record['guide']} {record['run']}"))
    suites: dict[str, TestSuite] = {}
    for step in record["steps"]:
        suite = suites.setdefault(step["section"], TestSuite(visible(step["section"])))
        suite.add_testcase(_case(step))
    for suite in suites.values():
        report.add_testsuite(suite)
    if broke_off := record.get("broke_off"):
        suite = TestSuite("replay")
        case = TestCase("every notebook runs to its end", "replay")
        case.result = [Error(visible(broke_off), "broke off")]
        suite.add_testcase(case)
        report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]
    private.file(path)
    report.write(str(path))


def _case(step: Mapping[str, Any]) -> TestCase:
    case = TestCase(visible(f"{step['id']}: {step['title']}"), visible(step["section"]))
    case.time = _seconds(step)
    why, verdict = visible(deciding(step)), step["verdict"]
    if verdict == "fail":
        case.result = [Failure(why, verdict)]
    elif verdict == "skipped":
        case.result = [Skipped(why)]
    elif verdict not in ("pass", "waived"):
        case.result = [Error(why, verdict or "not run")]
    case.system_out = "\n".join([str(style.verdict(verdict)), *map(_line, step["checks"])])
    return case


def _line(check: Mapping[str, Any]) -> str:
    """A check as a line of the report: JUnit has no word for waived, inconclusive or advisory."""
    weight = "" if check["weight"] == "required" else " (advisory)"
    words = f"{check['title']}: expected {check['expected']}; seen {check['seen']}"
    return f"{style.verdict(check['verdict'])}{weight} {check['id']} {one_line(words)}"


def _seconds(step: Mapping[str, Any]) -> float:
    if not (step.get("started") and step.get("ended")):
        return 0.0
    started, ended = (datetime.fromisoformat(step[key]) for key in ("started", "ended"))
    return (ended - started).total_seconds()
