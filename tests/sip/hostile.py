"""Messages that no well-meaning peer sends: strategies for the fuzz tests.

`SFSIP_FUZZ_CASES` is the number of cases of each test; a number of one's own also draws new cases.
"""

import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

Test = TypeVar("Test", bound=Callable[..., Any])


def fuzz(cases: int) -> Callable[[Test], Test]:
    """As many cases as the environment says, else `cases`, which are then always the same ones."""
    asked = int(os.environ.get("SFSIP_FUZZ_CASES", "0"))
    return settings(
        max_examples=asked or cases,
        derandomize=not asked,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
    b"inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
    b"a=ptime:20\r\na=rtcp:40001\r\na=sendrecv\r\n"
)

COMMON = (
    b"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{branch};rport\r\n"
    b"From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
    b"Contact: <sip:fuzz@127.0.0.1:{here}>\r\n"
)
REQUEST = b"{method} {uri} SIP/2.0\r\n" + COMMON + b"Max-Forwards: 70\r\n"


def body(kind: bytes, text: bytes) -> bytes:
    return b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (kind, len(text), text)


EMPTY = b"Content-Length: 0\r\n\r\n"
REPORT = body(b"message/sipfrag;version=2.0", b"SIP/2.0 200 OK\r\n")
CHALLENGE = b'Digest realm="x", nonce="n", algorithm=SHA-256, qop="auth,auth-int", opaque="o"'
LOGIN = (
    b'Digest username="u", realm="x", nonce="1-2-3", uri="sip:a@b.test", response="f00d", '
    b'algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c"'
)
REFER = b"Refer-To: <sip:1@127.0.0.1?Replaces=a%3Bto-tag%3Db>\r\nReferred-By: <sip:2@127.0.0.1>\r\n"

REQUESTS = {
    "OPTIONS": EMPTY,
    "REGISTER": b"Expires: 60\r\nAuthorization: " + LOGIN + b"\r\n" + EMPTY,
    "INVITE": b"Supported: 100rel, timer\r\nSession-Expires: 90\r\n"
    + body(b"application/sdp", SDP),
    "ACK": EMPTY,
    "CANCEL": b'Reason: SIP;cause=200;text="a, b"\r\n' + EMPTY,
    "BYE": b'Reason: Q.850 ;cause=16 ;text="local"\r\n' + EMPTY,
    "PRACK": b"RAck: 1 1 INVITE\r\n" + EMPTY,
    "UPDATE": body(b"application/sdp", SDP),
    "REFER": REFER + EMPTY,
    "NOTIFY": b"Event: refer;id=2\r\nSubscription-State: active;expires=60\r\n" + REPORT,
    "INFO": body(b"application/dtmf-relay", b"Signal=1\r\nDuration=100\r\n"),
    "MESSAGE": body(b"text/plain", b"hello"),
}
RESPONSES = {
    b"100 Trying": EMPTY,
    b"180 Ringing": b"Require: 100rel\r\nRSeq: 1\r\n" + EMPTY,
    b"183 Progress": body(b"application/sdp", SDP),
    b"200 OK": b"Record-Route: <sip:127.0.0.1;lr>\r\n" + body(b"application/sdp", SDP),
    b"302 Moved": EMPTY,
    b"401 Unauthorized": b"WWW-Authenticate: " + CHALLENGE + b"\r\n" + EMPTY,
    b"407 Authentication": b"Proxy-Authenticate: " + CHALLENGE + b", stale=true\r\n" + EMPTY,
    b"422 Small": b"Min-SE: 90\r\n" + EMPTY,
    b"486 Busy": b'Warning: 399 a "b, c"\r\nRetry-After: 5 (lunch)\r\n' + EMPTY,
    b"503 Down": b"Retry-After: 1\r\n" + EMPTY,
}

