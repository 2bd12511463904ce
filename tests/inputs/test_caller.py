"""The SIP account that places test calls: whole or not there, and its password kept elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.fields import sip_server_of
from sfsip_nb.inputs.generate import live_values, sample_values
from sfsip_nb.inputs.load import check_namespace, from_namespace
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.runs.attempts import _inputs

ACCOUNT = {
    "uri": "sip:carrier.acme-testbed.example:5060",
    "username": "acme-caller",
    "password": "testbed:caller-password",
    "from": "",
    "transport": "tls",
}


def loaded(caller: dict[str, Any] | None = None, **calls: Any) -> Parameters:
    given = {"caller": ACCOUNT | (caller or {})} | calls
    return from_namespace("genesys", {"target": "testbed", "test_calls": given})


def refusal(caller: dict[str, Any] | None = None, **calls: Any) -> InputError:
    with pytest.raises(InputError) as found:
        loaded(caller, **calls)
    return found.value


def test_an_account_is_named_by_user_and_host_and_its_number_is_that_of_test_calls() -> None:
    calls = loaded().test_calls
    assert calls.caller.account == "acme-caller@carrier.acme-testbed.example:5060"
    assert calls.caller_number == samples.CALLER
    assert loaded({"from": samples.CALLEE}).test_calls.caller_number == samples.CALLEE


def test_its_password_is_a_secret_like_any_other() -> None:
    parameters = loaded()
    password = parameters.secrets()["test_calls.caller.password"]
    assert password.reveal() == samples.testbed_secret("caller-password")
    assert _inputs(parameters)["test_calls"]["caller"]["password"] == "set"
    plain = from_namespace("genesys", {"target": "testbed"})
    assert "test_calls.caller.password" not in plain.secrets()
    assert _inputs(plain)["test_calls"]["caller"]["password"] == "not set"


def test_a_literal_password_is_refused_and_not_repeated() -> None:
    found = refusal({"password": "hunter2hunter2"})
    assert found.key == "test_calls.caller.password"
    assert "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("caller", "calls", "key", "words"),
    [
        ({"username": ""}, {}, "caller.username", "names an account"),
        ({"password": ""}, {}, "caller.password", "names an account"),
        ({"uri": ""}, {}, "caller.uri", "Name the account's host"),
        ({}, {"from": ""}, "caller.from", "owns or has verified"),
        ({"uri": "sips:a.example"}, {}, "caller.uri", "transport: tls"),
        ({"uri": "a.example"}, {}, "caller.uri", "sip:host"),
        ({"uri": "sip:me@a.example"}, {}, "caller.uri", "'@'"),
        ({"uri": "sip:a.example;transport=tls"}, {}, "caller.uri", "';'"),
        ({"uri": "sip:"}, {}, "caller.uri", "without a host"),
        ({"from": "+15550100911x"}, {}, "caller.from", ""),
        ({}, {"approved": {"by": "Ann", "until": None}}, "approved.until", "needs both"),
        ({}, {"approved": {"by": "", "until": "2027-01-01"}}, "approved.by", "needs both"),
    ],
)
def test_an_account_or_an_approval_that_is_not_whole_is_refused(
    caller: dict[str, Any], calls: dict[str, Any], key: str, words: str
) -> None:
    keys = f"{refusal(caller, **calls)}"
    assert f"test_calls.{key}" in keys
    assert words in keys


@pytest.mark.parametrize("host", ["sip.carrier.net", "198.51.100.7", "10.0.0.1:5060"])
def test_a_testbed_run_calls_through_nobody_outside_this_machine(host: str) -> None:
    assert "testbed run" in str(refusal({"uri": f"sip:{host}"}))


@pytest.mark.parametrize("host", ["127.0.0.1:5060", "carrier.acme-testbed.example", "pstn.test"])
def test_a_testbed_run_may_call_through_the_testbed(host: str) -> None:
    assert loaded({"uri": f"sip:{host}"}).test_calls.caller.server == host


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sip.carrier.net", "sip:sip.carrier.net"),
        ("sip:sip.carrier.net:5061", "sip:sip.carrier.net:5061"),
        ("sip:me@sip.carrier.net;transport=tls", "sip:sip.carrier.net"),
        ("not a host", "not a host"),
        ("", ""),
    ],
)
def test_what_is_pasted_is_taken_as_the_server_that_it_plainly_names(
    typed: str, meant: str
) -> None:
    assert sip_server_of(typed) == meant


def test_no_file_of_a_runs_folder_says_where_the_password_answers_a_challenge() -> None:
    values = sample_values("genesys")
    hostile = {
        "test_calls.caller.uri": {"value": "sip:127.0.0.1:9", "over": ""},
        "test_calls.approved.by": {"value": "Mallory", "over": ""},
    }
    draft = Draft("genesys", values, kept=lambda run: hostile)
    assert draft.value("test_calls.caller.uri") == draft.value("test_calls.approved.by") == ""


def test_a_live_file_begins_without_an_account_and_without_an_approval() -> None:
    calls = live_values("genesys")["test_calls"]
    assert calls["caller"]["password"] == calls["caller"]["uri"] == ""
    assert calls["approved"] == {}
    problems = [p.key for p in check_namespace("genesys", live_values("genesys")).problems]
    assert not [key for key in problems if key.startswith("test_calls.caller")]
