"""What is kept and shown: masked traces, ladders, pcap."""

import struct
import subprocess
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sfsip_nb.sip import Call, Credentials, DigestGuard, Trace, ladder, pcap
from sfsip_nb.sip.evidence.diagnose import findings
from sfsip_nb.sip.evidence.sound import Streams
from sfsip_nb.sip.media.packets import MediaPacket
from sfsip_nb.sip.trace import Address, TraceEntry, mask, once
from tests.sip.crafted import CALLEE, CALLER, START, Talk, both_ways, rtp, sdp
from tests.sip.peers.lab import need
from tests.sip.siptools import Agents, uri

CANARIES = b"""\
INVITE sip:u:CANARY-uri@h:5060 SIP/2.0\r
Authorization: Digest username="u", nonce="n",\r
  response="CANARY-folded", cnonce="c"\r
Proxy-Authorization : Digest response=CANARY-bare, Digest username="x", response="CANARY-two"\r
proxy-authorization: Basic CANARY-basic==\r
AUTHORIZATION: Bearer CANARY-bearer\r
Authentication-Info: rspauth="CANARY-mutual", qop=auth\r
Refer-To: <sip:b@c?Replaces=a%3Bx&Proxy-Authorization=Digest%20response%3D%22CANARY-refer%22>\r
From: <sip:host:5060;transport=tcp>\r
Contact: <sip:a@b>\r
Content-Type: message/sipfrag\r
\r
SIP/2.0 200 OK\r
Authorization: Digest username="z",response="CANARY-quoted-message"\r
\r
k=clear:CANARY-k\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:CANARYinline|2^31|1:1;inline:CANARYsecond|1\r
a=key-mgmt:mikey CANARY-mikey\r
a=ice-pwd:CANARY-ice\r
"""


def test_secrets_are_masked_wherever_they_stand_and_the_length_stays() -> None:
    masked = mask(CANARIES)
    assert len(masked) == len(CANARIES)
    assert b"CANARY" not in masked
    for kept in (b'username="u"', b'nonce="n"', b"<sip:host:5060;transport=tcp>", b"|2^31|1:1"):
        assert kept in masked


def test_masking_takes_no_longer_for_a_hostile_message() -> None:
    hostile = [
        b"@" + b"sip:a:" * 10_000,
        b"Authorization: " + b"response=" * 7_000,
        b"\n\t@" * 20_000,
    ]
    began = time.monotonic()
    for data in hostile:
        assert len(mask(data)) == len(data)
    assert time.monotonic() - began < 10  # quadratic would be minutes


async def conversation(agents: Agents) -> tuple[Trace, str]:
    trace = Trace()
    guard = DigestGuard("sip.test", {"u": "hunter2hunter2"})

    async def answer(call: Call) -> None:
        login = guard.check(call.invite)
        if login.ok:
            await call.answer()
        else:
            await call.reject(guard.code, "", guard.challenge())

    server = await agents("Synthflow <b>&", trace=trace, on_invite=answer)
    client = await agents("caller", trace=trace)
    call = await client.invite(
        uri(server, transport="tcp"), credentials=[Credentials("u", "hunter2hunter2")]
    )
    assert await call.outcome(5) == 200
    await call.bye()
    return trace, call.call_id


async def test_a_message_seen_at_both_ends_counts_once(agents: Agents) -> None:
    trace, call_id = await conversation(agents)
    rows = trace.for_call(call_id)
    assert len(rows) == 2 * len(once(rows))
    assert [entry.summary for entry in once(rows)] == [
        "INVITE",
        "100 Trying (INVITE)",
        "401 Unauthorized (INVITE)",
        "ACK",
        "INVITE",
        "100 Trying (INVITE)",
        "200 OK (INVITE)",
        "ACK",
        "BYE",
        "200 OK (BYE)",
    ]
    assert "hunter2" not in str(trace.dump())


async def test_a_live_call_is_judged_by_the_rules_for_captures(agents: Agents) -> None:
    trace, call_id = await conversation(agents)
    [finding] = findings(trace.for_call(call_id))
    assert (finding.verdict, finding.rule) == ("pass", "call.good")
    assert finding.sentence.startswith("Answered after")


SVG = "{http://www.w3.org/2000/svg}"


def rows_of(text: str) -> list[ET.Element]:
    """The messages of a ladder: groups with an arrow."""
    return [g for g in ET.fromstring(text).iter(f"{SVG}g") if g.find(f"{SVG}line") is not None]


