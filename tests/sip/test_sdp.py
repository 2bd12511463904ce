"""Session descriptions as peers write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfsip_nb.sip import sdp
from sfsip_nb.sip.addresses import is_private
from sfsip_nb.sip.media.srtp import Crypto
from sfsip_nb.sip.sdp import Agreed, Description, SdpRefusal

KEY = "QUJD" * 10


def body(*lines: str, session: str = "c=IN IP4 192.0.2.1") -> bytes:
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", session, "t=0 0"]
    return "\r\n".join([*head, *lines, ""]).encode()


def read(*lines: str, session: str = "c=IN IP4 192.0.2.1") -> sdp.Sdp:
    described = sdp.parse(body(*lines, session=session))
    assert described is not None
    return described


def agree(offer: sdp.Sdp, srtp: sdp.Srtp = "optional") -> Agreed:
    agreed = sdp.negotiate(offer, ("PCMU", "PCMA"), srtp)
    assert isinstance(agreed, Agreed)
    return agreed


def refuse(offer: sdp.Sdp, srtp: sdp.Srtp = "optional") -> SdpRefusal:
    refused = sdp.negotiate(offer, ("PCMU", "PCMA"), srtp)
    assert isinstance(refused, SdpRefusal)
    return refused


def test_wideband_codecs_are_passed_over_and_events_found_at_their_own_number() -> None:
    offer = read(
        "m=audio 4000 RTP/AVP 111 9 8 0 110 96 13",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:96 telephone-event/8000",
        "a=fmtp:96 0-16",
    )
    assert offer.codecs == (
        "OPUS",
        "G722",
        "PCMA",
        "PCMU",
        "TELEPHONE-EVENT/48000",
        "TELEPHONE-EVENT",
        "CN",
    )
    agreed = agree(offer)
    assert (agreed.codec, agreed.events) == ("PCMA", 96)
    answer = sdp.parse(Description(("192.0.2.9", 5000)).answer(offer, agreed, None))
    assert answer is not None
    assert answer.payloads == {"PCMA": 8, "TELEPHONE-EVENT": 96}
    none = agree(read("m=audio 4000 RTP/AVP 0"))
    assert none.events is None
    assert b"telephone-event" not in Description(("192.0.2.9", 5000)).answer(
        read("m=audio 4000 RTP/AVP 0"), none, None
    )


def test_a_law_under_a_dynamic_number_keeps_it_and_one_of_16_khz_is_another_codec() -> None:
    offer = read("m=audio 4000 RTP/AVP 97 98", "a=rtpmap:97 PCMU/16000", "a=rtpmap:98 pcma/8000/1")
    assert offer.payloads == {"PCMU/16000": 97, "PCMA": 98}
    assert agree(offer).codec == "PCMA"


def test_our_offer_has_events_and_two_suites_of_which_the_answer_takes_one() -> None:
    ours = Description(("192.0.2.9", 5000))
    first = ours.offer(("PCMU", "PCMA"), "required", Crypto.new())
    offer = sdp.parse(first)
    assert offer is not None
    assert offer.payloads == {"PCMU": 0, "PCMA": 8, "TELEPHONE-EVENT": 101}
    assert b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" in first
    assert [key.suite[-2:] for key in offer.crypto] == ["80", "32"]
    peer = Crypto.new(2, "AES_CM_128_HMAC_SHA1_32")
    assert ours.key(peer) == offer.crypto[1]
    again = ours.offer(("PCMU",), "required", offer.crypto[0], direction="sendonly")
    assert b"a=sendonly" in again
    assert re.findall(rb"a=crypto:.*", again) == re.findall(rb"a=crypto:.*", first)
    assert b"o=- %d 2 " % ours.session in again
    assert "key" not in repr(ours)


def test_lines_of_the_stream_go_before_those_of_the_session() -> None:
    offer = read(
        "a=sendonly",
        "a=ptime:40",
        "m=audio 4000 RTP/AVP 0",
        "c=IN IP6 2001:db8::1",
        "a=recvonly",
    )
    assert (offer.address, offer.direction, offer.ptime) == ("2001:db8::1", "recvonly", 40)
    assert read("m=audio 4000 RTP/AVP 0").remote == ("192.0.2.1", 4000)


@pytest.mark.parametrize(
    ("lines", "ptime"),
    [
        ([], 20),
        (["a=ptime:10"], 10),
        (["a=ptime:30"], 30),
        (["a=ptime:40", "a=maxptime:20"], 20),
        (["a=maxptime:10"], 10),
        (["a=ptime:25"], 20),
        (["a=ptime:0"], 20),
        (["a=ptime:9999"], 60),
        (["a=maxptime:150"], 20),
    ],
)
def test_the_length_of_packets_is_what_the_peer_asks_within_reason(
    lines: list[str], ptime: int
) -> None:
    assert agree(read("m=audio 4000 RTP/AVP 0", *lines)).ptime == ptime


@pytest.mark.parametrize(
    ("lines", "session", "direction", "answered"),
    [
        (["a=sendonly"], "c=IN IP4 192.0.2.1", "sendonly", "recvonly"),
        (["a=inactive"], "c=IN IP4 192.0.2.1", "inactive", "inactive"),
        ([], "c=IN IP4 0.0.0.0", "sendonly", "recvonly"),
        (["a=inactive"], "c=IN IP4 0.0.0.0", "inactive", "inactive"),
        ([], "c=IN IP6 ::", "sendonly", "recvonly"),
    ],
)
def test_every_form_of_hold_is_understood(
    lines: list[str], session: str, direction: str, answered: str
) -> None:
    offer = read("m=audio 4000 RTP/AVP 0", *lines, session=session)
    assert offer.direction == direction
    answer = Description(("192.0.2.9", 5000)).answer(offer, agree(offer), None)
    assert f"a={answered}\r\n".encode() in answer


def test_the_first_audio_that_is_not_refused_counts_and_the_order_is_kept() -> None:
    offer = read(
        "m=audio 0 RTP/AVP 0",
        "m=video 6000 RTP/AVP 99",
        "m=audio 4002/2 RTP/AVP 8",
        "m=application 7000 UDP/BFCP *",
    )
    assert (offer.port, offer.index) == (4002, 2)
    answer = Description(("192.0.2.9", 5000)).answer(offer, agree(offer), None).decode()
    assert re.findall(r"(?m)^m=.*(?=\r)", answer) == [
        "m=audio 0 RTP/AVP 0",
        "m=video 0 RTP/AVP 99",
        "m=audio 5000 RTP/AVP 8",
        "m=application 0 UDP/BFCP *",
    ]
    assert refuse(read("m=audio 0 RTP/AVP 0")).code == 304
    assert refuse(read("m=audio 70000 RTP/AVP 0")).code == 304
    assert sdp.parse(body("m=video 6000 RTP/AVP 99")) is None


@pytest.mark.parametrize("profile", ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"])
def test_the_profile_of_the_offer_is_that_of_the_answer(profile: str) -> None:
    offer = read(
        f"m=audio 4000 {profile} 0", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31"
    )
    agreed = agree(offer)
    assert agreed.crypto is not None
    answer = Description(("192.0.2.9", 5000)).answer(offer, agreed, Crypto.new())
    assert f"m=audio 5000 {profile} 0\r\n".encode() in answer


def test_refusals_name_what_is_missing() -> None:
    dtls = refuse(read("m=audio 4000 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:sha-256 AA"))
    assert dtls.code == 302
    assert "DTLS-SRTP is not supported" in dtls.warning("here")
    assert refuse(read("m=audio 4000 TCP/RTP/AVP 0")).code == 302
    keyless = refuse(read("m=audio 4000 RTP/SAVP 0"))
    assert "a=crypto" in keyless.text
    plain_only = refuse(
        read("m=audio 4000 RTP/SAVP 0", f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"), "off"
    )
    assert "plain RTP" in plain_only.text
    assert refuse(read("m=audio 4000 RTP/AVP 18 9")).code == 305


def test_rtcp_goes_where_the_description_says() -> None:
    assert agree(read("m=audio 4000 RTP/AVP 0")).rtcp is None
    beside = read("m=audio 4000 RTP/AVP 0", "a=rtcp:4009")
    assert beside.rtcp == ("192.0.2.1", 4009)
    elsewhere = read("m=audio 4000 RTP/AVP 0", "a=rtcp:53020 IN IP4 192.0.2.77", "a=rtcp-mux")
    agreed = agree(elsewhere)
    assert (agreed.rtcp, agreed.mux) == (("192.0.2.77", 53_020), True)
    answer = Description(("192.0.2.9", 5000)).answer(elsewhere, agreed, None)
    assert b"a=rtcp-mux\r\n" in answer
    assert b"rtcp-mux" not in Description(("192.0.2.9", 5000)).offer(("PCMU",), "off", None)


@pytest.mark.parametrize(
    ("line", "read_as"),
    [
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}", True),
        (f"1 aes_cm_128_hmac_sha1_32 inline:{KEY}|2^20|1:4", True),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} WSH=128 -ODD=1", True),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP", False),
        (f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY[:20]}", False),
        (f"1 F8_128_HMAC_SHA1_80 inline:{KEY}", False),
        ("1 AES_CM_128_HMAC_SHA1_80 inline:=", False),
        ("x", False),
    ],
)
def test_a_key_line_counts_only_if_all_of_it_can_be_done(line: str, read_as: bool) -> None:
    assert (Crypto.parse(line) is not None) is read_as


def test_an_answer_to_another_suite_brings_a_fitting_key() -> None:
    short = Crypto.new(5, "AES_CM_128_HMAC_SHA1_32")
    offer = read("m=audio 4000 RTP/SAVP 0", f"a=crypto:{short.line()}")
    agreed, ours = agree(offer), Crypto.new(1)
    description = Description(("192.0.2.9", 5000))
    answer = sdp.parse(description.answer(offer, agreed, ours))
    assert answer is not None
    assert agreed.crypto is not None
    key = description.key(agreed.crypto)
    assert answer.crypto == (key,)
    assert (answer.crypto[0].tag, answer.crypto[0].suite) == (5, short.suite)
    same = description.answer(offer, agreed, key)
    assert description.key(agreed.crypto) == key
    assert key is not None
    assert key.line().encode() in same


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("10.0.0.1", True),
        ("172.31.255.1", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("100.64.0.1", True),
        ("100.128.0.1", False),
        ("169.254.1.1", True),
        ("fd00::1", True),
        ("fe80::1%eth0", True),
        ("2001:db8::1", False),
        ("203.0.113.7", False),
        ("127.0.0.1", False),
        ("media.example", False),
        ("", False),
    ],
)
def test_private_addresses_are_told_from_others(address: str, private: bool) -> None:
    assert is_private(address) is private


OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\n"
    b"m=video 6000 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
    b"m=audio 4000 RTP/SAVP 18 0 101\r\nc=IN IP4 192.0.2.2\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=crypto:7 F8_128_HMAC_SHA1_80 inline:AAAA\r\n"
    b"a=crypto:8 AES_CM_128_HMAC_SHA1_32 inline:" + b"QUJD" * 10 + b"|2^20|1:4\r\n"
)


def test_an_answer_refuses_the_other_media_and_takes_the_first_known_suite() -> None:
    offer = sdp.parse(OFFER)
    assert offer is not None
    assert offer.remote == ("192.0.2.2", 4000)
    assert offer.codecs == ("G729", "PCMU", "TELEPHONE-EVENT")
    assert (offer.secure, offer.direction) == (True, "sendonly")
    agreed = sdp.negotiate(offer, ["PCMA", "PCMU"], "optional")
    assert isinstance(agreed, sdp.Agreed)
    assert agreed.crypto is not None
    assert (agreed.codec, agreed.crypto.tag) == ("PCMU", 8)
    ours = Crypto.new(agreed.crypto.tag, agreed.crypto.suite)
    body = sdp.Description(("192.0.2.9", 5000)).answer(offer, agreed, ours)
    assert b"m=video 0 RTP/AVP 99\r\nm=audio 5000 RTP/SAVP 0 101\r\n" in body
    assert b"a=recvonly" in body
    answer = sdp.parse(body)
    assert answer is not None
    assert answer.crypto == (ours,)


@pytest.mark.parametrize(
    ("body", "codecs", "srtp", "warning"),
    [
        (OFFER.replace(b"audio 4000", b"audio 0"), ["PCMU"], "optional", 304),
        (OFFER, ["PCMU"], "off", 302),
        (OFFER.replace(b"SAVP", b"AVP"), ["PCMU"], "required", 302),
        (OFFER, ["PCMA"], "optional", 305),
    ],
)
def test_a_refusal_says_why(body: bytes, codecs: list[str], srtp: sdp.Srtp, warning: int) -> None:
    offer = sdp.parse(body)
    assert offer is not None
    refused = sdp.negotiate(offer, codecs, srtp)
    assert isinstance(refused, sdp.SdpRefusal)
    assert refused.code == warning


LINES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            [
                "m=audio 4000 RTP/AVP 0 101",
                "m=audio 99999 RTP/SAVP 0",
                "m=audio x y z",
                "m=",
                "c=IN IP4 ",
                "c=IN IP4 10.0.0.1/127",
                "a=rtpmap:0 /",
                "a=rtpmap:999999 x/0",
                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + KEY,
                "a=ptime:-1",
                "a=rtcp:0 IN IP4",
                "a=inactive",
            ]
        ),
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(["\r\n", "\n", "\r"]))
def test_no_description_raises_and_every_one_taken_can_be_answered(
    lines: list[str], end: str
) -> None:
    offer = sdp.parse(end.join(lines).encode("utf-8", "surrogatepass"))
    if offer is None:
        return
    agreed = sdp.negotiate(offer, ("PCMU", "PCMA"), "optional")
    if isinstance(agreed, Agreed):
        answer = Description(("192.0.2.9", 5000)).answer(offer, agreed, Crypto.new())
        described = sdp.parse(answer)
        assert described is not None
        assert described.port == 5000
