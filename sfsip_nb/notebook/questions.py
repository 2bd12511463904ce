"""A few fields below what a cell shows, and the questions that a run begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ipywidgets

from sfsip_nb.notebook.common import MOST, WIDE, control, labelled, layout, style


def intent(
    fields: Iterable[tuple[str, str, str]],
    typed: dict[str, str],
    offered: Mapping[str, Sequence[str]],
    fold: str,
) -> Any:
    """Fields for key, label and hint each; one emptied again takes its word back."""
    controls = []
    for key, label, hint in fields:
        if choices := offered.get(key):
            made = control(
                ipywidgets.RadioButtons,
                description=label,
                options=choices,
                value=typed.get(key) or None,
                layout=layout(width="auto", max_width=MOST),
                style=style(ipywidgets.RadioButtons, **WIDE),
            )
        else:
            made = labelled(
                ipywidgets.Text, description=label, value=typed.get(key, ""), placeholder=hint
            )
        made.observe(lambda change, key=key: typed.update({key: change["new"].strip()}), "value")
        controls.append(made)
    box = ipywidgets.VBox(controls)
    return ipywidgets.Accordion([box], titles=(fold,)) if fold else box


def questions(answers: dict[str, str], guides: Mapping[str, str]) -> Any:
    """The questions that a new run begins with; each answer is noted as it is given."""
    controls = {
        "guide": control(
            ipywidgets.Dropdown,
            description="Guide",
            options=[(title, name) for name, title in guides.items()],
        ),
        "customer": control(ipywidgets.Text, description="Customer", value=answers["customer"]),
        "target": control(
            ipywidgets.Dropdown,
            description="Target",
            options=[
                ("live: a real customer", "live"),
                ("testbed: a rehearsal on this machine", "testbed"),
            ],
        ),
    }
    for name, widget in controls.items():
        widget.value = answers[name]
        widget.layout = layout(width="60ch", max_width=MOST)
        widget.observe(lambda change, name=name: answers.update({name: change["new"]}), "value")
    return ipywidgets.VBox(list(controls.values()))