async def test_a_ladder_is_one_well_formed_picture_with_escaped_names(agents: Agents) -> None:
    trace, call_id = await conversation(agents)
    text = ladder.svg(trace.for_call(call_id), title="Call <1>")
    root = ET.fromstring(text)
    assert root.findtext(f"{SVG}title") == "Call <1>"
    about = (root.findtext(f"{SVG}desc") or "").splitlines()
    assert about[0] == "10 messages between caller, Synthflow <b>&"
    assert about[1] == "1. +0.000 s INVITE (caller to Synthflow <b>&)"
    assert len(about) == 11
    assert root.attrib["role"] == "img"
    names = root.attrib["aria-labelledby"], root.attrib["aria-describedby"]
    assert names == (root[0].attrib["id"], root[1].attrib["id"])
    assert len(rows_of(text)) == 10
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_two_ladders_on_one_page_share_no_identifier() -> None:
    first, second = (ladder.svg(Talk(name).answered().entries, title=name) for name in "ab")
    assert ET.fromstring(first)[0].attrib["id"] != ET.fromstring(second)[0].attrib["id"]


def hostile() -> list[TraceEntry]:
    hosts = [(f"10.0.0.{n}", 5060) for n in range(1, 6)]
    entries = []
    for number in range(20):
        talk = Talk("call", caller=hosts[number % 5], callee=hosts[number * 3 % 5])
        words = "<script>alert(1)</script> \u202e\u200b 漢字漢字漢字 ]]> \x1b[31m " + "Z" * 300
        talk.say(number, f"480 {words}", "INVITE", 1, f"X-Big: {'y' * 10_000}")
        entries += talk.entries
    return entries


def test_no_label_of_a_ladder_overruns_or_crosses_a_lifeline() -> None:
    for entries in (hostile(), Talk().answered().bye().entries):
        root = ET.fromstring(text := ladder.svg(entries, title="x" * 500))
        lifelines = [float(line.attrib["x1"]) for line in root.findall(f"{SVG}line")]
        width = float(root.attrib["width"])
        assert lifelines
        for row in rows_of(text):
            label = row.findall(f"{SVG}text")[1]
            # The width is set, not hoped for: whatever font the reader has.
            x, wide = float(label.attrib["x"]), float(label.attrib["textLength"])
            left = x if label.attrib["text-anchor"] == "start" else x - wide / 2
            assert left > 0
            assert left + wide < width
            assert not [line for line in lifelines if left < line < left + wide]
        for line, name in zip(
            lifelines, root.findall(f"{SVG}g/{SVG}text[@class='n']"), strict=True
        ):
            assert float(name.attrib["x"]) == line


def test_a_ladder_bounds_and_escapes_what_strangers_wrote() -> None:
    text = ladder.svg(hostile())
    assert "<script" not in text
    assert not {"\x1b", "\u202e", "\u200b"} & set(text)
    assert len(text) < 20 * 5_000


def test_a_failure_is_told_by_a_mark_and_a_dash_before_its_colour() -> None:
    talk = Talk().ask(0, "INVITE").ask(0.5, "INVITE").say(1, "404 Not Found")
    first, again, failed = rows_of(ladder.svg(talk.entries))
    labels = [row.findall(f"{SVG}text")[1].text for row in (first, again, failed)]
    assert labels == ["INVITE", "again: INVITE", "✖ 404 Not Found (INVITE)"]
    looks = [row.find(f"{SVG}line").get("class", "") for row in (first, again, failed)]  # type: ignore[union-attr]
    assert looks == ["", "a", "x"]
    assert ".x{stroke:#d33f3f;stroke-dasharray" in ladder.svg(talk.entries)


def test_a_long_trace_is_folded_and_says_what_is_left_out() -> None:
    talk = Talk()
    for number in range(300):
        talk.ask(number, "OPTIONS", number + 1).say(number + 0.1, "200 OK", "OPTIONS", number + 1)
    text = ladder.svg(talk.entries)
    assert len(rows_of(text)) == 120
    fold = "480 messages (81 to 560) are not drawn: 240 × OPTIONS, 240 × 200 OK (OPTIONS)"
    assert fold in text
    assert len(text) < 400_000
    assert "600 messages between" in text


def test_many_hosts_share_the_last_lifeline() -> None:
    entries = []
    for number in range(40):
        talk = Talk(f"{number}", callee=(f"203.0.113.{number}", 5060), at=number)
        entries += talk.ask(0, "OPTIONS").entries
    root = ET.fromstring(ladder.svg(entries))
    names = [name.text for name in root.findall(f"{SVG}g/{SVG}text[@class='n']")]
    assert len(names) == 9
    assert names[-1] == "33 others"


def test_audio_is_drawn_as_a_line_each_way_with_its_count() -> None:
    talk = Talk().answered().bye()
    streams = Streams(both_ways()).found()
    lines = rows_of(ladder.svg(talk.entries, streams=streams))
    labels = [row.findall(f"{SVG}text")[1].text for row in lines]
    assert labels.count("RTP: 490 packets, 9.8 s") == 2
    assert len(lines) == len(talk.entries) + 2


def test_an_empty_ladder_is_still_a_picture() -> None:
    assert ET.fromstring(ladder.svg([])).tag.endswith("svg")


