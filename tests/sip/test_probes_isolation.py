"""A probe that fails looks for the one difference that makes it work."""

import asyncio
from typing import Any

import pytest

from sfsip_nb.sip import Call, MapResolver, ProbeResult, UserAgent, loop, probes
from sfsip_nb.sip.probes import CallPlan
from sfsip_nb.sip.probes.plan import variants
from tests.sip.probetools import FROM, LOCAL, answering, leaves, plan
from tests.sip.siptools import T1, Agents, Tls, uri


async def test_a_call_lost_over_udp_that_works_over_tcp_says_so(agents: Agents) -> None:
    server = await agents(
        "server", on_invite=answering, gate=lambda _, transport: transport == "tcp"
    )

    async def probe(**more: Any) -> ProbeResult:
        return await probes.call(
            plan(uri(server)), probes.Listening(seconds=0.3), timeout=6.3, **more
        )

    alone = await probe()
    assert alone.verdict == "inconclusive"
    assert "isolation" not in alone.seen
    found = await probe(leave=leaves(3))
    assert found.verdict == "fail"
    port = server.address()[1]
    assert f"The call works over TCP: UDP on port {port} is blocked" in found.sentence
    assert [row["variant"] for row in found.seen["isolation"]] == ["over TCP"]
    denied = await probe(leave=leaves(0))
    assert denied.verdict == "inconclusive"
    assert "No more test calls are allowed" in denied.sentence


async def test_a_tls_trunk_without_srtp_is_told_to_switch_it_on(agents: Agents, tls: Tls) -> None:
    async def edge(call: Call) -> None:
        if call.offer and not call.offer.crypto:
            return await call.reject(488)
        await answering(call)

    server = await agents(
        "edge", transports=("tls",), tls_server=tls.server("sip.test"), on_invite=edge
    )
    names = MapResolver({"sip.test:5061/tls": "{}:{}".format(*server.address("tls"))})
    found = await probes.call(
        probes.CallPlan(
            "sip:+15551230001@sip.test:5061;transport=tls",
            FROM,
            resolver=names,
            tls_client=tls.client,
        ),
        probes.Listening(seconds=0.3),
        leave=leaves(3),
    )
    assert found.verdict == "fail"
    assert "488 Not Acceptable Here" in found.sentence
    assert "The call works with SRTP: the peer wants encrypted audio" in found.sentence
    marks = {e.message.headers.get("X-Mark") for e in found.trace if e.message}
    assert "0" in marks


async def test_a_refusal_that_no_difference_mends_stays_what_it_is(agents: Agents) -> None:
    async def refuse(call: Call) -> None:
        await call.reject(
            403, headers={"X-Twilio-Error": "32201 Authentication failure - not in ACL"}
        )

    server = await agents("server", on_invite=refuse)
    got = await probes.call(plan(uri(server), headers={"X-A": "b"}), leave=leaves(9))
    assert got.verdict == "fail"
    assert "32201 Authentication failure" in got.sentence
    assert "access control list" in got.sentence
    assert "Same result without the extra headers." in got.sentence


def test_each_variant_differs_in_one_thing() -> None:
    full = CallPlan(
        "sip:+1555@sip.test:32682;transport=tls;user=phone",
        FROM,
        srtp="required",
        proxy="sip:[2001:db8::1]:5061;lr;transport=tls",
        headers={"X-A": "1"},
    )
    kinds = ("unreached", "silent", "refused", "unfit", "unheard", "unclean")
    for kind in kinds:
        for _, other in variants(full, kind):  # type: ignore[arg-type]
            changed = {n for n in ("uri", "srtp", "proxy", "headers") if _differs(full, other, n)}
            assert len(changed) == 1
    assert full.over("tcp").proxy == "sip:[2001:db8::1]:5060;transport=tcp;lr"
    direct = CallPlan("sip:a;b@host;transport=udp")
    assert direct.over("tls").uri == "sip:a;b@host;transport=tls"


def _differs(one: CallPlan, other: CallPlan, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


async def test_options_are_tried_over_tcp_where_udp_is_silent(agents: Agents) -> None:
    server = await agents("server", gate=lambda _, transport: transport == "tcp")
    got = await probes.options(plan(uri(server)), timeout=0.3, isolating=True)
    assert got.verdict == "fail"
    assert "The call works over TCP: UDP on port" in got.sentence


def test_a_probe_that_is_broken_off_hangs_up() -> None:
    ended: list[str] = []

    async def answer(call: Call) -> None:
        await answering(call)
        ended.append(call.ended_by)

    server = UserAgent("server", resolver=LOCAL, t1=T1, on_invite=answer)
    loop.run(server.start())
    probe = probes.call(plan(uri(server)), probes.Listening(seconds=20))
    with pytest.raises(TimeoutError):
        loop.run(probe, 0.6)
    loop.run(asyncio.sleep(0.1))
    assert ended == ["remote"]
    loop.run(server.close())
