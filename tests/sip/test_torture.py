"""The torture messages of RFC 4475 and RFC 5118, read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sipmessage import Request, Response

from sfsip_nb.sip import sdp
from sfsip_nb.sip.digest import digest_fields
from sfsip_nb.sip.fields import COOKIE, header, name_addr, number, top_via, uri_parts, values
from sfsip_nb.sip.reading import Reading, read

_VALID = """
wsinv intmeth esc01 escnull esc02 lwsdisp longreq dblreq semiuri transports mpart01 unreason
noreason ipv6-good port-ambiguous port-unambiguous via-received-param-no-delim ipv6-in-sdp
mult-ip-in-header mult-ip-in-sdp ipv4-mapped-ipv6 ipv6-correct-abnf-2-colons
"""
VALID = _VALID.split()

INVALID: dict[str, tuple[str, str, int]] = {
    # file: the rule, words of its sentence, the answer of a server (0: a liberal one goes on)
    "badinv01": ("RFC 3261 §20.42", "A Via names no transport and host", 400),
    "clerr": ("RFC 3261 §18.3", "says 9999 bytes, but the body has 154", 400),
    "ncl": ("RFC 3261 §20.14", "Content-Length is no number of bytes: '-999'", 400),
    "scalar02": ("RFC 3261 §8.1.1.5", "CSeq is not a number below 2^31", 400),
    "scalarlg": ("RFC 3261 §20.33", "Retry-After is not a number", 400),
    "quotbal": ("RFC 3261 §20.10", "To has a quote that is never closed", 400),
    "ltgtruri": ("RFC 3261 §7.1", "The Request-URI is in angle brackets", 0),
    "lwsruri": ("RFC 3261 §7.1", "The Request-URI is no URI", 400),
    "lwsstart": ("RFC 3261 §7.1", "are not separated by single spaces", 0),
    "trws": ("RFC 3261 §7.1", "are not separated by single spaces", 0),
    "escruri": ("RFC 3261 §19.1.1", "The Request-URI carries header fields", 0),
    "baddate": ("RFC 3261 §20.17", "EST", 0),
    "regbadct": ("RFC 3261 §20.10", "Contact has a URI with header fields that needs angle", 0),
    "badaspec": ("RFC 3261 §20.10", "To has space inside the angle brackets", 0),
    "baddn": ("RFC 3261 §20.10", "display name that needs quotes: 'Bell, Alexander'", 0),
    "badvers": ("RFC 3261 §7.1", "The version is 'SIP/7.0'", 505),
    "mismatch01": ("RFC 3261 §8.1.1.5", "CSeq says 'INVITE', but the request is 'OPTIONS'", 400),
    "mismatch02": ("RFC 3261 §8.1.1.5", "CSeq says 'INVITE', but the request is 'NEWM", 400),
    "bigcode": ("RFC 3261 §7.2", "'4294967301' is not one of 100 to 699", 400),
    "ipv6-bad": ("RFC 3261 §7.1", "an IPv6 address without square brackets", 400),
    "ipv6-bug-abnf-3-colons": ("RFC 5118 §4.10", "three colons in a row", 0),
    "via-received-param-with-delim": ("RFC 3261 §20.42", "received of a Via", 0),
}

FAULTY: dict[str, tuple[str, str, int]] = {
    # of the application-layer messages, those that break a rule of the message itself
    "badbranch": ("RFC 3261 §8.1.1.7", f"is the bare {COOKIE}", 0),
    "insuf": ("RFC 3261 §8.1.1", "The Call-ID header field is missing", 400),
    "multi01": ("RFC 3261 §7.3.1", "Call-ID appears 2 times", 400),
    "mcl01": ("RFC 3261 §7.3.1", "Content-Length appears 2 times", 400),
    "inv2543": ("RFC 3261 §8.1.1.3", "From has no tag", 0),
}

Told = Callable[[Request | Response], object]
APPLICATION: dict[str, tuple[Told, object]] = {
    # file: what is read that decides the answer
    "badbranch": (lambda m: branch(m), COOKIE),
    "insuf": (lambda m: header(m, "CSeq"), "193942 INVITE"),
    "unkscm": (lambda m: scheme(m), "nobodyknowsthisscheme"),
    "novelsc": (lambda m: scheme(m), "soap.beep"),
    "unksm2": (lambda m: name_addr(header(m, "To")).uri, "isbn:2983792873"),
    "bext01": (
        lambda m: values(m.headers, "Require"),
        ["nothingSupportsThis", "nothingSupportsThisEither"],
    ),
    "invut": (lambda m: header(m, "Content-Type"), "application/unknownformat"),
    "regaut01": (lambda m: digest_fields(header(m, "Authorization")), {}),
    "multi01": (lambda m: len(m.headers.getlist("To")), 2),
    "mcl01": (lambda m: m.headers.getlist("Content-Length"), ["13", "5"]),
    "bcast": (lambda m: len(values(m.headers, "Via")), 2),
    "zeromf": (lambda m: number(header(m, "Max-Forwards")), 0),
    "cparam01": (lambda m: name_addr(header(m, "Contact")).params, {"unknownparam": ""}),
    "cparam02": (
        lambda m: uri_parts(name_addr(header(m, "Contact")).uri).params,
        {"unknownparam": ""},
    ),
    "regescrt": (
        lambda m: uri_parts(name_addr(header(m, "Contact")).uri).headers,
        {"Route": "<sip:sip.example.com>"},
    ),
    "sdp01": (lambda m: header(m, "Accept"), "text/nobodyKnowsThis"),
    "inv2543": (lambda m: (branch(m), name_addr(header(m, "From")).tag), ("", "")),
}


def branch(message: Request | Response) -> str:
    via = top_via(message)
    return via.branch if via else "no Via"


def scheme(message: Request | Response) -> str:
    return uri_parts(str(message.uri)).scheme if isinstance(message, Request) else ""


def data(name: str) -> bytes:
    folder = os.environ.get("SFSIP_SIP_TORTURE")
    if not folder:
        pytest.skip("SFSIP_SIP_TORTURE names no folder with the messages of RFC 4475 and 5118")
    (file,) = Path(folder).glob(f"rfc*/{name}.dat")
    return file.read_bytes()


def flagged(reading: Reading, rule: str, words: str) -> bool:
    return any(fault.rule == rule and words in fault.text for fault in reading.faults)


def test_the_tables_name_every_message() -> None:
    names = {*VALID, *INVALID, *APPLICATION}
    assert len(names) == 49 + 12
    assert {*FAULTY} < {*APPLICATION}
    data(VALID[0])
    folder = Path(os.environ["SFSIP_SIP_TORTURE"])
    assert {file.stem for file in folder.glob("rfc*/*.dat")} == names


@pytest.mark.parametrize("name", VALID)
def test_a_valid_message_has_no_fault(name: str) -> None:
    reading = read(data(name))
    assert reading.message is not None
    assert reading.faults == ()


@pytest.mark.parametrize("name", INVALID | FAULTY)
def test_an_invalid_message_is_read_and_flagged_with_its_reason(name: str) -> None:
    rule, words, code = (INVALID | FAULTY)[name]
    reading = read(data(name))
    assert reading.message is not None
    assert flagged(reading, rule, words), reading.faults
    assert (reading.refused.code if reading.refused else 0) == code


@pytest.mark.parametrize("name", APPLICATION)
def test_a_message_for_the_application_is_read_with_what_it_calls_for(name: str) -> None:
    tell, told = APPLICATION[name]
    reading = read(data(name))
    assert reading.message is not None
    assert tell(reading.message) == told
    assert bool(reading.faults) == (name in FAULTY)


def test_a_message_is_taken_apart_in_spite_of_its_spaces_folds_and_short_names() -> None:
    message = read(data("wsinv")).message
    assert isinstance(message, Request)
    to, sender = name_addr(header(message, "To")), name_addr(header(message, "From"))
    assert (to.uri, to.tag) == ("sip:vivekg@chair-dnrc.example.com", "1918181833n")
    assert (sender.name, sender.tag) == ('J Rosenberg \\"', "98asjd8")
    assert [via.count("branch") for via in values(message.headers, "Via")] == [1, 1, 1]
    assert branch(message) == "390skdjuw"
    contact = name_addr(header(message, "Contact"))
    assert contact.params == {"newparam": "newvalue", "secondparam": "", "q": "0.33"}
    assert sdp.parse(message.body) is not None


def test_escapes_are_decoded_where_they_mean_something_and_nowhere_else() -> None:
    uri = uri_parts(str(read(data("esc01")).message.uri))  # type: ignore[union-attr]
    assert (uri.user, uri.host) == ("sips:user@example.com", "example.net")
    assert uri_parts("sip:null-%00-null@example.com").user == "null-\0-null"
    message = read(data("esc02")).message
    assert isinstance(message, Request)
    assert message.method == "RE%47IST%45R"
    assert len(message.headers.getlist("Contact")) == 2


def test_addresses_of_ipv6_are_told_from_ports() -> None:
    for name, port in (("port-unambiguous", 5070), ("ipv6-good", None)):
        uri = uri_parts(str(read(data(name)).message.uri))  # type: ignore[union-attr]
        assert (uri.host, uri.port) == ("2001:db8::10", port)
    via = top_via(read(data("mult-ip-in-header")).message)  # type: ignore[arg-type]
    assert via is not None
    assert (via.host, via.port) == ("[2001:db8::9:1]", 6050)
