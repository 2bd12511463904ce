"""The form: built from the schema, value first, checked as one types, secrets forgotten."""

import html
import json
import re
from typing import Any

import ipywidgets
import pytest

from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs import draft as drafts
from sfsip_nb.inputs import form as inputs_form
from sfsip_nb.inputs.draft import MISSING, Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import parameters_cell
from sfsip_nb.inputs.schema import parameters_model, secret_keys
from sfsip_nb.notebook import forms, widgets
from sfsip_nb.runs import person
from sfsip_nb.testbed.faults import faults

SECRET = "s3cr3t-value"
LIVE = {"target": "live", "customer": "Northwind"}


def draft(guide: str = "genesys", **given: Any) -> Draft:
    """A draft of the notebook's own parameters, or of what is given."""
    names: dict[str, Any] = {}
    exec(parameters_cell(guide), names)
    return Draft(guide, given or names)


def sheet(form: forms.Form) -> widgets.Sheet:
    form.shown = widgets.Sheet(form)
    return form.shown


def remark(made: widgets.Sheet, key: str) -> str:
    return re.sub(r"<[^>]+>", " ", made._remarks[key].value)


@pytest.mark.parametrize("guide", ["genesys", "talkdesk"])
def test_the_schema_says_what_is_asked_and_which_of_it_is_secret(guide: str) -> None:
    found = {field.key: field for field in inputs_form.fields_of(parameters_model(guide))}
    assert {key for key, field in found.items() if field.secret} == set(
        secret_keys(parameters_model(guide))
    )
    assert found["sip.transport"].kind == "choice"
    assert found["sip.register"].kind == "switch"
    assert found["numbers"].kind == "lines"
    assert found["test_calls.max"].kind == "number"
    assert found["synthflow.signalling_addresses.confirmed_on"].kind == "day"
    assert found["customer"].kind == found["people"].kind == "fixed"


@pytest.mark.parametrize("guide", ["genesys", "talkdesk"])
def test_every_control_has_a_label_of_its_own_and_its_help(guide: str) -> None:
    made = sheet(forms.Form(draft(guide)))
    labels = [control.description for control in made.controls.values()]
    assert len(set(labels)) == len(labels)
    assert "Synthflow API key" in labels
    assert all(remark(made, key).strip() for key in made.controls)


def test_the_sample_customer_needs_nothing_and_a_live_one_is_told_what_is_missing() -> None:
    assert draft().problems() == {}
    problems = draft(**LIVE).problems()
    assert problems["genesys.site"] == problems["numbers"] == problems["sip.transport"] == MISSING
    made = sheet(forms.Form(draft(**LIVE)))
    assert MISSING in remark(made, "genesys.site")
    assert f"{len(problems)} inputs" in made._summary.value


def test_a_wrong_value_is_told_below_its_field_and_gone_once_corrected() -> None:
    made = sheet(forms.Form(draft()))
    address = made.controls["genesys.termination_identifier"]
    address.value = "sip:acme"
    assert "✖" in remark(made, "genesys.termination_identifier")
    made.controls["numbers"].value = "+15551230001\n911"
    assert "never called" in remark(made, "numbers")
    address.value = "acme"
    made.controls["numbers"].value = "+15551230001"
    assert "✖" not in "".join(remark(made, key) for key in made.controls)
    assert "every input can be used" in made._summary.value


def test_what_is_typed_stands_until_the_cell_itself_says_something_else() -> None:
    first = draft(**LIVE)
    first.note("genesys.site", "Main Site")
    kept = json.loads(json.dumps(first.typed()))
    again = draft(**LIVE)
    again.take(kept)
    assert again.value("genesys.site") == "Main Site"
    newer = draft(**LIVE, genesys={"site": "Other Site"})
    newer.take(kept)
    assert newer.value("genesys.site") == "Other Site"
    again.note("genesys.site", "")
    assert again.typed() == {}


