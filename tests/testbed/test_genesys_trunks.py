"""External trunks: what the stand-in takes, and what it refuses as Genesys Cloud does."""

import time
from typing import Any

import pytest

from tests.testbed.testbed_bench import EDGES, SITE, Bench, code

TRUNKS = f"{EDGES}/trunkbasesettings"
PASSWORD = "trunk_sip_authentication_credentials_password"
REALM = "trunk_sip_authentication_credentials_realm"


def test_unknown_property_is_kept_and_does_nothing(bench: Bench) -> None:
    made = bench.created(TRUNKS, bench.trunk(trunk_max_dial_timeout="9m"))
    seen = bench.genesys.get(f"{TRUNKS}/{made['id']}").json()["properties"]
    assert seen["trunk_max_dial_timeout"]["value"]["instance"] == "9m"
    assert seen["trunk_maxDialTimeout"]["value"]["instance"] == "2m"


def test_template_needs_its_metabase(bench: Bench) -> None:
    assert code(bench.genesys.get(f"{TRUNKS}/template"))[0] == 400
    assert bench.trunk()["properties"]["trunk_transport_serverProxyList"]["required"] is True


def test_number_plan_site_is_required(bench: Bench) -> None:
    trunk = bench.trunk()
    del trunk["inboundSite"]
    refused = bench.genesys.post(TRUNKS, json=trunk)
    assert code(refused) == (400, "general.bad.request")
    assert refused.json()["details"] == [
        {"errorCode": "REQUIRED_FIELD_MISSING", "fieldName": "inboundSiteId"}
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trunk_transport_protocolVariant", "UDP"),
        ("trunk_enabled", "yes"),
        ("trunk_outboundIdentity_callingName", "x" * 41),
        ("trunk_transport_serverProxyList", []),
    ],
)
def test_values_that_the_template_forbids(bench: Bench, key: str, value: object) -> None:
    wrong: dict[str, Any] = {key: value}
    refused = bench.genesys.post(TRUNKS, json=bench.trunk(**wrong))
    assert code(refused) == (400, "validation.error")
    assert refused.json()["details"][0]["fieldName"] == key


def test_names_are_unique(bench: Bench) -> None:
    bench.created(TRUNKS, bench.trunk("Twice"))
    assert code(bench.genesys.post(TRUNKS, json=bench.trunk("Twice"))) == (400, "duplicate.value")


@pytest.mark.parametrize("label", ["synthflow", "ACME-Carrier"])
def test_identifier_is_unique_in_the_region(bench: Bench, label: str) -> None:
    refused = bench.genesys.post(TRUNKS, json=bench.trunk(trunk_sip_termination_uri=label))
    assert code(refused) == (400, "duplicate.value")


def test_a_new_trunk_is_not_found_for_a_moment(bench: Bench) -> None:
    bench.world.time_scale = 10
    made = bench.genesys.post(TRUNKS, json=bench.trunk()).json()
    path = f"{TRUNKS}/{made['id']}"
    assert bench.genesys.get(path).status_code == 404
    assert bench.genesys.get(TRUNKS, params={"name": "Trunk"}).json()["total"] == 0
    limit = time.monotonic() + 2
    while bench.genesys.get(path).status_code == 404 and time.monotonic() < limit:
        time.sleep(0.01)
    assert bench.genesys.get(path).json()["version"] == 1


def test_update_needs_the_present_version(bench: Bench) -> None:
    trunk = bench.created(TRUNKS, bench.trunk())
    path = f"{TRUNKS}/{trunk['id']}"
    assert bench.genesys.put(path, json=trunk | {"name": "B"}).json()["version"] == 2
    refused = bench.genesys.put(path, json=trunk)
    assert code(refused) == (409, "general.conflict")
    assert "does not match the current version" in refused.json()["message"]
    del trunk["version"]
    assert bench.genesys.put(path, json=trunk).status_code == 400


