"""Certificates and TLS as a probe sees them, each with a real handshake on loopback."""

import asyncio
import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from sfsip_nb.inputs import facts
from sfsip_nb.platforms.shared.network import client_of
from sfsip_nb.sip import MapResolver, ProbeResult, probes
from sfsip_nb.sip.probes.clients import TlsClient, as_client
from sfsip_nb.sip.probes.identity import match_name
from tests.sip import pki
from tests.sip.pki import DNS, URI, Pki


@pytest.fixture
def authority(tmp_path: Path) -> Pki:
    return pki.make(tmp_path)


async def probe(
    authority: Pki,
    context: ssl.SSLContext | None,
    handler: pki.Handler | None = None,
    host: str = "sip.test",
    **options: Any,
) -> ProbeResult:
    """Probe a server that stands where `host` leads to."""
    async with pki.serving(context, handler) as port:
        names = MapResolver({f"{host}:5061/tls": f"127.0.0.1:{port}"})
        options.setdefault("timeout", 5.0)
        return await probes.tls(host, ca_file=authority.ca_file, resolver=names, **options)


def shown(authority: Pki, *names: x509.GeneralName, **options: Any) -> ssl.SSLContext:
    leaf = pki.issue(options.pop("common", "sip.test"), names, by=authority.middle, **options)
    return authority.server(leaf, authority.middle)


CASES: dict[str, tuple[Callable[[Pki], ssl.SSLContext], str, str]] = {
    "good": (lambda p: shown(p, DNS("sip.test")), "pass", "trusted chain for sip.test"),
    "sip URI": (lambda p: shown(p, URI("sip:sip.test")), "pass", "trusted chain for sip.test"),
    "sip URI of another domain before a DNS name that fits": (
        lambda p: shown(p, URI("sip:x.test"), DNS("sip.test")),
        "fail",
        "it is for x.test",
    ),
    "common name only": (lambda p: shown(p), "inconclusive", "as common name only"),
    "wildcard": (lambda p: shown(p, DNS("*.test")), "fail", "a wildcard, which is not valid"),
    "expired": (
        lambda p: shown(p, DNS("sip.test"), days=(-9, -2)),
        "fail",
        "“sip.test” expired on",
    ),
    "not yet valid": (lambda p: shown(p, DNS("sip.test"), days=(2, 9)), "fail", "begins on"),
    "wrong host": (lambda p: shown(p, DNS("other.test")), "fail", "it is for other.test"),
    "missing intermediate": (
        lambda p: p.server(pki.issue("sip.test", [DNS("sip.test")], by=p.middle)),
        "fail",
        "certificate alone, and “Test Intermediate”, which issued it, is not known",
    ),
    "self-signed": (
        lambda p: p.server(pki.issue("sip.test", [DNS("sip.test")])),
        "fail",
        "is self-signed",
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_certificate_gets_its_verdict_and_the_way_out(authority: Pki, case: str) -> None:
    make, verdict, words = CASES[case]
    got = await probe(authority, make(authority))
    assert (got.verdict, words in got.sentence) == (verdict, True), got.sentence
    assert got.seen["chain"][0]["subject"] == "sip.test"
    assert got.seen["protocol"] == "TLSv1.3"


async def test_the_chain_is_shown_as_it_was_sent(authority: Pki) -> None:
    stray = pki.issue("Stray", by=authority.root)
    leaf = pki.issue("sip.test", [DNS("sip.test")], by=authority.middle)
    got = await probe(authority, authority.server(leaf, authority.middle, stray))
    assert [one["subject"] for one in got.seen["chain"]] == [
        "sip.test",
        "Test Intermediate",
        "Stray",
    ]
    assert got.seen["chain"][0]["key"] == "EC 256"


async def test_a_certificate_that_ends_soon_passes_with_advice(authority: Pki) -> None:
    got = await probe(authority, shown(authority, DNS("sip.test"), days=(-1, 12.5)))
    assert got.verdict == "pass"
    assert got.seen["advice"] == "“sip.test” expires in 12 days: have it renewed now."
    assert got.sentence.endswith(got.seen["advice"])


@pytest.mark.parametrize(
    ("names", "identity", "by"),
    [
        ([DNS("SIP.test")], "SIP.test", "DNS"),
        ([URI("sip:sip.test")], "sip.test", "URI"),
        ([URI("sip:x.test"), DNS("sip.test")], "", ""),
        ([URI("sips:sip.test"), URI("https://x.test"), DNS("sip.test")], "sip.test", "DNS"),
        ([URI("sip:alice@sip.test")], "", ""),
        ([URI("sip:alice@x.test"), DNS("sip.test")], "sip.test", "DNS"),
        ([DNS("*.test")], "", ""),
        ([x509.RFC822Name("a@sip.test")], "", ""),
        ([], "sip.test", "CN"),
    ],
)
def test_names_match_by_rfc_5922(names: list[x509.GeneralName], identity: str, by: str) -> None:
    found = match_name(pki.issue("sip.test", names).certificate, "sip.test.")
    assert (found.identity, found.by) == (identity, by)
    assert bool(found.note) is (by in ("", "CN"))


async def test_the_known_mismatch_of_older_genesys_edges_gets_its_sentence(authority: Pki) -> None:
    context = shown(authority, DNS("voice.mypurecloud.com"), common="voice.mypurecloud.com")
    got = await probe(
        authority, context, host="acme.byoc.mypurecloud.com", known=facts.known_certificates()
    )
    assert got.verdict == "fail"
    assert facts.known_certificates()[0].text in got.sentence
    other = await probe(
        authority, context, host="acme.byoc.usw2.pure.cloud", known=facts.known_certificates()
    )
    assert "us-east-1" not in other.sentence


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_a_demand_for_a_client_certificate_is_named(authority: Pki, version: str) -> None:
    context = authority.good()
    context.maximum_version = ssl.TLSVersion[version]
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.ca_file)
    got = await probe(authority, context)
    assert (got.verdict, got.seen["client_certificate"]) == ("fail", "demanded"), got.sentence
    assert "demands a client certificate (mutual TLS)" in got.sentence
    assert got.seen["chain"][0]["subject"] == "sip.test"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_a_client_certificate_that_is_only_asked_for_is_no_obstacle(
    authority: Pki, version: str
) -> None:
    context = authority.good()
    context.maximum_version = ssl.TLSVersion[version]
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.ca_file)
    got = await probe(authority, context)
    assert (got.verdict, got.seen["client_certificate"]) == ("pass", "asked for"), got.sentence


