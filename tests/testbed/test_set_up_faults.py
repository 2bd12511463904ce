"""A fault of the set-up changes what is stored, once and again after each write, and no more."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.platform import Fault
from sfsip_nb.testbed.faults import faults
from sfsip_nb.testbed.standin import settle
from sfsip_nb.testbed.world import World
from tests.telephony import talkdesk_world, telephony_world
from tests.testbed.testbed_bench import EDGES, Bench

SET_UP = [fault for fault in faults().values() if fault.breaks]
CONDITIONS = {
    "genesys.late-records",
    "genesys.password-hidden",
    "genesys.rate-limit",
    "genesys.second-operator",
    "genesys.slow-visibility",
    "genesys.token-rate-limit",
    "genesys.unavailable",
    "synthflow.cut-greeting",
    "synthflow.late-greeting",
    "synthflow.no-greeting",
    "synthflow.no-options",
    "synthflow.rate-limit",
    "synthflow.slow-replies",
    "synthflow.talks-on",
    "talkdesk.rate-limit",
    "talkdesk.report-stuck",
}
"""Nothing is wrong with the set-up: no cause."""


def set_up(directory: Path, platform: str) -> World:
    """The customer after a guide: Genesys's, but for a fault of Talkdesk."""
    world = World(directory)
    settle(world)
    (talkdesk_world if platform == "talkdesk" else telephony_world).provision(world)
    return world


def changed(world: World, before: dict[str, object]) -> set[str]:
    return {name for name in before if world.systems[name] != before[name]}


@pytest.mark.parametrize("fault", SET_UP, ids=lambda fault: fault.name)
def test_a_fault_of_the_set_up(tmp_path: Path, fault: Fault) -> None:
    own = fault.name.partition(".")[0]
    world = set_up(tmp_path, own)
    before = copy.deepcopy(world.systems)

    world.set_fault(fault.name)
    assert changed(world, before) == {own}

    broken = copy.deepcopy(world.systems)
    world.meddle()
    assert changed(world, broken) == set()

    world.set_fault(fault.name, False)
    assert changed(world, broken) == set()


@pytest.mark.parametrize("fault", SET_UP, ids=lambda fault: fault.name)
def test_before_anything_is_set_up_there_is_little_to_break(tmp_path: Path, fault: Fault) -> None:
    world = World(tmp_path, faults=[fault.name])
    settle(world)
    before = copy.deepcopy(world.systems)
    world.meddle()
    assert changed(world, before) <= {"genesys"}  # flows that are drawn beforehand


def test_a_trunk_is_broken_again_after_each_write(bench: Bench) -> None:
    key, path = "trunk_transport_serverProxyList", f"{EDGES}/trunkbasesettings"
    bench.world.set_fault("genesys.proxy-port")
    made = bench.created(path, bench.trunk())
    assert made["properties"][key]["value"]["instance"] == ["sip.us.synthflow.ai:32681"]

    def servers() -> list[str]:
        read = bench.genesys.get(f"{path}/{made['id']}").json()
        assert read["version"] > made["version"]
        return list(read["properties"][key]["value"]["instance"])

    assert servers() == ["sip.us.synthflow.ai:5060"]
    whole = made | {"version": bench.genesys.get(f"{path}/{made['id']}").json()["version"]}
    assert bench.genesys.put(f"{path}/{made['id']}", json=whole).status_code == 200
    assert servers() == ["sip.us.synthflow.ai:5060"]

    bench.world.set_fault("genesys.proxy-port", False)
    assert servers() == ["sip.us.synthflow.ai:5060"]
    whole["version"] = bench.genesys.get(f"{path}/{made['id']}").json()["version"]
    assert bench.genesys.put(f"{path}/{made['id']}", json=whole).status_code == 200
    assert servers() == ["sip.us.synthflow.ai:32681"]


def test_what_the_control_interface_adds_is_broken_too(bench: Bench) -> None:
    assert bench.control.put("/faults/synthflow.proxy-set").status_code == 200
    telephony_world.provision(bench.world)
    number = samples.DID.removeprefix("+")
    note = {"friendly_name": "Reception"}
    assert bench.control.patch(f"/state/synthflow/numbers/{number}", json=note).status_code == 200
    assert bench.world.systems["synthflow"]["numbers"][number]["sip_outbound_proxy"]


def test_every_fault_leads_to_a_cause_or_is_a_condition_or_a_bad_line() -> None:
    told = {fault.name for fault in faults().values() if not (fault.cause or fault.line)}
    assert told == CONDITIONS
    assert all(fault.group == "set-up" for fault in SET_UP)
