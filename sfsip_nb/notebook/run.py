"""What a notebook calls: one object, whose methods show what they did."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sfsip_nb.engine import export
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.verdicts import Verdict, worst
from sfsip_nb.inputs import facts, private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.notebook import forms
from sfsip_nb.notebook.cells import Notebook, told
from sfsip_nb.notebook.errors import stopping
from sfsip_nb.notebook.workspace import Desk
from sfsip_nb.platforms.shared import captures
from sfsip_nb.present import captures as capture_tables
from sfsip_nb.present import chapters, figures, tables
from sfsip_nb.present.pictured import pictured
from sfsip_nb.present.record import card_page
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import some, unmarked, utc
from sfsip_nb.runs import session as sessions
from sfsip_nb.testbed.faults import FAULTS

_ANSWERABLE = (Verdict.WAITING, Verdict.FAIL, Verdict.INCONCLUSIVE)
"""A card with such a verdict may be done, or done anew."""


def open_run(guide: str, notebook: str, namespace: Mapping[str, Any]) -> Run:
    """Open the run that the parameters cell describes, for one of its notebooks.

    Reads the declared names out of ``namespace`` (a notebook's ``globals()``) and validates them
    once. Raises ``InputError``, one paragraph a problem; nothing has been touched then.
    """
    with stopping(sessions.home() / "runs", where="open_run"):
        before = namespace.get("run")
        if isinstance(before, Run):  # the cell is run again, and its own result hides the parameter
            namespace = {**namespace, "run": before.desk.draft.value("run")}
            before.desk.close()
        return Run(Desk(guide, namespace), notebook)


class Run(Notebook):
    """A run as one notebook sees it. Each method returns what it shows."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, name)
        faults = {
            fault.name: fault.effect
            for fault in FAULTS.values()
            if fault.name.partition(".")[0] in (desk.draft.guide, "synthflow")
        }
        self._form = forms.Form(desk.draft, desk.keep, {"testbed.faults": faults})

    def __repr__(self) -> str:
        return str(self.head())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = self.head()
        assert shown.stamp is not None
        bundle = shown._repr_mimebundle_()
        return bundle | {"text/html": bundle["text/html"] + shown.stamp.marks}

    # -- inputs ---------------------------------------------------------------------------

    @told
    def inputs(self) -> Shown | forms.Form:
        """The inputs: a form where a person is there, a table of them always."""
        return self._form.static() if self.desk.headless else self._form

    @told
    def look(self) -> Shown:
        """What both platforms say of the inputs, and, in the form above, what they offer."""
        try:
            seen = self.desk.look()
        except InputError as error:
            return tables.notice(str(error), "doubt")
        for key, sight in seen.items():
            self._form.offer(key, sight.choices)
        words = {True: "fits", False: "does not fit", None: "open"}
        rows = [
            {
                "input": forms.label(key),
                "value": text(self.desk.draft.value(key)),
                "seen": f"{words[sight.ok]}: {sight.sentence}",
                "offered": some(sight.choices),
            }
            for key, sight in seen.items()
        ]
        names = {
            "input": "Input",
            "value": "Value",
            "seen": "What the platform says",
            "offered": "Offered",
        }
        return tables.plain_table(rows, names, "What the platforms say of the inputs")

    @told
    def changed(self) -> Shown:
        """What changed since the guide was written, with date and source."""
        notes = facts.changes(self.guide.name)
        return tables.what_changed([vars(note) for note in notes])

    @told
    def lines(self) -> Shown:
        """Every line of the vendor's document and what carries it."""
        return tables.plain_table(
            [vars(line) | {"text": unmarked(line.text)} for line in self.guide.lines()],
            {"text": "Line of the guide", "heading": "Heading", "carried_by": "Carried by"},
            "The guide, line by line",
        )

    # -- the plan -------------------------------------------------------------------------

    @told
    def plan(self, fresh: bool = False) -> Shown | forms.Intent:
        """What would change on both sides; nothing is written. ``fresh`` makes it anew.

        Where a person is there and nothing is carried out yet, it asks for a name below.
        """
        return self._plan(fresh)

    def _plan(self, fresh: bool = False) -> Shown | forms.Intent:
        engine = self.engine()
        with self.desk.alone():
            plan = engine.plan(fresh)
        done = {
            (c.step, c.kind, c.key)
            for c in engine.ctx.journal.changes()
            if c.plan == plan.id and c.outcome and c.stands
        }
        left = [e for e in plan.changes if (e.step, e.kind, e.key) not in done]
        state = (
            plan.stopped
            or (
                f"approved by {plan.approved_by}, {utc(plan.approved_at)}"
                if plan.approved_by
                else ""
            )
            or "waits for approval: read it, then approve it by name"
        )
        if done:
            state = f"{len(done)} of {len(plan.changes)} changes carried out; {state}"
        rows = [export.planned(asdict(entry)) for entry in left]
        shown = tables.plan_table(rows, f"Plan of {utc(plan.made_at)}", state)
        asks = self.session.mode == "plan" or not plan.approved_by
        if self.desk.headless or plan.stopped or not left or not asks:
            return shown
        hint = "your name: the next cell then carries this plan out"
        return forms.Intent(shown, [("by", "Approved by", hint)], self.approval)

    @told
    def approve(self, by: str) -> Shown | forms.Intent:
        """Approve the plan by name, so that the next cells carry it out, in the mode apply."""
        self.approval["by"] = by
        return self._plan()

    # -- steps ----------------------------------------------------------------------------

    @told
    def step(self, step_id: str) -> Shown | forms.Intent:
        """Carry out one step and show its checks, its card, its call's way and what was kept.

        Where it waits for a person, the card can be answered below it.
        """
        self.known(step_id)
        engine, session = self.engine(), self.session  # an approval changes the session
        with self.desk.alone():
            result = engine.run(step_id)
        row = session.journal.steps(engine.ctx.attempt)[step_id]
        shown = tables.checks_table(row.titled(result.step.section, result.step.title))
        if result.card is not None:
            shown = shown + tables.card(self.card(result.card))
        for flow in session.guide.flows:
            if flow.step == step_id:
                data = export.record(session.journal, session.attempt, session.guide)
                drawn = next(found for found in data.flows if found.step == step_id)
                shown = shown + tables.figure(figures.callflow(drawn))
        names = dict.fromkeys(name for check in result.checks for name in check.evidence)
        kept = {name: (session.run_dir / "evidence" / name).read_bytes() for name in names}
        for picture in pictured(kept, opened=result.verdict is not Verdict.PASS):
            shown = shown + picture
        if self.desk.headless or result.card is None or result.verdict not in _ANSWERABLE:
            return shown
        fields = self.asking(result.card, anew=result.verdict is not Verdict.WAITING)
        return forms.Intent(shown, fields, self.answers.setdefault(step_id, {}))

    @told
    def done(
        self,
        /,
        step_id: str,
        by: str,
        note: str = "",
        at: str = "",
        files: Sequence[str] = (),
        **values: str,
    ) -> Shown:
        """Answer a card: who did it, when, a note, files that show it, and the values asked for."""
        self.answer(step_id, by, note, at, files, values)
        return tables.card(self.card(self.asked(step_id)))

    @told
    def send(self, step_id: str) -> Shown:
        """Write a card as one page that can be printed or sent to the customer's administrator."""
        card, customer = self.asked(step_id), self.session.parameters.customer
        page = self.session.run_dir / "cards" / f"{step_id}.html"
        private.folder(page.parent)
        private.write(page, card_page(self.card(card), customer))
        return tables.notice(f"Card: {os.path.relpath(page, sessions.home())}")

    @told
    def verdict(self) -> Shown:
        """The section's verdict; of a section without steps, the whole attempt's.

        Tokens are revoked, and opened anew when they are needed.
        """
        if not (own := self.guide.of_section(self.name)):
            return self._whole()
        session = self.session
        session.release()
        rows = session.journal.steps(session.attempt)
        steps = [rows[s.id].titled(s.section, s.title) for s in own if s.id in rows]
        shown = tables.verdict_table(steps, "This section")
        verdict = worst(step.verdict for step in steps)
        titles = {section.notebook: section.title for section in session.guide.sections}
        return shown + tables.overall(verdict.value, titles[self.name])

    def _whole(self) -> Shown:
        """The verdict of the attempt, or of the last one whose record was made."""
        self.desk.let_go()
        with closing(Journal(self.desk.journal_path)) as journal:
            headless = self.desk.headless
            rows = journal.steps(self.session.attempt if headless else journal.last_judged())
        whole = worst(row.verdict for row in rows.values())
        return tables.overall(whole.value, f"{self.guide.title}: all sections so far")

    @told
    def captures(self, *names: str) -> Shown:
        """Read captures: each call's verdict, and its ladder.

        ``names`` are files beside this notebook, where JupyterLab uploads to; they are copied
        into the run's folder. What lies there already is read too.
        """
        session = self.session
        captures.take(session.run_dir, names)
        found = captures.read(session.run_dir)
        if found:
            return capture_tables.shown((item.name, item.unread, item.diagnosis) for item in found)
        folder = os.path.relpath(session.run_dir / captures.FOLDER, sessions.home())
        return tables.notice(
            "No capture to read. Upload a .pcap or .pcapng file beside this notebook and name it: "
            f"run.captures(“call.pcap”), or put it into {folder}."
        )

    @told
    def diagnosis(self) -> Shown:
        """The troubleshooting rows, the likeliest first."""
        session = self.session
        rows = session.journal.get(f"diagnosis/{session.attempt}", [])
        return tables.plain_table(
            [row | {"because": "\n".join(row["because"]) or "no sign of it"} for row in rows],
            {"cause": "Issue", "because": "What speaks for it", "remedy": "Fix"},
            "Quick troubleshooting, ranked on this run",
        )

    @told
    def record(self) -> Shown:
        """Make the record of what was done, and show the run's verdicts; the attempt ends there.

        A replay makes its record itself, once its last notebook has run.
        """
        session = self.session
        if self.desk.headless:  # the page that this becomes stands beside the others
            made, where = session.run_dir / "attempts" / session.attempt_name, "../record.html"
        else:
            made = self.desk.keep_record()
            where = os.path.relpath(made / "record.html", Path.cwd())
        data = export.record(session.journal, int(made.name.partition("-")[0]), session.guide)
        told = os.path.relpath(made / "record.html", sessions.home())
        return (
            tables.figure(figures.strip(chapters.overview(data), "The run at a glance"))
            + tables.verdict_table(data.steps, f"All steps of attempt {made.name}")
            + tables.overall(data.verdict, data.title)
            + tables.pointer("The record", where, told)
            + tables.notice(
                "Afterwards: remove the OAuth client that was made for this run, if nothing else "
                "uses it. An AI leg carries no caller location: emergency calls must never go "
                "over this trunk.",
                "doubt",
            )
        )