# Genesys Cloud as the TLS client

GENESYS = client_of("genesys")
assert GENESYS


def limited(
    authority: Pki, key: pki.Key, versions: tuple[str, str] | None = None, ciphers: str = ""
) -> ssl.SSLContext:
    context = authority.good(key=key)
    if ciphers:
        context.set_ciphers(ciphers)
    if versions:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion[versions[0]]
            context.maximum_version = ssl.TLSVersion[versions[1]]
    return context


async def test_a_server_that_suits_genesys_shows_its_versions_and_ciphers(authority: Pki) -> None:
    context = limited(authority, pki.rsa_key(), ciphers="ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA")
    got = await probe(authority, context, require=GENESYS, timeout=10)
    assert got.verdict == "pass", got.sentence
    assert got.seen["versions"] == {
        "TLSv1": "refused",
        "TLSv1.1": "refused",
        "TLSv1.2": "taken",
        "TLSv1.3": "taken",
    }
    taken = {cipher for cipher, word in got.seen["ciphers"].items() if word == "taken"}
    assert taken == {"ECDHE-RSA-AES256-GCM-SHA384", "AES256-SHA"}
    assert set(got.seen["ciphers"]) == set(GENESYS.ciphers)
    assert got.sentence.endswith(
        "Genesys Cloud gets through with 2 of the 8 ciphers that it lists "
        "(ECDHE-RSA-AES256-GCM-SHA384)."
    )


