"""The control interface: state to compare, writes to count, and people to act."""

from typing import Any

import httpx
import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.testbed.faults import faults
from tests.testbed.testbed_bench import EDGES, TOKEN, Bench

TRUNKS = f"{EDGES}/trunkbasesettings"
PASSWORD = "trunk_sip_authentication_credentials_password"


def state(bench: Bench) -> dict[str, Any]:
    shown: dict[str, Any] = bench.control.get("/state").json()
    return shown


def test_state_stays_equal_while_nobody_changes_anything(bench: Bench) -> None:
    before = state(bench)
    bench.genesys.get(TRUNKS)
    bench.synthflow.get("/assistants/")
    bench.login()
    assert state(bench) == before
    for collection in ("trunks", "outbound_routes", "did_pools", "ivrs", "flows", "queues"):
        assert before["genesys"][collection], collection
    for collection in ("numbers", "assistants", "actions"):
        assert before["synthflow"][collection], collection


def test_state_shows_that_a_secret_changed_but_not_the_secret(bench: Bench) -> None:
    trunk = bench.created(TRUNKS, bench.trunk(**{PASSWORD: "correct horse"}))
    before = bench.control.get("/state")
    changed = {PASSWORD: {"value": {"instance": "battery staple"}}}
    bench.control.patch(f"/state/genesys/trunks/{trunk['id']}", json={"properties": changed})
    after = bench.control.get("/state")
    assert before.json() != after.json()
    for secret in ("correct horse", "battery staple"):
        assert secret not in before.text + after.text


def test_patch_is_a_change_behind_the_runs_back(bench: Bench) -> None:
    site = f"/state/genesys/sites/{genesys_samples.SITE_ID}"
    assert bench.control.patch(site, json={"description": "moved"}).json()["version"] == 2
    seen = bench.genesys.get(f"{EDGES}/sites/{genesys_samples.SITE_ID}").json()
    assert seen["description"] == "moved"
    assert bench.world.writes == []
    assert bench.control.patch("/state/genesys/sites/none", json={}).status_code == 404
    assert bench.control.patch("/state/genesys/none/none", json={}).status_code == 404


def test_objects_can_be_put_in_and_taken_away(bench: Bench) -> None:
    def named(name: str) -> list[str]:
        found = bench.genesys.get("/api/v2/routing/queues", params={"name": name}).json()
        return [queue["id"] for queue in found["entities"]]

    bench.control.post("/state/genesys/queues", json={"id": "q", "name": "Extra"})
    assert named("Extra") == ["q"]
    bench.control.delete("/state/genesys/queues/q")
    assert named("Extra") == []


def test_writes_hold_attempts_too_and_no_reads(bench: Bench) -> None:
    bench.genesys.get(TRUNKS)
    bench.genesys.post(TRUNKS, json={})
    bench.synthflow.delete("/numbers/1")
    seen = bench.control.get("/writes").json()
    assert [(w["system"], w["method"], w["status"]) for w in seen] == [
        ("genesys", "POST", 400),
        ("synthflow", "DELETE", 400),
    ]


def test_faults_are_listed_and_switched(bench: Bench) -> None:
    listed = {f["name"]: f for f in bench.control.get("/faults").json()}
    assert set(listed) == set(faults())
    assert all(f["effect"] for f in listed.values())
    bench.control.put("/faults/synthflow.busy")
    assert "synthflow.busy" in bench.world.faults
    bench.control.delete("/faults/synthflow.busy")
    assert not bench.world.faults
    assert bench.control.put("/faults/synthflow.lazy").status_code == 404


def administer(bench: Bench, step: str, **values: Any) -> tuple[int, dict[str, Any]]:
    answer = bench.control.post(f"/admin/genesys/{step}", json=values)
    return answer.status_code, answer.json()


def test_the_administrator_reads_the_inbound_panel(bench: Bench) -> None:
    trunk = bench.trunk("Synthflow AI", trunk_sip_termination_uri="synthflow-acme")
    bench.created(TRUNKS, trunk)
    assert administer(bench, "trunk.inbound", trunk_name="Synthflow AI") == (
        200,
        {"inbound_fqdn": "synthflow-acme.byoc.usw2.pure.cloud"},
    )
    assert administer(bench, "trunk.inbound", trunk_name="Other")[0] == 400


def test_the_administrator_sets_what_the_api_has_no_key_for(bench: Bench) -> None:
    made = bench.created(TRUNKS, bench.trunk("T"))
    administer(bench, "trunk.outbound", trunk_name="T", outbound_termination_fqdn="sip.x.example")
    administer(bench, "trunk.acl", trunk_name="T", allow_all=True)
    kept = bench.world.systems["genesys"]["trunks"][made["id"]]
    assert (kept["_outboundTerminationFqdn"], kept["_allowAll"]) == ("sip.x.example", True)
    assert "sip.x.example" not in bench.genesys.get(f"{TRUNKS}/{made['id']}").text
    administer(bench, "trunk.acl", trunk_name="T", allow_all=False)
    assert kept["_allowAll"] is False


