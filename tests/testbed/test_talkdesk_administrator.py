"""The person who works on Talkdesk's screens: makes what the cards say, slips, and goes back."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.platforms.talkdesk.standin import customer as talkdesk_customer
from tests.testbed.testbed_bench import Bench

Json = dict[str, Any]

TRUNK = {
    "path": "external_trunk",
    "name": "Synthflow AI",
    "server": "sip.us.synthflow.ai",
    "port": 32681,
    "transport": "udp",
    "authentication": "digest",
    "username": "acme-trunk",
    "password": "correct horse",
    "max_concurrent_calls": 10,
}
ACL = {"name": "Synthflow AI", "allowed_ips": ["35.237.42.43", "34.139.4.161"]}
INBOUND = {
    "path": "external_trunk",
    "number": samples.DID,
    "name": "Callers to the AI",
    "destination": samples.DID,
    "trunk": "Synthflow AI",
    "timeout_seconds": 30,
    "fallback": talkdesk_samples.FALLBACK,
}
TRANSFER = {"ring_group": talkdesk_samples.RING_GROUP, "number": talkdesk_samples.RING_GROUP_NUMBER}
CARDS = (
    ("trunk.create", TRUNK),
    ("trunk.acl", ACL),
    ("routing.inbound", INBOUND),
    ("routing.transfer", TRANSFER),
)


def administer(bench: Bench, step: str, values: Json) -> tuple[int, Json]:
    answer = bench.control.post(f"/admin/talkdesk/{step}", json=values)
    return answer.status_code, answer.json()


def done(bench: Bench, step: str, values: Json) -> Json:
    status, seen = administer(bench, step, values)
    assert status == 200, seen
    return seen


def state(bench: Bench) -> Json:
    shown: Json = bench.control.get("/state").json()["talkdesk"]
    return shown


def trunk(bench: Bench) -> Json:
    found = bench.world.by_name(bench.world.systems["talkdesk"]["trunks"], "Synthflow AI")
    assert found is not None
    return found


def test_the_trunk_is_made_as_the_card_says(bench: Bench) -> None:
    seen = done(bench, "trunk.create", TRUNK)
    assert "correct horse" not in str(seen)
    made = trunk(bench)
    expected = {k: v for k, v in TRUNK.items() if k != "password"}
    assert {k: made[k] for k in expected} == expected
    assert (made["_password"], made["allowed_ips"], made["active"]) == ("correct horse", [], True)
    assert "correct horse" not in bench.control.get("/state").text
    done(bench, "trunk.acl", ACL)
    assert made["allowed_ips"] == ["35.237.42.43", "34.139.4.161"]


def test_callers_and_agents_are_routed(bench: Bench) -> None:
    done(bench, "trunk.create", TRUNK)
    done(bench, "routing.inbound", INBOUND)
    to_ai = talkdesk_customer.routing(bench.world, samples.DID)
    assert to_ai is not None
    assert (to_ai["kind"], to_ai["destination"], to_ai["trunk"], to_ai["fallback"]) == (
        "sip_transfer",
        samples.DID,
        "Synthflow AI",
        talkdesk_samples.FALLBACK,
    )
    seen = done(bench, "routing.transfer", TRANSFER)
    assert seen["ring_group_number"] == talkdesk_samples.RING_GROUP_NUMBER
    to_agents = talkdesk_customer.routing(bench.world, talkdesk_samples.RING_GROUP_NUMBER)
    assert to_agents is not None
    assert (to_agents["kind"], to_agents["ring_group"]) == (
        "ring_group",
        talkdesk_samples.RING_GROUP,
    )
    to_agents["active"] = False
    assert talkdesk_customer.routing(bench.world, talkdesk_samples.RING_GROUP_NUMBER) is None


def test_a_card_that_is_fulfilled_already_changes_nothing(bench: Bench) -> None:
    for step, values in CARDS:
        done(bench, step, values)
    before = state(bench)
    for step, values in CARDS:
        done(bench, step, values)
    assert state(bench) == before


def test_all_cards_undone_leave_the_account_as_it_was(bench: Bench) -> None:
    original = state(bench)
    undo = [(step, done(bench, step, values)["before"]) for step, values in CARDS]
    assert state(bench) != original
    assert "correct horse" not in str(undo)
    for _ in range(2):  # whoever was interrupted goes back once more
        for step, before in reversed(undo):
            done(bench, step, before)
        assert state(bench) == original


def test_corrections_undone_bring_back_what_was_corrected(bench: Bench) -> None:
    for step, values in CARDS:
        done(bench, step, values)
    earlier = state(bench)
    changes = (
        ("trunk.create", {k: v for k, v in TRUNK.items() if k != "password"} | {"port": 32682}),
        ("trunk.acl", ACL | {"allowed_ips": []}),
        ("routing.inbound", INBOUND | {"timeout_seconds": 20}),
        ("routing.transfer", TRANSFER | {"number": samples.SUPPORT_DID}),
    )
    undo = [(step, done(bench, step, values)["before"]) for step, values in changes]
    assert trunk(bench)["port"] == 32682
    for step, before in reversed(undo):
        done(bench, step, before)
    assert state(bench) == earlier
    support = talkdesk_customer.routing(bench.world, samples.SUPPORT_DID)
    assert support is not None
    assert support["name"] == "Acme Support Line"


def routing(bench: Bench) -> Json:
    found = talkdesk_customer.routing(bench.world, samples.DID)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("slip", "where", "field", "meant", "entered"),
    [
        ("port", trunk, "port", 32681, 5060),
        ("transport", trunk, "transport", "udp", "tls"),
        ("address", trunk, "allowed_ips", ACL["allowed_ips"], ["34.139.4.161"]),
        ("did", routing, "destination", samples.DID, "+15551230000"),
        ("trunk", routing, "trunk", "Synthflow AI", ""),
        ("fallback", routing, "fallback", talkdesk_samples.FALLBACK, ""),
    ],
)
def test_a_slip_spoils_one_value_until_the_card_is_done_again(
    bench: Bench, slip: str, where: Any, field: str, meant: object, entered: object
) -> None:
    bench.control.put(f"/faults/talkdesk.slip-{slip}")
    for step, values in CARDS:
        done(bench, step, values)
    assert where(bench)[field] == entered
    spoiled = state(bench)
    bench.control.delete(f"/faults/talkdesk.slip-{slip}")
    for step, values in CARDS:
        done(bench, step, values)
    assert where(bench)[field] == meant
    assert state(bench) != spoiled


def test_going_back_is_spared_the_slips(bench: Bench) -> None:
    for step, values in CARDS:
        done(bench, step, values)
    earlier = state(bench)
    changes = [("trunk.create", TRUNK | {"port": 1}), ("trunk.acl", ACL | {"allowed_ips": []})]
    undo = [(step, done(bench, step, values)["before"]) for step, values in changes]
    for slip in ("port", "transport", "address"):
        bench.world.set_fault(f"talkdesk.slip-{slip}")
    for step, before in undo:
        done(bench, step, before)
    assert state(bench) == earlier


def test_the_person_reads_the_entitlement_and_the_inventory(bench: Bench) -> None:
    assert done(bench, "access.platform", {}) == {"sip_trunking": True, "path": "external_trunk"}
    assert done(bench, "access.platform", {"path": "byo_ai"})["path"] == "byo_ai"
    account = next(iter(bench.world.systems["talkdesk"]["accounts"].values()))
    account["sip_trunking"] = False
    seen = done(bench, "access.platform", {"path": "external_trunk"})
    assert seen == {"sip_trunking": False, "path": "byo_ai"}
    asked = {"numbers": [samples.DID, samples.SUPPORT_DID, samples.CALLER]}
    assert done(bench, "access.number", asked) == {
        "numbers": f"{samples.DID}, {samples.SUPPORT_DID}",
        "in_use": f"{samples.SUPPORT_DID}: Acme Support Line",
    }


def test_a_talkdesk_flow_dials_for_the_card(bench: Bench) -> None:
    dialed: list[Json] = []
    bench.world.dials["talkdesk"] = dialed.append
    numbers = {"to": samples.DID, "from": talkdesk_samples.RING_GROUP_NUMBER}
    seen = done(bench, "verify.outbound", numbers)
    assert dialed == [numbers | {"call_id": seen["call_id"], "flow_id": ""}]


@pytest.mark.parametrize(
    ("step", "values", "told"),
    [
        ("trunk.create", TRUNK | {"server": ""}, "server"),
        ("trunk.create", TRUNK | {"transport": "sctp"}, "sctp"),
        ("trunk.acl", ACL, "no SIP trunk"),
        ("trunk.acl", {"name": "Acme PBX, made by hand"}, "no list"),
        ("routing.inbound", INBOUND, "'Synthflow AI' among the trunks"),
        (
            "routing.inbound",
            INBOUND | {"trunk": "Acme PBX, made by hand", "fallback": "Nobody"},
            "'Nobody' among the ring groups",
        ),
        (
            "routing.inbound",
            INBOUND | {"trunk": "Acme PBX, made by hand", "number": samples.CALLER},
            "not in the inventory",
        ),
        (
            "routing.inbound",
            INBOUND | {"trunk": "Acme PBX, made by hand", "timeout_seconds": "soon"},
            "timeout_seconds",
        ),
        ("routing.transfer", TRANSFER | {"ring_group": "Nobody"}, "'Nobody'"),
        ("routing.transfer", TRANSFER | {"number": samples.CALLER}, "not in the inventory"),
        ("verify.outbound", {"to": samples.DID}, "from"),
    ],
)
def test_what_is_not_on_the_screen_is_said_and_not_done(
    bench: Bench, step: str, values: Json, told: str
) -> None:
    before = state(bench)
    status, answer = administer(bench, step, values)
    assert status == 400
    assert told in answer["error"]
    assert state(bench) == before