async def test_a_server_with_nothing_but_what_genesys_drops_is_told(authority: Pki) -> None:
    context = limited(authority, pki.rsa_key(), ciphers="AES256-SHA256")
    got = await probe(authority, context, require=GENESYS, timeout=10)
    assert got.verdict == "pass"
    assert "has announced that it will drop exactly these (AES256-SHA256)" in got.sentence


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"versions": ("TLSv1_3", "TLSv1_3")}, "takes TLSv1.3, and Genesys Cloud speaks TLSv1.2"),
        (
            {"versions": ("TLSv1", "TLSv1_1"), "ciphers": "ALL:@SECLEVEL=0"},
            "takes TLSv1, TLSv1.1, and Genesys Cloud speaks TLSv1.2 only",
        ),
        (
            {"ciphers": "ECDHE-RSA-CHACHA20-POLY1305"},
            "takes none of the ciphers that Genesys Cloud lists, with the curve secp384r1 alone",
        ),
        ({"key": "EC"}, "Its key is EC 256, and all of these want an RSA certificate."),
    ],
    ids=["TLS 1.3 only", "TLS 1.1 at most", "another cipher", "no RSA certificate"],
)
async def test_a_server_that_takes_nothing_of_genesys_is_told(
    authority: Pki, limits: dict[str, Any], words: str
) -> None:
    key: pki.Key = pki.ec_key() if limits.pop("key", "") else pki.rsa_key()
    context = limited(authority, key, **limits)
    got = await probe(authority, context, require=GENESYS, timeout=10)
    assert got.verdict == "fail"
    assert words in got.sentence, got.sentence


async def test_a_curve_that_genesys_does_not_take_leaves_the_ciphers_without_it(
    authority: Pki,
) -> None:
    context = limited(authority, pki.rsa_key(), ciphers="ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA")
    context.set_ecdh_curve("prime256v1")
    got = await probe(authority, context, require=GENESYS, timeout=10)
    taken = {cipher for cipher, word in got.seen["ciphers"].items() if word == "taken"}
    assert (got.verdict, taken) == ("pass", {"AES256-SHA"})


async def test_our_own_client_gets_through_to_an_edge_like_genesys(authority: Pki) -> None:
    """The newest four of the published ciphers on TLS 1.2 with one curve, as a server."""
    rules = facts.tls_rules("genesys")
    assert rules
    ciphers = [one for one in rules.ciphers if one not in rules.deprecated]
    context = limited(
        authority, pki.rsa_key(), versions=("TLSv1_2", "TLSv1_2"), ciphers=":".join(ciphers)
    )
    context.set_ecdh_curve(rules.curve)
    got = await probe(authority, context)
    assert (got.verdict, got.seen["protocol"]) == ("pass", "TLSv1.2"), got.sentence
    assert got.seen["cipher"] in ciphers


async def test_a_chain_that_our_own_client_does_not_come_to_is_no_pass(authority: Pki) -> None:
    context = limited(
        authority, pki.rsa_key(), versions=("TLSv1_2", "TLSv1_2"), ciphers="AES256-SHA"
    )
    got = await probe(authority, context)
    assert got.verdict == "inconclusive"
    assert "nothing in common (TLSv1.2, AES256-SHA)" in got.sentence
    old = limited(
        authority, pki.rsa_key(), versions=("TLSv1", "TLSv1_1"), ciphers="ALL:@SECLEVEL=0"
    )
    got = await probe(authority, old)
    assert (got.verdict, "speaks TLSv1.1 only" in got.sentence) == ("fail", True), got.sentence


def test_a_cipher_that_this_machine_does_not_have_is_not_tried() -> None:
    assert as_client(TlsClient("x", ciphers=("NO-SUCH-CIPHER",))) is None
    assert as_client(TlsClient("x", curve="no-such-curve")) is None


# What speaks no TLS


async def says_sip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.2)


async def hangs_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (says_sip, "it said “SIP/2.0 400 Bad Request”"),
        (hangs_up, "it hung up at the TLS greeting (unexpected eof)"),
    ],
)
async def test_a_port_without_tls_is_named_so(
    authority: Pki, handler: pki.Handler, words: str
) -> None:
    got = await probe(authority, None, handler)
    assert got.verdict == "fail"
    assert "this port does not speak TLS" in got.sentence
    assert words in got.sentence


async def test_another_address_is_tried_where_the_first_takes_no_connection(authority: Pki) -> None:
    async with pki.serving(authority.good()) as port, pki.serving(None) as closed:
        pass
    async with pki.serving(authority.good()) as port:
        names = MapResolver({"sip.test:5061/tls": f"127.0.0.1:{closed} 127.0.0.1:{port}"})
        got = await probes.tls("sip.test", ca_file=authority.ca_file, resolver=names)
    assert got.verdict == "pass", got.sentence
    assert len(got.seen["addresses"]) == 2
