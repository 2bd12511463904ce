"""The onboarding record: one offline HTML page from the record and its evidence.

Same record and same evidence, same bytes: nothing here asks the clock, the locale or the machine.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import AnsweredCard
from sfsip_nb.present import (
    answering,
    causes,
    chapters,
    cover,
    figures,
    glossary,
    outcome,
    style,
    zone,
)
from sfsip_nb.present.alike import alike, alike_changes
from sfsip_nb.present.exhibits import Exhibits, gather
from sfsip_nb.present.html import environment
from sfsip_nb.present.ids import Ids


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
    word = outcome.word(record)
    left_over = chapters.left_over(record)
    planned = record.plan.changes if record.plan else []
    planning = record.mode == "plan"
    changes = planned if planning else [*record.changes, *left_over]
    return (
        environment()
        .get_template("record.html")
        .render(
            record=record,
            css=f"{style.RECORD_CSS}{zone.chosen()}{cover.page_foot(record, word)}",
            zones=zone.CHOICES,
            guide=record.title or record.guide,
            attempt=f"{record.attempt:04}-{record.mode}",
            outcome=word,
            summary=chapters.summary(record),
            alerts=record.alerts,
            warnings=list(chapters.warnings(record)),
            planned=outcome.planned_rows(record.plan) if record.plan else [],
            planned_columns=list(outcome.PLANNED.items()),
            facts=[(label, value) for label, value in cover.facts(record) if value],
            approval=cover.approval(record.plan),
            tested=list(cover.tested(record)),
            not_shown=list(cover.not_shown(record)),
            strip=Markup(figures.strip(chapters.overview(record), "The run at a glance").inline),
            contents=contents,
            numbers={anchor: number for number, anchor, _, _ in contents},
            titles={anchor: title for _, anchor, title, _ in contents},
            ids=Ids(record, changes, "plan" if planning else "changes"),
            turned=chapters.turned(record),
            open=chapters.open_points(record),
            doubts=list(chapters.doubts(record.steps)),
            causes=chapters.causes(record),
            named=[causes.about(one, number) for number, one in enumerate(record.causes.named)],
            unexplained=causes.unexplained(record.causes),
            ruled_out=causes.ruled_out(record.causes),
            untested=causes.untested(record.causes),
            cause_columns={
                "unexplained": list(causes.UNEXPLAINED.items()),
                "untested": list(causes.UNTESTED.items()),
                "ruled_out": list(causes.RULED_OUT.items()),
            },
            collect=causes.COLLECT,
            again=causes.AGAIN,
            answered=chapters.numbers(record),
            spoken=answering.calls(record.dialled),
            spoken_columns=[("step", "Step"), *answering.COLUMNS.items()],
            wanted=answering.expected(record.steps),
            wanted_columns=list(answering.EXPECTED.items()),
            measured=answering.MEASURED,
            sections=sections,
            left_over=left_over,
            inputs=inputs,
            empty=empty,
            references=chapters.references(record),
            exhibits=exhibits,
            anchors=exhibits.anchors,
            glossary=list(glossary.used(_told(record))),
        )
    )


def _told(record: Record) -> str:
    """All that the page says of a record, where what is alike of many numbers is said once."""
    steps = [step.model_copy(update={"checks": alike(step.checks)}) for step in record.steps]
    shown = record.model_copy(update={"steps": steps, "changes": alike_changes(record.changes)})
    return json.dumps(shown.as_json(), ensure_ascii=False)


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
        ("compared", "Compared with the attempt before", "", "compared" in data.model_fields_set),
        ("numbers", "Numbers", "", chapters.numbers(data)),
        *((section["anchor"], section["title"], section["verdict"], True) for section in sections),
        ("changes", "Changes", "", not planning),
        ("people", "Done by people", "", data.people),
        ("dialled", "Test calls placed", "", data.dialled),
        ("answering", "How it answered", "", answering.calls(data.dialled)),
        ("waivers", "Waivers", "", data.waivers),
        ("inputs", "Inputs", "", True),
        ("notes", "Since the guide was written", "", data.notes),
        ("references", "References", "", chapters.references(data)),
    ]
    appendices = [
        ("calls", "Calls on the wire", "", exhibits.calls),
        ("evidence", "Evidence files", "", exhibits.files),
        ("map", "The guide, line by line", "", data.map),
        ("glossary", "Glossary", "", True),
    ]
    for signs, chapter in ((map(str, range(1, 100)), body), (iter("ABCD"), appendices)):
        for anchor, title, word, there in chapter:
            if there:
                yield next(signs), anchor, title, word
