"""Several from a closed list: searched as one types, in groups. Only where a person is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets
import traitlets

Groups = Mapping[str, Mapping[str, str]]
"""Everything that may be chosen, each with a word on it, below the titles of its groups."""


class Several(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A search field, and below it a box to tick for each choice that fits it.

    `value` holds the names that are ticked; they stay in sight whatever is searched for.
    """

    value: Any = traitlets.List()

    def __init__(self, groups: Groups, value: Sequence[str], search: Any) -> None:
        self._search = search
        self._boxes: dict[str, tuple[Any, Any, str]] = {}
        listed: list[Any] = []
        self._headings: list[tuple[Any, list[str]]] = []
        for title, choices in groups.items():
            heading = ipywidgets.HTML(f"<b>{escape(title)}</b>")
            self._headings.append((heading, list(choices)))
            listed.append(heading)
            listed += [self._row(name, about, name in value) for name, about in choices.items()]
        frame = {"max_height": "240px", "overflow": "hidden auto", "width": "100%"}
        below = ipywidgets.VBox(
            listed,
            layout={**frame, "border": "1px solid var(--jp-border-color2)", "padding": "4px"},
        )
        super().__init__([search, below], layout={"width": "100%"}, value=list(value))
        self.observe(self._show, names="value")
        search.observe(lambda change: self._filter(change["new"]), names="value")

    def _row(self, name: str, about: str, ticked: bool) -> Any:
        box = ipywidgets.Checkbox(
            value=ticked, description=name, indent=False, layout={"width": "34ch"}
        )
        box.observe(self._tick, names="value")
        told = ipywidgets.HTML(f"<small>{escape(about)}</small>", layout={"flex": "1 1 24ch"})
        row = ipywidgets.HBox([box, told], layout={"flex_flow": "row wrap", "flex": "0 0 auto"})
        self._boxes[name] = box, row, f"{name.replace('-', ' ')} {name} {about}".lower()
        return row

    def _tick(self, change: Any) -> None:
        self.value = [name for name, (box, _, _) in self._boxes.items() if box.value]

    def _show(self, change: Any) -> None:
        for name, (box, _, _) in self._boxes.items():
            box.value = name in change["new"]

    def _filter(self, sought: str) -> None:
        words = sought.lower().split()
        fits = {
            name: box.value or all(word in text for word in words)
            for name, (box, _, text) in self._boxes.items()
        }
        for name, (_, row, _) in self._boxes.items():
            row.layout.display = None if fits[name] else "none"
        for heading, names in self._headings:
            heading.layout.display = None if any(fits[name] for name in names) else "none"
