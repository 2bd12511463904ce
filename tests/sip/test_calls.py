"""Calls between two agents of ours, on real sockets."""

import asyncio

import pytest

from sfsip_nb.sip import Call, MapResolver, Trace
from tests.sip.siptools import Agents, Tls, uri


async def speak(call: Call) -> None:
    """A callee that answers with 440 Hz and waits for the end."""
    await call.ring()
    if await call.answer(srtp="optional"):
        assert call.audio is not None
        call.audio.play(440)
        await call.wait_ended(10)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_a_call_carries_tones_both_ways(
    agents: Agents, tls: Tls, transport: str, codec: str
) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await speak(call)

    server = await agents(
        "server",
        transports=("udp", "tcp", "tls"),
        tls_server=tls.server("sip.test"),
        on_invite=answer,
    )
    name = "{}:{}".format(*server.address(transport))
    client = await agents(
        "client",
        transports=("udp", "tcp", "tls"),
        tls_client=tls.client,
        resolver=MapResolver({f"sip.test:32681/{transport}": name}),
    )
    call = await client.invite(
        f"sip:+15551230001@sip.test:32681;transport={transport}",
        from_='"Ann \\"A\\"" <sip:+15550100@client.test>',
        codecs=[codec],
        headers={"X-Mark": "one\r\nInjected: yes", "User-to-User": "00ff;encoding=hex"},
    )
    assert await call.outcome(5) == 200
    assert call.codes == [100, 180, 200]
    assert call.audio is not None
    call.audio.play(1004)
    assert await call.audio.heard(440)
    (leg,) = legs
    assert leg.audio is not None
    assert await leg.audio.heard(1004)
    assert leg.audio.codec == call.audio.codec == codec
    assert leg.user == "+15551230001"
    assert (leg.caller, leg.caller_name) == ("+15550100", 'Ann "A"')
    assert leg.header("x-mark") == "one Injected: yes"
    assert leg.header("Injected") == ""
    assert leg.request_uri.startswith("sip:+15551230001@sip.test:32681")
    assert await call.bye(reason='Q.850;cause=16;text="Normal"') == 200
    assert await leg.wait_ended(2)
    assert (leg.ended_by, call.ended_by) == ("remote", "local")
    assert leg.end_reason == 'Q.850;cause=16;text="Normal"'
    assert call.retransmitted_200 == leg.retransmitted_200 == 0
    assert -16 < call.audio.listener.level_dbov < -14
    assert call.audio.stats()["loss_percent"] == 0
    assert not any(entry.faults for entry in client.trace)


async def test_the_callee_hangs_up(agents: Agents) -> None:
    async def answer(call: Call) -> None:
        await call.answer()
        assert await call.bye() == 200

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    call = await client.invite(uri(server))
    assert await call.outcome(5) == 200
    assert await call.wait_ended(2)
    assert (call.ended_by, call.bye_code, call.state) == ("remote", 200, "ended")


async def test_cancel_while_ringing_gives_487_at_both_ends(agents: Agents) -> None:
    legs: list[Call] = []

    async def ring(call: Call) -> None:
        legs.append(call)
        await call.ring()
        await call.wait_ended(5)

    server = await agents("server", on_invite=ring)
    client = await agents("client")
    call = await client.invite(uri(server))
    await call.ringing.wait()
    await call.cancel("SIP;cause=200")
    assert await call.outcome(2) == 487
    assert legs[0].code == 487
    assert (legs[0].ended_by, legs[0].end_reason) == ("remote", "SIP;cause=200")
    sent = [entry.summary for entry in client.trace if entry.direction == "sent"]
    assert sent == ["INVITE", "CANCEL", "ACK"]


async def test_an_unanswered_call_is_cancelled_at_the_time_out(agents: Agents) -> None:
    async def ring(call: Call) -> None:
        await call.ring()
        await call.wait_ended(5)

    server = await agents("server", on_invite=ring)
    client = await agents("client")
    call = await client.invite(uri(server))
    assert await call.outcome(0.1) == 408
    assert call.ended_by == "timeout"
    for _ in range(100):
        if "ACK" in [entry.summary for entry in client.trace]:
            break
        await asyncio.sleep(0.01)
    assert "487 Request Terminated (INVITE)" in [entry.summary for entry in client.trace]


async def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer()
        await call.wait_ended(5)

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    call = await client.invite(uri(server))
    # No response was read yet, so that the CANCEL has to wait while the 200 is on its way.
    await call.cancel()
    assert await call.outcome(3) == 487
    assert await legs[0].wait_ended(3)
    assert legs[0].ended_by == "remote"
    assert not call.ok


async def test_a_closed_port_and_an_unknown_name_fail_with_a_sentence(agents: Agents) -> None:
    client = await agents("client")
    refused = await client.invite("sip:x@127.0.0.1:1;transport=tcp")
    assert await refused.outcome() == 503
    unknown = await client.invite("sip:x@nowhere.test")
    assert await unknown.outcome() == 503
    assert unknown.phrase.startswith("nowhere.test:5060 over UDP is not in the address map.")


async def test_a_medium_that_does_not_fit_is_refused_with_488(agents: Agents) -> None:
    async def only_alaw(call: Call) -> None:
        assert not await call.answer(codecs=["PCMA"])

    server = await agents("server", on_invite=only_alaw)
    client = await agents("client")
    call = await client.invite(uri(server), codecs=["PCMU"])
    assert await call.outcome(5) == 488
    assert call.header("Warning").startswith("305 ")


@pytest.mark.parametrize(
    ("offered", "answered", "code", "secure"),
    [
        ("off", "required", 488, None),
        ("required", "off", 488, None),
        ("required", "required", 200, True),
        ("required", "optional", 200, True),
        ("optional", "optional", 200, True),
        ("optional", "off", 200, False),
        ("off", "optional", 200, False),
    ],
)
async def test_srtp_is_offered_and_required(
    agents: Agents, offered: str, answered: str, code: int, secure: bool | None
) -> None:
    trace = Trace()

    async def answer(call: Call) -> None:
        if await call.answer(srtp=answered):  # type: ignore[arg-type]
            assert call.audio is not None
            call.audio.play(440)
            await call.wait_ended(5)

    server = await agents("server", on_invite=answer, trace=trace)
    client = await agents("client", trace=trace)
    call = await client.invite(uri(server), srtp=offered)  # type: ignore[arg-type]
    assert await call.outcome(5) == code
    if secure is not None:
        assert call.audio is not None
        assert await call.audio.heard(440)
        assert call.audio.secure is secure
        assert call.audio.rejected == 0
        assert await call.bye() == 200
    if call.session.crypto is not None:
        key = call.session.crypto.line().partition("inline:")[2].encode()
        assert not any(key in entry.data for entry in trace)