def test_the_administrator_draws_and_publishes_flows(bench: Bench) -> None:
    administer(bench, "routing.inbound", flow="Acme Draft", transfer_to=samples.DID)
    drawn = bench.world.by_name(bench.world.systems["genesys"]["flows"], "Acme Draft")
    assert drawn is not None
    assert (drawn["_transferTo"], "publishedVersion" in drawn) == (samples.DID, True)
    administer(bench, "routing.transfer", flow="Acme Draft", queue=genesys_samples.TRANSFER_QUEUE)
    queue = bench.world.systems["genesys"]["queues"][drawn["_queueId"]]
    assert (queue["name"], drawn["_transferTo"]) == (genesys_samples.TRANSFER_QUEUE, "")
    assert administer(bench, "routing.transfer", flow="Acme Draft", queue="None")[0] == 400


def test_what_the_administrator_did_can_be_undone(bench: Bench) -> None:
    bench.created(TRUNKS, bench.trunk("T"))

    def compared() -> list[dict[str, Any]]:
        """What people set by hand, without the counters."""
        kept = state(bench)["genesys"]
        things = [*kept["trunks"].values(), *kept["flows"].values()]
        return [{k: v for k, v in t.items() if k != "version"} for t in things]

    original = compared()
    fqdn = {"trunk_name": "T", "outbound_termination_fqdn": "sip.x.example"}
    for step, values in (
        ("trunk.outbound", fqdn),
        ("trunk.acl", {"trunk_name": "T", "allow_all": True}),
        ("routing.inbound", {"flow": "Acme Draft", "transfer_to": samples.DID}),
    ):
        before = administer(bench, step, **values)[1]["before"]
        assert compared() != original
        assert administer(bench, step, **before)[0] == 200
        assert compared() == original


def test_a_card_that_is_fulfilled_already_changes_nothing(bench: Bench) -> None:
    before = state(bench)
    values = {"flow": genesys_samples.TRANSFER_FLOW, "queue": genesys_samples.TRANSFER_QUEUE}
    assert administer(bench, "routing.transfer", **values)[0] == 200
    assert state(bench) == before


def test_the_administrator_has_genesys_dial(bench: Bench) -> None:
    dialed: list[dict[str, Any]] = []
    bench.world.dials["genesys"] = dialed.append
    values = {"to": samples.DID, "from": samples.SUPPORT_DID, "flow": "Acme Outbound Dialer"}
    status, seen = administer(bench, "verify.outbound", **values)
    assert status == 200
    flow = bench.world.by_name(bench.world.systems["genesys"]["flows"], "Acme Outbound Dialer")
    assert flow is not None
    numbers = {"from": samples.SUPPORT_DID, "to": samples.DID}
    assert dialed == [{**seen, **numbers, "flow_id": flow["id"]}]
    assert administer(bench, "verify.outbound", to=samples.DID)[0] == 400


def test_nobody_does_an_unknown_step(bench: Bench) -> None:
    assert administer(bench, "trunk.polish")[0] == 404
    plan = bench.control.post("/admin/synthflow/access.synthflow", json={})
    assert plan.json() == {"plan": "Enterprise"}


def test_stop_is_passed_on(bench: Bench) -> None:
    bench.control.post("/stop")
    assert bench.stopped.wait(1)


def everywhere(bench: Bench, headers: dict[str, str]) -> list[httpx.Response]:
    """The same headers at the control, at a stand-in, and where nothing is."""
    asked = [
        bench.control.post("/stop", headers=headers),
        bench.genesys.post(TRUNKS, json=bench.trunk(), headers=headers),
        bench.client("").get("/nothing", headers=headers),
    ]
    assert not bench.stopped.is_set()
    assert bench.world.by_name(bench.world.systems["genesys"]["trunks"], "Trunk") is None
    return asked


@pytest.mark.parametrize(
    "name",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost@evil.example", ""],
)
def test_a_page_that_was_led_here_by_its_own_name_is_refused(bench: Bench, name: str) -> None:
    port = bench.origin.rpartition(":")[2]
    for answer in everywhere(bench, {"Host": name.format(port=port)}):
        assert answer.status_code == 403
        assert "Host is 127.0.0.1" in answer.json()["error"]


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", ""])
def test_a_page_of_another_origin_is_refused(bench: Bench, origin: str) -> None:
    for answer in everywhere(bench, {"Origin": origin}):
        assert answer.status_code == 403
        assert "another origin" in answer.json()["error"]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost:{port}", "[::1]:{port}", "LOCALHOST"])
def test_who_asks_on_this_machine_is_served(bench: Bench, name: str) -> None:
    port = bench.origin.rpartition(":")[2]
    headers = {"Host": name.format(port=port), "Origin": bench.origin}
    assert bench.control.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("token", ["", "/", f"/{TOKEN}x", f"/{TOKEN[:-1]}", "/é", f"/x/{TOKEN}"])
def test_without_its_token_the_control_does_nothing(bench: Bench, token: str) -> None:
    control = bench.client(f"/control{token}")
    before = bench.world.last_used
    for method, path in (
        ("GET", ""),
        ("GET", "/state"),
        ("POST", "/stop"),
        ("PUT", "/faults/synthflow.busy"),
        ("POST", "/state/genesys/queues"),
    ):
        answer = control.request(method, path)
        assert answer.status_code == 403, (method, path)
        assert "sfsip testbed start printed" in answer.json()["error"]
    assert not bench.stopped.is_set()
    assert not bench.world.faults
    assert bench.world.last_used == before, "nor does it keep the testbed alive"


def test_what_the_control_does_not_have_is_said_to_who_has_the_token(bench: Bench) -> None:
    answer = bench.control.get("/stat")
    assert (answer.status_code, "has no GET" in answer.json()["error"]) == (404, True)
