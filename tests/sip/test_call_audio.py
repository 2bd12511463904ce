"""Audio as calls agree on it: digits, keys and addresses through SIP and SDP."""

import asyncio
from dataclasses import replace

import pytest

from sfsip_nb.sip import Call, bridge
from sfsip_nb.sip.addresses import is_private
from sfsip_nb.sip.media.figures import one_way
from sfsip_nb.sip.media.packets import parse
from tests.sip.siptools import Agents, digits_of, uri


async def answering(agents: Agents, legs: list[Call], **how: object) -> str:
    """The URI of an agent that answers and keeps its legs."""

    async def answer(call: Call) -> None:
        legs.append(call)
        await call.answer(**how)  # type: ignore[arg-type]

    return uri(await agents("callee", on_invite=answer))


async def test_an_ivr_hears_the_digits_and_the_caller_those_of_the_ivr(agents: Agents) -> None:
    legs: list[Call] = []
    target = await answering(agents, legs)
    client = await agents("caller")
    call = await client.invite(target, from_="sip:a@test")
    assert await call.outcome() == 200
    assert call.audio
    assert legs[0].audio
    await call.audio.send_digits("2#", ms=60)
    assert await digits_of(legs[0].audio, 2) == "2#"
    await legs[0].audio.send_digits("9", ms=60)
    assert await digits_of(call.audio) == "9"
    assert call.audio.stats()["digits"] == "9"
    assert (call.audio.rejected, legs[0].audio.rejected) == (0, 0)
    assert await call.bye() == 200


async def test_a_peer_without_events_is_sent_none(agents: Agents) -> None:
    async def answer(call: Call) -> None:
        assert call.offer is not None
        call.session.offer = replace(call.offer, payloads={"PCMU": 0})
        await call.answer()

    callee = await agents("callee", on_invite=answer)
    call = await (await agents("caller")).invite(uri(callee), from_="sip:a@test")
    assert await call.outcome() == 200
    assert call.audio
    with pytest.raises(ValueError, match="did not agree to telephone-event"):
        await call.audio.send_digits("1")
    assert await call.bye() == 200


async def test_digits_and_sound_pass_a_back_to_back_agent_that_transcodes(agents: Agents) -> None:
    legs: list[Call] = []
    target = await answering(agents, legs, codecs=("PCMA",))
    edge = await agents("edge")

    async def route(a: Call) -> None:
        b = await edge.invite(target, from_="sip:edge@test", codecs=("PCMA",))
        await bridge(a, b, codecs=("PCMU",))

    edge.on_invite = route
    call = await (await agents("caller")).invite(uri(edge), from_="sip:a@test")
    assert await call.outcome() == 200
    assert call.audio
    call.audio.play(1004)
    far = legs[0].audio
    assert far
    assert await far.heard(1004)
    await call.audio.send_digits("42", ms=60)
    assert await digits_of(far, 2) == "42"
    assert (call.audio.codec, far.codec) == ("PCMU", "PCMA")
    assert far.stats()["loss_percent"] == 0
    assert await call.bye() == 200


@pytest.mark.parametrize("suite", ["80", "32"])
async def test_the_callee_chooses_either_suite(agents: Agents, suite: str) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        assert call.offer is not None
        assert [c.suite[-2:] for c in call.offer.crypto] == ["80", "32"]
        chosen = tuple(c for c in call.offer.crypto if c.suite.endswith(suite))
        call.session.offer = replace(call.offer, crypto=chosen)
        await call.answer(srtp="required")

    callee = await agents("callee", on_invite=answer)
    client = await agents("caller")
    call = await client.invite(uri(callee), from_="sip:a@test", srtp="required")
    assert await call.outcome() == 200
    assert call.audio
    assert legs[0].audio
    legs[0].audio.play(440)
    assert await call.audio.heard(440)
    assert call.audio.secure
    assert (call.audio.rejected, legs[0].audio.rejected) == (0, 0)
    assert await call.bye() == 200


async def test_what_is_kept_of_a_secure_call_is_in_clear(agents: Agents) -> None:
    legs: list[Call] = []
    target = await answering(agents, legs, srtp="required")
    client = await agents("caller")
    call = await client.invite(target, from_="sip:a@test", srtp="required")
    assert call.audio
    call.audio.keep()
    assert await call.outcome() == 200
    await asyncio.sleep(0.3)
    assert await call.bye() == 200
    sent = [parse(p.data) for p in call.audio.kept if p.source == call.audio.local]
    assert len(sent) > 5
    assert all(packet and packet.payload == b"\xff" * 160 for packet in sent[:5])


async def test_a_peer_that_names_an_address_behind_its_nat_is_told_so(agents: Agents) -> None:
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        legs.append(call)
        # The caller's offer as it would come through a NAT that nobody told of SDP.
        assert call.offer is not None
        call.session.offer = replace(call.offer, address="192.168.1.20")
        await call.answer()

    callee = await agents("callee", on_invite=answer)
    call = await (await agents("caller")).invite(uri(callee), from_="sip:a@test")
    assert await call.outcome() == 200
    assert call.audio
    await asyncio.sleep(1.3)
    assert legs[0].audio
    (trouble,) = (t for t in legs[0].audio.troubles() if t.name == "private")
    assert "names 192.168.1.20" in trouble.sentence
    assert is_private(legs[0].audio.destination[0])
    assert one_way(call.audio) == "nothing received"
    assert await call.bye() == 200


async def test_early_media_flows_before_the_answer(agents: Agents) -> None:
    async def announce(call: Call) -> None:
        await call.ring(183, early=True)
        assert call.audio is not None
        call.audio.play(440)
        assert await call.audio.heard(1004)
        assert await call.answer()

    server, client = await agents("server", on_invite=announce), await agents("client")
    call = await client.invite(uri(server))
    assert call.audio is not None
    await call.ringing.wait()
    assert await call.audio.heard(440)
    assert not call.decided.is_set()
    call.audio.play(1004)
    assert await call.outcome(5) == 200
    assert call.codes == [100, 183, 200]
    assert await call.bye() == 200


async def test_joined_legs_relay_audio_and_hang_up_together(agents: Agents) -> None:
    joined: list[Call] = []
    far: list[Call] = []

    async def speak(call: Call) -> None:
        far.append(call)
        await call.ring()
        await call.answer(codecs=["PCMA"])
        assert call.audio is not None
        call.audio.play(440)

    server = await agents("server", on_invite=speak)

    async def edge(call: Call) -> None:
        other = await middle.invite(
            uri(server), from_=call.invite.headers["From"].partition(";")[0]
        )
        joined.extend([call, other])
        assert await bridge(call, other, codecs=["PCMU"]) == 200

    middle = await agents("edge", on_invite=edge)
    client = await agents("client")
    call = await client.invite(uri(middle))
    assert await call.outcome(5) == 200
    assert call.codes == [100, 180, 200]
    assert call.audio is not None
    assert far[0].audio is not None
    call.audio.play(1004)
    assert await call.audio.heard(440)
    assert await far[0].audio.heard(1004)
    near, away = joined[0].audio, joined[1].audio
    assert near is not None
    assert away is not None
    assert (near.codec, away.codec) == ("PCMU", "PCMA")
    assert min(near.packets_received, near.sender.packets, away.packets_received) > 5
    assert await call.bye(reason='Q.850;cause=16;text="x"') == 200
    assert await far[0].wait_ended(2)
    assert far[0].ended_by == "remote"
    assert far[0].end_reason == 'Q.850;cause=16;text="x"'
    assert call.audio.arrivals.loss_percent == far[0].audio.arrivals.loss_percent == 0
