"""What a person does themselves in a rehearsal: chosen at the start, kept with the run's inputs."""

from __future__ import annotations

import ast
import json
from contextlib import closing
from pathlib import Path
from typing import Any

from sfsip_nb.engine.found import JOURNAL, TYPED, look
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Guide
from sfsip_nb.inputs.draft import Draft

CHOICES = {
    "cards": "I answer the cards myself (else they are answered for me)",
    "plan": "I approve the plan myself (else it is approved for me)",
    "calls": "I dial myself (else it is dialed for me)",
}
_KEY = "testbed.by_hand.{}"


def keep(guide: Guide, folder: Path, notebook: Path, chosen: dict[str, bool]) -> dict[str, bool]:
    """Note what was chosen over what a run's notebooks give, as their form does; all that holds.

    What was not touched stays as the run has it.
    """
    draft = Draft(guide.name, given(notebook), lambda run: look(folder).typed or {})
    before = draft.typed()
    keys = {_KEY.format(name): own for name, own in chosen.items()}
    for key, own in keys.items():
        draft.note(key, own)
    if draft.typed() != before:
        with closing(Journal(folder / JOURNAL)) as journal:
            journal.change(TYPED, lambda kept: draft.noted(kept, *keys), {})
    return {name: bool(draft.value(_KEY.format(name))) for name in CHOICES}


def given(notebook: Path) -> dict[str, Any]:
    """The inputs in a notebook's parameters cell."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    source = next(c["source"] for c in cells if "parameters" in c["metadata"].get("tags", []))
    return {
        item.target.id: ast.literal_eval(item.value)
        for item in ast.parse("".join(source)).body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value
    }


def told(by_hand: dict[str, bool]) -> str:
    """What holds in a rehearsal, in a sentence."""
    words = {
        "cards": ("you answer the cards", "the cards are answered for you"),
        "plan": ("you approve the plan", "the plan is approved for you"),
        "calls": ("you dial", "it is dialed for you"),
    }
    return f"In this rehearsal {', '.join(words[n][not own] for n, own in by_hand.items())}."


def controls(chosen: dict[str, bool]) -> Any:
    """A box to tick for each; what is touched is noted as it is."""
    import ipywidgets

    from sfsip_nb.notebook.common import control

    boxes = []
    for name, label in CHOICES.items():
        box = control(
            ipywidgets.Checkbox,
            value=chosen.get(name, False),
            description=label,
            indent=False,
            layout={"width": "auto"},
        )
        box.observe(lambda change, name=name: chosen.update({name: change["new"]}), "value")
        boxes.append(box)
    return ipywidgets.VBox(boxes)
