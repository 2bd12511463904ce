"""The controls about a parameters file: choose one, and save into it what was typed.

Imported only where a person is there to use them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.notebook.common import control
from sfsip_nb.present.text import visible
from sfsip_nb.runs.parameters_file import Proposal


def choice(label: str, offered: Mapping[str, str], chosen: dict[str, str], name: str) -> Any:
    """A list of what is `offered`, each with words on it; what is chosen is noted at once."""
    made = control(
        ipywidgets.Dropdown,
        description=label,
        options=[("–", ""), *((words, value) for value, words in offered.items())],
        value=chosen[name] if chosen[name] in offered else "",
        style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="60ch", max_width="100%"),
    )
    made.observe(lambda change: chosen.update({name: change["new"]}), "value")
    return made


def saver(propose: Callable[[], Proposal]) -> Any:
    """Two buttons: the first shows what would change in the file, the second writes it."""
    shown = ipywidgets.HTML()
    look = _button("Save to the parameters file …", "Shows what would change; writes nothing yet")
    write = _button("Write it", "Writes the file as shown")
    write.layout.display = "none"
    proposals: list[Proposal] = []

    def show(_: Any) -> None:
        proposals.clear()
        write.layout.display = "none"
        try:
            made = propose()
        except InputError as error:
            shown.value = _said(str(error), "bad")
            return
        if not made.difference:
            shown.value = _said(f"{made.name} has these inputs already.", "good")
            return
        proposals.append(made)
        text = escape(visible(made.difference))
        lines = f'<pre style="white-space: pre-wrap">{text}</pre>'
        shown.value = _said(f"{made.name} would change like this:", "quiet") + lines
        write.description = f"Write {made.name}"
        write.layout.display = ""

    def save(_: Any) -> None:
        write.layout.display = "none"
        try:
            proposals[0].write()
        except InputError as error:
            shown.value = _said(str(error), "bad")
        else:
            shown.value = _said(f"✔ {proposals[0].name} is written.", "good")

    look.on_click(show)
    write.on_click(save)
    return ipywidgets.VBox([look, shown, write])


def _button(text: str, hint: str) -> Any:
    return control(
        ipywidgets.Button,
        description=text,
        tooltip=hint,
        layout=ipywidgets.Layout(width="auto", max_width="100%", align_self="flex-start"),
    )


def _said(text: str, kind: str) -> str:
    return f'<div class="sfsip" role="status"><p class="{kind}">{escape(visible(text))}</p></div>'
