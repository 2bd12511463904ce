"""An unattended notebook that did not pass ends with an error, so that whatever ran it goes red."""

from __future__ import annotations

from collections.abc import Sequence

from sfsip_nb.engine import people
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.engine.verdicts import DONE, Verdict, worst
from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.present import style
from sfsip_nb.present.html import deciding
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import one_line, some
from sfsip_nb.sip.shown import counted


class NotPassed(SfsipError):
    """A section's steps did not all pass. The reason comes first: a tool's log begins with it."""

    shown = True

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def stop_unless_passed(
    shown: Shown,
    title: str,
    own: Sequence[Step],
    ran: Sequence[StepRow],
    inputs: Parameters,
    whole: bool,
) -> None:
    """Show a verdict and raise ``NotPassed`` unless all `own` steps passed or need not.

    Nothing is raised where the inputs say to report only. A plan leaves its steps open by nature,
    so only a failed one is refused. What a person did and a later section's call proves is open in
    its own section and refused at the end, where the verdict is of the `whole`.
    """
    open_ = [row for row in ran if row.verdict not in DONE]
    if not whole:
        open_ = [row for row in open_ if not people.only_awaits_proof(row)]
    missing = [step.id for step in own if step.id not in {row.id for row in ran}]
    if inputs.effective_mode == "plan":
        open_, missing = [row for row in open_ if row.verdict is Verdict.FAIL], []
    if inputs.on_open == "report" or not (open_ or missing):
        return
    from IPython.display import display

    display(shown)
    worse = worst(row.verdict for row in open_)
    first = next((row for row in open_ if row.verdict is worse), None)
    others = [f"{row.id} {row.verdict}" for row in open_ if row is not first]
    others += [f"{id_} not run" for id_ in missing]
    if first is not None:
        why = one_line(deciding(first))
        reason = f"{style.verdict(first.verdict)}: {first.id} ({first.title}): {why}"
    else:
        reason = f"{counted(len(missing), 'step')} not run"
    also = f" Also open: {some(others)}." if others else ""
    raise NotPassed(
        f"{reason}\n{title}: not passed.{also} The outputs above say more. To only report this and"
        " go on, set on_open to report."
    )
