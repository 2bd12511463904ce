"""A surprise in a rehearsal: something is broken, and section 06 asks for it before it tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sfsip_nb.engine.cause_rows import CausesRow
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.engine.verdicts import Verdict, Weight
from sfsip_nb.notebook import forms
from sfsip_nb.notebook.buttons import Buttons
from sfsip_nb.present import tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import rehearsal
from sfsip_nb.runs.session import Session
from sfsip_nb.testbed.running import RunningTestbed

_FAILED = {"title": "Failed", "check": "Check", "expected": "Expected", "seen": "Seen"}
_SAID = "said"


def _told(session: Session) -> dict[str, Any]:
    """What the testbed says of its surprise; empty where none is on."""
    if session.testbed is None:
        return {}
    told = session.testbed.control("GET", "/surprise")
    return dict(told) if told["on"] else {}


def diagnosis(
    session: Session, steps: list[StepRow], causes: CausesRow, shown: Shown, typed: dict[str, str]
) -> Shown | forms.Intent:
    """The diagnosis as `shown`; first, while a surprise is on, the question what it is.

    What was chosen below the question is in `typed`; then it is told, and stands beside the proof.
    """
    told = _told(session)
    if not told or session.testbed is None:
        return shown
    if not told["named"]:
        if not (said := typed.get(_SAID, "")):
            field = (_SAID, "What is broken?", "")
            return forms.Intent(_evidence(steps), [field], typed, {_SAID: told["choices"]})
        told = session.testbed.control("PUT", "/surprise", {"said": said})
        typed.pop(_SAID, None)
    _switch(session.testbed).show()
    return _revealed(told, causes) + shown


def _evidence(steps: list[StepRow]) -> Shown:
    """What failed, without what it means."""
    rows = [
        {"title": check.title, "check": check.id, "expected": check.expected, "seen": check.seen}
        for step in steps
        for check in step.checks
        if check.weight is Weight.REQUIRED and check.verdict == Verdict.FAIL
    ]
    ask = (
        "A surprise is on: something is broken on purpose. Say below what it is and run this cell"
        " again; then you see the diagnosis."
    )
    if not rows:
        return tables.notice(f"{ask} Nothing has failed so far: run 04 and 05 first.", "doubt")
    return tables.notice(ask) + tables.plain_table(rows, _FAILED, "The evidence: what failed")


def _revealed(told: dict[str, Any], causes: CausesRow) -> Shown:
    proved = any(cause.id == told["cause"] for cause in causes.named)
    words = [
        f"You said: {told['said']}.",
        f"{'Yes' if told['right'] else 'No'}, it is: {told['effect']} (fault {told['fault']}).",
        "The proof is below."
        if proved
        else "Nothing run since then shows it. Run 04, 05 and 06 again.",
    ]
    return tables.notice(" ".join(words), "" if told["right"] else "doubt")


def _switch(testbed: RunningTestbed) -> Buttons:
    def off() -> str:
        testbed.control("DELETE", "/surprise")
        return "It is off. Run 04, 05 and 06 again to see that all is well."

    made = Buttons()
    made.add("Switch the surprise off", off, "power-off")
    return made


def practice(root: Path) -> Any:
    """Which rehearsal to break something in, and the button that does."""
    import ipywidgets

    names = [folder.name for folder in sorted(root.glob("*/")) if rehearsal.is_one(folder)]
    if not names:
        return tables.notice("There is no rehearsal yet to break something in.")
    run = ipywidgets.Dropdown(description="Rehearsal", options=names)

    def begin() -> str:
        parameters, testbed = rehearsal.of(root / run.value)
        testbed.control("POST", "/surprise", {"guide": parameters.guide})
        return (
            f"Something is broken in {run.value} now. Run its 04, 05 and 06 again: 06 shows the"
            " evidence and asks you what it is."
        )

    made = Buttons(run)
    made.add("Surprise me", begin, "random")
    return made.box
