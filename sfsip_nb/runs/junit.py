"""junit.xml: a suite a section, a case a step, for the test reports of CI systems."""

import platform
from datetime import datetime
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from sfsip_nb.engine.record import NotRunRow, Record
from sfsip_nb.engine.rows import CheckRow, RollbackRow, StepRow
from sfsip_nb.engine.verdicts import Weight
from sfsip_nb.inputs import private
from sfsip_nb.present import outcome, style
from sfsip_nb.present.html import deciding
from sfsip_nb.present.text import one_line, visible


def write(record: Record, path: Path) -> None:
    """Write the file.

    `fail` is a failure, `skipped` is skipped, `pass` and `waived` pass; what is blocked, waiting
    or inconclusive is an error of that type, for it is not proven. After a plan it is skipped, for
    a plan leaves its steps open. A step that did not run is skipped too. That a series broke off
    is a case of its own. A rollback has one case per change, and one for what is not as before.
    """
    report = JUnitXml(visible(f"{record.guide} {record.run}"))
    suites = {section.id: _suite(section.id, record) for section in record.sections}
    for step in record.steps:
        suite = suites.setdefault(step.section, _suite(step.section, record))
        suite.add_testcase(_case(step, plan=record.mode == "plan"))
    for left in record.not_run:
        suite = suites.setdefault(left.section, _suite(left.section, record))
        suite.add_testcase(_not_run(left, record))
    for suite in suites.values():
        if len(suite):
            report.add_testsuite(suite)
    if record.rollback:
        report.add_testsuite(_rollback(record.rollback))
    if record.broke_off:
        suite = TestSuite("replay")
        case = TestCase("every notebook runs to its end", "replay")
        case.result = [Error(visible(record.broke_off), "broke off")]
        suite.add_testcase(case)
        report.add_testsuite(suite)
    report.update_statistics()
    private.file(path)
    report.write(str(path))


def _suite(section: str, record: Record) -> TestSuite:
    """A section's suite; what holds for the whole attempt stands with each of them."""
    suite = TestSuite(visible(section))
    suite.timestamp = record.started.removesuffix("Z")
    suite.hostname = visible(platform.node())
    facts = {name: getattr(record, name) for name in ("guide", "run", "target", "mode", "verdict")}
    facts |= {"partial": "true" if record.partial else "false"}
    facts |= {"outcome": " ".join(outcome.sentences(record)) or outcome.word(record)}
    facts |= {"attempt": record.attempt} | {f"version.{k}": v for k, v in record.versions.items()}
    for name, value in facts.items():
        suite.add_property(visible(name), visible(str(value)))
    return suite


def _not_run(step: NotRunRow, record: Record) -> TestCase:
    case = TestCase(visible(f"{step.id}: {step.title}"), visible(step.section))
    ran = {row.section for row in record.steps}
    why = "not run in this attempt" if step.section in ran else "its section was not run"
    if record.broke_off:
        why = f"not run: the replay stopped early in {record.broke_off}"
    case.result = [Skipped(visible(why))]
    case.system_out = str(style.verdict("not run"))
    return case


def _rollback(rollback: RollbackRow) -> TestSuite:
    suite = TestSuite("rollback")
    results = [(item.what, item.result, item.ok) for item in rollback.undone]
    left = "; ".join(rollback.differences)
    for what, result, ok in [*results, ("everything is as before", left, not left)]:
        case = TestCase(visible(what), "rollback")
        if not ok:
            case.result = [Failure(visible(result), "fail")]
        suite.add_testcase(case)
    return suite


def _case(step: StepRow, plan: bool) -> TestCase:
    case = TestCase(visible(f"{step.id}: {step.title}"), visible(step.section))
    case.time = _seconds(step)
    why, verdict = visible(deciding(step)), step.verdict
    if verdict == "fail":
        case.result = [Failure(why, verdict)]
    elif verdict == "skipped":
        case.result = [Skipped(why)]
    elif verdict not in ("pass", "waived") and plan:
        case.result = [Skipped(f"{verdict}, as a plan leaves it: {why}")]
    elif verdict not in ("pass", "waived"):
        case.result = [Error(why, verdict)]
    case.system_out = "\n".join([str(style.verdict(verdict)), *map(_line, step.checks)])
    return case


def _line(check: CheckRow) -> str:
    """A check as a line of the report: JUnit has no word for waived, inconclusive or advisory."""
    weight = "" if check.weight is Weight.REQUIRED else " (advisory)"
    words = f"{check.title}: expected {check.expected}; seen {check.seen}"
    if check.proved_by:
        words += f". {check.reason}"
    return f"{style.verdict(check.verdict)}{weight} {check.id} {one_line(words)}"


def _seconds(step: StepRow) -> float:
    if not (step.started and step.ended):
        return 0.0
    took = datetime.fromisoformat(step.ended) - datetime.fromisoformat(step.started)
    return took.total_seconds()
