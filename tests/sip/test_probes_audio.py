"""The call probe's audio: each direction, digits, codecs, what is kept."""

import asyncio
import io
import socket
import struct
import wave
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.sip import Call, ProbeResult, probes
from sfsip_nb.sip.probes.audible import directions
from sfsip_nb.sip.probes.listening import Listening
from tests.sip.probetools import answering, plan
from tests.sip.siptools import Agents, digits_of, uri


async def rtp(call: Call, payload_type: int) -> None:
    """Send 40 packets of some payload type to the caller, beside what the call itself sends."""
    assert call.offer
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        for number in range(40):
            head = struct.pack("!BBHII", 0x80, payload_type, number, number * 160, 7)
            sender.sendto(head + bytes(160), call.offer.remote)
            await asyncio.sleep(0.005)


async def test_a_codec_that_is_answered_but_not_sent_is_named(agents: Agents) -> None:
    async def answer(call: Call) -> None:
        if await call.answer(mute=True):
            await rtp(call, 9)
            await call.wait_ended(5)

    server = await agents("server", on_invite=answer)
    got = await probes.call(plan(uri(server)), probes.Listening(seconds=0.5))
    assert got.verdict == "fail"
    assert "PCMU was agreed, but 40 packets came as G722" in got.sentence


async def test_an_ivr_takes_the_digits_and_a_peer_without_events_is_named(agents: Agents) -> None:
    pressed: list[str] = []

    async def menu(call: Call) -> None:
        if await call.answer() and call.audio:
            call.audio.play(440)
            pressed.append(await digits_of(call.audio, 2))
            call.audio.play(620)
            await call.wait_ended(5)

    async def bare(call: Call) -> None:
        """Answers without telephone-event, as its offer were without."""
        assert call.offer
        call.session.offer = replace(
            call.offer, payloads={n: t for n, t in call.offer.payloads.items() if n == "PCMU"}
        )
        if await call.answer() and call.audio:
            call.audio.play(440)
            await call.wait_ended(5)

    server = await agents("ivr", on_invite=menu)

    async def probe(to: str, then_hz: float) -> ProbeResult:
        return await probes.call(
            plan(to),
            probes.Listening(expect_hz=440, seconds=0.6, digits="1#", then_hz=then_hz),
        )

    good = await probe(uri(server), 620)
    assert (good.verdict, pressed) == ("pass", ["1#"]), good.sentence
    elsewhere = await probe(uri(server), 850)
    assert elsewhere.verdict == "fail"
    assert "after the digits 1# no 850 Hz was heard" in elsewhere.sentence
    plain = await probe(uri(await agents("bare", on_invite=bare)), 620)
    assert plain.verdict == "fail"
    assert "accepts no telephone-event" in plain.sentence


async def test_what_was_heard_is_kept_only_where_asked(agents: Agents) -> None:
    server = await agents("server", on_invite=answering)
    for keep in (False, True):
        got = await probes.call(
            plan(uri(server), keep=keep), Listening(1004.0, 440, 0.5), timeout=10
        )
        assert got.verdict == "pass"
        assert bool(got.media) is bool(got.wav) is keep
    with wave.open(io.BytesIO(got.wav)) as heard:
        assert (heard.getframerate(), heard.getnchannels()) == (8000, 1)
        assert heard.getnframes() > 2000


async def test_an_announcement_before_a_refusal_is_told(agents: Agents) -> None:
    async def announce(call: Call) -> None:
        assert call.offer
        body = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            "m=audio 9 RTP/AVP 0\r\n"
        )
        assert call.incoming
        await call.incoming.respond(183, "", {}, body.encode(), "application/sdp")
        await rtp(call, 0)
        await call.reject(404)

    server = await agents("server", on_invite=announce)
    got = await probes.call(plan(uri(server)))
    assert got.verdict == "fail"
    assert got.seen["early_packets"] == 40
    assert got.sentence.endswith("What was announced before it is in the audio.")


@pytest.mark.parametrize(
    ("facts", "verdict", "words"),
    [
        ({}, "inconclusive", "sent no RTCP report"),
        ({"hears": False}, "fail", "it hears nothing of us"),
        ({"reported": SimpleNamespace(loss_percent=6.0)}, "fail", "6.0 % of our audio lost"),
        ({"reported": SimpleNamespace(loss_percent=0.0)}, "pass", "0.0 % of our audio lost"),
    ],
)
def test_what_the_peer_hears_is_judged_by_what_it_reports(
    facts: dict[str, Any], verdict: str, words: str
) -> None:
    audio = SimpleNamespace(
        control=SimpleNamespace(**{"hears": None, "reported": None} | facts),
        packets_received=50,
        agreed=None,
        arrivals=SimpleNamespace(loss_percent=0.0),
        mos=4.4,
        local=("127.0.0.1", 4000),
        troubles=list,
    )
    leg: Any = SimpleNamespace(audio=audio, source=("127.0.0.1", 5060))
    script = Listening(1004.0, None, 1.0, heard=True)
    got = directions(leg, script)
    assert (got["to_peer"]["verdict"], words in got["to_peer"]["sentence"]) == (verdict, True)
    assert got["to_us"]["verdict"] == "pass"


def test_behind_nat_silence_is_no_proof() -> None:
    audio: Any = SimpleNamespace(
        control=SimpleNamespace(hears=None, reported=None),
        packets_received=0,
        agreed=None,
        local=("192.168.1.5", 4000),
        troubles=list,
    )
    leg: Any = SimpleNamespace(audio=audio, source=("168.86.138.1", 5060))
    got = directions(leg, Listening(1004.0, 440, 1.0, heard=False))["to_us"]
    assert got["verdict"] == "inconclusive"
    assert "behind NAT (192.168.1.5)" in got["sentence"]
    audio.local = ("168.86.138.9", 4000)
    assert directions(leg, Listening(1004.0, 440, 1.0, heard=False))["to_us"]["verdict"] == "fail"


async def test_a_private_address_in_the_answer_is_named(agents: Agents) -> None:
    async def behind_nat(call: Call) -> None:
        assert call.incoming
        body = (
            "v=0\r\no=- 1 1 IN IP4 10.9.8.7\r\ns=-\r\nc=IN IP4 10.9.8.7\r\nt=0 0\r\n"
            "m=audio 4000 RTP/AVP 0\r\n"
        )
        headers = {"Contact": call.dialog.contact}
        await call.incoming.respond(200, "", headers, body.encode(), "application/sdp")

    server = await agents("server", on_invite=behind_nat)
    got = await probes.call(plan(uri(server)), probes.Listening(seconds=0.3))
    assert got.verdict == "fail"
    assert "names 10.9.8.7, an address of a private network" in got.sentence
    assert "external media address" in got.sentence
