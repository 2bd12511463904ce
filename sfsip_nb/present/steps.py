"""A step at a glance: its figures, one line with its verdict, and all the rest folded below it."""

import functools
import operator
from collections.abc import Iterable

from markupsafe import Markup

from sfsip_nb.engine import people
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.engine.verdicts import DONE
from sfsip_nb.present import tables
from sfsip_nb.present.chapters import tally
from sfsip_nb.present.html import part
from sfsip_nb.present.tables import Shown


def shown(
    step: StepRow,
    figures: Iterable[Shown] = (),
    inside: Iterable[Shown] = (),
    below: Iterable[Shown] = (),
) -> Shown:
    """One step. What is `inside` stands folded with its checks, and open unless it passed.

    What a later call proves is folded too: nobody can do anything about it here.
    """
    checks, more = tables.checks_table(step), [*inside]
    whole = functools.reduce(operator.add, more, checks)
    folded = whole.html if step.checks else "\n".join(shown.html for shown in more)
    line = Shown(part("step", step, Markup(folded), _open(step)), whole.text, checks.table)
    return functools.reduce(operator.add, [*figures, line, *below])


def verdicts(steps: list[StepRow], title: str) -> Shown:
    """The verdicts of several steps, counted in a line, and open where one is not done."""
    table = tables.verdict_table(steps, title)
    opened = any(map(_open, steps))
    return tables.folded(table, f"{title}: {tally(steps)}", opened)


def _open(step: StepRow) -> bool:
    return step.verdict not in DONE and not people.only_awaits_proof(step)
