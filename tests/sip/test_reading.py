"""Reading what real and hostile peers send."""

import time

import pytest
from sipmessage import Request

from sfsip_nb.sip.fields import (
    header,
    name_addr,
    parse_uri,
    split_list,
    top_via,
    uri_parts,
    values,
)
from sfsip_nb.sip.reading import read
from sfsip_nb.sip.rules import MAX_FAULTS

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


@pytest.mark.parametrize(
    ("junk", "said"),
    [(b"\0\0\0\0", ""), (b"\r\n\r\n", ""), (b"v=0\r\ns=-\r\n", "'v=0'"), (b"hello\n", "'hello'")],
)
def test_what_stands_before_a_message_is_passed_over(junk: bytes, said: str) -> None:
    reading = read(junk + OPTIONS)
    assert isinstance(reading.message, Request)
    assert reading.message.method == "OPTIONS"
    assert any(said in fault.text for fault in reading.faults) == bool(said)


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"hello", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01"]
)
def test_what_is_no_sip_has_no_message_and_a_fault(data: bytes) -> None:
    reading = read(data)
    assert reading.message is None
    assert "neither a request line nor a status line" in reading.faults[-1].text


def test_a_header_field_is_never_taken_for_a_request() -> None:
    lines = b"nothing\r\nSubject: sip:a@b SIP/2.0\r\n"
    assert read(lines + OPTIONS).message.method == "OPTIONS"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "rule", "said"),
    [
        (b"Route: sip:p.test;lr", "§20.34", "Route has a URI without angle brackets"),
        (b"Contact: <sip:1@sip:p.test>", "§20.10", "Contact names its scheme twice"),
        (b"Contact: <sip:1@2001:db8::1>", "§20.10", "an IPv6 address without square brackets"),
        (b"Contact: <sip:1@[::g]>", "§20.10", "Contact has no valid host"),
        (b"Contact: <sip:1@[1::2::3]>", "§20.10", "Contact has no valid IPv6 address"),
        (b"Contact: <sip:1@p.test>;;q=1", "§7.3.1", "Contact has a semicolon with no parameter"),
        (b"Via: SIP/2.0/UDP", "§20.42", "A Via names no transport and host"),
        (b"Via: SIP/2.0/UDP a;branch=z9hG4bK", "§8.1.1.7", "names no transaction"),
        (b"X-Any: a\0b", "§25.1", "control characters"),
        (b"Expires: soon", "§20.19", "Expires is not a number"),
        (b"Warning: all is lost", "§20.43", "Warning is not three digits"),
        (b"Max-Forwards: 70", "§7.3.1", "Max-Forwards appears 2 times"),
    ],
)
def test_a_line_that_breaks_a_rule_is_named_with_it(line: bytes, rule: str, said: str) -> None:
    reading = read(OPTIONS.replace(b"CSeq", line + b"\r\nCSeq"))
    (fault,) = reading.faults
    assert fault.rule == f"RFC 3261 {rule}"
    assert said in fault.text


@pytest.mark.parametrize(
    "line",
    [
        b'Reason: Q.850 ;cause=16 ;text="local", SIP;cause=200;text="a, b"',
        b"CONTACT: *",
        b'Contact: "A, B" <tel:+1-555>, <urn:service:sos>, <sip:[::1]:5061>',
        b"Retry-After: 120 (I am in a meeting);duration=60",
        b'Warning: 399 p.test "one, two", 304 p.test "three"',
        b'Diversion: <sip:+15551230001@twilio.test>;reason=unconditional;privacy="off"',
        b'P-Asserted-Identity: "" <sip:+1@p.test;user=phone>, tel:+1',
        b"Subject: \xe2\x80\xa8 one line",
        b"X-Any: a\r\n\tb",
    ],
)
def test_what_ordinary_peers_send_has_no_fault(line: bytes) -> None:
    assert read(OPTIONS.replace(b"CSeq", line + b"\r\nCSeq")).faults == ()


def test_names_are_read_in_any_case_and_short() -> None:
    head, _, rest = OPTIONS.partition(b"\r\n")
    loud = b"\r\n".join(
        line.partition(b":")[0].upper() + b":" + line.partition(b":")[2] if line else b""
        for line in rest.split(b"\r\n")
    )
    assert read(head + b"\r\n" + loud).faults == ()
    short = rest.replace(b"Via", b"v").replace(b"From", b"f").replace(b"Call-ID", b"i")
    assert read(head + b"\r\n" + short.replace(b"Content-Length", b"l")).faults == ()


