"""The controls behind `forms.Form`. Imported only where a person is there to use them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from sfsip_nb.inputs.answered import as_line
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.form import Field, groups_of
from sfsip_nb.inputs.secrets import doubts, has_key_ring, kept_where
from sfsip_nb.notebook import common
from sfsip_nb.notebook.common import LAYOUT, labelled, layout, style
from sfsip_nb.notebook.file_widgets import saver
from sfsip_nb.notebook.lookups import answered
from sfsip_nb.notebook.several import Several
from sfsip_nb.present.tables import STYLE
from sfsip_nb.present.text import some, visible
from sfsip_nb.sip.shown import counted

if TYPE_CHECKING:
    from sfsip_nb.notebook.forms import Form


class SecretField(ipywidgets.Password):  # type: ignore[misc]  # ipywidgets has no types
    """A password control that forgets.

    What is typed goes to `take` and nowhere else: the widget's own value is empty again at once,
    it never serializes a value, and half-typed text is not sent to the kernel. So a notebook
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
            self.placeholder = "stored, not shown"
            self._take(change["new"])
            self.value = ""
            self.send_state("value")

    def __repr__(self) -> str:
        return f"SecretField({self.description!r})"


_REMARK = {"flex": "1 1 24ch", "min_width": "24ch"}


def control(field: Field, form: Form) -> Any:
    """The control of one input, or None for what no single control holds."""
    value = _fitting(form.draft.value(field.key), field)
    options = {"description": field.label, "tooltip": field.help}
    if field.secret:
        is_set = field.key in form.draft.checked.secrets
        return labelled(
            SecretField, take=lambda text: form.note(field.key, text), is_set=is_set, **options
        )
    match field.kind:
        case "switch":
            widget = labelled(ipywidgets.Checkbox, value=value, indent=True, **options)
        case "number":
            widget = labelled(ipywidgets.IntText, value=value, **options)
        case "choice":
            known = field.choices if value in field.choices else (value, *field.choices)
            pairs = [(choice or "–", choice) for choice in known]
            widget = labelled(ipywidgets.Dropdown, options=pairs, value=value, **options)
        case "lines":
            text = "\n".join(map(as_line, value))
            widget = labelled(ipywidgets.Textarea, value=text, rows=max(2, len(value)), **options)
        case "several":
            groups = form.closed[field.key]
            listed = {name for choices in groups.values() for name in choices}
            search = labelled(ipywidgets.Text, placeholder="search", **options)
            widget = Several(groups, [name for name in value if name in listed], search)
        case "day":
            widget = labelled(ipywidgets.DatePicker, value=value, **options)
        case "text":
            # A plain field, which also lists what a platform offers once that is known.
            widget = labelled(
                ipywidgets.Combobox, value=str(value), continuous_update=True, **options
            )
        case _:
            return None
    widget.observe(lambda change: form.note(field.key, _plain(change["new"], field)), names="value")
    return widget


def _fitting(value: Any, field: Field) -> Any:
    """A value as its control takes it; blank where it is of another kind, as is told beside it."""
    match field.kind:
        case "switch":
            return value if isinstance(value, bool) else False
        case "number":
            return value if isinstance(value, int) else 0
        case "lines" | "several":
            return value if isinstance(value, list) else []
        case "day":
            try:
                return date.fromisoformat(str(value)) if value else None
            except ValueError:
                return None
    return str(value)


def _plain(value: Any, field: Field) -> Any:
    """A widget's value as the parameters have it."""
    if field.kind == "lines":
        return [line.strip() for line in value.splitlines() if line.strip()]
    if field.kind == "several":
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