def test_what_counts_only_where_the_cell_says_something_else_is_kept_for_there() -> None:
    edited = draft(**LIVE, genesys={"site": "Edited Site"})
    edited.note("genesys.site", "Main Site")
    kept = edited.noted({}, "genesys.site")
    other = draft(**LIVE)
    other.take(kept)
    assert other.value("genesys.site") == ""
    other.note("genesys.caller_name", "Acme Desk")
    kept = other.noted(kept, "genesys.caller_name")
    for each, site in ((edited, "Main Site"), (other, "")):
        each.take(kept)
        assert (each.value("genesys.site"), each.value("genesys.caller_name")) == (
            site,
            "Acme Desk",
        )
    other.note("genesys.site", "Other Site")
    edited.take(other.noted(kept, "genesys.site"))
    assert edited.value("genesys.site") == "Edited Site", "typed anew elsewhere"


def test_a_typed_day_and_typed_lines_are_kept_as_the_parameters_have_them() -> None:
    made = sheet(form := forms.Form(draft()))
    made.controls["synthflow.signalling_addresses.confirmed_on"].value = None
    made.controls["test_calls.destinations"].value = " +15551230001 \n\n+15551230090"
    assert form.draft.value("synthflow.signalling_addresses.confirmed_on") is None
    assert form.draft.value("test_calls.destinations") == ["+15551230001", "+15551230090"]


def test_a_typed_secret_is_used_by_this_process_and_kept_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = sheet(form := forms.Form(draft(**LIVE)))
    field = made.controls["synthflow.api_key"]
    field.value = SECRET
    kept = form.draft.typed()
    assert field.value == "" == field.get_state()["value"]
    assert "synthflow.api_key" not in form.draft.problems()
    states = json.dumps([widget.get_state() for widget in made.controls.values()], default=str)
    shown = form.static()
    assert SECRET not in states + shown.html + shown.text + json.dumps(kept) + repr(field)
    cell_run_again = draft(**LIVE)
    assert "synthflow.api_key" not in cell_run_again.problems()
    monkeypatch.setattr(drafts, "_typed_here", {})
    other_kernel = draft(**LIVE)
    other_kernel.take(kept)
    assert other_kernel.problems()["synthflow.api_key"] == MISSING


def test_a_reference_may_be_typed_for_a_secret_and_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ACME_KEY", SECRET)
    made = draft(**LIVE)
    made.note("synthflow.api_key", "env:ACME_KEY")
    again = draft(**LIVE)
    again.take(made.typed())
    assert "synthflow.api_key" not in again.problems()


@pytest.mark.parametrize(
    "given",
    [
        {"target": "live", "customer": ""},
        {"target": "live", "customer": "Acme", "sip": 5},
        {"target": "live", "customer": "Acme", "sip": {"transprt": "udp"}},
        {"target": "nowhere", "customer": "Acme"},
        {"target": "testbed", "testbed": {"url": "http://elsewhere.example"}},
    ],
)
@pytest.mark.parametrize("typed", [False, True])
def test_what_no_form_can_mend_is_an_error_at_once(given: dict[str, Any], typed: bool) -> None:
    if typed:
        draft(target="live", customer="Acme").note("sip.password", SECRET)
    with pytest.raises(InputError):
        Draft("genesys", given)


def test_what_a_platform_offers_is_listed_and_anything_else_may_be_typed() -> None:
    made = sheet(form := forms.Form(draft()))
    form.offer("genesys.site", ["Acme Main Site", "Acme Branch", "exe.\u202egnp", "half \ud83d"])
    field = made.controls["genesys.site"]
    assert field.options == ("Acme Main Site", "Acme Branch")
    field.value = "A site made a minute ago"
    assert form.draft.value("genesys.site") == "A site made a minute ago"


def test_a_closed_list_is_chosen_from_and_is_the_testbeds_alone() -> None:
    calls = {"a.busy": "it is busy", "a.deaf": "it hears nothing"}
    closed = {"testbed.faults": {"In calls": calls, "In the account": {"a.poor": "no money"}}}
    form = forms.Form(draft(), closed=closed)
    chooser = sheet(form).controls["testbed.faults"]
    search, listed = chooser.children

    def seen() -> list[Any]:
        return [one for one in listed.children if "<small>" not in str(one.value)]

    def told() -> list[str]:
        return [getattr(one, "description", "") or one.value for one in seen()]

    titles = ["<b>In calls</b>", "<b>In the account</b>"]
    assert told() == [titles[0], "a.busy", "a.deaf", titles[1], "a.poor"]
    search.value = "Nothing hears"
    assert told() == [titles[0], "a.deaf"]
    seen()[1].value = True
    assert form.draft.checked.valid().testbed.faults == ["a.deaf"]
    search.value = "busy"
    assert told() == [titles[0], "a.busy", "a.deaf"], "what is ticked stays in sight"
    chooser.value = []
    assert form.draft.checked.valid().testbed.faults == []
    live = forms.Form(draft(**LIVE), closed=closed)
    assert "testbed.faults" not in sheet(live).controls


