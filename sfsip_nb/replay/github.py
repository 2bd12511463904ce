"""What GitHub Actions shows of a replay: an annotation for each failed step, a step summary.

Source: GitHub's documentation, "Workflow commands for GitHub Actions": the messages' escapes are
those of its toolkit (actions/toolkit, command.ts), the summary is GitHub Flavored Markdown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.engine.verdicts import DONE, Verdict
from sfsip_nb.present import style
from sfsip_nb.present.html import deciding
from sfsip_nb.present.outcome import PLAN, PLANNED, planned_rows, sentences, word
from sfsip_nb.present.text import one_line, visible
from sfsip_nb.replay.events import Event, Finished, Tell

ACTIONS, SUMMARY = "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"


def on_github(say: Callable[[str], None]) -> Tell:
    """Annotate and summarize a finished replay, where this is GitHub Actions."""

    def tell(event: Event) -> None:
        if isinstance(event, Finished):
            if os.environ.get(ACTIONS) == "true":
                for line in commands(event.record):
                    say(line)
            if path := os.environ.get(SUMMARY):
                with Path(path).open("a", encoding="utf-8") as file:
                    file.write(summary(event.record))

    return tell


def commands(record: Record) -> list[str]:
    """A workflow command for each failed step, and for a series that broke off."""
    found = [
        (f"{step.id}: {step.title}", deciding(step))
        for step in record.steps
        if step.verdict is Verdict.FAIL
    ]
    if record.broke_off:
        found.append(("The replay stopped early", record.broke_off))
    return [f"::error title={_property(title)}::{_message(why)}" for title, why in found]


def summary(record: Record) -> str:
    """What the attempt came to, and a table of what is planned or of the steps that are open."""
    title = f"{record.customer}, {record.title or record.guide}: {style.verdict(word(record))}"
    lines = [f"### {_markdown(title)}", ""]
    passed = sum(step.verdict in DONE for step in record.steps)
    lines.append(
        f"{passed} of {len(record.steps) + len(record.not_run)} steps are done"
        f" (attempt {record.attempt}, {record.mode}, {record.target})."
    )
    lines += [line for told in sentences(record) for line in ("", _markdown(told))]
    if record.broke_off:
        lines += ["", _markdown(f"Stopped early in {record.broke_off}")]
    planned = planned_rows(record.plan) if word(record) == PLAN and record.plan else []
    open_ = [_open(step) for step in record.steps if step.verdict not in DONE]
    if planned:
        head = f"| {' | '.join(PLANNED.values())} |"
        lines += ["", head, "|---|---|---|", *(_row(list(row.values())) for row in planned)]
    elif open_:
        lines += ["", "| Verdict | Step | Why |", "|---|---|---|", *map(_row, open_)]
    return "\n".join([*lines, "", ""])


def _open(step: StepRow) -> tuple[str, str, str]:
    return str(style.verdict(step.verdict)), f"{step.id}: {step.title}", deciding(step)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_markdown, cells))} |"


def _markdown(text: str) -> str:
    """Text that says nothing to Markdown or HTML: each ASCII punctuation mark escaped."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line(text))


def _message(text: str) -> str:
    text = visible(text).replace("%", "%25")
    return text.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