def test_ten_thousand_faults_are_told_in_a_few_words() -> None:
    reading = read(OPTIONS.replace(b"CSeq", b"Via: x\r\n" * 10_000 + b"bad\r\n" * 10_000 + b"CSeq"))
    assert 2 < len(reading.faults) <= 2 * MAX_FAULTS


N = 60_000
AT = b"<sip:c@c.test>"
HOSTILE: dict[str, bytes] = {
    "Via values on one line": OPTIONS.replace(b"bK1", b"bK1" + b",SIP/2.0/UDP a" * (N // 14)),
    "Via lines": OPTIONS.replace(
        b"Via", b"Via: SIP/2.0/UDP a;branch=z9hG4bKa\r\n" * 10_000 + b"Via"
    ),
    "names of header fields": OPTIONS.replace(
        b"CSeq", b"".join(b"%x:\r\n" % i for i in range(9000)) + b"CSeq"
    ),
    "quotes": OPTIONS.replace(AT, b'"' * N),
    "escaped quotes": OPTIONS.replace(AT, b'"' + b'\\"' * (N // 2)),
    "brackets": OPTIONS.replace(AT, b"<" * N),
    "spaces": OPTIONS.replace(AT, b" " * N + b"x"),
    "folds": OPTIONS.replace(AT, b"\r\n " * (N // 3) + b"x"),
    "semicolons": OPTIONS.replace(AT, AT + b";" * N),
    "semicolons and spaces": OPTIONS.replace(AT, AT + b"; " * (N // 2)),
    "parameter and spaces": OPTIONS.replace(AT, AT + b";a" + b" " * N + b'"'),
    "labels": OPTIONS.replace(AT, b"<sip:" + b"a-." * (N // 3) + b"!>"),
    "telephone number": OPTIONS.replace(b"sip:a@b.test", b"tel:+" + b"-1" * (N // 2) + b"x"),
    "URI parameters": OPTIONS.replace(b"@b.test", b"@b" + b";a=b" * (N // 4) + b"^"),
    "URI headers": OPTIONS.replace(b"@b.test", b"@b?" + b"a=b&" * (N // 4)),
    "request line of spaces": OPTIONS.replace(b"sip:a@b.test", b" " * N + b"a"),
    "request line of words": OPTIONS.replace(b"sip:a@b.test SIP/2.0", b"a " * (N // 2)),
    "Via of spaces": OPTIONS.replace(b"c.test;", b" " * N + b"c" + b" " * N + b"x;"),
    "empty lines": b"\r\n" * N + OPTIONS,
    "LF": OPTIONS.replace(b"Call-ID", b"a:b\n" * (N // 4) + b"Call-ID"),
    "lines that are none": b"x\n" * N + OPTIONS,
    "digits": OPTIONS.replace(b"CSeq: 1", b"CSeq: " + b"1" * N),
    "NUL": OPTIONS.replace(AT, b"\0" * N),
    "a megabyte": OPTIONS + b"x" * 1_000_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_takes_longer_than_its_length(kind: str) -> None:
    """Time of this process only, so that a busy machine adds nothing; it was 10 s and more."""
    data = HOSTILE[kind]
    began = time.process_time()
    message = read(data).message
    assert message is not None or kind.startswith("request line")
    if message is not None:
        top_via(message)
        for name in ("Via", "From", "To", "Contact"):
            for value in values(message.headers, name):
                uri_parts(name_addr(value).uri)
        header(read(bytes(message)).message or message, "From")
    assert time.process_time() - began < 2


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


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("tel:+1-555-(01).00;phone-context=x", "+15550100", "", None),
        ("sip:a;x=y:secret@B.test.;lr", "a", "b.test", None),
        ("sips:[2001:DB8::1]:5061", "", "2001:db8::1", 5061),
        ("sip:a@b:70000", "a", "b", None),
        ("sip:a@b:0", "a", "b", 0),
        ("nonsense", "", "", None),
        ("", "", "", None),
    ],
)
def test_a_uri_is_taken_apart(text: str, user: str, host: str, port: int | None) -> None:
    uri = uri_parts(text)
    assert (uri.user, uri.host, uri.port) == (user, host, port)


def test_nothing_in_a_uri_breaks_a_start_line() -> None:
    assert str(parse_uri("sip:a@b SIP/2.0\r\nX: y\0")) == "sip:a@bSIP/2.0X:y"
