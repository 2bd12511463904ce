"""What a notebook calls: one object, whose methods show what they did."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsip_nb.engine import export, people
from sfsip_nb.engine.model import Refused
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs import facts, private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.notebook import cards, forms, plans, surprises, telephones
from sfsip_nb.notebook.bar import Bar
from sfsip_nb.notebook.below import Below
from sfsip_nb.notebook.cells import cell
from sfsip_nb.notebook.errors import errors_shown
from sfsip_nb.notebook.lookups import looked_up
from sfsip_nb.notebook.stamps import stamp
from sfsip_nb.notebook.unattended import stop_unless_passed
from sfsip_nb.notebook.waiting import timed
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.platforms.shared import captures
from sfsip_nb.present import captures as capture_tables
from sfsip_nb.present import causes, chapters, figures, outcome, pictured, steps, tables
from sfsip_nb.present.frames import Frames
from sfsip_nb.present.record import card_page
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import unmarked
from sfsip_nb.runs import person, places, rehearsal
from sfsip_nb.runs.seen import DIAGNOSE
from sfsip_nb.sip.shown import counted

if TYPE_CHECKING:
    from pandas import DataFrame

_ANSWERABLE = (Verdict.WAITING, Verdict.FAIL, Verdict.INCONCLUSIVE)
"""A card with such a verdict may be answered, or answered again."""


def open_run(guide: str, notebook: str, namespace: Mapping[str, Any]) -> Run:
    """Open the run that the parameters cell describes, for one of its notebooks.

    Reads the declared names out of ``namespace`` (a notebook's ``globals()``) and validates them
    once. Raises ``InputError``, one paragraph a problem; nothing has been touched then.
    """
    headless = not person.is_there()
    with errors_shown(places.home() / "runs", where="open_run"), timed("open_run", headless):
        forms.ready()
        before = namespace.get("run")
        if isinstance(before, Run):  # the cell is run again, and its own result hides the parameter
            namespace = {**namespace, "run": before.workspace.draft.value("run")}
            before.bar.following.end()
            before.workspace.close()
        return Run(Workspace(guide, namespace), notebook)


class Run:
    """A run as one notebook sees it. Each method returns what it shows."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self.workspace = workspace
        self.name = name
        self._below = Below.of(workspace.draft.run_name, name)
        self.bar = Bar(workspace, name)
        closed = {"testbed.faults": workspace.faults()}
        self._form = forms.Form(
            workspace.draft,
            workspace.note,
            closed,
            lambda: workspace.look(),
            workspace.propose,
            self.bar.following.show,
        )

    def __repr__(self) -> str:
        return str(self.head())

    def _ipython_display_(self) -> None:
        self.bar.following.output("head", self.head)._ipython_display_()

    def head(self) -> Shown:
        """Where a person is: the run, its sections, and what is to do first, or next."""
        return self.bar.head()

    def _is_asking(self) -> bool:
        """Whether a person is asked here what a surprise has broken, before it is told."""
        steps = self.workspace.guide.of_section(self.name)
        here = not self.workspace.headless and any(step.id == DIAGNOSE for step in steps)
        return here and rehearsal.is_asked(self.workspace.open().testbed)

    # -- data ------------------------------------------------------------------------------

    @property
    def steps(self) -> DataFrame:
        """One row a step that ran in this attempt; see docs/data.md for the columns."""
        return self._frames().steps

    @property
    def checks(self) -> DataFrame:
        """One row a check."""
        return self._frames().checks

    @property
    def changes(self) -> DataFrame:
        """One row a field of an object that was changed."""
        return self._frames().changes

    @property
    def calls(self) -> DataFrame:
        """One row a call that was placed."""
        return self._frames().calls

    @property
    def turns(self) -> DataFrame:
        """One row a turn of a caller in those calls."""
        return self._frames().turns

    @property
    def messages(self) -> DataFrame:
        """One row a SIP message of those calls."""
        return self._frames().messages

    @property
    def quality(self) -> DataFrame:
        """One row a second and direction of those calls."""
        return self._frames().quality

    def _frames(self) -> Frames:
        with errors_shown(self.workspace.folder, lambda: self.workspace.redactor, "run"):
            self.workspace.refresh()
            return self.workspace.frames()

    # -- inputs ---------------------------------------------------------------------------

    @cell
    def inputs(self) -> Shown | forms.Form:
        """The inputs: a form where a person is there, a table of them always."""
        return self._form.static() if self.workspace.headless else self._form

    @cell
    def look(self) -> Shown:
        """What both platforms say of the inputs, and, in the form above, what they offer."""
        try:
            seen = self._form.look()
        except InputError as error:
            return tables.notice(str(error), "doubt")
        return looked_up(self.workspace.draft, seen)

    @cell
    def changed(self) -> Shown:
        """What changed since the guide was written, with date and source."""
        notes = facts.changes(self.workspace.guide.name)
        table = tables.what_changed([vars(note) for note in notes])
        return tables.folded(table, f"{counted(len(notes), 'dated note')} on the vendor's document")

    @cell
    def lines(self) -> Shown:
        """Every line of the vendor's document and what carries it."""
        lines = self.workspace.guide.lines()
        table = tables.plain_table(
            [vars(line) | {"text": unmarked(line.text)} for line in lines],
            {"text": "Line of the guide", "heading": "Heading", "carried_by": "Covered by"},
            "The guide, line by line",
        )
        return tables.folded(table, f"{counted(len(lines), 'line')}, and what covers each")

    # -- the plan -------------------------------------------------------------------------

    @cell
    def plan(self, fresh: bool = False) -> Shown | forms.Intent:
        """What would change on both sides; nothing is written. ``fresh`` makes it anew.

        Where a person is there and nothing is carried out yet, it asks for a name below.
        """
        return self._plan(fresh)

    def _plan(self, fresh: bool = False) -> Shown | forms.Intent:
        refused = None
        try:
            self._below.honor_approval(self.workspace)
        except InputError as error:  # the plan as it is now is shown below why
            if self.workspace.headless:
                raise
            refused = tables.notice(str(error), "bad")
        try:
            with self.workspace.working() as engine:
                plan = engine.plan(fresh)
        except Refused as refusal:  # the steps that it would be for say so too
            return tables.notice(f"No plan was made. {refusal} {refusal.advice}".strip(), "bad")
        typed = self._below.plan(plan.digest(engine.ctx))
        asks = not self.workspace.headless and plans.asks(engine.ctx, plan)
        table = (plans.to_approve if asks else plans.shown)(engine.ctx, plan)
        shown = refused + table if refused else table
        if not asks:
            return shown
        hint = "your name; the next cell then carries out this plan"
        return forms.Intent(shown, [("by", "Approved by", hint)], typed)

    @cell
    def approve(self, by: str) -> Shown | forms.Intent:
        """Approve by name the plan that this notebook has shown last, and no other one, so that the
        next cells carry it out, in the mode apply."""
        self._below.approve(by)
        return self._plan()

    # -- steps ----------------------------------------------------------------------------

    @cell
    def step(self, step_id: str) -> Shown | forms.Intent:
        """Carry out one step and show its checks, its card, its call's way and what was kept.

        Where it waits for a person, the card can be answered below it.
        """
        cards.step_of(self.workspace.guide, step_id)
        self._below.honor_approval(self.workspace)
        with self.workspace.working() as engine:
            self._below.honor_answers(engine.ctx, until=step_id)
            session = self.workspace.open()
            if not self.workspace.headless:
                telephones.laid_out(session, step_id)
            result = engine.run(step_id)
        if step_id == DIAGNOSE and self._is_asking():
            return tables.notice(
                "A surprise is on. Say below what is broken; then you see the answer."
            )
        row = session.journal.steps(engine.ctx.attempt)[step_id]
        names = dict.fromkeys(name for check in result.checks for name in check.evidence)
        kept = {name: (session.run_dir / "evidence" / name).read_bytes() for name in names}
        judged = row.titled(result.step.section, result.step.title)
        asks = result.verdict in _ANSWERABLE
        settled = people.only_awaits_proof(judged)
        card = [tables.card(cards.with_answer(engine.ctx, result.card))] if result.card else []
        folds = pictured.folded(kept, opened=result.verdict is not Verdict.PASS)
        below = asks and not settled
        shown = steps.shown(
            judged,
            figures=[*self._ways(step_id), *pictured.heard(kept), *pictured.answered(kept)],
            inside=[*folds] if below else [*card, *folds],
            below=card if below else [],
        )
        if self.workspace.headless or result.card is None or not asks:
            return shown
        fields = cards.asking(engine.ctx, result.card, anew=result.verdict is not Verdict.WAITING)
        typed = self._below.card(step_id)
        return forms.Intent(shown, fields, typed, fold="Done again?" if settled else "")

    def _ways(self, step_id: str) -> Iterator[Shown]:
        """The ways of the calls that a step is about, with what is known of each hop."""
        session = self.workspace.open()
        if any(flow.step == step_id for flow in session.guide.flows):
            data = export.record(session.journal, session.attempt, session.guide)
            for flow in data.flows:
                if flow.step == step_id:
                    yield tables.figure(figures.callflow(flow))

    @cell
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
        ctx = self.workspace.engine().ctx
        card = cards.answer(ctx, step_id, by, note, at, files, values)
        return tables.card(cards.with_answer(ctx, card))

    @cell
    def send(self, step_id: str) -> Shown:
        """Write a card as one page that can be printed or sent to the customer's administrator."""
        session, ctx = self.workspace.open(), self.workspace.engine().ctx
        card = cards.card_of(ctx, step_id)
        page = session.run_dir / "cards" / f"{step_id}.html"
        private.folder(page.parent)
        private.write(page, card_page(cards.with_answer(ctx, card), session.parameters.customer))
        return tables.notice(f"Card: {os.path.relpath(page, places.home())}")

    @cell
    def verdict(self) -> Shown:
        """The section's verdict; of a section without steps, the whole attempt's.

        Tokens are revoked, and opened anew when they are needed. Raises ``NotPassed`` where nobody
        is there to read it and the inputs do not say to go on (`stop_unless_passed`).
        """
        workspace = self.workspace
        workspace.let_go()
        shown = self.bar.following.output("end", self.bar.end)
        if workspace.unattended:
            shown.stamp = stamp(workspace, self.name)
            due, ran, title = self.bar.section(workspace.status(self.name))
            inputs = workspace.draft.checked.valid()
            whole = not workspace.guide.of_section(self.name)
            stop_unless_passed(shown, title, due, ran, inputs, whole=whole)
        return shown

    @cell
    def captures(self, *names: str) -> Shown:
        """Read captures: each call's verdict, and its ladder.

        ``names`` are files beside this notebook, where JupyterLab uploads to; they are copied
        into the run's folder. What lies there already is read too.
        """
        session = self.workspace.open()
        captures.take(session.run_dir, names)
        found = captures.read(session.run_dir)
        if found:
            return capture_tables.shown((item.name, item.unread, item.diagnosis) for item in found)
        folder = os.path.relpath(session.run_dir / captures.FOLDER, places.home())
        return tables.notice(
            "No capture to read. Upload a .pcap or .pcapng file next to this notebook and name it: "
            f"run.captures(“call.pcap”), or put it into {folder}."
        )

    @cell
    def diagnosis(self) -> Shown | forms.Intent:
        """The causes of what failed, and what became of each row of the guide's table.

        Of a surprise a person is asked first.
        """
        session = self.workspace.open()
        data = export.record(session.journal, session.attempt, session.guide)
        shown = causes.shown(data.causes) + causes.issues(data.diagnosis)
        if self.workspace.headless:
            return shown
        typed = self._below.card(DIAGNOSE)
        return surprises.diagnosis(session, data.steps, data.causes, shown, typed)

    @cell
    def record(self) -> Shown:
        """Make the record of what was done, and show the run's verdicts; the attempt ends there.

        A replay makes its record itself, once its last notebook has run.
        """
        session = self.workspace.open()
        if places.is_replay():  # the page that this becomes stands beside the others
            made, where = session.run_dir / "attempts" / session.attempt_name, "../record.html"
        else:
            made = self.workspace.keep_record()
            where = os.path.relpath(made / "record.html", Path.cwd())
        data = export.record(session.journal, int(made.name.partition("-")[0]), session.guide)
        told = os.path.relpath(made / "record.html", places.home())
        return (
            tables.figure(figures.strip(chapters.overview(data), "The run at a glance"))
            + tables.overall(outcome.word(data), " ".join([data.title, *outcome.sentences(data)]))
            + steps.verdicts(data.steps, f"All steps of attempt {made.name}")
            + tables.pointer("The record", where, told)
            + tables.notice(
                "Afterward: remove the OAuth client that you created for this run, if nothing else "
                "uses it. An AI leg carries no caller location: emergency calls must never go "
                "over this trunk.",
                "doubt",
            )
        )
