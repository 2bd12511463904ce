"""Names lead to addresses by RFC 3263: asked of BIND, and of servers that misbehave."""

import collections
import random
import socket
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest

from sfsip_nb.sip import (
    DnsResolver,
    MapResolver,
    NextHop,
    ProbeResult,
    ResolveError,
    ordering,
    probes,
)
from sfsip_nb.sip.ordering import srv_order
from tests.sip.nameservers import answering, bind, reply

HEAD = """
$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 30
@ IN NS ns
ns IN A 127.0.0.1
"""
ZONE = (
    HEAD
    + """
; NAPTR by order, then preference; services of others are passed over
full    IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.full
full    IN NAPTR 10 20 "s" "SIP+D2T" "" _sip._tcp.full
full    IN NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.full
full    IN NAPTR 5 10 "s" "SIP+D2S" "" _sip._sctp.full
full    IN NAPTR 5 10 "u" "E2U+sip" "!^.*$!sip:x@full.test!" .
_sips._tcp.full IN SRV 10 0 32682 one
_sip._tcp.full  IN SRV 10 0 32681 one
_sip._udp.full  IN SRV 20 0 32681 two
_sip._udp.full  IN SRV 10 0 32681 one
direct  IN NAPTR 10 10 "a" "SIP+D2T" "" one.test.
; SRV alone
srv     IN A 192.0.2.9
_sip._tcp.srv   IN SRV 10 0 5080 two
; weights
_sip._udp.heavy IN SRV 10 90 1 one
_sip._udp.heavy IN SRV 10 10 2 two
_sip._udp.heavy IN SRV 20 0 3 plain
; targets that are not there, or not meant
_sip._udp.dangling IN SRV 10 0 5060 gone
_sip._udp.dangling IN SRV 20 0 5060 two
_sip._udp.lost  IN SRV 10 0 5060 gone
lost    IN A 192.0.2.66
_sip._udp.closed IN SRV 0 0 0 .
closed  IN A 192.0.2.67
_sip._udp.aliased IN SRV 10 0 5060 alias
; addresses
one     IN A 192.0.2.1
two     IN A 192.0.2.2
plain   IN A 192.0.2.3
plain   IN AAAA 2001:db8::3
six     IN AAAA 2001:db8::6
alias   IN CNAME again
again   IN CNAME one
astray  IN CNAME nowhere
text    IN TXT "no address here"
many    IN A 192.0.2.10
"""
)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a BIND for `test` and for `lame`, a zone that it cannot load."""
    many = "".join(f"many IN A 192.0.2.{last}\n" for last in range(20, 80))
    folder = tmp_path_factory.mktemp("named")
    with bind(folder, {"test": ZONE + many, "lame": "this is no zone file\n"}) as port:
        yield port


@pytest.fixture(autouse=True)
def routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with IPv4 only, whatever the one is that the tests run on."""
    monkeypatch.setattr(ordering, "local_ip", sending_from(six=""))


def sending_from(six: str) -> Callable[[tuple[str, int]], str]:
    """A machine with one IPv4 address and, if `six` is not empty, an IPv6 address."""

    def local_ip(remote: tuple[str, int]) -> str:
        if ":" not in remote[0]:
            return "192.0.2.200"
        if not six:
            raise OSError("Network is unreachable")
        return six

    return local_ip


def resolver(port: int, **options: Any) -> DnsResolver:
    return DnsResolver(["127.0.0.1"], port, **{"timeout": 5.0, **options})


def hops(got: ProbeResult) -> list[str]:
    return list(got.seen["hops"])


def step(got: ProbeResult, query: str, kind: str) -> dict[str, Any]:
    (found,) = [s for s in got.seen["steps"] if (s["query"], s["kind"]) == (query, kind)]
    return dict(found)


# BIND


