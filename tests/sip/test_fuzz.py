"""The reader, its field parsers and the evidence made from what was read, given hostile text."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sipmessage import Request, Response

from sfsip_nb.sip import digest, fields, guard, ladder, pcap, sdp
from sfsip_nb.sip.evidence import diagnose
from sfsip_nb.sip.media.packets import MediaPacket
from sfsip_nb.sip.reading import Framer, read
from sfsip_nb.sip.rules import MAX_FAULTS
from sfsip_nb.sip.trace import Trace, TraceEntry, mask, once, summary
from tests.sip.hostile import (
    CHALLENGE,
    COMMON,
    REQUEST,
    REQUESTS,
    RESPONSES,
    SDP,
    VALUES,
    built,
    filled,
    fuzz,
    mutated,
)

PLAIN = {"uri": "sip:a@b.test", "from": "<sip:c@d.test>;tag=1", "to": "<sip:a@b.test>;tag=2"}
PLAIN |= {"call_id": "x", "cseq": "1", "branch": "1", "port": "9", "here": "9"}
ORDINARY = [
    *(filled(REQUEST + tail, method=method, **PLAIN) for method, tail in REQUESTS.items()),
    *(
        filled(b"SIP/2.0 " + status + b"\r\n" + COMMON + tail, method="INVITE", **PLAIN)
        for status, tail in RESPONSES.items()
    ),
]
ANY = st.one_of(st.sampled_from(ORDINARY).flatmap(mutated), built(), st.binary(max_size=300))


@pytest.mark.parametrize("data", ORDINARY, ids=lambda data: data[:12].decode())
def test_what_is_mutated_has_no_fault_to_begin_with(data: bytes) -> None:
    assert read(data, stream=True).faults == ()


@given(ANY, st.booleans())
@fuzz(400)
def test_the_reader_takes_anything_and_says_what_was_wrong(data: bytes, stream: bool) -> None:
    reading = read(data, stream=stream)
    assert len(reading.faults) <= 2 * MAX_FAULTS + 10
    for fault in reading.faults:
        assert fault.rule.startswith("RFC ")
        assert fault.text.isprintable()
        assert fault.text.endswith(".")
        assert len(fault.text) < 400
    assert reading.message is not None or reading.faults
    if reading.message is not None:
        _told(reading.message)


def _told(message: Request | Response) -> None:
    """What is read of a message can be asked for, and is the same after it was sent on."""
    fields.top_via(message)
    fields.cseq(message)
    for name in message.headers.keys():  # noqa: SIM118 (no mapping)
        for value in fields.values(message.headers, name):
            fields.uri_parts(fields.name_addr(value).uri)
    if isinstance(message, Request):
        assert not set(str(message.uri)) & set(" \r\n\t\0")
    again = read(bytes(message)).message
    if again is not None:
        assert again.headers.keys() == message.headers.keys()
        for name in message.headers.keys():  # noqa: SIM118 (no mapping)
            assert again.headers.getlist(name) == message.headers.getlist(name)


PARSERS: dict[str, Callable[[str], object]] = {
    "name-addr": fields.name_addr,
    "Via": fields.via_parts,
    "URI": fields.uri_parts,
    "list": fields.split_list,
    "parameters": fields.parameters,
    "number": fields.number,
    "challenge": digest.digest_fields,
    "SDP": lambda text: sdp.parse(text.encode("utf-8", "replace")),
}


@given(st.one_of(VALUES, st.text(max_size=40)))
@fuzz(400)
def test_no_value_makes_a_field_parser_raise(value: str) -> None:
    for parse in PARSERS.values():
        parse(value)
    assert len("".join(fields.split_list(value))) <= len(value)
    quoted = fields.quoted(value)
    assert fields.unquote(quoted) == value
    assert fields.split_list(f"{quoted},{quoted}") == [quoted, quoted]
    assert fields.name_addr(f"{quoted} <sip:a@b>;tag=t").tag == "t"


@given(mutated(SDP))
@fuzz(400)
def test_no_description_makes_its_parser_raise(body: bytes) -> None:
    found = sdp.parse(body)
    assert found is None or 0 <= found.port <= 65_535
    if found is not None:
        assert all(0 <= payload <= 127 for payload in found.payloads.values())
        sdp.negotiate(found, ("PCMU", "PCMA"), "optional")


@given(mutated(CHALLENGE))
@fuzz(200)
def test_no_challenge_makes_its_answer_fail(challenge: bytes) -> None:
    request = Request("INVITE", fields.parse_uri("sip:a@b"))
    asked = Response(401, "Unauthorized")
    asked.headers.add("WWW-Authenticate", challenge.decode("latin-1"))
    digest.Answerer([digest.Credentials("u", "p")]).answer(asked, request, set())


GUARD = guard.DigestGuard("x", {"u": "p"}.get)


@given(st.data())
@fuzz(300)
def test_no_login_makes_its_check_fail_or_gets_in_by_being_broken(data: st.DataObject) -> None:
    request, asked = Request("INVITE", fields.parse_uri("sip:a@b")), Response(401, "Unauthorized")
    asked.headers.setlist("WWW-Authenticate", list(GUARD.challenge()["WWW-Authenticate"]))
    digest.Answerer([digest.Credentials("u", "p")]).answer(asked, request, set())
    right = request.headers["Authorization"]
    login = data.draw(mutated(right.encode())).decode("latin-1")
    request.headers.set("Authorization", login)
    result = GUARD.check(request)
    assert not result.ok or result.username == "u"


@given(st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=4), st.data())
@fuzz(150)
def test_a_stream_is_cut_the_same_wherever_it_is_split(
    messages: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(message + data.draw(BETWEEN) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer = Framer()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert [found for piece in pieces for found in framer.feed(piece)] == messages
    assert framer.idle


BETWEEN = st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b"\0\0\0\0"])


@given(st.lists(ANY, min_size=1, max_size=3), st.integers(1, 200))
@fuzz(200)
def test_no_stream_makes_the_framer_fail_but_by_giving_up(messages: list[bytes], size: int) -> None:
    stream, framer = b"".join(messages), Framer()
    found = []
    try:
        for start in range(0, len(stream), size):
            found += framer.feed(stream[start : start + size])
    except ValueError:
        pass  # Which is how it gives up.
    assert sum(map(len, found)) <= len(stream)
    for message in found:
        read(message, stream=True)


@given(st.lists(ANY, min_size=1, max_size=6))
@fuzz(100)
def test_evidence_is_made_of_anything(messages: list[bytes]) -> None:
    trace = Trace()
    for number, data in enumerate(messages):
        ends = ("127.0.0.1", 5060), ("127.0.0.1", 5061 + number % 2)
        trace.add(
            "sent" if number % 2 else "received", "udp", *ends, data, read(data).message, "agent"
        )
        assert len(mask(data)) == len(data)
    assert ladder.svg(once(trace), title=messages[0].decode("latin-1")).startswith("<svg")
    assert len(trace) == len(messages)
    for entry in trace:
        assert isinstance(entry.faults, tuple)
        assert trace.for_call(entry.call_id)
        _ = entry.message


@given(st.lists(ANY, min_size=1, max_size=4))
@fuzz(30)
def test_a_capture_is_written_of_anything(
    tmp_path_factory: pytest.TempPathFactory, messages: list[bytes]
) -> None:
    file: Path = tmp_path_factory.getbasetemp() / "fuzz.pcap"
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ends = ("127.0.0.1", 5060), ("127.0.0.1", 5061)
    entries = [
        TraceEntry(at, "sent", kind, *ends, data, "", "summary")
        for data in messages
        for kind in ("udp", "tcp")
    ]
    pcap.write(file, entries)
    assert file.stat().st_size > sum(map(len, messages))


ENDS = ("192.0.2.1", 5060), ("198.51.100.1", 5060)
CALL = [  # who speaks, and the beginning of what is said
    *((0, b"INVITE"), (1, b"SIP/2.0 100"), (1, b"SIP/2.0 183"), (1, b"SIP/2.0 200"), (0, b"ACK")),
    *((0, b"REFER"), (1, b"SIP/2.0 486"), (1, b"NOTIFY"), (0, b"BYE"), (1, b"SIP/2.0 401")),
]


@given(st.data(), st.lists(st.binary(max_size=60), max_size=5))
@fuzz(100)
def test_a_diagnosis_is_made_of_anything(data: st.DataObject, media: list[bytes]) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    entries = []
    for number, (side, begin) in enumerate(CALL):
        (said,) = (each for each in ORDINARY if each.startswith(begin))
        kept = data.draw(st.one_of(st.none(), st.just(said), mutated(said)))
        if kept is None:
            continue
        message = read(kept).message
        call_id = fields.header(message, "Call-ID") if message else ""
        when = at + timedelta(milliseconds=10 * number)
        ends = ENDS[side], ENDS[1 - side]
        entries.append(TraceEntry(when, "sent", "udp", *ends, kept, call_id, summary(message)))
    heard = [MediaPacket(at, *ENDS, packet) for packet in media]
    for finding in diagnose.findings(entries, heard):
        assert finding.verdict in ("pass", "fail", "inconclusive")
        assert finding.sentence.isprintable()
        assert len(finding.sentence) < 1500
