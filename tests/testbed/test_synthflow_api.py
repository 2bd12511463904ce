"""The Synthflow stand-in: one region a key, two sets of field names, one inbound agent a number."""

from typing import Any

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.synthflow.standin import customer as synthflow_customer
from tests.testbed.testbed_bench import Bench

DID, SLUG = samples.DID, samples.DID.removeprefix("+")
WORKSPACE = {"workspace": samples.SYNTHFLOW_WORKSPACE_ID}
INBOUND = f"/assistants/{samples.SYNTHFLOW_ASSISTANT_ID}"
OUTBOUND = f"/assistants/{samples.SYNTHFLOW_OTHER_ASSISTANT_ID}"


def number(**changes: Any) -> dict[str, Any]:
    return {
        "workspace_id": samples.SYNTHFLOW_WORKSPACE_ID,
        "phone_number": DID,
        "termination_uri": "synthflow-acme.byoc.usw2.pure.cloud",
        "trunk_username": "acme-trunk",
        "trunk_pwd": "correct horse",
        **changes,
    }


def imported(bench: Bench) -> None:
    assert bench.synthflow.post("/custom-numbers", json=number()).json()["status"] == "ok"


def test_the_key_is_good_in_its_own_region_only(bench: Bench) -> None:
    key = bench.synthflow.headers["Authorization"]
    for region, status in (("us", 200), ("eu", 401), ("global", 401)):
        client = bench.client(f"/synthflow/{region}/v2")
        assert client.get("/assistants/").status_code == 401
        asked = client.get("/assistants/", headers={"Authorization": key})
        assert asked.status_code == status


def test_number_is_written_and_read_under_different_names(bench: Bench) -> None:
    imported(bench)
    seen = bench.synthflow.get(f"/numbers/{SLUG}", params=WORKSPACE)
    assert seen.json()["sip_term_uri"] == "synthflow-acme.byoc.usw2.pure.cloud"
    assert seen.json()["sip_auth_username"] == "acme-trunk"
    assert seen.json()["provider_name"] == "custom"
    assert not [k for k in seen.json() if k.startswith(("trunk", "termination", "_"))]
    assert "correct horse" not in seen.text


def test_import_refuses_what_is_incomplete(bench: Bench) -> None:
    for changes, status in (
        ({"workspace_id": None}, 422),
        ({"workspace_id": "other"}, 403),
        ({"phone_number": SLUG}, 400),
        ({"termination_uri": ""}, 400),
        ({"provider_name": "genesys"}, 422),
        ({"uac_enabled": True, "trunk_pwd": ""}, 400),
        ({"uac_enabled": True, "uac_register_expires": 30}, 400),
        ({"phone_number": samples.SUPPORT_DID}, 400),
    ):
        refused = bench.synthflow.post("/custom-numbers", json=number(**changes))
        assert refused.status_code == status, (changes, refused.text)
    bench.world.set_fault("synthflow.not-enterprise")
    assert bench.synthflow.post("/custom-numbers", json=number()).status_code == 403


def test_numbers_are_listed_by_workspace_with_availability(bench: Bench) -> None:
    imported(bench)
    assert bench.synthflow.get("/numbers").status_code == 422
    bench.synthflow.put(INBOUND, json={"phone_number": DID})
    listed = bench.synthflow.get("/numbers", params=WORKSPACE).json()["response"]
    assert listed["pagination"] == {"total_records": 3, "limit": 20, "offset": 0}
    free = {n["number"]: n["is_available"] for n in listed["phone_numbers"]}
    assert free == {samples.SUPPORT_DID: True, samples.AI_CALLER_NUMBER: True, DID: False}


def test_patch_takes_the_alias_and_keeps_the_password(bench: Bench) -> None:
    imported(bench)
    assert bench.synthflow.patch(f"/numbers/{SLUG}", json={"termination_uri": "b.example"}).json()
    kept = bench.world.systems["synthflow"]["numbers"][SLUG]
    assert (kept["sip_term_uri"], kept["_trunk_pwd"]) == ("b.example", "correct horse")
    refused = bench.synthflow.patch(f"/numbers/{SLUG}", json={"sip_term_uri": ""})
    assert refused.status_code == 400


