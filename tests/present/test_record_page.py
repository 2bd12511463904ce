"""The record page: complete, safe, offline, and the same bytes every time."""

import json
import re
from itertools import pairwise
from urllib.parse import unquote

import pytest

from sfsip_nb.present.exhibits import TEXT_LIMIT
from sfsip_nb.present.record import record_html
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, UNSEEN, poison
from tests.present.html_page import Page
from tests.present.record_sample import EVIDENCE


def test_the_page_shows_what_a_reader_needs() -> None:
    page = Page(sample.page(sample.record(), sample.EVIDENCE))
    for text in (
        "Acme Health & Care",
        "0003-apply",
        "2026-11-20 09:12:00 UTC",
        "Silence proves nothing",
        "trunk_outbound_port",
        "32682",
        "the former SIP password",
        "Dana Example",
        "No third address at hand",
        "The Global host is being retired",
        "Admin > Telephony > Trunks",
        "papermill 2.7.0",
    ):
        assert text in page.text
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table")
    assert ("lang", "en") in page.attributes


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_a_hostile_header_is_harmless_in_picture_and_text(kind: str) -> None:
    note = HOSTILE[kind].encode("utf-8", "surrogatepass")
    text = sample.page(sample.record(), {sample.LADDER: sample.ladder(note)})
    page = Page(text)
    assert "3 messages of E2 as text" in page.text
    assert "script" not in page.tags
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert not UNSEEN & set(text + unquote(text))


def test_the_page_can_run_and_fetch_nothing() -> None:
    text = sample.page(sample.record(), sample.EVIDENCE)
    page = Page(text)
    assert not {"script", "iframe", "link", "object", "form"} & set(page.tags)
    sources = [value for name, value in page.attributes if name in ("src", "href", "action")]
    assert all(value.startswith(("data:image/svg+xml", "#", "https://")) for value in sources)
    assert "default-src 'none'" in dict(page.attributes)["content"] or "default-src" in text
    assert not re.search(r"url\(|@import", text)


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_text_stays_text(kind: str) -> None:
    harmless = Page(sample.page(sample.record(), sample.EVIDENCE))
    data = poison(sample.record(), HOSTILE[kind])
    text = sample.page(data, {ref: HOSTILE[kind].encode("utf-8", "replace") for ref in EVIDENCE})
    page = Page(text)
    assert set(page.tags) <= set(harmless.tags) | {"details", "summary"}
    assert text.count("<style>") == 1
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert not [v for name, v in page.attributes if name == "href" and v[0] not in "#h"]
    assert not UNSEEN & set(text)
    text.encode("utf-8")


def test_hostile_text_is_shown_as_what_it_is() -> None:
    page = Page(sample.page(poison(sample.record(), "".join(HOSTILE.values())), {}))
    for seen in (
        "<script>alert(1)</script>",
        "⟨U+202E⟩",
        "⟨U+001B⟩[31m",
        "DROP TABLE",
        "=HYPERLINK",
        "{{",
    ):
        assert seen in page.text


