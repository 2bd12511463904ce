"""The Synthflow client: its two vocabularies, four error shapes, and the testbed's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from tests.api.scripted import Script

MakeSynthflow = Callable[[Script], SynthflowClient]
ONE = {"model_id": "1", "name": "Receptionist"}
TWO = {"model_id": "2", "name": "Outbound"}


def ok(response: Any) -> httpx.Response:
    return httpx.Response(200, json={"status": "ok", "response": response})


def sent(request: httpx.Request) -> Any:
    return json.loads(request.content)


@pytest.mark.parametrize("assistants", [[ONE, TWO], {"1": ONE, "2": TWO}])
def test_the_list_of_assistants_is_an_array_or_an_object(
    synthflow: MakeSynthflow, assistants: Any
) -> None:
    client = synthflow(Script(ok({"assistants": assistants})))
    assert client.assistants() == [ONE, TWO]


@pytest.mark.parametrize("assistants", [[ONE], {"1": ONE}, ONE])
def test_one_assistant_is_found_in_any_shape(synthflow: MakeSynthflow, assistants: Any) -> None:
    assert synthflow(Script(ok({"assistants": assistants}))).assistant("1") == ONE


NOT_THERE = httpx.Response(404, json={"detail": "Not Found"})
BAD = httpx.Response(400, json={"detail": {"category": "bad_request", "description": "No."}})


@pytest.mark.parametrize(
    ("ask", "listed"),
    [
        (lambda client: client.assistant("1"), {"assistants": {"1": ONE}}),
        (
            lambda client: client.number("+15551230001"),
            {"phone_numbers": [{"number": "+15551230001"}]},
        ),
        (lambda client: client.delete_action("a"), {"actions": [{"action_id": "a"}]}),
        (
            lambda client: client.delete_number("+15551230001"),
            {"phone_numbers": [{"number": "+15551230001"}]},
        ),
    ],
)
def test_a_400_means_not_there_only_if_the_list_says_so(
    synthflow: MakeSynthflow, ask: Callable[[SynthflowClient], Any], listed: Any
) -> None:
    [name] = listed
    assert ask(synthflow(Script(NOT_THERE))) is None
    assert ask(synthflow(Script(BAD, ok({name: []})))) is None
    for refused in (Script(BAD, ok(listed)), Script(BAD, BAD), Script(httpx.Response(403))):
        with pytest.raises(ApiError):
            ask(synthflow(refused))


@pytest.mark.parametrize("response", [None, {}, [], {"assistants": None}, {"assistants": []}])
def test_no_assistant_is_none(synthflow: MakeSynthflow, response: Any) -> None:
    assert synthflow(Script(ok(response))).assistant("1") is None


def test_all_pages_are_read_by_the_stated_total(synthflow: MakeSynthflow) -> None:
    def page(*items: Any) -> httpx.Response:
        return ok({"pagination": {"total_records": 3}, "assistants": list(items)})

    script = Script(page(ONE, TWO), page(ONE))
    assert len(synthflow(script).assistants()) == 3
    assert [request.url.params["offset"] for request in script.asked] == ["0", "2"]


def test_a_list_without_a_total_ends_with_a_short_page(synthflow: MakeSynthflow) -> None:
    script = Script(ok({"assistants": [ONE] * 100}), ok({"assistants": [TWO]}))
    assert len(synthflow(script).assistants()) == 101


def test_a_number_is_created_and_changed_under_different_names(synthflow: MakeSynthflow) -> None:
    script = Script(ok({"key": "k", "phone_number": "+15551230001"}), ok(None))
    client = synthflow(script)
    fields: dict[str, Any] = {
        "termination_uri": "synthflow.byoc.usw2.pure.cloud",
        "username": "acme",
        "password": Secret("a-password-of-the-test"),
        "outbound_proxy": "",
        "register": False,
    }
    assert client.create_number("+15551230001", **fields) == "k"
    client.update_number("+15551230001", **fields)
    created, changed = map(sent, script.asked)
    assert created == {
        "workspace_id": "workspace",
        "phone_number": "+15551230001",
        "provider_name": "custom",
        "termination_uri": "synthflow.byoc.usw2.pure.cloud",
        "trunk_username": "acme",
        "trunk_pwd": "a-password-of-the-test",
        "sip_outbound_proxy": "",
        "uac_enabled": False,
    }
    assert changed["sip_term_uri"] == "synthflow.byoc.usw2.pure.cloud"
    assert "termination_uri" not in changed
    assert script.asked[1].url.path == "/v2/numbers/15551230001"


def test_a_number_is_read_in_our_vocabulary_flat_or_wrapped(synthflow: MakeSynthflow) -> None:
    flat = {"sip_term_uri": "a.example", "uac_enabled": True, "phone_number": "+15551230001"}
    for answer in (httpx.Response(200, json=flat), ok(flat)):
        number = synthflow(Script(answer)).number("+15551230001")
        assert number is not None
        assert number["termination_uri"] == "a.example"
        assert number["register"] is True
        assert "password" not in number


def test_the_id_to_quote_to_support_stands_in_an_errors_body(synthflow: MakeSynthflow) -> None:
    body = {"detail": {"category": "bad", "description": "No such agent", "request_id": "r-1"}}
    client = synthflow(Script(httpx.Response(400, json=body)))
    with noted() as asked, pytest.raises(ApiError, match="for their support: r-1"):
        client.assistants()
    assert [one.correlation for one in asked] == ["r-1"]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (
            {"detail": {"category": "bad", "description": "No such agent", "request_id": "r-1"}},
            "bad",
            "No such agent",
        ),
        ({"detail": "Not Found"}, "", "Not Found"),
        ({"error": "not_found", "message": "No route matched"}, "not_found", "No route matched"),
        (
            {
                "detail": [
                    {"loc": ["body", "phone"], "msg": "field required", "type": "value_error"}
                ]
            },
            "validation",
            "body.phone: field required",
        ),
    ],
)
def test_each_of_the_four_error_shapes_is_read(
    synthflow: MakeSynthflow, body: Any, code: str, message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        synthflow(Script(httpx.Response(400, json=body))).actions()
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_validation_error_does_not_repeat_what_was_sent(synthflow: MakeSynthflow) -> None:
    fault = {"loc": ["body", "trunk_pwd"], "msg": "too long", "input": "a-password-of-the-test"}
    client = synthflow(Script(httpx.Response(422, json={"detail": [fault]})))
    with pytest.raises(ApiError) as caught:
        client.create_number("+15551230001", password=Secret("a-password-of-the-test"))
    assert "a-password" not in str(caught.value) + repr(caught.value.details)


def test_a_call_alone_says_status_where_the_list_says_call_status(
    synthflow: MakeSynthflow,
) -> None:
    client = synthflow(Script(ok({"calls": [{"call_id": "c", "status": "completed"}]})))
    call = client.call("c")
    assert call is not None
    assert call["call_status"] == "completed"


def test_calls_are_asked_for_in_epoch_milliseconds(synthflow: MakeSynthflow) -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    began = int(start.timestamp() * 1000)
    rows = [
        {"call_id": id_, "start_time": str(began + after), "call_status": "in-progress"}
        for id_, after in (("later", 3_600_000), ("within", 3_599_999))
    ]
    script = Script(ok({"calls": rows}))
    found = synthflow(script).calls("m", start, start + timedelta(hours=1))
    params = script.asked[0].url.params
    assert int(params["from_date"]) == began
    assert "to_date" not in params, "it is about a call's end, which one in progress does not have"
    assert [row["call_id"] for row in found] == ["within"]
    with pytest.raises(ValueError, match="time zone"):
        synthflow(Script()).calls("m", datetime(2026, 1, 1), datetime(2026, 1, 2))


def test_the_testbeds_workspace_is_read_and_changed(workspace: SynthflowClient) -> None:
    listed = {assistant["name"] for assistant in workspace.assistants()}
    assert {samples.SYNTHFLOW_ASSISTANT_NAME, samples.SYNTHFLOW_OTHER_ASSISTANT_NAME} <= listed
    assert workspace.number(samples.SPARE_DID) is None
    workspace.create_number(
        samples.SPARE_DID,
        termination_uri="a.example",
        username="acme",
        password=Secret("a-password-of-the-test"),
    )
    workspace.update_number(samples.SPARE_DID, termination_uri="b.example")
    number = workspace.number(samples.SPARE_DID)
    assert number is not None
    assert number["termination_uri"] == "b.example"
    assert samples.SPARE_DID in [row["number"] for row in workspace.numbers()]
    workspace.delete_number(samples.SPARE_DID)
    workspace.delete_number(samples.SPARE_DID)
    assert workspace.number(samples.SPARE_DID) is None


def test_an_action_is_made_attached_and_removed_on_the_testbed(workspace: SynthflowClient) -> None:
    transfer = {"phone": samples.TRANSFER_NUMBER, "transfer_mode": "cold_transfer"}
    transfer |= {"instructions": "on request", "initiating_msg": "One moment."}
    action_id = workspace.create_action("LIVE_TRANSFER", transfer)
    workspace.attach_actions(samples.SYNTHFLOW_ASSISTANT_ID, [action_id])
    assert workspace.action(action_id)["assistants"] == [samples.SYNTHFLOW_ASSISTANT_ID]
    workspace.update_action(action_id, "LIVE_TRANSFER", {"transfer_mode": "warm_transfer"})
    values = workspace.action(action_id)["parameters_hard_coded"]
    assert values["transfer_mode"] == "warm_transfer"
    workspace.detach_actions(samples.SYNTHFLOW_ASSISTANT_ID, [action_id])
    workspace.delete_action(action_id)
    assert action_id not in [action["action_id"] for action in workspace.actions()]