def test_one_inbound_assistant_per_number(bench: Bench) -> None:
    imported(bench)
    assert bench.synthflow.put(INBOUND, json={"phone_number": "+15550009999"}).status_code == 404
    assert bench.synthflow.put(INBOUND, json={"phone_number": ""}).status_code == 422
    bench.synthflow.put(INBOUND, json={"phone_number": DID})
    attached = bench.world.systems["synthflow"]["numbers"][SLUG]["_attached_at"]
    other = bench.world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_OTHER_ASSISTANT_ID]
    other["type"] = "inbound"
    refused = bench.synthflow.put(OUTBOUND, json={"phone_number": DID})
    assert refused.status_code == 400
    assert refused.json()["detail"]["category"] == "bad_request"
    bench.synthflow.put(INBOUND, json={"phone_number": DID, "description": "again"})
    assert bench.world.systems["synthflow"]["numbers"][SLUG]["_attached_at"] == attached


def test_assistants_are_an_object_in_the_list_and_an_array_alone(bench: Bench) -> None:
    listed = bench.synthflow.get("/assistants/").json()["response"]["assistants"]
    assert listed[samples.SYNTHFLOW_ASSISTANT_ID]["name"] == samples.SYNTHFLOW_ASSISTANT_NAME
    alone = bench.synthflow.get(INBOUND).json()["response"]["assistants"]
    assert [a["model_id"] for a in alone] == [samples.SYNTHFLOW_ASSISTANT_ID]


def test_update_is_partial(bench: Bench) -> None:
    before = bench.synthflow.get(INBOUND).json()["response"]["assistants"][0]
    bench.synthflow.put(INBOUND, json={"description": "new"})
    after = bench.synthflow.get(INBOUND).json()["response"]["assistants"][0]
    assert after == before | {"description": "new"}


def test_deleting_a_number_detaches_it(bench: Bench) -> None:
    imported(bench)
    bench.synthflow.put(INBOUND, json={"phone_number": DID})
    other = bench.world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_OTHER_ASSISTANT_ID]
    other["_phone_numbers"] = [DID]
    assert bench.synthflow.delete(f"/numbers/{SLUG}").json() == {"status": "ok"}
    assert bench.synthflow.get(f"/numbers/{SLUG}", params=WORKSPACE).status_code == 400
    for path in (INBOUND, OUTBOUND):
        assistant = bench.synthflow.get(path).json()["response"]["assistants"][0]
        assert assistant["attached_phone_numbers"] == []


def test_live_transfer_is_created_attached_and_taken_away(bench: Bench) -> None:
    transfer = {
        "phone": samples.TRANSFER_NUMBER,
        "instructions": "when asked for a person",
        "initiating_msg": "One moment.",
        "transfer_mode": "cold_transfer",
    }
    wrong = {"LIVE_TRANSFER": transfer | {"transfer_mode": "cold"}}
    assert bench.synthflow.post("/actions", json=wrong).status_code == 422
    made = bench.synthflow.post("/actions", json={"LIVE_TRANSFER": transfer}).json()
    id_ = made["response"]["action_id"]
    link = {"model_id": samples.SYNTHFLOW_ASSISTANT_ID, "actions": [id_]}
    bench.synthflow.post("/actions/attach", json=link)
    seen = bench.synthflow.get(f"/actions/{id_}", params={"include_assistants": "true"}).json()
    (action,) = seen["response"]["actions"]
    assert action["assistants"] == [samples.SYNTHFLOW_ASSISTANT_ID]
    assert action["parameters_hard_coded"] == transfer
    assistant = bench.world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]
    found = synthflow_customer.transfer_action(bench.world, assistant)
    assert found is not None
    assert found["phone"] == samples.TRANSFER_NUMBER
    bench.synthflow.post("/actions/detach", json=link)
    assert synthflow_customer.transfer_action(bench.world, assistant) is None
    assert bench.synthflow.delete(f"/actions/{id_}").json() == {"status": "ok"}
    assert bench.synthflow.get(f"/actions/{id_}").status_code == 400