def test_a_ladder_takes_the_colour_of_its_page() -> None:
    text = ladder.svg(Talk().answered().entries)
    assert "currentColor" in text
    assert "background" not in text


# -- captures for Wireshark ---------------------------------------------------------------


def tshark(file: Path, *arguments: str) -> list[str]:
    need("tshark")
    checked = ["-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
    command = ["tshark", "-r", str(file), *checked, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


V6 = (("2001:db8::1", 40_007), ("2001:db8::2", 32_681))
WAYS = {
    "udp": ("udp", (CALLER, CALLEE), ""),
    "tcp": ("tcp", (CALLER, CALLEE), ""),
    "tls": ("tls", (CALLER, ("203.0.113.20", 32_682)), ""),
    "tls on 5061": ("tls", (CALLER, ("203.0.113.20", 5061)), ""),
    "ipv6 udp": ("udp", V6, ""),
    "ipv6 tcp": ("tcp", V6, ""),
    "srtp": ("tls", (CALLER, CALLEE), "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "QUJD" * 10),
}


@pytest.mark.parametrize("way", WAYS)
def test_tshark_reads_signalling_and_media_with_nothing_malformed(way: str, tmp_path: Path) -> None:
    transport, (caller, callee), keys = WAYS[way]
    profile = "RTP/SAVP" if keys else "RTP/AVP"
    talk = Talk(transport=transport, caller=caller, callee=callee)  # type: ignore[arg-type]
    long = f"X-Long: {'y' * (90_000 if transport != 'udp' else 3_000)}"
    talk.ask(0, "INVITE", 1, long, body=sdp(caller[0], profile=profile, extra=keys))
    talk.say(1, "200 OK", body=sdp(callee[0], 50_000, profile=profile, extra=keys))
    talk.ask(1.1, "ACK", tagged=True).bye(6)
    a, b = (caller[0], 40_000), (callee[0], 50_000)
    media = [*rtp(a, b, 1.2, 2), *rtp(b, a, 1.2, 2, ssrc=2), *digits(a, b), *reports(a, b)]
    file = tmp_path / "call.pcapng"
    pcap.write(file, talk.entries, media)
    assert tshark(file, "-Y", "_ws.malformed") == []
    assert tshark(file, "-Y", "_ws.expert.severity >= 0x600000") == []  # no warning, no error
    names = Counter(tshark(file, "-T", "fields", "-e", "_ws.col.Protocol"))
    secure = "S" if keys else ""
    assert names["SIP"] + names["SIP/SDP"] == 5
    assert names[f"{secure}RTP"] + names["RTP EVENT"] == 203
    assert names[f"{secure}RTCP"] == 2
    assert not names["UDP"]


def digits(source: Address, target: Address) -> Iterator[MediaPacket]:
    """One digit as events (RFC 4733): the shortest payloads there are."""
    for number, end in enumerate((0, 0, 0x80)):
        head = struct.pack("!BBHII", 0x80, 101, 2_000 + number, 99_000, 1)
        data = head + struct.pack("!BBH", 5, end | 10, 160 * number)
        yield MediaPacket(START + timedelta(seconds=4), source, target, data)


def reports(source: Address, target: Address) -> Iterator[MediaPacket]:
    """A sender report and an empty receiver report, each with its name (RFC 3550 §6)."""
    named = struct.pack("!BBHI", 0x81, 202, 3, 1) + b"\x01\x05a@b.c\0"
    sender = struct.pack("!BBHIIIIII", 0x80, 200, 6, 1, 1, 2, 3, 50, 8_000)
    empty = struct.pack("!BBHI", 0x80, 201, 1, 2)
    ends = [((host, port + 1)) for host, port in (source, target)]
    yield MediaPacket(START + timedelta(seconds=2), ends[0], ends[1], sender + named)
    yield MediaPacket(START + timedelta(seconds=3), ends[1], ends[0], empty + named)


def test_the_capture_says_what_it_cannot_show(tmp_path: Path) -> None:
    keys = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "Q0FOQVJZ" * 5
    talk = Talk(transport="tls")
    talk.answered(offer=sdp(CALLER[0], extra=keys), answer=sdp(CALLEE[0], 50_000, extra=keys))
    data = pcap.dump(talk.entries, both_ways(seconds=0.1))
    for word in (b"masked by x", b"TLS is written in clear", b"SRTP is written decrypted"):
        assert word in data
    assert b"Q0FOQVJZ" not in data
    plain = pcap.dump(Talk().answered().entries)
    assert b"TLS" not in plain
    assert b"SRTP" not in plain


def test_no_canary_stands_in_ladder_capture_or_dump() -> None:
    talk = Talk().raw(0, CALLER, CALLEE, CANARIES)
    assert b"CANARY" not in pcap.dump(talk.entries)
    assert "CANARY" not in ladder.svg(talk.entries)
    assert "CANARY" not in str(Trace().dump(talk.entries))
