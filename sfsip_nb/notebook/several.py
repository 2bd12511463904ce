"""Several from a closed list: searched as one types, in groups. Only where a person is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets
import traitlets

from sfsip_nb.notebook.common import control, layout, style

Groups = Mapping[str, Mapping[str, str]]
"""Everything that may be chosen, each with a word on it, below the titles of its groups."""


class Several(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A search field, and below it a box to tick for each choice that fits it.

    `value` holds the names that are ticked; they stay in sight whatever is searched for.
    """

    value: Any = traitlets.List()

    def __init__(self, groups: Groups, value: Sequence[str], search: Any) -> None:
        self._boxes: dict[str, tuple[Any, Any, str]] = {}
        self._groups: list[tuple[Any, list[str]]] = []
        for title, choices in groups.items():
            heading = ipywidgets.HTML(
                f"<b>{escape(title)}</b>",
                layout=layout(flex="0 0 calc(100% - 1ch)"),
                style=style(ipywidgets.HTML),
            )
            self._groups.append((heading, list(choices)))
            for name, about in choices.items():
                self._add(name, about, name in value)
        frame = {"max_height": "240px", "overflow": "hidden auto", "width": "100%"}
        look = {"border": "1px solid var(--jp-border-color2)", "padding": "4px"}
        lines = {"flex_flow": "row wrap", "align_content": "flex-start"}
        self._below = ipywidgets.Box(layout={**frame, **look, **lines})
        self._filter("")
        super().__init__([search, self._below], layout={"width": "100%"}, value=list(value))
        self.observe(self._show, names="value")
        search.observe(lambda change: self._filter(change["new"]), names="value")

    def _add(self, name: str, about: str, ticked: bool) -> None:
        box = control(
            ipywidgets.Checkbox,
            value=ticked,
            description=name,
            indent=False,
            layout=layout(width="34ch"),
            style=style(ipywidgets.Checkbox),
        )
        box.observe(self._tick, names="value")
        told = ipywidgets.HTML(
            f"<small>{escape(about)}</small>",
            layout=layout(flex="1 1 calc(100% - 37ch)", min_width="24ch"),
            style=style(ipywidgets.HTML),
        )
        self._boxes[name] = box, told, f"{name.replace('-', ' ')} {name} {about}".lower()

    def _tick(self, change: Any) -> None:
        self.value = [name for name, (box, _, _) in self._boxes.items() if box.value]

    def _show(self, change: Any) -> None:
        for name, (box, _, _) in self._boxes.items():
            box.value = name in change["new"]

    def _filter(self, sought: str) -> None:
        words = sought.lower().split()
        listed: list[Any] = []
        for heading, names in self._groups:
            rows = [
                cell
                for box, told, text in map(self._boxes.__getitem__, names)
                if box.value or all(word in text for word in words)
                for cell in (box, told)
            ]
            listed += [heading, *rows] if rows else []
        self._below.children = listed
