"""The cards of a run as one document for those who carry them out, to print and to tick."""

from collections.abc import Sequence
from dataclasses import dataclass

from sfsip_nb.engine import people
from sfsip_nb.engine.difference import is_later
from sfsip_nb.engine.rows import AnsweredCard, CardFieldRow
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.present.html import environment, field_value


@dataclass(frozen=True)
class Handout:
    """What one step asks of a person.

    `card` is None where only the platform can tell whether it asks for anything. `after` are the
    steps that the run does first; None for a test call.
    """

    title: str
    step: str
    card: AnsweredCard | None
    after: tuple[str, ...] | None

    @property
    def when(self) -> str:
        """Before the call, or in it and after what."""
        if self.after is None:
            return "In the call, when the engineer says so"
        if self.after:
            return f"In the call, after: {', '.join(self.after)}"
        return "Before the call"

    @property
    def who(self) -> str:
        """Who carries it out."""
        return people.who(self.card.system) if self.card else ""


def page(title: str, parameters: Parameters, source: str, found: Sequence[Handout]) -> str:
    """The document. Values stand in it, secrets never do."""
    asked = [handout for handout in found if handout.card]
    fields = [field for handout in asked if handout.card for field in handout.card.fields]
    template = environment().get_template("cards.html")
    return template.render(
        customer=parameters.customer,
        title=title,
        source=source,
        testbed=parameters.target == "testbed",
        cards=asked,
        open=[handout for handout in found if not handout.card],
        secrets=any(field.secret for field in fields),
        unconfirmed=not parameters.synthflow.signalling_addresses.addresses,
        handed=handed,
    )


def handed(field: CardFieldRow) -> str:
    """A value as the document has it; what a later step tells is said to be so."""
    if field.secret:
        return "not on this page: the engineer hands it over separately, see above"
    if is_later(field.value):
        return f"not known yet: {field.value}"
    return field_value(field)
