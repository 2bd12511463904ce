"""What widgets have in common. Only where a person is there to see them.

A layout and a style are each a message to the browser, as each widget is, and a kernel's messages
are dropped without a word where more than a thousand wait. Source: ZeroMQ's zmq_setsockopt,
ZMQ_SNDHWM.

JupyterLab (4.4) sends what a person does with a control to a subshell, which is a thread beside the
cells, and ipykernel (7.4) sends it to the one that last used the control. So each says which it
wants. Source: JEP 91.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import ipywidgets

WIDE = {"description_width": "29ch"}  # the longest label, whole
MOST = "calc(100% - 4px)"  # a control has margins
# Both side by side with the file browser open; `parts.css` knows their sum.
LAYOUT = {"width": "58ch", "max_width": MOST, "flex": "0 1 auto"}


def control(kind: type, **options: Any) -> Any:
    """A control that is used in turn with the cells.

    What was typed before a cell was run is there for it, and nothing changes while one runs.
    """
    return _carried_out(kind(**options), lambda data, subshell: None)


def beside(made: Any) -> Any:
    """The control, used at once from now on, whatever cell is running."""
    return _carried_out(made, lambda data, subshell: subshell)


def _carried_out(made: Any, where: Callable[[Any, str | None], str | None]) -> Any:
    if hasattr(made.comm, "_reply_subshell_for"):  # only a kernel has subshells
        made.comm._reply_subshell_for = where
    return made


def labelled(kind: type, **options: Any) -> Any:
    """A control with its label, as wide as the others."""
    return control(kind, layout=layout(**LAYOUT), style=style(kind, **WIDE), **options)


@cache
def layout(**properties: str) -> Any:
    """The one layout of these CSS properties; who uses it changes nothing in it."""
    return ipywidgets.Layout(**properties)


@cache
def style(kind: type, **properties: str) -> Any:
    """The one style of these properties for a kind of widget."""
    # ipywidgets has no types
    return kind.class_traits()["style"].klass(**properties)  # type: ignore[attr-defined]
