"""A secret that also stands in something else is refused, with both keys and without its value."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.load import from_namespace, load_file, parameters_cell
from sfsip_nb.inputs.schema import GUIDES

RANDOM = "Zk41!vq-9Lw3xUe7"


def given(guide: str, password: str, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Any:
    monkeypatch.setenv("T_PASSWORD", password)
    values = sample_values(guide) | more
    values["sip"] = values["sip"] | {"password": "env:T_PASSWORD"}
    return from_namespace(guide, values)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_random_password_and_the_testbeds_own_secrets_pass(
    guide: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given(guide, RANDOM, monkeypatch).sip.password == "env:T_PASSWORD"
    load_file(f"parameters/{guide}.testbed.yaml")


@pytest.mark.parametrize(
    ("password", "other"),
    [
        (samples.SIP_USERNAME, "sip.username"),
        (samples.SIP_USERNAME[1:-1], "sip.username"),
        (samples.TRUNK_NAME, "talkdesk.trunk_name"),
        ("Synthflow", "talkdesk.trunk_name"),
        (samples.DID, "numbers[0]"),
        (samples.CALLEE[1:], "test_calls.destinations[3]"),
        (samples.CUSTOMER, "customer"),
        ("testbed-customer", "run"),
        ("customer-talkdesk", "run"),
        ("T_PASSWORD", "sip.password"),
        ("trunk.acl", "people.trunk.acl"),
        ("35.237.42.43", "synthflow.signalling_addresses.addresses[0]"),
        ("2026-11-20", "synthflow.signalling_addresses.confirmed_on"),
    ],
)
def test_a_secret_inside_another_value_is_refused(
    password: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError) as caught:
        given("talkdesk", password, monkeypatch)
    assert caught.value.key == "sip.password"
    assert str(caught.value).startswith("sip.password gives a secret that also appears in")
    assert f" {other}. " in str(caught.value)
    assert "random password" in str(caught.value)


def test_a_value_that_writes_the_secret_in_another_form_counts_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for form in ("Zk41%21vq-9Lw3xUe7", base64.b64encode(b"u:" + RANDOM.encode()).decode()):
        with pytest.raises(InputError, match="value of customer") as caught:
            given("genesys", RANDOM, monkeypatch, customer=f"Acme {form}")
        assert RANDOM not in str(caught.value)


@pytest.mark.parametrize(
    "word",
    [
        "inconclusive", "waiting", "blocked", "skipped", "advisory",  # verdicts and weights
        "testbed", "verify", "interactive",  # targets, modes, kinds of attempt
        "trunk.outbound", "05-verification", "External Trunk",  # steps, sections, titles
        "Genesys Cloud", "talkdesk", "synthflow",  # platforms
        "verdict", "attempt", "vantage", "evidence",  # keys of the record's schema
        "Authorization", "application/json", "Managed by sfsip",
    ],
)  # fmt: skip
def test_a_secret_among_the_programs_own_words_is_refused(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = r"^sip\.password gives a secret that (is also one of|also appears)"
    with pytest.raises(InputError, match=said):
        given("genesys", word, monkeypatch)


@pytest.mark.parametrize(
    "number", ["123456", "84736251", "2026-12-01", "2026-12-01T10:30:00Z", "12:30:45", "+49 30 99"]
)
def test_a_secret_that_reads_like_a_date_or_a_count_is_refused(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="a date, a time or a count") as caught:
        given("genesys", number, monkeypatch)
    assert number not in str(caught.value)


def test_a_secret_inside_another_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_KEY", f"{RANDOM}-and-more")
    values = sample_values("genesys")
    synthflow = values["synthflow"] | {"api_key": "env:T_KEY"}
    with pytest.raises(InputError) as caught:
        given("genesys", RANDOM, monkeypatch, synthflow=synthflow)
    assert "sip.password gives" in str(caught.value)
    assert "in the secret of synthflow.api_key" in str(caught.value)
    assert RANDOM not in str(caught.value)


def test_two_parameters_may_have_the_very_same_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    synthflow = sample_values("genesys")["synthflow"] | {"api_key": "env:T_PASSWORD"}
    secrets = given("genesys", RANDOM, monkeypatch, synthflow=synthflow).secrets()
    assert secrets["sip.password"] == secrets["synthflow.api_key"]


def test_it_is_told_at_the_forms_field(monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[str, Any] = {}
    exec(parameters_cell("genesys"), names)
    draft = Draft("genesys", names)
    draft.note("sip.password", "inconclusive")
    assert "one of this program's own words" in draft.problems()["sip.password"]
    draft.note("sip.password", RANDOM)
    assert draft.problems() == {}


def test_it_is_told_while_other_inputs_are_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T_PASSWORD", samples.SIP_USERNAME)
    sets = ["sip.password=env:T_PASSWORD", "genesys.region=nowhere"]
    with pytest.raises(InputError) as caught:
        load_file("parameters/genesys.testbed.yaml", sets)
    assert {problem.key for problem in caught.value.problems} == {"sip.password", "genesys.region"}