def test_second_operator_comes_between_once(bench: Bench) -> None:
    trunk = bench.created(TRUNKS, bench.trunk())
    bench.world.set_fault("genesys.second-operator")
    path = f"{TRUNKS}/{trunk['id']}"
    assert bench.genesys.put(path, json=trunk).status_code == 409
    assert bench.genesys.put(path, json=bench.genesys.get(path).json()).status_code == 200


def test_update_resets_what_it_leaves_out(bench: Bench) -> None:
    trunk = bench.created(TRUNKS, bench.trunk(**{REALM: "sip.us.synthflow.ai"}))
    del trunk["properties"][REALM]
    after = bench.genesys.put(f"{TRUNKS}/{trunk['id']}", json=trunk).json()
    assert after["properties"][REALM]["value"]["instance"] == ""


def test_password_is_echoed_unless_hidden_and_then_kept(bench: Bench) -> None:
    trunk = bench.created(TRUNKS, bench.trunk(**{PASSWORD: "correct horse"}))
    path = f"{TRUNKS}/{trunk['id']}"
    value = bench.genesys.get(path).json()["properties"][PASSWORD]["value"]
    assert value["instance"] == "correct horse"
    bench.world.set_fault("genesys.password-hidden")
    hidden = bench.genesys.get(path).json()
    assert "instance" not in hidden["properties"][PASSWORD]["value"]
    bench.genesys.put(path, json=hidden)
    kept = bench.world.systems["genesys"]["trunks"][trunk["id"]]["properties"][PASSWORD]["value"]
    assert kept["instance"] == "correct horse"


def test_a_trunk_in_use_cannot_be_deleted(bench: Bench) -> None:
    trunk = bench.created(TRUNKS, bench.trunk())
    path = f"{TRUNKS}/{trunk['id']}"
    route = bench.genesys.get(f"{SITE}/outboundroutes").json()["entities"][0]
    bases = route["externalTrunkBases"]
    with_it = route | {"externalTrunkBases": [*bases, {"id": trunk["id"]}]}
    changed = bench.genesys.put(f"{SITE}/outboundroutes/{route['id']}", json=with_it).json()
    assert code(bench.genesys.delete(path)) == (400, "delete.referenced.entity")
    without = changed | {"externalTrunkBases": bases}
    bench.genesys.put(f"{SITE}/outboundroutes/{route['id']}", json=without)
    assert bench.genesys.delete(path).status_code == 200
    assert bench.genesys.get(path).status_code == 404


def test_lists_leave_properties_out_unless_asked(bench: Bench) -> None:
    plain = bench.genesys.get(TRUNKS, params={"name": "acme*"}).json()["entities"]
    full = bench.genesys.get(TRUNKS, params={"expand": "properties"}).json()["entities"]
    assert [("properties" in t) for t in plain + full] == [False, True]
    assert not [key for key in full[0] if key.startswith("_")]


def test_a_live_trunk_shows_its_health(bench: Bench) -> None:
    async def ping(host: str, port: int, transport: str) -> str:
        return "" if (host, port) == ("sip.us.synthflow.ai", 32681) else "No response"

    bench.world.pings["genesys"] = ping
    servers = ["sip.us.synthflow.ai:32681", "sip.us.synthflow.ai:5060"]
    trunk = bench.created(TRUNKS, bench.trunk(trunk_transport_serverProxyList=servers))

    def live() -> dict[str, Any]:
        query = {"trunkBase.id": trunk["id"], "trunkType": "EXTERNAL"}
        [found] = bench.genesys.get(f"{EDGES}/trunks", params=query).json()["entities"]
        return dict(found)

    assert live()["proxyAddressList"] == servers
    assert [status["optionState"] for status in live()["optionsStatus"]] == [True, False]
    assert live()["optionsStatus"][1]["errorInfo"] == {"text": "No response"}
    assert (live()["inService"], live()["connectedStatus"]) == (True, {"connected": True})
    bench.world.set_fault("genesys.trunk-down")
    assert (live()["inService"], live()["optionsStatus"]) == (False, [])
    assert live()["connectedStatus"] == {"connected": False}