def test_an_input_is_named_once() -> None:
    assert inputs_form.label("synthflow.signalling_addresses.addresses") == "Signalling addresses"
    assert inputs_form.label("genesys.client_id") == "Genesys client ID"
    assert inputs_form.label("mode") == "Mode"


def test_hostile_text_is_escaped_below_its_field() -> None:
    made = sheet(forms.Form(draft()))
    made.controls["genesys.termination_identifier"].value = "<script>alert(1)</script>"
    assert "<script>" not in made._remarks["genesys.termination_identifier"].value


def inside(box: Any) -> list[Any]:
    """All widgets in a box, in the order in which they are read."""
    return [w for child in getattr(box, "children", ()) for w in (child, *inside(child))]


def test_what_opens_the_platforms_is_asked_first() -> None:
    made = sheet(forms.Form(draft()))
    asked = [w for w in inside(made.box) if w in made.controls.values()]
    assert [w.description for w in asked[:5]] == [
        "Synthflow region",
        "Synthflow API key",
        "Genesys region",
        "Genesys client ID",
        "Genesys client secret",
    ]
    assert made.controls["genesys.region"].options[1] == ("us-west-2", "us-west-2")


def looking(form: forms.Form) -> tuple[widgets.Sheet, str]:
    """The form once somebody has clicked its only button, and what that said."""
    made = sheet(form)
    before = form.draft.values()
    [button] = [w for w in inside(made.box) if isinstance(w, ipywidgets.Button)]
    button.click()
    assert form.draft.values() == before, "a click only looks"
    return made, re.sub(r"<[^>]+>", "", made._said.value)


def test_the_only_button_looks_up_what_there_is_to_choose_from() -> None:
    there = LookupResult(True, "among 2 sites", ("Acme Main Site", "Acme <Branch>"))
    numbers = LookupResult(None, "in a pool", ("+15551230001", "+15551230002"))
    seen = {
        "genesys.site": there,
        "numbers": numbers,
        "genesys.region": LookupResult(True, "", ("x",)),
    }
    made, said = looking(form := forms.Form(draft(), ask=lambda: seen))
    assert "✔ You can now choose below: Genesys site 2, Numbers 2" in said
    assert made.controls["genesys.site"].options == ("Acme Main Site", "Acme <Branch>")
    assert made.controls["genesys.region"].value == "us-west-2"
    [picker] = [w for w in inside(made.box) if getattr(w, "description", "") == "Search and add"]
    picker.value = "+1555"
    assert form.draft.value("numbers") == ["+15551230001"], "half a number is not taken"
    picker.value = "+15551230002"
    assert form.draft.value("numbers") == ["+15551230001", "+15551230002"]
    assert picker.value == ""


def test_a_platform_that_does_not_answer_is_told_in_one_sentence() -> None:
    silent = LookupResult(None, "cannot be asked: <b>no route</b>", asked=False)
    made, said = looking(
        forms.Form(draft(), ask=lambda: {"genesys.site": silent, "numbers": silent})
    )
    assert said.count("cannot be asked") == 1
    assert "Type the names instead" in said
    assert "<b>no route" not in made._said.value

    def nobody() -> dict[str, LookupResult]:
        raise InputError("region", "Choose the regions first.")

    assert "Choose the regions first." in looking(forms.Form(draft(), ask=nobody))[1]


