"""Buttons that do something on the testbed at once, beside the cell that runs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from sfsip_nb.inputs.errors import SfsipError
from sfsip_nb.testbed.running import TestbedRefusal


class Buttons:
    """A row of buttons, and what came of the last one: in words, read out as they change.

    The controls `before` them are used at once too.
    """

    def __init__(self, *before: Any) -> None:
        import ipywidgets

        from sfsip_nb.notebook.common import beside

        self._said = ipywidgets.HTML(layout={"min_width": "24ch", "flex": "1 1 24ch"})
        controls = map(beside, before)
        self.box = ipywidgets.HBox([*controls, self._said], layout={"flex_flow": "row wrap"})

    def add(self, label: str, do: Callable[[], str], icon: str = "") -> None:
        """One more; `do` says what came of it."""
        import ipywidgets

        from sfsip_nb.notebook.common import beside

        made = ipywidgets.Button(
            description=label, tooltip=label, icon=icon, layout={"width": "auto"}
        )
        made.on_click(lambda _: self._do(do))
        beside(made)
        *others, said = self.box.children
        self.box.children = (*others, made, said)

    def say(self, words: str) -> None:
        """Show it beside the buttons."""
        self._said.value = f'<span role="status">{escape(words)}</span>'

    def show(self) -> None:
        """Display them below the cell that runs."""
        from IPython.display import display

        display(self.box)

    def _do(self, act: Callable[[], str]) -> None:
        try:
            self.say(act())
        except TestbedRefusal as refusal:
            self.say(refusal.reason)
        except SfsipError as error:
            self.say(str(error))
