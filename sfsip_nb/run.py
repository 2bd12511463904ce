"""What a notebook calls: one object, whose methods show what they did."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sfsip_nb import session as sessions
from sfsip_nb.desk import Desk
from sfsip_nb.guides import captures
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present import captures as capture_tables
from sfsip_nb.present import chapters, figures, forms, tables
from sfsip_nb.present.html import lenient
from sfsip_nb.present.record import card_page
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import unmarked
from sfsip_nb.runbook import export, people
from sfsip_nb.runbook.difference import text
from sfsip_nb.runbook.engine import Engine, StepResult
from sfsip_nb.runbook.model import Card
from sfsip_nb.runbook.verdicts import Verdict, worst

_OFFERED = 8
"""So many of what a platform offers are named in the table; the form lists all."""


def open_run(guide: str, notebook: str, namespace: Mapping[str, Any]) -> Run:
    """Open the run that the parameters cell describes, for one of its notebooks.

    Reads the declared names out of ``namespace`` (a notebook's ``globals()``) and validates them
    once. Raises ``InputError``, one paragraph a problem; nothing has been touched then.
    """
    return Run(Desk(guide, namespace), notebook)


class Run:
    """A run as one notebook sees it. Each method returns what it shows."""

    def __init__(self, desk: Desk, notebook: str) -> None:
        self._desk = desk
        self._notebook = notebook
        self._form = forms.Form(desk.draft, desk.keep)
        self._approver: list[str] = []

    @property
    def _session(self) -> sessions.Session:
        return self._desk.session

    def __repr__(self) -> str:
        if problems := self._desk.draft.problems():
            name, count = self._desk.draft.run_name, len(problems)
            return f"<run {name}: inputs to fill in or correct: {count}, see run.inputs()>"
        s = self._session
        return f"<run {s.parameters.run_name}, {s.guide.title}, {s.mode}, attempt {s.attempt}>"

    # -- inputs ---------------------------------------------------------------------------

    def inputs(self) -> Shown | forms.Form:
        """The inputs: a form where a person is there, a table of them always."""
        return self._form.static() if self._desk.headless else self._form

    def look(self) -> Shown:
        """What both platforms say of the inputs, and, in the form above, what they offer."""
        try:
            seen = self._desk.look()
        except InputError as error:
            return tables.notice(str(error), "doubt")
        for key, sight in seen.items():
            self._form.offer(key, sight.choices)
        words = {True: "there", False: "not there", None: "open"}
        rows = [
            {
                "input": key,
                "value": text(self._desk.draft.value(key)),
                "found": words[sight.ok],
                "seen": sight.sentence,
                "offered": ", ".join(sight.choices[:_OFFERED])
                + (" …" if len(sight.choices) > _OFFERED else ""),
            }
            for key, sight in seen.items()
        ]
        names = {
            "input": "Input",
            "value": "Value",
            "found": "Found",
            "seen": "What the platform says",
            "offered": "Offered",
        }
        return tables.plain_table(rows, names, "What the platforms say of the inputs")

    def changed(self) -> Shown:
        """What changed since the guide was written, with date and source."""
        notes = facts.changes(self._session.guide.name)
        return tables.what_changed([vars(note) for note in notes])

    def lines(self) -> Shown:
        """Every line of the vendor's document and what carries it."""
        return tables.plain_table(
            [vars(line) | {"text": unmarked(line.text)} for line in self._session.guide.lines()],
            {"text": "Line of the guide", "heading": "Heading", "carried_by": "Carried by"},
            "The guide, line by line",
        )

    # -- the plan -------------------------------------------------------------------------

    def plan(self, fresh: bool = False) -> Shown | forms.Approval:
        """What would change on both sides; nothing is written. ``fresh`` makes it anew.

        Where a person is there and nothing is carried out yet, it asks for a name below.
        """
        engine = self._engine()
        plan = engine.plan(fresh)
        done = {
            (c.step, c.kind, c.key)
            for c in engine.ctx.journal.changes()
            if c.plan == plan.id and c.outcome and c.stands
        }
        left = [e for e in plan.changes if (e.step, e.kind, e.key) not in done]
        state = (
            plan.stopped
            or (f"approved by {plan.approved_by}, {plan.approved_at}" if plan.approved_by else "")
            or "waits for approval: read it, then approve it by name"
        )
        if done:
            state = f"{len(done)} of {len(plan.changes)} changes carried out; {state}"
        rows = [export.planned(asdict(entry)) for entry in left]
        shown = tables.plan_table(rows, f"Plan of {plan.made_at}", state)
        asks = self._session.mode == "plan" or not plan.approved_by
        if self._desk.headless or plan.stopped or not left or not asks:
            return shown
        return forms.Approval(shown, self._approver)

    def approve(self, by: str) -> Shown | forms.Approval:
        """Approve the plan by name, so that the next cells carry it out, in the mode apply."""
        self._session.engine.approve(by)
        self._approver.clear()
        if not self._desk.headless:
            self._desk.draft.note("mode", "apply")
            self._desk.keep()
        return self.plan()

    # -- steps ----------------------------------------------------------------------------

    def step(self, step_id: str) -> Shown:
        """Carry out one step and show its checks, its card, its call's way and what was kept."""
        engine, session = self._engine(), self._session  # an approval changes the session
        result = engine.run(step_id)
        shown = tables.checks_table(_row(result))
        if result.card is not None:
            shown = shown + tables.card(self._card(result.card))
        data = export.record(session.journal, session.attempt, session.guide)
        for flow in data["flows"]:
            if flow["step"] == step_id:
                shown = shown + tables.figure(figures.callflow(flow))
        kept = session.run_dir / "evidence"
        for name in sorted({name for check in result.checks for name in check.evidence}):
            if name.endswith(".svg"):
                picture = (kept / name).read_text(encoding="utf-8")
                shown = shown + tables.ladder(picture, _label(name))
            elif name.endswith(".wav"):
                sound = figures.heard((kept / name).read_bytes(), _label(name))
                shown = shown + tables.figure(sound)
        return shown

    def done(
        self,
        step_id: str,
        by: str,
        note: str = "",
        at: str = "",
        files: Sequence[str] = (),
        **values: str,
    ) -> Shown:
        """Answer a card: who did it, when, a note, files that show it, and the values asked for."""
        ctx = self._engine().ctx
        step = ctx.guide.step(step_id)
        card = step.card(ctx) if step.card else None
        if card is None:
            return tables.notice(f"{step_id} has nothing that a person does.", "doubt")
        paths = [Path(name) for name in files]
        people.answer(ctx, card, by, at, note, dict(values), files=paths)
        return tables.card(self._card(card))

    def send(self, step_id: str) -> Shown:
        """Write a card as one page that can be printed or sent to the customer's administrator."""
        ctx = self._engine().ctx
        step = ctx.guide.step(step_id)
        card = step.card(ctx) if step.card else None
        if card is None:
            return tables.notice(f"{step_id} has nothing that a person does.", "doubt")
        page = self._session.run_dir / "cards" / f"{step_id}.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text(card_page(self._card(card), ctx.parameters.customer), encoding="utf-8")
        return tables.notice(f"Card: {os.path.relpath(page, sessions.home())}")

    def verdict(self) -> Shown:
        """The section's verdict; of a section without steps, the whole attempt's.

        Tokens are revoked, and opened anew when they are needed.
        """
        session = self._session
        session.release()
        rows = session.journal.steps(session.attempt)
        own = session.guide.of_section(self._notebook)
        if not own:
            whole = worst(Verdict(row["verdict"]) for row in rows.values())
            return tables.overall(whole.value, f"{session.guide.title}: all sections so far")
        steps = [rows[s.id] | {"id": s.id, "title": s.title} for s in own if s.id in rows]
        shown = tables.verdict_table(
            [step | {"note": step["reason"]} for step in steps], "This section"
        )
        verdict = worst(Verdict(step["verdict"]) for step in steps)
        titles = {section.notebook: section.title for section in session.guide.sections}
        return shown + tables.overall(verdict.value, titles[self._notebook])

    def captures(self, *names: str) -> Shown:
        """Read captures: each call's verdict, and its ladder.

        ``names`` are files beside this notebook, where JupyterLab uploads to; they are copied
        into the run's folder. What lies there already is read too.
        """
        session = self._session
        captures.take(session.run_dir, names)
        found = captures.read(session.run_dir)
        if found:
            return capture_tables.shown((item.name, item.unread, item.diagnosis) for item in found)
        folder = os.path.relpath(session.run_dir / captures.FOLDER, sessions.home())
        return tables.notice(
            "No capture to read. Upload a .pcap or .pcapng file beside this notebook and name it: "
            f"run.captures(“call.pcap”), or put it into {folder}."
        )

    def diagnosis(self) -> Shown:
        """The troubleshooting rows, the likeliest first."""
        session = self._session
        rows = session.journal.get(f"diagnosis/{session.attempt}", [])
        return tables.plain_table(
            [row | {"because": "; ".join(row["because"]) or "no sign of it"} for row in rows],
            {"cause": "Issue", "because": "What speaks for it", "remedy": "Fix"},
            "Quick troubleshooting, ranked on this run",
        )

    def record(self) -> Shown:
        """The whole run's verdicts so far, and where its record is or will be."""
        session = self._session
        data = export.record(session.journal, session.attempt, session.guide)
        where = session.run_dir / "attempts" / session.attempt_name / "record.html"
        told = os.path.relpath(where, sessions.home())
        if not self._desk.headless:
            told = f"made by: sfsip record {os.path.relpath(session.run_dir, sessions.home())}"
        return (
            tables.figure(figures.strip(chapters.overview(lenient(data)), "The run at a glance"))
            + tables.verdict_table(data["steps"], "All steps of this attempt")
            + tables.overall(data["verdict"], data["title"])
            + tables.notice(f"Record: {told}")
            + tables.notice(
                "Afterwards: remove the OAuth client that was made for this run, if nothing else "
                "uses it. An AI leg carries no caller location: emergency calls must never go "
                "over this trunk.",
                "doubt",
            )
        )

    # -- inside ---------------------------------------------------------------------------

    def _engine(self) -> Engine:
        """The engine, once the approval that a person typed has been carried out."""
        if self._approver:
            self.approve(self._approver[-1])
        return self._session.engine

    def _card(self, card: Card) -> dict[str, Any]:
        answered = people.current_answer(self._session.engine.ctx, card)
        data = people.as_dict(card)
        if answered:
            data |= {
                "answered_by": answered["done_by"],
                "answered_at": answered["done_at"],
                "note": answered["note"],
            }
        return data


def _label(evidence: str) -> str:
    """What a ladder's file name says it shows: ``1a2b-ladder-15551230001.svg``."""
    return evidence.partition("-")[2].rpartition(".")[0].replace("-", " ").capitalize()


def _row(result: StepResult) -> dict[str, Any]:
    checks = [c.as_dict() for c in result.checks]
    return {
        "id": result.step.id,
        "title": result.step.title,
        "verdict": result.verdict.value,
        "change": result.change,
        "note": result.reason,
        "checks": [c | {"settle": c["reason"]} for c in checks],
    }