def test_a_hostile_picture_stays_a_picture() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><title>"><script>x</script>'
    for content in (svg, svg + b"</svg>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + sample.ladder()):
        page = Page(sample.page(sample.record(), {sample.LADDER: content}))
        assert "script" not in page.tags
        assert "onload" not in dict(page.attributes)


def test_messages_stand_beside_their_ladder_as_text() -> None:
    page = Page(sample.page(sample.record(), sample.EVIDENCE))
    for seen in ("Call to +442071838750 & answer", "3 messages of E2 as text", "X-Note: a&b <c>"):
        assert seen in page.text
    assert "E4 · Call to +442071838750: who heard what" in page.text
    assert "1.0 s of sound, 1.0 s of silence" in page.text


def test_a_chapter_is_numbered_and_listed_once() -> None:
    text = sample.page(sample.record(), sample.EVIDENCE)
    heads = re.findall(r'<h2 id="h-([^"]+)"><span class="number">(\w+)</span>', text)
    listed = re.findall(r'<li><span class="number">(\w+)</span> <a href="#([^"]+)"', text)
    assert [(number, anchor) for anchor, number in heads] == listed
    assert [number for number, _ in listed] == [*map(str, range(1, 13)), "A", "B", "C", "D"]


def test_headings_go_down_one_step_at_a_time() -> None:
    tags = Page(sample.page(sample.record(), sample.EVIDENCE)).tags
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_planned_changes_are_told_from_those_made() -> None:
    done = Page(sample.page(sample.record(), {})).text
    made, left = done[done.index("Changes of this attempt") :].split("Planned, but not carried out")
    assert "trunk_outbound_port" in made
    assert "Create number plan “Synthflow AI” in Genesys Cloud" in left
    assert "approved by Robin Approver, 2026-11-20 09:01:00 UTC" in done
    planned = sample.page(sample.record() | {"mode": "plan", "changes": []}, {})
    assert "planned value" in planned.split("Planned changes")[-1]
    assert planned.index('id="plan"') < planned.index('id="open"')
    assert "2 to create, 0 to change, 0 by a person, 0 to delete." in planned
    assert "Likely causes" not in planned
    nobody = sample.record()["plan"] | {"approved_by": ""}
    assert "not approved yet" in sample.page(sample.record() | {"plan": nobody}, {})


def test_what_did_not_run_is_counted_and_drawn() -> None:
    page = Page(sample.page(sample.record(), {}))
    assert "Partial: 1 of 7 steps was not run (06-troubleshooting)." in page.text
    assert "Name the causes (diagnose): not run" in page.text


def test_the_worst_stands_first_among_what_is_open() -> None:
    page = Page(sample.page(sample.record(), {})).text
    chapter = page[page.index("Failed, blocked") : page.index("Shown, but not proven")]
    order = ("The AI answers", "hands the caller", "Only Synthflow", "OPTIONS is answered")
    places = [chapter.index(text) for text in order]
    assert places == sorted(places)


def test_a_long_value_is_folded_and_stays_whole() -> None:
    data = sample.record()
    data["steps"][0]["checks"][0]["seen"] = "y" * 10_000
    page = Page(sample.page(data, {}))
    assert "(10000 characters)" in page.text
    assert "y" * 10_000 in page.text


def test_the_style_sheet_stays_small() -> None:
    text = sample.page(sample.record(), {})
    assert len(text[text.index("<style>") : text.index("</style>")]) < 20_000


def test_the_same_record_gives_the_same_bytes() -> None:
    assert sample.page(sample.record(), sample.EVIDENCE) == sample.page(
        sample.record(), dict(reversed(sample.EVIDENCE.items()))
    )


def test_every_evidence_file_is_pictured_folded_or_named() -> None:
    page = Page(sample.page(sample.record(), sample.EVIDENCE))
    anchors = {value for name, value in page.attributes if name == "id"}
    links = {value[1:] for name, value in page.attributes if name == "href" and value[0] == "#"}
    assert {"E1", "E2", "E3"} <= anchors
    assert links <= anchors
    assert '"trunk_outbound_port": 32681' in page.text
    assert "Not text; see the run's evidence folder." in page.text


def test_what_an_api_was_asked_is_linked_beside_its_step() -> None:
    name, bad = "0a1b2c3d4e5f-requests-of-trunk-create.json", "<img src=x onerror=alert(1)>"
    row = {"method": "POST", "path": f"/x/{bad}", "status": 403, "writes": True, "times": 1}
    read = row | {"method": "GET", "status": 200, "writes": False}
    file = {"requests": [row | {"correlation": "quote-me"}, read | {"answer": {"a": "b" * 400}}]}
    made = sample.check("trunk.create/name", "Name", "pass", evidence=[name], basis=["api"])
    record = sample.small([sample.step("trunk.create", "02", "The trunk", "pass", [made])])
    html = record_html(record, {name: json.dumps(file).encode()})
    page = Page(html)
    assert ("href", "#E1") in page.attributes
    assert "requests E1" in page.text
    assert f"403 POST /x/{bad} quote-me" in page.text
    assert "1 more request in the file" in page.text
    assert "img" not in page.tags
    assert "b" * 100 not in html


def test_evidence_that_is_gone_is_said_to_be_gone() -> None:
    assert "Not available when this page was made." in sample.page(sample.record(), {})


def test_long_evidence_is_cut_and_says_so() -> None:
    text = sample.page(sample.record(), {sample.REPLY: b"x" * (TEXT_LIMIT + 1)})
    assert "cut here" in text
    assert "x" * (TEXT_LIMIT + 1) not in text


def test_an_advisory_doubt_is_not_an_open_point() -> None:
    page = sample.page(sample.record(), {})
    chapter = page[page.index('id="open"') : page.index("</section>", page.index('id="open"'))]
    required, advisory = chapter.split("Shown, but not proven")
    assert "OPTIONS is answered" in required
    assert "not being retired" not in required
    assert "not being retired" in advisory


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"target": "testbed", "testbed": {"time_scale": 60, "seed": None, "faults": ["x.y"]}},
            "x.y",
        ),
        ({"target": "testbed", "testbed": None}, "ran against the testbed"),
        ({"mode": "plan"}, "only planned"),
        ({"broke_off": "05-verification: interrupted"}, "stopped early in 05-verification"),
        ({"ended": None}, "never closed"),
    ],
)
def test_what_a_reader_must_not_overlook_stands_on_top(
    change: dict[str, object], text: str
) -> None:
    assert text in sample.page(sample.record() | change, {})
    assert text not in sample.page(sample.record(), {})


def test_a_record_without_any_step_is_still_a_page() -> None:
    assert "no step ran" in sample.page(sample.record() | {"steps": [], "changes": []}, {})


def chapter(page: str, anchor: str) -> str:
    return page[page.index(f'id="{anchor}"') :].partition("</section>")[0]


