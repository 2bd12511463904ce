"""Probes put to the stand-ins: what an engineer's machine can find out about a trunk."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.sip import Credentials, ProbeResult, probes
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import FQDN, Running, running, trunk


def assistant(testbed: Running) -> probes.CallPlan:
    """A call straight to the assistant, with the trunk's login."""
    return probes.CallPlan(
        f"sip:{samples.DID}@sip.us.synthflow.ai:32681",
        f"sip:{samples.CALLER}@probe.test",
        credentials=[Credentials(samples.SIP_USERNAME, samples.testbed_secret("sip-password"))],
        resolver=testbed.telephony.net,
    )


async def judge(world: World, probe: str, **options: object) -> ProbeResult:
    """Run a probe against the assistant."""
    async with running(world) as testbed:
        got: ProbeResult = await getattr(probes, probe)(assistant(testbed), **options)
    return got


@pytest.mark.parametrize("open_", [True, False])
async def test_the_assistants_refer_is_followed_to_the_contact_centre(
    world: World, open_: bool
) -> None:
    trunk(world)["_allowAll"] = open_
    asked: list[str] = []

    def may_call(number: str) -> str:
        asked.append(number)
        return ""

    got = await judge(
        world,
        "await_transfer",
        may_call=may_call,
        ask_hz=1400.0,
        expect_hz=620.0,
        within=4.0,
        timeout=40.0,
    )
    assert asked == [samples.TRANSFER_NUMBER]
    assert got.seen["refer_to"].endswith(f"{samples.TRANSFER_NUMBER}@{FQDN}")
    if open_:
        assert got.verdict == "pass", got.sentence
    else:
        assert got.verdict == "fail"
        assert "which answered 403" in got.sentence


async def test_an_assistant_takes_no_transfer_from_its_caller(world: World) -> None:
    got = await judge(
        world, "transfer", to=f"sip:{samples.TRANSFER_NUMBER}@{FQDN}", notify_within=2.0
    )
    assert got.verdict == "fail"
    assert "603 Decline" in got.sentence


async def test_both_laws_are_taken_and_heard(world: World) -> None:
    got = await judge(world, "codecs", expect_hz=440.0, seconds=1.0)
    assert got.verdict == "pass", got.sentence
    assert got.sentence == "PCMU works; PCMA works."


async def test_headers_do_not_come_back_but_stand_in_the_call_record(world: World) -> None:
    async with running(world) as testbed:
        got = await probes.headers(assistant(testbed), nonce="abc123", seconds=0.5)
        row = await testbed.row()
        assert row["telephony_sip_headers"]["X-Sfsip-Nonce"] == "abc123"
    assert got.verdict == "inconclusive"
    assert "look for abc123" in got.sentence


@pytest.mark.parametrize("stripped", [False, True])
async def test_a_call_that_names_its_announcement_has_its_row(world: World, stripped: bool) -> None:
    ids = ("known", "to another number")
    for call_id, called in zip(ids, (samples.DID, samples.SPARE_DID), strict=True):
        row = {"call_id": call_id, "call_status": "registered", "phone_number_to": called}
        more = {"type_of_call": "inbound", "start_time": "1000", "executed_actions": []}
        world.keep("synthflow_calls", call_id, row | more)
    if stripped:
        world.set_fault("synthflow.header-stripped")
    taken: list[str] = []

    def fresh() -> set[str]:
        return over(testbed) - {*taken}

    async with running(world) as testbed:
        for call_id in ids:
            plan = replace(assistant(testbed), marks={"X-EI": f"S.{call_id};E.mine;"})
            await probes.headers(plan, nonce="abc123", seconds=0.5)
            taken += await testbed.until(fresh)
    assert len(taken) == 2
    assert (taken[0] == "known") is not stripped
    assert taken[1] not in ids


def over(testbed: Running) -> set[str]:
    """The ids of the calls that are over."""
    return {row["call_id"] for row in testbed.rows() if row.get("telephony_end")}


async def test_a_stranger_is_refused_by_the_edge(world: World) -> None:
    seen: list[ProbeResult] = []

    async with running(world) as testbed:
        plan = probes.CallPlan(
            f"sip:{samples.TRANSFER_NUMBER}@{FQDN}",
            f"sip:{samples.CALLER}@probe.test",
            resolver=testbed.telephony.net,
        )
        seen.append(await probes.unlisted(plan))
        trunk(world)["_allowAll"] = True
        seen.append(await probes.unlisted(plan))
    assert [got.verdict for got in seen] == ["pass", "fail"]
    assert "Turn off “Allow All”" in seen[1].sentence
