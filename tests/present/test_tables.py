"""Tables, cards and notices: HTML and text say the same, hostile text is harmless in both."""

from collections.abc import Callable
from typing import Any

import pytest

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import AnsweredCard, ChangeRow, FieldRow, StepRow
from sfsip_nb.present import tables
from sfsip_nb.present.figures import Figure
from sfsip_nb.present.style import VERDICTS
from sfsip_nb.present.tables import Shown
from tests.present import record_sample as sample

HOSTILE = "<b onmouseover=x>\x1b[2Jé‮\ud800"

CARD = {
    "title": "Turn Allow All off",
    "system": "Genesys Cloud",
    "path": ["Admin", "Telephony", "Trunks"],
    "fields": [
        {"label": "Always allow", "value": "203.0.113.4", "secret": False},
        {"label": "Password", "value": "hunter2-hunter2", "secret": True},
    ],
    "why": "Anyone could call in.",
    "look_for": "The switch is off.",
}


def card(**more: Any) -> AnsweredCard:
    return AnsweredCard.model_validate(CARD | more)


def steps(*rows: dict[str, Any]) -> list[StepRow]:
    return [StepRow.model_validate(row) for row in rows]


def views(text: str) -> list[Shown]:
    step = steps(
        sample.step(
            "a.b", "01-x", text, "fail", [sample.check("c", text, "fail", expected=text, seen=text)]
        )
    )[0]
    change = ChangeRow(
        step=text,
        system=text,
        object=text,
        change="update",
        fields=[FieldRow(field=text, before=text, after=text)],
        cannot_restore=[text],
    )
    note = {"id": text, "text": text, "heading": text, "date": text, "source": text}
    given = {"key": text, "help": text, "value": {text: [text]}, "problem": ""}
    return [
        tables.verdict_table([step], text),
        tables.checks_table(step),
        tables.plan_table([change], text),
        tables.inputs_table([given], text),
        tables.card(card(title=text, path=[text], why=text, answered_by=text)),
        tables.notice(text),
        tables.overall("fail", text),
        tables.what_changed([note]),
        tables.ladder(sample.ladder(text.encode("utf-8", "replace")), text),
        tables.figure(Figure(text, text, 10, 10, "")),
    ]


@pytest.mark.parametrize("number", range(10))
def test_hostile_text_is_harmless(number: int) -> None:
    view = views(HOSTILE)[number]
    assert "<b " not in view.html
    for text in (view.html, view.text):
        assert not {"\x1b", "‮", "\ud800"} & set(text)
        assert "⟨U+001B⟩" in text
        text.encode()


def test_a_long_value_is_folded_in_a_table_and_cut_in_its_text() -> None:
    verdicts, checks, plan, *_ = views("y" * 10_000)
    for view in (verdicts, checks, plan):
        assert " characters)</summary>" in view.html
        assert "y" * 10_000 in view.html
    for view in (verdicts, checks):
        assert "yyy… (" in view.text
        assert max(map(len, view.text.splitlines()[1:])) < 3_000


@pytest.mark.parametrize("word", sorted(VERDICTS))
def test_a_verdict_is_a_glyph_and_a_word_everywhere(word: str) -> None:
    [step] = steps(sample.step("a.b", "s", "T", word, [sample.check("c", "C", word, seen="x")]))
    for view in (tables.verdict_table([step]), tables.checks_table(step), tables.overall(word)):
        assert str(VERDICTS[word]) in view.text
        assert f'<span class="glyph">{VERDICTS[word].glyph}</span> {word}' in view.html or (
            str(VERDICTS[word]) in view.html
        )


def test_every_table_has_a_caption_and_scoped_heads() -> None:
    for view in views("x"):
        assert view.html.count("<table") == view.html.count("<caption")
        assert "<th>" not in view.html


@pytest.mark.parametrize(
    ("value", "word"), [("env:KEY", "set"), ("set", "set"), ("", "not set"), ("not set", "not set")]
)
def test_a_secret_input_is_only_set_or_not_set(value: str, word: str) -> None:
    view = tables.inputs_table(
        [{"key": "api_key", "value": value, "secret": True, "help": "", "problem": ""}]
    )
    assert f'<td class="text">{word}</td>' in view.html
    assert "env:KEY" not in view.html + view.text


def test_a_card_gives_path_values_and_no_secret() -> None:
    view = tables.card(card())
    for text in (view.html, view.text):
        assert "Admin › Telephony › Trunks" in text
        assert "203.0.113.4" in text
        assert "Anyone could call in." in text
        assert "hunter2" not in text
        assert "waiting" in text
    done = tables.card(card(answered_by="Dana", answered_at="2026-11-20T09:00:00Z"))
    assert "done by Dana" in done.text
    assert "2026-11-20 09:00:00 UTC" in done.html


def test_the_plan_shows_now_will_be_and_what_is_lost() -> None:
    view = tables.plan_table(Record.model_validate(sample.record()).changes)
    assert "trunk_protocol: UDP → TLS" in view.text
    assert "Rollback cannot restore: the former SIP password: no API returns it" in view.text
    assert "Rollback cannot restore" in view.html
    assert "Nothing to change." in tables.plan_table([]).html


def test_what_decided_a_step_is_said_in_a_sentence() -> None:
    view = tables.verdict_table(steps(*sample.record()["steps"]))
    assert "2 checks passed" in view.text
    assert "The AI answers: 488 Not Acceptable Here" in view.text
    assert "Not run: verify.inbound did not pass." in view.text


def test_a_step_without_checks_gives_its_reason() -> None:
    view = tables.checks_table(steps(sample.record()["steps"][3])[0])
    assert "Waiting for a person" in view.text
    assert "Waiting for a person" in view.html


def test_a_notebook_gets_both_forms_and_its_own_style() -> None:
    bundle = (tables.notice("one") + tables.notice("two"))._repr_mimebundle_()
    assert bundle["text/plain"] == "one\n\ntwo"
    assert bundle["text/html"].startswith(tables.STYLE)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: tables.plain_table([{"a": True}, {"a": None}], {"a": "A"}, "T"), "yes"),
        (lambda: tables.plain_table([{"a": [1, 2]}], {"a": "A"}, "T"), "1, 2"),
        (lambda: tables.plain_table([{"a": {"b": 1}}], {"a": "A"}, "T"), "b: 1"),
    ],
)
def test_values_read_as_a_person_says_them(make: Callable[[], Any], text: str) -> None:
    assert text in make().text
    assert text in make().html


def test_where_checks_were_seen_from_stands_once_in_a_table() -> None:
    checks = [
        sample.check("c1", "One", "pass"),
        sample.check("c2", "Two", "pass"),
        sample.check("c3", "Three", "pass", vantage="here"),
    ]
    html = tables.checks_table(*steps(sample.step("a.b", "01-x", "Step", "pass", checks))).html
    assert html.count("seen by the contact center") == 1
    assert "seen by the contact center unless noted" in html
    assert html.count("seen here") == 1