class Sheet:
    """All controls of a form, group by group, each with its help and with what is wrong."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self.controls: dict[str, Any] = {}
        self._remarks: dict[str, Any] = {}
        self._rows: dict[str, Any] = {}
        self._pickers: dict[str, Any] = {}
        about = dict(groups_of(form.draft.model))
        parts: list[Any] = [_html(STYLE), *self._opening()]
        asked = [field for field in form.fields if not field.first and not self._irrelevant(field)]
        for group, fields in groupby(asked, key=lambda field: field.group):
            rows = [row for field in fields if (row := self._row(field)) is not None]
            if rows:
                heading = about.get(group, "This run")
                parts += [_heading(escape(heading)), *rows]
        self._summary = _html("")
        saving = [saver(form.propose)] if form.propose else []
        self.box = ipywidgets.VBox([*parts, self._summary, *saving])
        self.refresh()

    def _opening(self) -> list[Any]:
        """What the platforms are asked with, and a button that asks them: it only reads."""
        self._said = _html("")
        first = [self._row(field) for field in self._form.fields if field.first]
        button = common.control(
            ipywidgets.Button,
            description="Look up what both have",
            tooltip="Only reads: sites, flows, queues, assistants and numbers to choose from below",
            layout=layout(width="auto"),
        )
        button.on_click(lambda _: self._look())
        heading = _heading("First, what opens both platforms")
        ring = [self._ring()] if has_key_ring() else []
        return [heading, *first, *ring, ipywidgets.HBox([button, self._said])]

    def _look(self) -> None:
        self._said.value = _said("Asking both platforms, which only reads …")
        try:
            told, good = answered(self._form.look())
        except InputError as error:
            told, good = str(error), False
        except SfsipError as error:
            told, good = f"{error} Type the names instead.", False
        mark = '<span class="good">✔' if good else '<span class="doubt">?'
        self._said.value = _said(f"{mark} {escape(visible(told))}</span>")

    def _irrelevant(self, field: Field) -> bool:
        """Whether an input has no meaning for this target."""
        return (
            field.group.partition(".")[0] == "testbed"
            and self._form.draft.value("target") == "live"
        )

    def _row(self, field: Field) -> Any:
        made = control(field, self._form)
        if made is None:
            return None
        self.controls[field.key] = made
        self._remarks[field.key] = ipywidgets.HTML(
            layout=layout(**_REMARK), style=style(ipywidgets.HTML)
        )
        row = ipywidgets.HBox([made, self._remarks[field.key]], layout=layout(flex_flow="row wrap"))
        self._rows[field.key] = row.add_class("sfsip-row")
        return row

    def _pick(self, key: str, offered: Sequence[str]) -> None:
        """Below an input of several lines, a field to search what is offered, and to add one."""
        if key not in self._pickers:
            made = labelled(ipywidgets.Combobox, description="Search and add")
            made.observe(lambda change: self._add(key, change["new"]), names="value")
            self._pickers[key] = made
            control, remark = self._rows[key].children
            around = LAYOUT | {"width": "calc(58ch + 4px)", "max_width": "100%"}
            column = ipywidgets.VBox([control, made], layout=layout(**around))
            self._rows[key].children = (column, remark)
        self._pickers[key].options = offered

    def _add(self, key: str, chosen: str) -> None:
        if chosen in self._form.offers[key]:
            lines = self.controls[key].value.splitlines()
            self.controls[key].value = "\n".join([*filter(str.strip, lines), chosen])
            self._pickers[key].value = ""

    def _ring(self) -> Any:
        box = labelled(
            ipywidgets.Checkbox,
            value=False,
            description="Keep secrets that I type from now on in this computer's key ring",
        )
        box.observe(lambda change: setattr(self._form.draft, "in_key_ring", change["new"]), "value")
        return box

    def refresh(self, beside: InputError | None = None) -> None:
        """Say what is wrong now, and offer what is known now."""
        draft = self._form.draft
        problems, questions = draft.problems(), doubts(draft.checked.secrets)
        if beside is not None:
            problems[beside.key] = str(beside)
        for field in self._form.fields:
            if field.key not in self.controls:
                continue
            wrong = problems.get(field.key, "")
            mark = f'<br><span class="bad">✖ {escape(visible(wrong))}</span>' if wrong else ""
            remark = f'<span class="quiet">{escape(field.help)}</span>'
            if question := questions.get(field.key):
                remark += f"<br><b>? {escape(question)}</b>"
            if field.secret:
                remark += f"<br>{escape(visible(kept_where(str(draft.value(field.key)))))}"
            if field.key in draft.understood:
                taken = draft.understood[field.key]
                told = some(taken) if isinstance(taken, list) else str(taken)
                remark += f"<br><b>→ {escape(visible(told))}</b>"
            if slip := self._form.slip(field.key):
                remark += f'<br><span class="doubt">? {escape(visible(slip))}</span>'
            if offered := self._form.offers.get(field.key, ()):
                if field.kind == "lines":  # several lines have no list to open
                    remark += f"<br><span>offered: {escape(visible(some(offered)))}</span>"
                    self._pick(field.key, offered)
                elif field.kind == "text":
                    self.controls[field.key].options = offered
            self._remarks[field.key].value = _said(remark + mark)
        count = len(problems)
        self._summary.value = _said(
            f'<b class="bad">✖ {counted(count, "input")} to fill in or correct</b>'
            if count
            else '<b class="good">✔ every input can be used</b>; the next cell that you run'
            " uses them"
        )


def _html(text: str) -> Any:
    return ipywidgets.HTML(value=text)


def _heading(text: str) -> Any:
    return _html(f'<h4 class="sfsip-heading">{text}</h4>')


def _said(html: str) -> str:
    """A remark beside a control: a screen reader is told when it changes."""
    return f'<div class="sfsip" role="status"><small>{html}</small></div>'