def test_call_list_needs_its_assistant_and_ignores_unknown_filters(bench: Bench) -> None:
    assert bench.synthflow.get("/calls").status_code == 422
    for id_, start in (("one", "1000"), ("two", "2000"), ("three", "3000")):
        row = {
            "call_id": id_,
            "call_status": "completed",
            "model_id": samples.SYNTHFLOW_ASSISTANT_ID,
            "start_time": start,
            "duration": 25,
        }
        if id_ != "three":  # which is not over
            row["telephony_end"] = f"1970-01-01T00:00:2{start[0]}.500"
        bench.on_loop(bench.world.keep, "synthflow_calls", row["call_id"], row)

    def ids(**query: str) -> list[str]:
        asked = {"model_id": samples.SYNTHFLOW_ASSISTANT_ID, **query}
        answer = bench.synthflow.get("/calls", params=asked).json()["response"]
        return [call["call_id"] for call in answer["calls"]]

    assert ids() == ["three", "two", "one"]
    assert ids(start_date="5000") == ["three", "two", "one"]
    assert ids(from_date="1000", to_date="22000") == ["one"]
    assert ids(from_date="2000") == ["three", "two"]
    assert ids(to_date="9000000000000") == ["two", "one"]
    one = bench.synthflow.get("/calls/one").json()["response"]["calls"][0]
    assert (one["status"], one["duration"], "call_status" in one) == ("completed", 25, False)


def test_placing_a_call_needs_an_attached_number(bench: Bench) -> None:
    dialed: list[dict[str, Any]] = []
    bench.world.dials["synthflow"] = dialed.append
    call = {"model_id": samples.SYNTHFLOW_OTHER_ASSISTANT_ID, "phone": samples.CALLEE, "name": "C"}
    refused = bench.synthflow.post("/calls", json=call | {"from_phone_number": DID})
    assert (refused.status_code, dialed) == (400, [])
    made = bench.synthflow.post("/calls", json=call).json()["response"]
    assert dialed[0]["call_id"] == made["call_id"]
    assert dialed[0]["phone_number_from"] == samples.SUPPORT_DID
    assert bench.world.writes[-1]["path"].endswith("/calls")


def test_a_call_that_was_prepared_is_listed_before_it_comes(bench: Bench) -> None:
    assistant, workspace = samples.SYNTHFLOW_ASSISTANT_ID, samples.SYNTHFLOW_WORKSPACE_ID
    asked = {"model_id": assistant, "from_number": samples.CALLER, "to_number": DID}
    assert bench.synthflow.post("/prepare_inbound", json=asked).status_code == 422
    other = bench.synthflow.post("/prepare_inbound", json=asked | {"workspace_id": "other"})
    assert other.status_code == 403
    made = bench.synthflow.post("/prepare_inbound", json=asked | {"workspace_id": workspace}).json()
    assert (made["call_status"], made["direction"]) == ("registered", "inbound")
    listed = bench.synthflow.get("/calls", params={"model_id": assistant}).json()["response"]
    (row,) = listed["calls"]
    assert (row["call_id"], row["call_status"]) == (made["synthflow_call_id"], "registered")
    assert (row["phone_number_from"], row["phone_number_to"]) == (samples.CALLER, DID)
    assert row["telephony_start"] is None


def test_every_shape_of_error_occurs(bench: Bench) -> None:
    assert bench.synthflow.get("/nothing").json() == {
        "error": "not_found",
        "message": "No route matched",
    }
    assert bench.synthflow.get("/numbers/1", params=WORKSPACE).json() == {"detail": "Not Found"}
    assert isinstance(bench.synthflow.get("/calls").json()["detail"], list)
    assert bench.synthflow.get("/assistants/x").json()["detail"]["category"] == "not_found"
