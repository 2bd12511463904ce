"""Step access.network: what an engineer reads of names, lists, ports and certificates."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dns.rcode
import pytest

from sfsip_nb.engine.verdicts import Basis, Check, Verdict, Weight
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.shared import network
from sfsip_nb.sip import DnsResolver, MapResolver, Resolver, loop
from tests.sip import pki
from tests.sip.nameservers import answering, reply
from tests.sip.pki import DNS, Pki

HOST = "sip.us.synthflow.ai"
LISTED = facts.synthflow_addresses("us")[0].address


@pytest.fixture
def authority(tmp_path: Path) -> Pki:
    return pki.make(tmp_path)


class Evidence(dict[str, str]):
    """What a step kept, by title."""

    def keep(self, _step: str, _kind: Basis, title: str, _suffix: str, content: str) -> str:
        self[title] = content
        return title


def context(
    resolver: Resolver,
    *,
    transport: str = "udp",
    live: bool = True,
    confirmed: tuple[str, ...] = (),
    cafile: str | None = None,
    guide: str = "genesys",
) -> Any:
    kept = Evidence()
    addresses = SimpleNamespace(
        addresses=list(confirmed), confirmed_by="Ada", confirmed_on="2026-11-20"
    )
    return SimpleNamespace(
        live=live,
        guide=SimpleNamespace(name=guide, sip=None),
        parameters=SimpleNamespace(
            sip=SimpleNamespace(transport=transport),
            synthflow=SimpleNamespace(region="us", signalling_addresses=addresses),
        ),
        surroundings=SimpleNamespace(resolver=resolver, cafile=cafile, origins={}),
        kept=kept,
        keep_evidence=kept.keep,
    )


@contextlib.contextmanager
def served(manager: Any) -> Iterator[int]:
    """A server of the tests on the loop that the guides use."""

    async def enter() -> Any:
        return await manager.__aenter__()

    async def leave() -> None:
        await manager.__aexit__(None, None, None)

    port = loop.run(enter(), 10)
    try:
        yield port
    finally:
        loop.run(leave(), 10)


def by_id(checks: list[Check]) -> dict[str, Check]:
    return {check.id.removeprefix("access.network/"): check for check in checks}


def leading_to(*ips: str) -> Any:
    def answer(query: Any) -> Any:
        question = query.question[0]
        if question.rdtype == 1:
            return reply(query, *(f"{question.name} 300 IN A {ip}" for ip in ips))
        return reply(query)

    return answering(answer)


def asked(manager: Any, **options: Any) -> tuple[dict[str, Check], Evidence]:
    with served(manager) as port:
        ctx = context(DnsResolver(["127.0.0.1"], port), **options)
        return by_id(network.reachability(ctx)), ctx.kept


def test_the_questions_asked_of_dns_are_kept_as_a_table() -> None:
    found, kept = asked(leading_to(LISTED))
    assert (found["dns"].verdict, found["dns"].seen) == (Verdict.PASS, f"{LISTED}:32681")
    (title,) = found["dns"].evidence
    head, address, _ = kept[title].splitlines()
    assert head.split() == ["question", "type", "answer", "ms", "TTL", "asked", "note"]
    assert address.startswith(f"{HOST}  A     {LISTED}")
    assert address.endswith("300  127.0.0.1  port 32681 is given")


def test_an_address_outside_the_lists_is_advice_with_both_values_and_dates() -> None:
    found, _ = asked(leading_to("192.0.2.1"), confirmed=(LISTED,))
    for id, source in (
        ("published", "docs.synthflow.ai/sip-trunking-acl, read 2026-11-20"),
        ("confirmed", "by Ada on 2026-11-20"),
    ):
        one = found[id]
        assert (one.verdict, one.weight) == (Verdict.INCONCLUSIVE, Weight.ADVISORY)
        assert (one.seen, LISTED in one.expected, source in one.expected) == (
            "192.0.2.1",
            True,
            True,
        )
        assert one.reason.startswith("Documents and DNS differ: 192.0.2.1 is not on the list.")
    known, _ = asked(leading_to(LISTED), confirmed=(LISTED,))
    assert {known[id].verdict for id in ("published", "confirmed")} == {Verdict.PASS}


def test_lists_are_not_compared_where_the_addresses_are_the_testbeds_own() -> None:
    found, _ = asked(leading_to("192.0.2.1"), live=False, confirmed=(LISTED,))
    assert set(found) == {"dns", "firewall"}


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (lambda q: reply(q, code=dns.rcode.NXDOMAIN), Verdict.FAIL, "does not exist in DNS"),
        (
            lambda q: reply(q, code=dns.rcode.SERVFAIL),
            Verdict.INCONCLUSIVE,
            "check this machine's DNS",
        ),
    ],
)
def test_no_address_is_told_with_what_to_do(answer: Any, verdict: Verdict, words: str) -> None:
    found, kept = asked(answering(answer))
    assert (found["dns"].verdict, words in found["dns"].reason) == (verdict, True)
    assert set(found) == {"dns", "firewall"}
    assert len(kept) == 1


@pytest.mark.parametrize("live", [True, False])
def test_a_closed_port_proves_something_only_on_the_testbed(live: bool) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        names = MapResolver({f"{HOST}:32681/tcp": f"127.0.0.1:{held.getsockname()[1]}"})
        found = by_id(network.reachability(context(names, transport="tcp", live=live)))
    expected = (Verdict.INCONCLUSIVE, Weight.ADVISORY) if live else (Verdict.FAIL, Weight.REQUIRED)
    assert (found["tcp"].verdict, found["tcp"].weight) == expected


def certified(authority: Pki, guide: str, key: pki.Key, days: float = 100) -> Any:
    leaf = pki.issue(HOST, [DNS(HOST)], by=authority.middle, days=(-1, days), key=key)
    with served(pki.serving(authority.server(leaf, authority.middle))) as port:
        names = MapResolver({f"{HOST}:32682/tls": f"127.0.0.1:{port}"})
        ctx = context(names, transport="tls", cafile=authority.ca_file, guide=guide)
        return by_id(network.reachability(ctx)), ctx.kept


def test_the_certificates_of_the_tls_port_are_kept_as_a_table(authority: Pki) -> None:
    found, kept = certified(authority, "genesys", pki.rsa_key(), days=12.5)
    assert (found["tls"].verdict, found["tls"].weight) == (Verdict.PASS, Weight.ADVISORY)
    (title,) = found["tls"].evidence
    chain, versions, ciphers = (part.splitlines() for part in kept[title].split("\n\n"))
    head, leaf, middle = chain
    assert head.startswith("certificate for")
    assert leaf.startswith(f"{HOST}  {HOST}")
    assert leaf.endswith("RSA 2048")
    assert middle.startswith("Test Intermediate")
    assert versions[3:] == ["TLSv1.2         taken", "TLSv1.3         taken"]
    assert "ECDHE-RSA-AES256-GCM-SHA384  taken" in ciphers
    assert found["tls-expiry"].seen == f"“{HOST}” expires in 12 days: have it renewed now."


@pytest.mark.parametrize(
    ("guide", "verdict"), [("genesys", Verdict.FAIL), ("talkdesk", Verdict.PASS)]
)
def test_what_genesys_does_not_take_fails_for_genesys_only(
    authority: Pki, guide: str, verdict: Verdict
) -> None:
    found, _ = certified(authority, guide, pki.ec_key())
    assert found["tls"].verdict == verdict
    assert ("want an RSA certificate" in found["tls"].seen) is (guide == "genesys")


def test_the_known_mismatch_of_an_older_genesys_edge_is_told_for_the_trunk(
    authority: Pki,
) -> None:
    shows = "voice.mypurecloud.com"
    leaf = pki.issue(shows, [DNS(shows)], by=authority.middle)
    with served(pki.serving(authority.server(leaf, authority.middle))) as port:
        fqdn = "acme.byoc.mypurecloud.com"
        names = MapResolver({f"{fqdn}:5061/tls": f"127.0.0.1:{port}"})
        ctx = context(names, transport="tls", cafile=authority.ca_file)
        (one,) = network.platform_certificate(ctx, "probe.tls", "Genesys Cloud", fqdn, 5061)
    assert (one.id, one.verdict, one.weight) == (
        "probe.tls/platform",
        Verdict.INCONCLUSIVE,
        Weight.ADVISORY,
    )
    assert "may not be your fault" in one.reason
    assert one.reason.endswith("verify.transfer, a call over TLS, shows it.")