@pytest.mark.parametrize(
    ("host", "port", "transport", "expected"),
    [
        (
            "full.test",
            None,
            None,
            [
                "192.0.2.1:32682/tls",
                "192.0.2.1:32681/tcp",
                "192.0.2.1:32681/udp",
                "192.0.2.2:32681/udp",
            ],
        ),
        ("FULL.test.", None, "udp", ["192.0.2.1:32681/udp", "192.0.2.2:32681/udp"]),
        ("direct.test", None, None, ["192.0.2.1:5060/tcp"]),
        ("srv.test", None, None, ["192.0.2.2:5080/tcp"]),
        ("srv.test", 32681, "udp", ["192.0.2.9:32681/udp"]),
        ("srv.test", None, "udp", ["192.0.2.9:5060/udp"]),
        ("dangling.test", None, "udp", ["192.0.2.2:5060/udp"]),
        ("alias.test", 5060, None, ["192.0.2.1:5060/udp"]),
        ("aliased.test", None, "udp", ["192.0.2.1:5060/udp"]),
        ("plain.test", None, "tls", ["192.0.2.3:5061/tls", "[2001:db8::3]:5061/tls"]),
        ("six.test", 5060, "tcp", ["[2001:db8::6]:5060/tcp"]),
        ("192.0.2.7", None, "tcp", ["192.0.2.7:5060/tcp"]),
        ("[2001:db8::7]", 5070, None, ["[2001:db8::7]:5070/udp"]),
        ("localhost", None, None, ["127.0.0.1:5060/udp", "[::1]:5060/udp"]),
    ],
)
async def test_names_lead_to_addresses_by_rfc_3263(
    named: int, host: str, port: int | None, transport: Any, expected: list[str]
) -> None:
    got = await probes.dns(host, port=port, transport=transport, resolver=resolver(named))
    assert (got.verdict, hops(got)) == ("pass", expected), got.seen["steps"]


@pytest.mark.parametrize(
    ("host", "transport", "status", "words"),
    [
        ("nobody.test", None, "NXDOMAIN", "nobody.test does not exist in DNS (asked 127.0.0.1)"),
        ("text.test", None, "none", "text.test has no address record"),
        ("astray.test", None, "NXDOMAIN", "astray.test does not exist"),
        ("lost.test", "udp", "NXDOMAIN", "lost.test points by SRV to gone.test, and no address"),
        ("closed.test", "udp", "ok", "closed.test says by SRV “.” that it offers no such service"),
    ],
)
async def test_a_name_that_leads_nowhere_fails_with_the_reason(
    named: int, host: str, transport: Any, status: str, words: str
) -> None:
    got = await probes.dns(host, transport=transport, resolver=resolver(named))
    assert got.verdict == "fail"
    assert words in got.sentence
    assert got.seen["steps"][-1]["status"] == status
    with pytest.raises(ResolveError) as refused:
        await resolver(named).candidates(host, None, transport)
    assert (str(refused.value), refused.value.unheard) == (got.sentence, False)


async def test_the_log_says_what_was_asked_what_came_and_what_it_means(named: int) -> None:
    got = await probes.dns("full.test", resolver=resolver(named))
    asked = [(s["query"], s["kind"]) for s in got.seen["steps"]]
    assert asked == [
        ("full.test", "NAPTR"),
        ("_sips._tcp.full.test", "SRV"),
        ("_sip._tcp.full.test", "SRV"),
        ("_sip._udp.full.test", "SRV"),
        ("one.test", "A"),
        ("one.test", "AAAA"),
        ("two.test", "A"),
        ("two.test", "AAAA"),
    ]
    naptr = step(got, "full.test", "NAPTR")
    assert "passed over: E2U+SIP with flag u, SIP+D2S with flag s" in naptr["note"]
    address = step(got, "one.test", "A")
    assert (address["answer"], address["ttl"], address["server"]) == ("192.0.2.1", 60, "127.0.0.1")
    assert address["ms"] > 0
    none = step(got, "one.test", "AAAA")
    assert (none["status"], none["answer"], none["ttl"]) == ("none", "no such record", 30)


async def test_what_is_odd_about_a_target_stands_in_the_log(named: int) -> None:
    got = await probes.dns("dangling.test", transport="udp", resolver=resolver(named))
    assert step(got, "gone.test", "A")["note"].endswith("dangling: skipped")
    got = await probes.dns("aliased.test", transport="udp", resolver=resolver(named))
    alias = step(got, "alias.test", "A")
    assert "an alias of one.test; an SRV target should not be an alias (RFC 2782)" in alias["note"]
    got = await probes.dns("plain.test", port=5060, resolver=resolver(named))
    assert (
        "no route from here to 2001:db8::3: tried last" in step(got, "plain.test", "AAAA")["note"]
    )


async def test_a_zone_that_its_server_cannot_load_is_inconclusive(named: int) -> None:
    got = await probes.dns("sip.lame", port=5060, resolver=resolver(named))
    assert got.verdict == "inconclusive"
    assert "sip.lame A: SERVFAIL from 127.0.0.1" in got.sentence
    with pytest.raises(ResolveError) as refused:
        await resolver(named).candidates("sip.lame", 5060, "udp")
    assert refused.value.unheard


async def test_an_answer_too_large_for_udp_is_asked_again_by_tcp(named: int) -> None:
    got = await probes.dns("many.test", port=5060, resolver=resolver(named))
    assert got.verdict == "pass"
    assert step(got, "many.test", "A")["note"].endswith("truncated, asked again by TCP")
    assert len(hops(got)) == 32


