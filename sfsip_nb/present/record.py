"""The onboarding record: one offline HTML page from the dict of `record.json` and its evidence.

Same dict and same evidence, same bytes: nothing here asks the clock, the locale or the machine.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from sfsip_nb.present import chapters, figures, style
from sfsip_nb.present.exhibits import Exhibits, gather
from sfsip_nb.present.html import Row, environment, lenient


def record_html(record: Row, evidence: Mapping[str, bytes]) -> str:
    """The page.

    `evidence`: content by reference, as far as it is at hand; ladders and sound become pictures,
    text is folded in, anything else is named with its size and sum.
    """
    data = lenient(record)
    steps = data["steps"] or []
    exhibits = gather(data, evidence)
    sections = list(chapters.sections(data))
    for section in sections:
        section["figures"] = [Markup(figures.callflow(f).inline) for f in section["flows"]]
    contents = list(_contents(data, sections, exhibits))
    inputs, empty = chapters.given(data["inputs"] or {})
    return (
        environment()
        .get_template("record.html")
        .render(
            record=data,
            css=style.RECORD_CSS,
            guide=data["title"] or data["guide"],
            attempt=f"{data['attempt']:04}-{data['mode']}",
            summary=chapters.summary(data),
            alerts=data["alerts"] or [],
            warnings=list(chapters.warnings(data)),
            facts=chapters.facts(data),
            strip=Markup(figures.strip(chapters.overview(data), "The run at a glance").inline),
            contents=contents,
            numbers={anchor: number for number, anchor, _, _ in contents},
            titles={anchor: title for _, anchor, title, _ in contents},
            ran={step["id"] for step in steps},
            open=chapters.open_points(steps),
            doubts=list(chapters.doubts(steps)),
            causes=chapters.causes(data),
            sections=sections,
            left_over=chapters.left_over(data),
            inputs=lenient(inputs),
            empty=empty,
            references=chapters.references(data),
            exhibits=exhibits,
            anchors=exhibits.anchors,
        )
    )


def card_page(card: Row, customer: str) -> str:
    """A card as one page of its own, to print or to send to the customer's administrator."""
    return environment().get_template("card.html").render(card=lenient(card), customer=customer)


def _contents(
    data: Row, sections: list[dict[str, Any]], exhibits: Exhibits
) -> Iterator[tuple[str, str, str, str]]:
    """Number, anchor, title and verdict of each chapter that has something to say."""
    planning = data["mode"] == "plan"
    body = [
        ("rollback", "What was undone", "", data["rollback"]),
        ("open", "What is open", "", not data["rollback"]),
        *((section["anchor"], section["title"], section["verdict"], True) for section in sections),
        ("changes", "Planned changes" if planning else "Changes", "", True),
        ("people", "Done by people", "", data["people"]),
        ("dialled", "Test calls placed", "", data["dialled"]),
        ("waivers", "Waivers", "", data["waivers"]),
        ("inputs", "Inputs", "", True),
        ("notes", "Since the guide was written", "", data["notes"]),
        ("references", "References", "", chapters.references(data)),
    ]
    appendices = [
        ("calls", "Calls on the wire", "", exhibits.calls),
        ("evidence", "Evidence files", "", exhibits.files),
        ("map", "The guide, line by line", "", data["map"]),
    ]
    for signs, chapter in ((map(str, range(1, 100)), body), (iter("ABC"), appendices)):
        for anchor, title, word, there in chapter:
            if there:
                yield next(signs), anchor, title, word
