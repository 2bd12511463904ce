"""The plan as a notebook shows it: what would change, how far it is, and whether it asks a name."""

from __future__ import annotations

import os
from pathlib import Path

from sfsip_nb.engine import export
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.plan import Plan, PlannedChange
from sfsip_nb.present import tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import utc
from sfsip_nb.runs import cards as handouts


def left(ctx: Context, plan: Plan) -> list[PlannedChange]:
    """The changes of a plan that were not carried out yet."""
    done = {
        (change.step, change.kind, change.key)
        for change in ctx.journal.changes.all()
        if change.plan == plan.id and change.outcome and change.stands
    }
    return [e for e in plan.changes if (e.step, e.kind, e.key) not in done]


def asks(ctx: Context, plan: Plan) -> bool:
    """Whether a plan waits for somebody's name."""
    due = ctx.mode == "plan" or not plan.approved_by
    return due and not plan.stopped and bool(left(ctx, plan))


def shown(ctx: Context, plan: Plan) -> Shown:
    """The changes that are left, object by object, under their counts and the plan's state."""
    rows = left(ctx, plan)
    state = _state(plan)
    if done := len(plan.changes) - len(rows):
        state = f"{done} of {len(plan.changes)} changes carried out; {state}"
    told = ctx.journal.people()
    by_people = sum(card["step"] not in told for card in plan.cards)
    title = f"Plan of {utc(plan.made_at)}"
    return tables.plan_table([export.planned(entry) for entry in rows], title, state, by_people)


def to_approve(ctx: Context, plan: Plan) -> Shown:
    """The plan for the person who is to approve it, with the way to all of its cards on a page."""
    table = shown(ctx, plan)
    if not plan.cards:
        return table
    page = os.path.relpath(handouts.keep(ctx.run_dir), Path.cwd())
    return table + tables.pointer("For those who do it", page, "all cards on one page")


def _state(plan: Plan) -> str:
    if plan.stopped:
        return plan.stopped
    if plan.approved_by:
        return f"approved by {plan.approved_by}, {utc(plan.approved_at)}"
    return "waiting for approval: read it, then approve it by name"