async def test_records_of_one_priority_are_drawn_by_weight(named: int) -> None:
    async def first(seed: int) -> list[int]:
        drawing = resolver(named, rng=random.Random(seed))
        return [hop.port for hop in await drawing.candidates("heavy.test", None, "udp")]

    drawn = [await first(seed) for seed in range(30)]
    assert {ports[2] for ports in drawn} == {3}
    assert {tuple(ports[:2]) for ports in drawn} == {(1, 2), (2, 1)}
    assert sum(ports[0] == 1 for ports in drawn) > 20


def test_the_draw_follows_the_weights_of_rfc_2782() -> None:
    def record(weight: int, port: int, priority: int = 1) -> SimpleNamespace:
        return SimpleNamespace(priority=priority, weight=weight, port=port, target="x")

    records = [record(60, 1), record(30, 2), record(10, 3), record(0, 4), record(9, 5, priority=0)]
    rng = random.Random(1)
    firsts: collections.Counter[int] = collections.Counter()
    for _ in range(4000):
        order = [one.port for one in srv_order(records, rng)]
        assert (order[0], sorted(order)) == (5, [1, 2, 3, 4, 5])
        firsts[order[1]] += 1
    shares = {port: round(firsts[port] / 40) for port in (1, 2, 3, 4)}
    # A weight of 0 is drawn one time in sum+1 (RFC 2782): about 1 %.
    for port, percent in ((1, 59), (2, 30), (3, 10), (4, 1)):
        assert abs(shares[port] - percent) <= 3, shares


# Servers that misbehave


async def test_a_server_that_keeps_silent_costs_no_more_than_the_limit() -> None:
    async with answering(lambda query: None) as port:
        began = time.monotonic()
        got = await probes.dns("sip.test", resolver=resolver(port), timeout=0.6)
        got, took = got, time.monotonic() - began
    assert got.verdict == "inconclusive"
    assert "NAPTR: no answer in 0.2 s" in got.sentence
    assert "check this machine's DNS, VPN and firewall" in got.sentence
    assert 0.5 < took < 10


async def test_a_router_that_drops_naptr_and_srv_does_not_hide_the_address() -> None:
    def homely(query: dns.message.QueryMessage) -> dns.message.Message | None:
        question = query.question[0]
        if question.rdtype == dns.rdatatype.A:
            return reply(query, f"{question.name} 60 IN A 192.0.2.1")
        return reply(query) if question.rdtype == dns.rdatatype.AAAA else None

    async with answering(homely) as port:
        got = await probes.dns("sip.test", resolver=resolver(port), timeout=1.5)
    assert (got.verdict, hops(got)) == ("pass", ["192.0.2.1:5060/udp"])
    assert step(got, "sip.test", "NAPTR")["status"] == "timeout"
    assert "SRV questions stayed open" in step(got, "sip.test", "A")["note"]


async def test_a_lost_datagram_is_asked_for_again() -> None:
    heard: list[str] = []

    def flaky(query: dns.message.QueryMessage) -> dns.message.Message | None:
        question = query.question[0]
        heard.append(dns.rdatatype.to_text(question.rdtype))
        if heard.count("A") < 2:
            return None
        return reply(query, f"{question.name} 60 IN A 192.0.2.1")

    async with answering(flaky) as port:
        got = await probes.dns("sip.test", port=5060, resolver=resolver(port), timeout=1)
    assert (got.verdict, heard.count("A")) == ("pass", 2)


@pytest.mark.parametrize("bad", ["refused", "closed port", "nonsense", "silent"])
async def test_the_next_name_server_is_asked_where_one_fails(bad: str) -> None:
    """Both on one port number: the system's servers differ by address only."""

    def first(query: dns.message.QueryMessage) -> dns.message.Message | bytes | None:
        if bad == "nonsense":
            return query.to_wire()[:2] + b"\x84\x00" + b"\xff" * 7
        return None if bad == "silent" else reply(query, code=dns.rcode.REFUSED)

    def second(query: dns.message.QueryMessage) -> dns.message.Message:
        return reply(query, f"{query.question[0].name} 60 IN A 192.0.2.1")

    async with answering(first) as port, answering(second, "127.0.0.2", port):
        broken = "127.0.0.3" if bad == "closed port" else "127.0.0.1"
        asking = DnsResolver([broken, "127.0.0.2"], port, timeout=2)
        got = await probes.dns("sip.test", port=5060, resolver=asking)
    assert (got.verdict, hops(got)) == ("pass", ["192.0.2.1:5060/udp"])
    assert step(got, "sip.test", "A")["server"] == "127.0.0.2"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda query: reply(query, code=dns.rcode.REFUSED), "REFUSED from 127.0.0.1"),
        (lambda query: reply(query, code=dns.rcode.NOTIMP), "NOTIMP from 127.0.0.1"),
        (
            lambda query: reply(
                query, "sip.test. 60 IN CNAME b.test.", "b.test. 60 IN CNAME sip.test."
            ),
            "127.0.0.1 answered nonsense",
        ),
    ],
    ids=["refused", "not implemented", "alias of itself"],
)
async def test_a_server_that_will_not_or_cannot_answer_is_quoted(answer: Any, words: str) -> None:
    async with answering(answer) as port:
        got = await probes.dns("sip.test", port=5060, resolver=resolver(port), timeout=1)
    assert (got.verdict, words in got.sentence) == ("inconclusive", True), got.sentence