# What hurts a parser: each is put in the place of something else, or beside it.
BITS = st.sampled_from(
    [
        *(bytes([mark]) for mark in b'"<>;,=:@?[]%/*\0 \t\r\n\xff'),
        *(b"", b'\\"', b"\r\n", b"\r\n ", b"\r\n\r\n"),
        *(b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xa8", b"\xd9\xa3"),  # a surrogate, odd spaces
        *(b"0", b"-1", b"65536", b"70000", b"99999999999", b"9" * 5000),
        *(b"SIP/2.0", b"SIP/2.0 200 OK\r\n", b"sip:", b"tel:+1", b"<sip:a@b>", b"[::1]"),
        *(b";tag=", b";branch=z9hG4bK", b";rport", b";received=x", b";lr", b";transport=tls"),
        *(b"l: 7\r\n", b"Content-Length: 99\r\n", b"Require: x\r\n", b"127.0.0.1"),
        *(b"Route: <sip:127.0.0.1:9;lr>\r\n", b"Digest ", b"inline:", b"c=IN IP6 x\r\n"),
        *(b"m=audio 70000 RTP/SAVP 0\r\n", b"a=rtpmap:" + b"1" * 5000),
    ]
)
BITS_OR_BYTES = st.one_of(BITS, st.binary(max_size=12))


_CHANGES = ["word", "word", "word", "cut", "put", "twice", "lines", "value"]
_WORD = re.compile(rb"\{?[\w.+-]+\}?")


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """`original` with up to six changes: a word or a value replaced, bytes cut, put in, twice."""
    data = original
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 5, 20, 200])))
        match draw(
            st.sampled_from(["word", "word", "word", "cut", "put", "twice", "lines", "value"])
        ):
            case "word":
                words = [found.span() for found in _WORD.finditer(data)]
                if words:
                    start, end = draw(st.sampled_from(words))
                    data = data[:start] + draw(BITS_OR_BYTES) + data[end:]
            case "cut":
                data = data[:start] + data[end:]
            case "put":
                data = data[:start] + draw(BITS_OR_BYTES) + data[end:]
            case "twice":
                data = data[:end] + data[start:]
            case "lines":
                lines = data.split(b"\r\n")
                i, j = (draw(st.integers(0, len(lines) - 1)) for _ in "ij")
                lines[i], lines[j] = lines[j], lines[i]
                data = b"\r\n".join(lines)
            case "value":
                lines = data.split(b"\r\n")
                i = draw(st.integers(0, len(lines) - 1))
                value = b"".join(draw(st.lists(BITS_OR_BYTES, max_size=4)))
                lines[i] = lines[i].partition(b":")[0] + b": " + value
                data = b"\r\n".join(lines)
    return data


_NAMES = """
Via v From f To t Call-ID i CSeq Contact m Max-Forwards Content-Length l Content-Type c Route
Record-Route Require Supported Expires Date Warning Reason Retry-After Refer-To Referred-By
Authorization WWW-Authenticate Proxy-Authenticate Event Subscription-State Session-Expires
RSeq RAck Accept Privacy P-Asserted-Identity Diversion X-Any CSEQ
"""
NAMES = st.sampled_from(_NAMES.split())
WORDS = st.sampled_from(
    [*'"<>;,=:@?[]%/&*+-._ \t\\', "sip:", "a", "b.test", "1", "tag", "é", "\x7f"]
)
VALUES = st.lists(WORDS, max_size=24).map("".join)
URIS = st.one_of(
    VALUES, st.just("sip:a@b"), st.sampled_from(["tel:+1;phone-context=x", "sip:[::1]:5"])
)
"""A URI, or what stands where one is expected."""


@st.composite
def built(draw: st.DrawFn) -> bytes:
    """A message by the grammar's frame, each part of which may be anything."""
    method = draw(st.sampled_from([*REQUESTS, "X", "<", "invite"]))
    version = draw(st.sampled_from(["SIP/2.0", "sip/2.0", "SIP/7.0", "SIP/2", ""]))
    code = draw(st.sampled_from(["200", "0", "99", "700", "9" * 30, "-1", "x"]))
    start = draw(
        st.sampled_from([f"{method} {draw(URIS)} {version}", f"{version} {code} {draw(VALUES)}"])
    )
    colon = draw(st.sampled_from([":", ": ", " : ", "", ":\r\n "]))
    lines = [
        start,
        *(f"{draw(NAMES)}{colon}{draw(VALUES)}" for _ in range(draw(st.integers(0, 10)))),
    ]
    end = draw(st.sampled_from(["\r\n", "\n"]))
    return (end.join(lines) + end + end).encode() + draw(st.sampled_from([b"", SDP, b"\0" * 9]))


def filled(template: bytes, **values: str | int) -> bytes:
    """`template` with its `{names}` in place."""
    for name, value in values.items():
        template = template.replace(b"{%b}" % name.encode(), str(value).encode())
    return template
