"""Our agent and baresip: audio that both ends heard, SRTP, hold and transfer by a real phone."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.sip import Call, Referral, Transport
from sfsip_nb.sip.sdp import Srtp
from tests.sip.peers.baresip import TONE_HZ, Baresip, baresip
from tests.sip.peers.kamailio import AOR, USER, kamailio
from tests.sip.siptools import Agents, until, uri

T1 = 2.0
"""A machine that is busy for a moment must not have a 200 sent again."""
OURS_HZ = 1004.0


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Baresip]:
    with baresip(tmp_path) as running:
        yield running


async def both_heard(call: Call, phone: Baresip) -> None:
    """Our tone is in the phone's recording, the phone's tone was heard here; then hang up."""
    assert call.audio is not None
    call.audio.play(OURS_HZ)
    assert await call.audio.heard(TONE_HZ, 10)
    await asyncio.sleep(0.5)
    stats = call.audio.stats()
    assert (stats["foreign"], stats["srtp_failures"]) == ({}, {})
    assert await call.bye() == 200
    assert call.retransmitted_200 == 0
    assert await phone.heard_hz() == pytest.approx(OURS_HZ, abs=10)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_audio_is_heard_at_both_ends(
    agents: Agents, phone: Baresip, transport: Transport, codec: str
) -> None:
    client = await agents("client", t1=T1)
    call = await client.invite(phone.uri(transport), from_="sip:us@test", codecs=[codec])
    assert await call.outcome(10) == 200
    assert call.audio is not None
    assert (call.audio.codec, call.audio.secure) == (codec, False)
    await both_heard(call, phone)


@pytest.mark.parametrize("asked", ["required", "optional"])
async def test_srtp_is_heard_at_both_ends(agents: Agents, tmp_path: Path, asked: Srtp) -> None:
    """The phone takes SRTP only, in RTP/SAVP or in RTP/AVP with keys."""
    client = await agents("client", t1=T1)
    media = "srtp-mand" if asked == "required" else "srtp"
    with baresip(tmp_path, f"regint=0;mediaenc={media}") as phone:
        call = await client.invite(phone.uri(), from_="sip:us@test", srtp=asked)
        assert await call.outcome(10) == 200, call.codes
        assert call.audio is not None
        assert call.audio.secure
        await both_heard(call, phone)


async def test_a_phone_without_srtp_refuses_a_call_that_requires_it(
    agents: Agents, phone: Baresip
) -> None:
    client = await agents("client", t1=T1)
    call = await client.invite(phone.uri(), from_="sip:us@test", srtp="required")
    assert await call.outcome(10) == 488
    assert call.audio is not None
    assert call.audio.packets_received == 0


async def test_the_phone_holds_and_resumes(agents: Agents, phone: Baresip) -> None:
    client = await agents("client", t1=T1)
    call = await client.invite(phone.uri(), from_="sip:us@test")
    assert await call.outcome(10) == 200
    audio = call.audio
    assert audio is not None
    audio.play(OURS_HZ)
    assert await audio.heard(TONE_HZ, 10)
    await asyncio.sleep(0.5)
    assert (await phone.do("hold"))["ok"]
    await until(lambda: call.reinvites == 1)
    await asyncio.sleep(0.1)
    sent = audio.sender.packets
    await asyncio.sleep(0.3)
    assert audio.sender.packets == sent
    assert (await phone.do("resume"))["ok"]
    await until(lambda: call.reinvites == 2)
    received = audio.packets_received
    await until(lambda: audio.sender.packets > sent and audio.packets_received > received + 10)
    assert audio.listener.tone_hz == pytest.approx(TONE_HZ, abs=15)
    assert await call.bye() == 200
    # Its recording ends with the hold.
    assert await phone.heard_hz() == pytest.approx(OURS_HZ, abs=10)


async def test_we_hold_and_resume_the_phone(agents: Agents, phone: Baresip) -> None:
    client = await agents("client", t1=T1)
    call = await client.invite(phone.uri(), from_="sip:us@test")
    assert await call.outcome(10) == 200
    audio = call.audio
    assert audio is not None
    assert await audio.heard(TONE_HZ, 10)
    assert await call.reinvite("sendonly") == 200
    await asyncio.sleep(0.1)
    received = audio.packets_received
    await asyncio.sleep(0.3)
    assert audio.packets_received == received
    assert await call.reinvite("sendrecv") == 200
    await until(lambda: audio.packets_received > received + 10)
    assert await call.bye() == 200


async def test_digits_are_pressed_both_ways(agents: Agents, phone: Baresip) -> None:
    client = await agents("client", t1=T1)
    call = await client.invite(phone.uri(), from_="sip:us@test")
    assert await call.outcome(10) == 200
    audio = call.audio
    assert audio is not None
    assert (await phone.do("sndcode", "12#"))["ok"]
    await until(lambda: audio.receiver.digits == "12#")
    await audio.send_digits("15*")
    ends = re.compile(r"received event: '(.)' \(end=1\)")
    await until(lambda: "".join(ends.findall(phone.program.tail())) == "15*")
    assert await call.bye() == 200


async def test_the_phone_transfers_us(agents: Agents, phone: Baresip) -> None:
    targets: list[str] = []

    async def refer(referral: Referral) -> None:
        targets.append(referral.target)
        await referral.accept()
        assert await referral.notify(200) == 200

    client = await agents("client", t1=T1)
    call = await client.invite(phone.uri(), from_="sip:us@test")
    call.on_refer = refer
    assert await call.outcome(10) == 200
    assert (await phone.do("transfer", "sip:human@127.0.0.1:9"))["ok"]
    assert await call.wait_ended(10)
    assert (call.ended_by, targets) == ("remote", ["sip:human@127.0.0.1:9"])


async def test_the_phone_calls_us(agents: Agents, phone: Baresip) -> None:
    taken: list[Call] = []

    async def answer(call: Call) -> None:
        taken.append(call)
        assert await call.answer()
        assert call.audio is not None
        call.audio.play(OURS_HZ)

    server = await agents("server", t1=T1, on_invite=answer)
    assert (await phone.do("dial", uri(server)))["ok"]
    await until(lambda: taken and taken[0].audio)
    (call,) = taken
    assert call.audio is not None
    assert await call.audio.heard(TONE_HZ, 10)
    await asyncio.sleep(0.5)
    assert (await phone.do("hangup"))["ok"]
    assert await call.wait_ended(10)
    assert (call.ended_by, call.retransmitted_200) == ("remote", 0)
    assert await phone.heard_hz() == pytest.approx(OURS_HZ, abs=10)


async def test_a_registered_phone_is_called_through_kamailio(
    agents: Agents, tmp_path: Path
) -> None:
    client = await agents("client", t1=T1, credentials=[USER])
    (tmp_path / "phone").mkdir()
    with kamailio(tmp_path) as proxy:
        account = f'regint=60;auth_user=acme;auth_pass=secretsecret;outbound="{proxy.uri()}"'
        with baresip(tmp_path / "phone", account, "sip:phone@sip.test") as phone:
            await until(lambda: "200 OK" in phone.program.tail())
            call = await client.invite("sip:phone@sip.test", from_=AOR, proxy=proxy.uri())
            assert await call.outcome(10) == 200, call.codes
            await both_heard(call, phone)
            seen = proxy.seen(call.call_id)
    assert sum(row.startswith("request ACK") for row in seen) == 1
    assert sum(row.startswith("reply 200 INVITE") for row in seen) == 1
    assert sum(row.startswith("reply 200 BYE") for row in seen) == 1