def test_the_cover_says_what_was_tested_and_what_is_not_proven() -> None:
    data = sample.record() | {"operator": {"user": "robin", "host": "laptop-7"}}
    page = Page(sample.page(data, {})).text
    cover = " ".join(page[: page.index("Contents")].split())
    for said in (
        "Run byrobin on laptop-7",
        "BYOC trunk “Synthflow AI”",
        "+442071838750..1 (the AI agent answers)",
        "1 object changed by API, 1 step by people, 1 test call placed",
        "Plan approved byRobin Approver, 2026-11-20 09:01:00 UTC",
        "Steps of the guide: Prerequisites (2), Genesys configuration (2), Verification (2).",
        "1 step that did not run.",
        "probe.acl: waived by Dana Example until 2026-12-31. No third address at hand",
        "Emergency calls: none is ever dialed",
        "Nothing is accepted without signatures.",
    ):
        assert said in cover
    assert "Anything about the customer's systems" not in cover
    testbed = sample.record() | {"target": "testbed"}
    assert "Anything about the customer's systems" in Page(sample.page(testbed, {})).text


def test_nothing_is_signed_beforehand() -> None:
    page = sample.page(sample.record(), {})
    block = page[page.index('class="accept"') :].partition("</section>")[0]
    assert re.findall(r"<td[^>]*>(.*?)</td>", block) == [""] * 8
    assert "accepted by" not in page


def test_each_id_leads_to_the_row_that_shows_it() -> None:
    data = sample.record()
    data["steps"][0]["checks"][0] |= {"id": "access.platform/token", "settle": "See trunk.create."}
    data["waivers"][0]["check"] = "access.platform/token"
    data["plan"]["changes"][1]["note"] = "adopt names it: genesys.trunk:Synthflow AI"
    page = sample.page(data, {})
    token = re.search(r'<tr class="sub" id="(c\d+)"><th scope="row">A token is granted', page)
    trunk = re.search(r'<tr class="step" id="(o\d+)"><th[^>]*>Update trunk', page)
    assert token
    assert trunk
    assert f'href="#{token[1]}">access.platform/token</a>' in chapter(page, "waivers")
    assert 'See <a href="#trunk.create">trunk.create</a>.' in page
    assert f'<a href="#{trunk[1]}">genesys.trunk:Synthflow AI</a>' in page
    anchors = re.findall(r' id="([^"]+)"', page)
    assert len(anchors) == len(set(anchors))


def test_a_longer_name_is_not_taken_for_a_step() -> None:
    data = sample.record()
    data["steps"][3]["note"] = "not trunk.created, my.trunk.acl or trunk.acl/other; trunk.acl: yes"
    page = sample.page(data, {})
    others = "not trunk.created, my.trunk.acl or trunk.acl/other"
    assert f'{others}; <a href="#trunk.acl">trunk.acl</a>: yes' in page


def test_the_glossary_has_the_terms_of_this_record_and_no_others() -> None:
    words = chapter(sample.page(sample.record(), {}), "glossary")
    assert "<dt>inconclusive</dt>" in words
    assert "<dt>OPTIONS</dt>" in words
    assert "<dt>ring group</dt>" not in words


def test_what_passed_is_left_out_on_paper_alone() -> None:
    data = sample.record()
    failed = sample.page(data, sample.EVIDENCE)
    assert '<div class="call">' in failed
    assert 'id="E2" class="wire" open>' in failed
    for step in data["steps"]:
        step["verdict"] = "pass"
    passed = sample.page(data, sample.EVIDENCE)
    assert '<div class="call passed">' in passed
    assert 'id="E2" class="wire">' in passed
    assert "X-Note: a&amp;b &lt;c&gt;" in passed
    assert "All of these calls passed." in passed


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_the_foot_of_each_page_is_a_string_whatever_the_customer_is_called(kind: str) -> None:
    data = sample.record() | {"customer": HOSTILE[kind]}
    sheet = sample.page(data, {}).partition("<style>")[2].partition("</style>")[0]
    foot = sheet[sheet.rindex("@page{@bottom-left{content:") :]
    assert re.fullmatch(r'@page\{@bottom-left\{content:"(?:[\w ]|\\[0-9a-f]+ )*"\}\}', foot)


def test_calls_from_an_account_name_it_and_who_approved_them() -> None:
    data = sample.record()
    assert "From the account" not in sample.page(data, EVIDENCE)
    data["dialled"][0] |= {"account": "acme@sip.carrier.net", "approved_by": "Ann <b>"}
    page = sample.page(data, EVIDENCE)
    assert "acme@sip.carrier.net" in page
    assert "approved by Ann &lt;b&gt;" in page
    assert "placed by this runbook" in page


def test_how_the_agent_answered_is_a_chapter_with_what_was_expected() -> None:
    data = sample.record()
    assert "How it answered" not in Page(sample.page(data, {})).text
    data["dialled"][0]["seen"] = {"code": 200, "phrase": "OK", "answering": sample.answering()}
    said, step = "late: 820 ms ± 20 ms, of 2 replies", data["steps"][-1]
    step["checks"].append(
        sample.check(f"{step['id']}/response", "The AI agent replies soon", "fail", seen=said)
    )
    page = Page(sample.page(data, {})).text
    assert "How it answered" in page
    assert "700 ms ± 20 ms" in page
    assert "1 turn without a reply" in page
    assert page.split("What was expected")[1].count(said) == 1
