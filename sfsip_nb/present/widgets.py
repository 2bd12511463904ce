"""The controls behind `forms.Form`. Imported only where a person is there to use them."""

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from .forms import Field, Form


class SecretField(ipywidgets.Password):  # type: ignore[misc]
    """A password control that forgets.

    What is typed goes to `take` and nowhere else: the widget's own value is empty again at once,
    it never serialises a value, and half-typed text is not sent to the kernel. So a notebook
    saved with its widget state holds no secret.
    """

    value = traitlets.Unicode("").tag(sync=True, to_json=lambda value, widget: "")

    def __init__(self, take: Callable[[str], None], is_set: bool = False, **options: Any) -> None:
        super().__init__(continuous_update=False, **options)
        self._take = take
        self.placeholder = "set, not shown" if is_set else "not set"
        self.observe(self._forget, names="value")

    def _forget(self, change: Any) -> None:
        if change["new"]:
            self._take(change["new"])
            self.value = ""
            self.send_state("value")
            self.placeholder = "stored, not shown"

    def __repr__(self) -> str:
        return f"SecretField({self.description!r})"


_WIDE = {"description_width": "42ch"}  # the longest name, whole


def control(field: Field, form: Form) -> Any:
    """The control of one input, or None for what no single control holds."""
    options = {
        "description": field.key,
        "tooltip": field.help,
        "style": _WIDE,
        "layout": ipywidgets.Layout(width="92ch", max_width="100%"),
    }
    if field.secret:
        return SecretField(lambda text: form.note(field.key, text), bool(field.value), **options)
    match field.kind:
        case "switch":
            widget = ipywidgets.Checkbox(value=field.value, indent=True, **options)
        case "number":
            widget = ipywidgets.IntText(value=field.value, continuous_update=False, **options)
        case "choice":
            widget = ipywidgets.Dropdown(options=field.choices, value=field.value, **options)
        case "lines":
            return _lines(field, form, options)
        case "text":
            widget = ipywidgets.Text(value=field.value, continuous_update=False, **options)
        case _:
            return None
    widget.observe(lambda change: form.note(field.key, change["new"]), names="value")
    return widget


def _lines(field: Field, form: Form, options: dict[str, Any]) -> Any:
    """A list of texts, one a line."""
    widget = ipywidgets.Textarea(
        value="\n".join(field.value), rows=2, continuous_update=False, **options
    )

    def note(change: Any) -> None:
        lines = (line.strip() for line in change["new"].splitlines())
        form.note(field.key, [line for line in lines if line])

    widget.observe(note, names="value")
    return widget


def box(form: Form) -> Any:
    """All controls of a form, one below the other."""
    controls = (control(field, form) for field in form.fields)
    return ipywidgets.VBox([widget for widget in controls if widget is not None])
