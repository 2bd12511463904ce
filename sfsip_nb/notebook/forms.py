"""The form of the inputs: widgets where a person is there, its static twin always.

Values come first: the widgets start from the inputs as they stand, and nothing blocks. What a
person types is checked at once and noted; the next cell that runs acts on it. Buttons only look up
what the platforms have, and save the inputs to a file.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs import extras
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.form import fields_of
from sfsip_nb.inputs.secrets import doubts
from sfsip_nb.present.tables import Shown, Stamp, folded, inputs_table
from sfsip_nb.runs import person
from sfsip_nb.runs.parameters_file import Proposal


def ready() -> None:
    """Raises InputError where a person is there and ipywidgets, to ask them with, is not."""
    if person.is_there():
        extras.need("lab", "A notebook in which a person works", "ipywidgets")


def _show(name: str, make: Callable[[], Shown]) -> None:
    from IPython.display import display

    display(make())


class Form:
    """Inputs to look at and, where a person is there, to change.

    Display it by returning it from a cell. Structures that no single control holds (people,
    waivers) are shown and stay as the parameters have them. `note` takes each typed value.
    `closed` names, by key and group, all that may be chosen, each with a word on it. `ask` asks the
    platforms about the inputs as they stand; `propose` makes of them the run's parameters file.
    `show` displays the inputs as a table, by a name, so that it may follow what is typed.
    """

    def __init__(
        self,
        draft: Draft,
        note: Callable[[str, Any], None] | None = None,
        closed: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
        ask: Callable[[], Mapping[str, LookupResult]] = dict,
        propose: Callable[[], Proposal] | None = None,
        show: Callable[[str, Callable[[], Shown]], None] = _show,
    ) -> None:
        self.draft = draft
        self.propose = propose
        self._ask = ask
        self.closed = closed or {}
        self.fields = tuple(
            field.of_closed_list() if field.key in self.closed else field
            for field in fields_of(draft.model)
        )
        self.offers: dict[str, tuple[str, ...]] = {}
        self._seen: dict[str, tuple[Any, LookupResult]] = {}
        self.shown: Any = None
        self.stamp: Stamp | None = None
        self._note = note or draft.note
        self._show = show

    def static(self) -> Shown:
        """The inputs as a table: secrets as set or not set, and what is still wrong."""
        problems, questions = self.draft.problems(), doubts(self.draft.checked.secrets)
        rows = [
            {
                "key": field.key,
                "help": f"{field.help} {questions.get(field.key, '')}".strip(),
                "value": self.draft.value(field.key),
                "secret": field.secret,
                "problem": problems.get(field.key, ""),
            }
            for field in self.fields
        ]
        table = inputs_table(rows)
        table.stamp = self.stamp
        return table

    def note(self, key: str, value: Any) -> None:
        """Take a typed value; the widgets then say what is wrong now."""
        refused = None
        try:
            self._note(key, value)
        except InputError as error:
            refused = error
        if self.shown is not None:
            self.shown.refresh(refused)

    def look(self) -> Mapping[str, LookupResult]:
        """Ask the platforms about the inputs, and offer what they have. Only reads.

        Raises InputError where nobody can be asked yet.
        """
        seen = self._ask()
        self._seen = {key: (self.draft.value(key), result) for key, result in seen.items()}
        for key, result in seen.items():
            self.offer(key, result.choices)
        return seen

    def slip(self, key: str) -> str:
        """What the platform said against an input as it still stands: not there, or other letters.

        Empty where it said nothing against it, or something else has been typed since.
        """
        value, result = self._seen.get(key, (None, None))
        if result is None or value != self.draft.value(key):
            return ""
        return result.sentence if result.ok is False or result.spelled else ""

    def offer(self, key: str, choices: Sequence[str]) -> None:
        """Offer what a platform has for an input; anything else may still be typed.

        A name that no input takes, for something in it cannot be seen, is not offered.
        """
        self.offers[key] = tuple(choice for choice in choices if choice.isprintable())
        if self.shown is not None:
            self.shown.refresh()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if person.is_there():
            from sfsip_nb.notebook.widgets import Sheet

            self.shown = Sheet(self)
            display(self.shown.box)
            self._show("inputs", lambda: folded(self.static(), "The same as a table"))
        else:
            display(self.static())


class Intent:
    """Something shown, and fields below it; the next cell that runs honors what was typed.

    `fields` are key, label and hint of each; what is typed goes to `typed`, as it is typed. A key
    in `offered` is chosen from what stands there. With a `fold` they are behind a line of these
    words, as nobody needs them now.
    """

    def __init__(
        self,
        shown: Shown,
        fields: Sequence[tuple[str, str, str]],
        typed: dict[str, str],
        offered: Mapping[str, Sequence[str]] | None = None,
        fold: str = "",
    ) -> None:
        self.shown = shown
        self.fold = fold
        self.fields = tuple(fields)
        self.typed = typed
        self.offered = offered or {}
        self.stamp: Stamp | None = None

    @property
    def frame(self) -> Any:
        """What is shown, as a DataFrame."""
        return self.shown.frame

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from sfsip_nb.notebook.questions import intent

        self.shown.stamp = self.stamp
        display(self.shown)
        display(intent(self.fields, self.typed, self.offered, self.fold))
