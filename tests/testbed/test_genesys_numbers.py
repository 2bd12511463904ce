"""DID pools and the call routes that own their numbers."""

import time
from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from tests.testbed.testbed_bench import EDGES, Bench, code

POOLS = f"{EDGES}/didpools"
IVRS = "/api/v2/architect/ivrs"


def flow(bench: Bench, name: str = genesys_samples.INBOUND_FLOW) -> dict[str, Any]:
    found = bench.genesys.get("/api/v2/flows", params={"name": name}).json()["entities"]
    return {"id": found[0]["id"]}


def pool(start: str, end: str) -> dict[str, str]:
    return {"name": start, "startPhoneNumber": start, "endPhoneNumber": end}


@pytest.mark.parametrize(
    ("start", "end"),
    [("+15551230050", "+15551230050"), ("+15551229000", "+15551230000")],
)
def test_pools_do_not_overlap(bench: Bench, start: str, end: str) -> None:
    assert code(bench.genesys.post(POOLS, json=pool(start, end))) == (409, "general.conflict")


def test_pool_numbers_are_e164_and_in_order(bench: Bench) -> None:
    for start, end in (("5551240000", "5551240001"), ("+15551240001", "+15551240000")):
        assert code(bench.genesys.post(POOLS, json=pool(start, end))) == (400, "invalid.value")


def test_call_routes_do_not_see_a_new_pool_at_once(bench: Bench) -> None:
    bench.world.time_scale = 10
    bench.genesys.post(POOLS, json=pool("+15551240000", "+15551240009"))
    route = {"name": "New", "dnis": ["+15551240001"], "openHoursFlow": flow(bench)}
    early = bench.genesys.post(IVRS, json=route)
    assert code(early) == (400, "general.bad.request")
    assert early.json()["details"][0]["errorCode"] == "DID_POOL_REQUIRED"
    limit = time.monotonic() + 2
    while bench.genesys.post(IVRS, json=route).status_code != 200 and time.monotonic() < limit:
        time.sleep(0.01)
    assert bench.world.by_name(bench.world.systems["genesys"]["ivrs"], "New")


def test_a_number_belongs_to_one_call_route(bench: Bench) -> None:
    taken = {"name": "Mine", "dnis": [samples.SUPPORT_DID], "openHoursFlow": flow(bench)}
    refused = bench.genesys.post(IVRS, json=taken)
    assert code(refused) == (400, "duplicate.value")
    assert "Acme Support Line" in refused.json()["message"]


def test_call_routes_need_a_published_flow(bench: Bench) -> None:
    draft = {"name": "D", "dnis": [samples.DID], "openHoursFlow": flow(bench, "Acme Draft")}
    assert bench.genesys.post(IVRS, json=draft).status_code == 400


def test_numbers_show_their_owner_and_a_used_pool_stays(bench: Bench) -> None:
    made = bench.created(IVRS, {"name": "AI", "dnis": [samples.DID], "openHoursFlow": flow(bench)})
    query = {"numberMatch": samples.DID, "type": "ASSIGNED_AND_UNASSIGNED"}
    (did,) = bench.genesys.get(f"{POOLS}/dids", params=query).json()["entities"]
    assert (did["assigned"], did["owner"]["id"], did["ownerType"]) == (
        True,
        made["id"],
        "IVR_CONFIG",
    )
    free = {"numberMatch": samples.SPARE_DID, "type": "ASSIGNED"}
    assert bench.genesys.get(f"{POOLS}/dids", params=free).json()["total"] == 0
    present = bench.genesys.get(POOLS).json()["entities"][0]
    assert code(bench.genesys.delete(f"{POOLS}/{present['id']}")) == (409, "general.conflict")


def test_call_route_is_replaced_whole_and_by_version(bench: Bench) -> None:
    made = bench.created(IVRS, {"name": "AI", "openHoursFlow": flow(bench), "dnis": []})
    del made["openHoursFlow"]
    after = bench.genesys.put(f"{IVRS}/{made['id']}", json=made | {"dnis": [samples.DID]}).json()
    assert after["dnis"] == [samples.DID]
    assert "openHoursFlow" not in after
    assert bench.genesys.put(f"{IVRS}/{made['id']}", json=made).status_code == 409
    assert bench.genesys.delete(f"{IVRS}/{made['id']}").status_code == 200


def test_flows_and_queues_are_found_by_type_and_wildcard(bench: Bench) -> None:
    query = {"type": "inboundcall", "name": "acme*support*"}
    found = bench.genesys.get("/api/v2/flows", params=query).json()["entities"]
    assert {f["name"] for f in found} == {
        genesys_samples.SUPPORT_FLOW,
        genesys_samples.TRANSFER_FLOW,
    }
    assert not [key for f in found for key in f if key.startswith("_")]
    queues = bench.genesys.get("/api/v2/routing/queues", params={"name": "*Support"}).json()
    assert [q["name"] for q in queues["entities"]] == [genesys_samples.TRANSFER_QUEUE]