def test_a_near_miss_is_told_beside_its_field_until_something_else_is_typed() -> None:
    near = LookupResult(False, "Acme Main Sit not among 2 sites; did you mean “Acme Main Site”?")
    other = LookupResult(True, "among 4 flows as “Reception”", spelled="Reception")
    fine = LookupResult(True, "in a pool")
    seen = {"genesys.site": near, "genesys.inbound_flow": other, "numbers": fine}
    form = forms.Form(draft(), ask=lambda: seen)
    form.note("genesys.site", "Acme Main Sit")
    made, _ = looking(form)
    assert "did you mean “Acme Main Site”?" in remark(made, "genesys.site")
    assert "as “Reception”" in remark(made, "genesys.inbound_flow")
    assert "?" not in remark(made, "numbers")
    made.controls["genesys.site"].value = "Acme Main Site"
    assert "did you mean" not in remark(made, "genesys.site")


def test_what_was_made_of_a_typed_value_is_said_beside_it() -> None:
    made = sheet(form := forms.Form(draft()))
    made.controls["genesys.caller_address"].value = "+1 (555) 123-0001"
    assert form.draft.value("genesys.caller_address") == "+15551230001"
    assert "→ +15551230001" in remark(made, "genesys.caller_address")
    made.controls["genesys.caller_address"].value = "+15551230001"
    assert "→" not in remark(made, "genesys.caller_address")
    made.controls["numbers"].value = "+1 555 123 0001\n+1 555 123 0002..05, Acme Billing"
    assert "→ +15551230001, +15551230002..05, Acme Billing" in remark(made, "numbers")


def test_where_a_secret_is_kept_is_said_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "_typed_here", {})
    made = sheet(form := forms.Form(draft()))
    assert "testbed's sample secret" in html.unescape(remark(made, "sip.password"))
    for reference, place in {
        "env:ACME_KEY": "kept in the environment variable ACME_KEY",
        "file:~/acme": "kept in the file ~/acme",
        "keyring:sfsip/acme": "kept in this computer's key ring, as sfsip/acme",
        SECRET: "in this kernel's memory only",
    }.items():
        form.note("sip.password", reference)
        assert place in html.unescape(remark(made, "sip.password"))
    assert SECRET not in remark(made, "sip.password")


@pytest.mark.parametrize(("headless", "shown"), [("1", 1), ("", 2)])
def test_headless_only_the_static_twin_is_shown(
    monkeypatch: pytest.MonkeyPatch, headless: str, shown: int
) -> None:
    displayed: list[Any] = []
    monkeypatch.setenv(person.HEADLESS, headless)
    monkeypatch.setattr("IPython.display.display", displayed.append)
    forms.Form(draft())._ipython_display_()
    assert len(displayed) == shown
    assert "customer" in displayed[-1].text


def test_a_typed_secret_with_a_space_inside_is_asked_about_and_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drafts, "_typed_here", {})
    form = forms.Form(draft())
    made = sheet(form)
    assert "space inside" not in remark(made, "sip.password")
    form.note("sip.password", "two words-9Zq")
    assert "sip.password gives a secret with a space inside" in remark(made, "sip.password")
    assert form.draft.checked.secrets["sip.password"].reveal() == "two words-9Zq"
    assert "space inside" in form.static().html
    assert not form.draft.problems()
    form.note("sip.password", "twowords-9Zq")
    assert "space inside" not in remark(made, "sip.password")


def test_a_typed_secret_with_a_space_at_its_end_is_asked_about_and_used_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drafts, "_typed_here", {})
    made = sheet(form := forms.Form(draft()))
    form.note("sip.password", "oneword-9Zq ")
    assert "with a space before or after it" in remark(made, "sip.password")
    assert form.draft.checked.secrets["sip.password"].reveal() == "oneword-9Zq"
    assert "before or after it" in form.static().html
    assert not form.draft.problems()


@pytest.mark.parametrize("guide", ["genesys", "talkdesk"])
def test_a_form_is_far_fewer_messages_than_a_kernel_can_have_waiting(guide: str) -> None:
    every = {
        name: fault.effect
        for name, fault in faults().items()
        if name.split(".")[0] in (guide, "synthflow")
    }
    made: list[ipywidgets.Widget] = []
    ipywidgets.Widget.on_widget_constructed(made.append)
    try:
        sheet(forms.Form(draft(guide), closed={"testbed.faults": {"All": every}}))
    finally:
        ipywidgets.Widget.on_widget_constructed(None)
    assert 100 < len(made) < 550  # of a thousand
