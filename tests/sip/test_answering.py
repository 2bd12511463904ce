"""How an agent answered, told by a probe's own call and by a capture of it."""

import asyncio
import json
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sfsip_nb.cli import app
from sfsip_nb.sip import Call, ProbeResult, probes
from sfsip_nb.sip.evidence import pcap
from sfsip_nb.sip.evidence.answers import rows
from sfsip_nb.sip.evidence.speaking import MOST
from sfsip_nb.sip.media import packets as rtp_packets
from sfsip_nb.sip.media.packets import MediaPacket
from sfsip_nb.sip.media.recordings import caller
from sfsip_nb.sip.probes.tables import tables
from tests.sip.crafted import CALLEE, CALLER, START, Talk, sdp
from tests.sip.probetools import plan
from tests.sip.siptools import Agents, uri
from tests.sip.timeline import packets, sound


async def agent(call: Call, greeting: str) -> None:
    """Greets, and replies to each turn half a second after its end; stops when interrupted."""
    await call.answer()
    audio = call.audio
    assert audio is not None
    audio.find_speech()
    await call.wait_ended(0.4)
    saying = audio.say(caller(greeting))
    replied = audio.started_at
    while call.state == "answered":
        await call.wait_ended(0.05)
        heard = audio.speech_heard(replied)
        if not heard:
            continue
        if not saying.done():
            audio.play(None)
        elif time.time() - heard[-1].end >= 0.5:
            replied = heard[-1].end
            saying = audio.say(caller("person"))


async def called(agents: Agents, greeting: str = "hello", **listening: Any) -> ProbeResult:
    server = await agents("agent", on_invite=partial(agent, greeting=greeting))
    return await probes.call(
        plan(uri(server), keep=True), probes.Listening(**listening), timeout=19
    )


def captured(result: ProbeResult, folder: Path) -> dict[str, Any]:
    """What `sfsip diagnose` tells of a probe's own capture."""
    path = folder / "call.pcapng"
    pcap.write(path, result.trace, result.media)
    done = CliRunner().invoke(app, ["diagnose", str(path), "--json"])
    [call] = json.loads(done.stdout)["captures"][0]["calls"]
    found: dict[str, Any] = call["answering"]
    return found


def leaves(facts: Any) -> list[Any]:
    """The figures of it, in their order."""
    if isinstance(facts, Mapping):
        left_out = ("measured", "answered_at", "definitions")
        return [leaf for key in facts if key not in left_out for leaf in leaves(facts[key])]
    return [leaf for one in facts for leaf in leaves(one)] if isinstance(facts, list) else [facts]


async def test_a_call_and_its_own_capture_tell_the_same(agents: Agents, tmp_path: Path) -> None:
    result = await called(agents, says=[caller("hello")], seconds=12)
    assert result.verdict == "pass", result.sentence
    live = result.seen["answering"]
    again = await asyncio.to_thread(captured, result, tmp_path)
    assert (live["measured"], again["measured"]) == (
        "as measured at this end of the call",
        "as seen at the capture point",
    )
    assert [turn["how"] for turn in live["turns"]] == ["answered"]
    assert all(turn["gap"]["ms"] > 400 for turn in live["turns"])
    assert live["first_word"]["ms"] > 300
    assert 1.5 < live["greeting"]["s"] < 2.5
    for one, other in zip(leaves(live), leaves(again), strict=True):
        if isinstance(one, float):
            assert other == pytest.approx(one, abs=0.02)
        elif isinstance(one, int):
            assert other == pytest.approx(one, abs=20)
        else:
            assert other == one
    table = dict(tables(result.seen))["answering"]
    assert "caller's end to reply  p50 " in table
    assert table.count("\n") == 4


async def test_an_agent_is_interrupted(agents: Agents) -> None:
    result = await called(agents, "again", says=[caller("stop")], barge_in=True, seconds=8)
    [one] = result.seen["answering"]["barge_ins"]
    assert one["stops"]["ms"] < 2000, "it would have spoken for three seconds more"
    assert one["at_s"] > 1.0


async def test_a_probe_with_a_tone_measures_the_first_word_too(agents: Agents) -> None:
    result = await called(agents, seconds=2.5)
    assert result.verdict == "pass"
    found = result.seen["answering"]
    assert found["first_word"]["ms"] > 300
    assert found["turns"] == []
    assert found["notes"] == ["The caller said nothing, so there are no turns."]


