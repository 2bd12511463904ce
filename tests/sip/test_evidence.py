"""What is kept and shown: masked traces, ladders, pcap."""

import struct
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from sfsip_nb.sip import Call, Credentials, Guard, Trace, ladder, pcap
from sfsip_nb.sip.trace import mask, once
from tests.sip.siptools import Agents, Run, uri

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


def conversation(agents: Agents, run: Run) -> tuple[Trace, str]:
    trace = Trace()
    guard = Guard("sip.test", {"u": "hunter2hunter2"})

    async def go() -> str:
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
        return call.call_id

    return trace, run(go())


def test_a_message_seen_at_both_ends_counts_once(agents: Agents, run: Run) -> None:
    trace, call_id = conversation(agents, run)
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


def test_a_ladder_is_one_well_formed_picture_with_escaped_names(agents: Agents, run: Run) -> None:
    trace, call_id = conversation(agents, run)
    text = ladder.svg(trace.for_call(call_id), title="Call <1>")
    root = ET.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "Call <1>"
    assert root.findtext(f"{space}desc") == "10 messages between caller, Synthflow <b>&"
    assert len(root.findall(f"{space}g")) == 10
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_labels_of_a_ladder_stay_between_its_lifelines(agents: Agents, run: Run) -> None:
    trace, call_id = conversation(agents, run)
    root = ET.fromstring(ladder.svg(trace.for_call(call_id)))
    space = "{http://www.w3.org/2000/svg}"
    for group in root.findall(f"{space}g"):
        line, label = group.find(f"{space}line"), group.findall(f"{space}text")[1]
        assert line is not None
        gap = abs(float(line.attrib["x1"]) - float(line.attrib["x2"]))
        assert gap > len(label.text or "") * 7.3


def test_an_empty_ladder_is_still_a_picture() -> None:
    assert ET.fromstring(ladder.svg([])).tag.endswith("svg")


def test_the_pcap_holds_each_message_with_a_good_checksum(
    agents: Agents, run: Run, tmp_path: Path
) -> None:
    trace, call_id = conversation(agents, run)
    file = tmp_path / "call.pcap"
    pcap.write(file, trace.for_call(call_id))
    data = file.read_bytes()
    assert struct.unpack("<IHH", data[:8]) == (0xA1B2C3D4, 2, 4)
    assert struct.unpack("<I", data[20:24]) == (101,)
    at, packets = 24, []
    while at < len(data):
        length = struct.unpack("<I", data[at + 8 : at + 12])[0]
        packets.append(data[at + 16 : at + 16 + length])
        at += 16 + length
    assert len(packets) == 10
    for packet in packets:
        assert packet[0] == 0x45
        total = sum(struct.unpack("!10H", packet[:20]))
        assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
        assert struct.unpack("!H", packet[2:4])[0] == len(packet)
    assert packets[0][40:].startswith(b"INVITE sip:")
    assert b"hunter2" not in data