async def test_a_closed_name_server_is_heard_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]

    began = time.monotonic()
    got = await probes.dns("sip.test", resolver=resolver(port), timeout=15)
    got, took = got, time.monotonic() - began
    assert (got.verdict, "127.0.0.1 cannot be asked" in got.sentence) == ("inconclusive", True)
    assert took < 10


async def test_an_answer_of_somebody_else_is_not_taken() -> None:
    def forged(query: dns.message.QueryMessage) -> dns.message.Message:
        made = reply(query, f"{query.question[0].name} 60 IN A 192.0.2.66")
        made.id = query.id ^ 1
        return made

    async with answering(forged) as port:
        got = await probes.dns("sip.test", port=5060, resolver=resolver(port), timeout=0.3)
    assert got.verdict == "inconclusive"


# Words and lists


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("sip.sуnthflow.ai", "xn--"),
        ("münchen.test", "Write xn--mnchen-3ya.test if that is the name you mean."),
        ("sip:sip.test", "give the name alone"),
        ("sip .test", "give the name alone"),
        ("sip..test", "give the name alone"),
        ("", "give the name alone"),
        (f"{'a' * 64}.test", "give the name alone"),
        ("192.0.2.300", "neither an IP address nor a host name"),
    ],
)
async def test_what_is_no_host_name_is_refused_before_anybody_is_asked(
    host: str, words: str
) -> None:
    got = await probes.dns(host, resolver=DnsResolver(["127.0.0.1"], 1))
    assert (got.verdict, words in got.sentence) == ("fail", True), got.sentence


async def test_an_address_that_no_document_lists_is_told_with_both(
    named: int,
) -> None:
    async def asked(*expected: str) -> ProbeResult:
        return await probes.dns(
            "one.test",
            port=5060,
            resolver=resolver(named),
            expected=expected,
        )

    got = await asked("192.0.2.44", "198.51.100.0/24")
    assert (got.verdict, got.seen["unlisted"]) == ("inconclusive", ["192.0.2.1"])
    assert got.sentence.startswith(
        "Documents and DNS differ: one.test leads to 192.0.2.1, published are 192.0.2.44, "
        "198.51.100.0/24. Ask the host's owner"
    )
    assert (await asked("192.0.2.0/29")).verdict == "pass"
    assert (await asked("2001:db8::/32", "192.0.2.1")).verdict == "pass"


@pytest.mark.parametrize(
    ("six", "order"),
    [
        ("", ["192.0.2.3", "2001:db8::3"]),
        ("2001:db8::99", ["2001:db8::3", "192.0.2.3"]),
        ("fd00::99", ["192.0.2.3", "2001:db8::3"]),
        ("fe80::99", ["192.0.2.3", "2001:db8::3"]),
    ],
    ids=["none", "public", "unique local", "link-local"],
)
async def test_families_that_this_machine_reaches_come_first(
    named: int, monkeypatch: pytest.MonkeyPatch, six: str, order: list[str]
) -> None:
    monkeypatch.setattr(ordering, "local_ip", sending_from(six))
    found = await resolver(named).candidates("plain.test", 5060, "udp")
    assert [hop.ip for hop in found] == order


async def test_a_map_gives_its_addresses_in_order_and_nothing_else() -> None:
    names = MapResolver(
        {"a.test/udp": "127.0.0.1:1 127.0.0.1:2", "a.test/tls": "[::1]:3", "*.b.test:7/tcp": "1:8"}
    )

    assert await names.candidates("A.test.", None, None) == [
        NextHop("127.0.0.1", 1, "udp"),
        NextHop("127.0.0.1", 2, "udp"),
        NextHop("::1", 3, "tls"),
    ]
    assert await names.candidates("a.test", 5061, "tls") == [NextHop("::1", 3, "tls")]
    assert await names.candidates("x.b.test", 7, "tcp") == [NextHop("1", 8, "tcp")]
    assert await names.candidates("[::1]", None, "tcp") == [NextHop("::1", 5060, "tcp")]
    for host in ("c.test", "192.0.2.1"):
        with pytest.raises(ResolveError):
            await names.candidates(host, None, None)
