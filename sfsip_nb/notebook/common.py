"""Layouts and styles that widgets have in common. Only where a person is there to see them.

Each is a message to the browser, as each widget is, and a kernel's messages are dropped without a
word where more than a thousand wait. Source: ZeroMQ's zmq_setsockopt, ZMQ_SNDHWM.
"""

from functools import cache
from typing import Any

import ipywidgets


@cache
def layout(**properties: str) -> Any:
    """The one layout of these CSS properties; who uses it changes nothing in it."""
    return ipywidgets.Layout(**properties)


@cache
def style(kind: type, **properties: str) -> Any:
    """The one style of these properties for a kind of widget."""
    # ipywidgets has no types
    return kind.class_traits()["style"].klass(**properties)  # type: ignore[attr-defined]
