"""Reading what real and hostile peers send."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsip_nb.sip.fields import name_addr, parse_uri, split_list, uri_parts
from sfsip_nb.sip.reading import Framer, read

OPTIONS = (
    b"OPTIONS sip:a@b.test SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP c.test;branch=z9hG4bK1\r\n"
    b"From: <sip:c@c.test>;tag=1\r\nTo: <sip:a@b.test>\r\n"
    b"Call-ID: x\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


def test_a_clean_message_has_no_fault() -> None:
    reading = read(b"\r\n\r\n" + OPTIONS)
    assert reading.message is not None
    assert reading.faults == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"\r\n", b"\n", "Lines end in LF"),
        (b"Call-ID: x\r\n", b"", "The Call-ID header field is missing"),
        (b"Via: SIP/2.0/UDP c.test;branch=z9hG4bK1\r\n", b"", "The Via header field is missing"),
        (b"CSeq: 1 OPTIONS", b"CSeq: 1 INVITE", "CSeq says 'INVITE'"),
        (b"CSeq: 1 ", b"CSeq: " + b"9" * 6000 + b" ", "CSeq is not a number"),
        (b"Content-Length: 0", b"Content-Length: 9", "Content-Length says 9"),
        (b"Max-Forwards: 70\r\n", b"nonsense\r\n", "is no header field"),
        (b"From: ", b"From: \xff", "not UTF-8"),
        (b"\r\n\r\n", b"", "no empty line closes it"),
    ],
)
def test_a_broken_message_is_read_and_the_fault_named(old: bytes, new: bytes, said: str) -> None:
    reading = read(OPTIONS.replace(old, new))
    assert reading.message is not None
    assert any(said in fault.text for fault in reading.faults)


def test_folding_space_before_the_colon_and_compact_names_are_understood() -> None:
    data = OPTIONS.replace(b"Call-ID: x", b"i  :\r\n  y\r\nSubject: a\r\n\tb")
    message = read(data).message
    assert message is not None
    assert message.headers["Call-ID"] == "y"
    assert message.headers["subject"] == "a b"


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    read(data)
    read(OPTIONS[:40] + data, stream=True)
    read(OPTIONS.replace(b"<sip:c@c.test>", data).replace(b"x", data))


@given(st.integers(1, 40))
@settings(max_examples=30, deadline=None)
def test_a_stream_is_cut_the_same_however_it_arrives(size: int) -> None:
    body = OPTIONS.replace(b"Content-Length: 0", b"l: 4") + b"\r\n\r\n"
    stream = OPTIONS + b"\r\n\r\n" + body + OPTIONS
    framer = Framer()
    found = [m for i in range(0, len(stream), size) for m in framer.feed(stream[i : i + size])]
    assert found == [OPTIONS, body, OPTIONS]


def test_a_stream_that_is_no_sip_is_given_up() -> None:
    with pytest.raises(ValueError, match="no end of the header"):
        list(Framer().feed(b"x" * 70_000))


def test_commas_split_only_outside_quotes_and_brackets() -> None:
    value = '"A, B" <sip:a@b;x=1,2>;q=1, <sip:c@d>'
    assert split_list(value) == ['"A, B" <sip:a@b;x=1,2>;q=1', "<sip:c@d>"]
    address = name_addr(split_list(value)[0])
    assert (address.name, address.uri) == ("A, B", "sip:a@b;x=1,2")
    assert address.params == {"q": "1"}


@pytest.mark.parametrize(
    "text",
    ["sip:a@b:5060;transport=tcp", "sip:a@b?X=1", "tel:+1555", "urn:x:y", "sips:[::1]:5061", "x"],
)
def test_a_uri_prints_as_it_came(text: str) -> None:
    assert str(parse_uri(text)) == text


def test_the_parts_of_a_refer_to_uri() -> None:
    parts = uri_parts("sip:+1%35@Host.TEST:32681;transport=udp?Replaces=a%3Bb&X=1")
    assert (parts.user, parts.host, parts.port) == ("+15", "host.test", 32681)
    assert parts.params == {"transport": "udp"}
    assert parts.headers == {"Replaces": "a;b", "X": "1"}
