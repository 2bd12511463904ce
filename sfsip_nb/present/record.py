"""The onboarding record: one offline HTML page from the record and its evidence.

Same record and same evidence, same bytes: nothing here asks the clock, the locale or the machine.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import AnsweredCard
from sfsip_nb.present import causes, chapters, figures, outcome, style
from sfsip_nb.present.exhibits import Exhibits, gather
from sfsip_nb.present.html import environment


def record_html(record: Record, evidence: Mapping[str, bytes]) -> str:
    """The page.

    `evidence`: content by reference, as far as it is at hand; ladders and sound become pictures,
    text is folded in, anything else is named with its size and sum.
    """
    exhibits = gather(record, evidence)
    sections = list(chapters.sections(record))
    for section in sections:
        section["figures"] = [Markup(figures.callflow(f).inline) for f in section["flows"]]
    contents = list(_contents(record, sections, exhibits))
    inputs, empty = chapters.given(record.inputs)
    return (
        environment()
        .get_template("record.html")
        .render(
            record=record,
            css=style.RECORD_CSS,
            guide=record.title or record.guide,
            attempt=f"{record.attempt:04}-{record.mode}",
            outcome=outcome.word(record),
            summary=chapters.summary(record),
            alerts=record.alerts,
            warnings=list(chapters.warnings(record)),
            planned=outcome.planned_rows(record.plan) if record.plan else [],
            planned_columns=list(outcome.PLANNED.items()),
            facts=chapters.facts(record),
            strip=Markup(figures.strip(chapters.overview(record), "The run at a glance").inline),
            contents=contents,
            numbers={anchor: number for number, anchor, _, _ in contents},
            titles={anchor: title for _, anchor, title, _ in contents},
            ran={step.id for step in record.steps},
            open=chapters.open_points(record),
            doubts=list(chapters.doubts(record.steps)),
            causes=chapters.causes(record),
            named=Markup(causes.shown(record.causes).html) if record.causes.named else "",
            answered=chapters.numbers(record),
            sections=sections,
            left_over=chapters.left_over(record),
            inputs=inputs,
            empty=empty,
            references=chapters.references(record),
            exhibits=exhibits,
            anchors=exhibits.anchors,
        )
    )


def card_page(card: AnsweredCard, customer: str) -> str:
    """A card as one page of its own, to print or to send to the customer's administrator."""
    return environment().get_template("card.html").render(card=card, customer=customer)


def _contents(
    data: Record, sections: list[dict[str, Any]], exhibits: Exhibits
) -> Iterator[tuple[str, str, str, str]]:
    """Number, anchor, title and verdict of each chapter that has something to say."""
    planning = data.mode == "plan"
    body = [
        ("rollback", "What was undone", "", data.rollback),
        ("plan", "The plan", "", planning),
        ("open", "What is open", "", not data.rollback),
        ("numbers", "Numbers", "", chapters.numbers(data)),
        *((section["anchor"], section["title"], section["verdict"], True) for section in sections),
        ("changes", "Changes", "", not planning),
        ("people", "Done by people", "", data.people),
        ("dialled", "Test calls placed", "", data.dialled),
        ("waivers", "Waivers", "", data.waivers),
        ("inputs", "Inputs", "", True),
        ("notes", "Since the guide was written", "", data.notes),
        ("references", "References", "", chapters.references(data)),
    ]
    appendices = [
        ("calls", "Calls on the wire", "", exhibits.calls),
        ("evidence", "Evidence files", "", exhibits.files),
        ("map", "The guide, line by line", "", data.map),
    ]
    for signs, chapter in ((map(str, range(1, 100)), body), (iter("ABC"), appendices)):
        for anchor, title, word, there in chapter:
            if there:
                yield next(signs), anchor, title, word