async def test_an_agent_that_says_nothing_to_speech_is_inconclusive(agents: Agents) -> None:
    async def mute(call: Call) -> None:
        await call.answer()
        assert call.audio is not None
        call.audio.play(440)
        await call.wait_ended(15)

    server = await agents("mute", on_invite=mute)
    listening = probes.Listening(says=[caller("stop")], seconds=1.5)
    result = await probes.call(plan(uri(server)), listening, timeout=10)
    assert result.verdict == "inconclusive"
    assert "no speech was heard" in result.sentence
    assert any("a tone is none" in note for note in result.seen["answering"]["notes"])


# -- captures by hand ---------------------------------------------------------------------


def call(body: str, answer: str) -> Talk:
    return (
        Talk()
        .ask(0, "INVITE", body=body)
        .say(1, "200 OK", body=answer)
        .ask(1.1, "ACK", tagged=True)
        .ask(12, "BYE", 2, tagged=True)
        .say(12.1, "200 OK", "BYE", 2)
    )


def file(
    folder: Path, both: bool = True, kind: int | None = None, tail: bytes = b"", **more: str
) -> Path:
    """A capture of a call that is answered at 1 s, greeted at 2 s, and replied to after 1 s."""
    one, other = (CALLER[0], 40_000), (CALLEE[0], 30_000)
    talk = call(sdp(*one, "0 101", **more), sdp(*other, "0 101", **more))
    begin = START.timestamp() + 1
    asks = packets(sound(10, [(4.0, caller("stop"))]), at=begin, ssrc=1)
    says = packets(
        sound(10, [(1.0, caller("hello")), (4.0 + caller("stop").ends + 1, caller("stop"))]),
        at=begin,
        ssrc=2,
    )
    media = [
        MediaPacket(
            START.fromtimestamp(at, START.tzinfo),
            *way,
            rtp_packets.build(packet._replace(payload_type=kind or 0)) + tail,
        )
        for way, stream in (((one, other), asks), ((other, one), says))
        for at, packet in stream
        if both or way == (other, one)
    ]
    path = folder / "call.pcap"
    pcap.write(path, talk.entries, media)
    return path


def told(path: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["diagnose", str(path), "--json"])
    [one] = json.loads(done.stdout)["captures"][0]["calls"]
    found: dict[str, Any] = one["answering"]
    return found


def test_a_capture_tells_how_the_agent_answered(tmp_path: Path) -> None:
    path = file(tmp_path)
    found = told(path)
    assert found["first_word"] == {"ms": pytest.approx(1000, abs=10), "error_ms": 10}
    [turn] = found["turns"]
    assert turn["gap"] == {"ms": pytest.approx(1000, abs=20), "error_ms": 20}
    assert [one["whose"] for one in found["dead_air"]] == ["caller"]
    text = CliRunner().invoke(app, ["diagnose", str(path)]).stdout
    assert "#1 How it answered\nfigure" in text
    assert "as seen at the capture point" in text


def test_one_direction_alone_tells_the_greeting_and_what_is_missing(tmp_path: Path) -> None:
    found = told(file(tmp_path, both=False))
    assert found["first_word"]["ms"] == pytest.approx(1000, abs=10)
    assert found["turns"] == found["dead_air"] == []
    assert found["notes"] == ["The caller's sound is not here, so turns cannot be measured."]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kind": 18}, "not G.711"),
        ({"profile": "RTP/SAVP", "tail": bytes(range(1, 11))}, "encrypted (SRTP)"),
    ],
)
def test_what_cannot_be_read_is_said(changed: dict[str, Any], why: str, tmp_path: Path) -> None:
    found = told(file(tmp_path, **changed))
    assert why in found["notes"][0]
    assert rows(found) == []


def test_what_was_written_decrypted_is_read(tmp_path: Path) -> None:
    found = told(file(tmp_path, profile="RTP/SAVP", tail=bytes(10)))
    assert found["gaps"]["n"] == 1


def test_without_rtp_nothing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "call.pcap"
    pcap.write(path, call(sdp("198.51.100.10"), sdp("203.0.113.20")).entries)
    assert told(path)["notes"] == [
        "There is no RTP of this call here, so how it answered cannot be measured."
    ]


def test_only_so_many_calls_are_measured(tmp_path: Path) -> None:
    entries = [
        entry
        for number in range(MOST + 1)
        for entry in Talk(f"call-{number}", at=20.0 * number)
        .ask(0, "INVITE", body=sdp("198.51.100.10"))
        .say(1, "200 OK", body=sdp("203.0.113.20"))
        .entries
    ]
    path = tmp_path / "many.pcap"
    pcap.write(path, entries)
    done = CliRunner().invoke(app, ["diagnose", str(path), "--json"])
    calls = json.loads(done.stdout)["captures"][0]["calls"]
    assert calls[-1]["answering"]["notes"] == [f"Only the first {MOST} calls are measured."]
    assert all("no RTP" in one["answering"]["notes"][0] for one in calls[:-1])
