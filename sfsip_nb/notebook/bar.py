"""The bar of one notebook, at its head and at its end: where the run stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sfsip_nb.engine.model import Step
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.engine.verdicts import DONE, Verdict, worst
from sfsip_nb.notebook import queued
from sfsip_nb.notebook.following import Following
from sfsip_nb.notebook.stamps import as_of, stamp
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.present import outcome, status, steps, tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs.seen import DIAGNOSE
from sfsip_nb.sip.shown import counted


class Bar:
    """What both ends of a notebook show, and the outputs of it that follow the run's journal."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self.following = Following(lambda: [workspace.journal_path])

    def head(self) -> Shown:
        """Where a person is: the run, its sections, and what is to do first, or next."""
        return self._bar(self.workspace.status(self.name))

    def _bar(self, found: dict[str, Any]) -> Shown:
        """The bar, and the mark of what this notebook still shows of what was before."""
        made = status.bar(found)
        mark = replace(stamp(self.workspace, self.name), attempt=found["number"], words=as_of())
        return Shown(made.html + mark.marks, made.text).stamped(mark)

    def end(self) -> Shown:
        """What this section came to, and the bar."""
        found = self.workspace.status(self.name)
        due, ran, title = self.section(found)
        here = next(section for section in found["sections"] if section["here"])
        missing = [step.id for step in due if step.id not in {row.id for row in ran}]
        verdict: str = worst(row.verdict for row in ran)
        if missing and verdict in DONE:
            verdict = outcome.PARTIAL
        told = outcome.section(title, missing, len(due))
        if here["causes"]:
            verdict, told = Verdict.FAIL, f"{title}: {counted(here['causes'], 'cause')} named"
        whole = tables.overall(verdict, told)
        asks = found["surprise"] and any(step.id == DIAGNOSE for step in due)
        if here["steps"] and not asks:  # its row would tell what a person is asked to name
            whole = steps.verdicts(ran, "This section") + whole
        bar = self._bar(found)
        assert bar.stamp is not None
        return (whole + bar).stamped(bar.stamp)

    def section(self, found: dict[str, Any]) -> tuple[Sequence[Step], list[StepRow], str]:
        """The steps due in this section, their rows, its title; of all where it has no steps."""
        guide = self.workspace.guide
        if own := guide.of_section(self.name):
            here = next(section for section in found["sections"] if section["here"])
            return (
                own,
                here["own"],
                next(s.title for s in guide.sections if s.notebook == self.name),
            )
        rows = [row for section in found["sections"] for row in section["own"]]
        return guide.steps, rows, f"{guide.title}: all sections so far"

    def held(self, stop: queued.Stop, sent: queued.Sent) -> Shown:
        """What a cell shows that was sent together with one that stopped; the last, the bar."""
        if sent.cell == "verdict":
            return self.following.output("end", self.head)
        where = f"{self.name}.ipynb#cell-id={stop.sent.cell}"
        return tables.pointer("Not run.", where, "A cell above stopped.")
