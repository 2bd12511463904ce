"""Probes: what they say of good, bad, silent and absent peers; DNS and TLS."""

import asyncio
import datetime
import socket
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sfsip_nb.sip import (
    Call,
    Credentials,
    DnsResolver,
    Guard,
    Incoming,
    MapResolver,
    ProbeResult,
    loop,
    probes,
)
from sfsip_nb.sip.probes.tlsprobe import match_name
from tests.sip.siptools import Agents, Run, Tls, uri

LOCAL = MapResolver()


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_options_passes_on_any_answer(agents: Agents, run: Run) -> None:
    async def refuse(incoming: Incoming) -> None:
        await incoming.respond(404, "Nobody\x07 here")

    async def go() -> None:
        server = await agents("server", on_request=refuse)
        got = await probes.options(uri(server), resolver=LOCAL)
        assert got.verdict == "pass"
        assert got.sentence.endswith("answered OPTIONS with 404 Nobody  here.")
        assert len(got.trace) == 2

    run(go())


def test_silence_is_inconclusive_and_a_closed_port_fails(run: Run, silent_port: int) -> None:
    async def go() -> None:
        silent = await probes.options(f"sip:127.0.0.1:{silent_port}", resolver=LOCAL, timeout=0.1)
        assert silent.verdict == "inconclusive"
        closed = await probes.options(f"sip:127.0.0.1:{free_port()}", resolver=LOCAL, timeout=0.1)
        assert (closed.verdict, "the port is closed (ICMP)" in closed.sentence) == ("fail", True)
        refused = await probes.options(f"sip:127.0.0.1:{free_port()};transport=tcp", resolver=LOCAL)
        assert (refused.verdict, "the port is closed" in refused.sentence) == ("fail", True)
        unknown = await probes.options("sip:no.test", resolver=LOCAL)
        assert unknown.verdict == "fail"

    run(go())


@pytest.mark.parametrize(
    ("password", "expect", "verdict"),
    [
        ("right", "accepted", "pass"),
        ("wrong", "accepted", "fail"),
        ("wrong", "refused", "pass"),
        ("right", "refused", "fail"),
    ],
)
def test_register_judges_credentials(
    agents: Agents, run: Run, password: str, expect: str, verdict: str
) -> None:
    guard = Guard("sip.test", {"u": "right"})

    async def registrar(incoming: Incoming) -> None:
        assert incoming.header("Contact") == ""
        login = guard.check(incoming.request)
        await incoming.respond(200 if login.ok else 401, "", guard.challenge())

    async def go() -> None:
        server = await agents("server", on_request=registrar)
        got = await probes.register(
            uri(server, ""),
            aor="sip:u@sip.test",
            credentials=[Credentials("u", password)],
            expect=expect,  # type: ignore[arg-type]
            resolver=LOCAL,
        )
        assert got.verdict == verdict
        assert got.seen["challenged"] is True

    run(go())


def test_a_call_probe_judges_signalling_and_audio_apart(agents: Agents, run: Run) -> None:
    async def answer(call: Call) -> None:
        if call.user == "busy":
            await call.reject(486)
        elif await call.answer(mute=call.user == "mute"):
            assert call.audio is not None
            call.audio.play(440)
            await call.wait_ended(5)

    async def go() -> None:
        server = await agents("server", on_invite=answer)

        async def probe(user: str) -> ProbeResult:
            return await probes.call(
                uri(server, user),
                from_="sip:+15550100@probe.test",
                expect_hz=440,
                seconds=0.4,
                resolver=LOCAL,
            )

        good, mute, busy = await asyncio.gather(probe("good"), probe("mute"), probe("busy"))
        assert good.verdict == "pass"
        assert (good.seen["bye"], good.seen["heard"]) == (200, True)
        assert mute.verdict == "fail"
        assert "no 440 Hz was heard (0 RTP packets)" in mute.sentence
        assert busy.verdict == "fail"
        assert "486 Busy Here" in busy.sentence

    run(go())


# TLS


def certificate(common: str, *names: x509.GeneralName) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    ("names", "matched"),
    [
        ([x509.DNSName("SIP.test")], "SIP.test"),
        ([x509.UniformResourceIdentifier("sip:sip.test")], "sip.test"),
        ([x509.UniformResourceIdentifier("sip:x.test"), x509.DNSName("sip.test")], ""),
        ([x509.UniformResourceIdentifier("https://x.test"), x509.DNSName("sip.test")], "sip.test"),
        ([x509.DNSName("*.test")], ""),
        ([], ""),
    ],
)
def test_names_match_by_rfc_5922(names: list[x509.GeneralName], matched: str) -> None:
    found, note = match_name(certificate("sip.test", *names), "sip.test")
    assert found == matched
    assert bool(note) is not bool(matched)


def test_the_tls_probe_tells_trust_and_name_apart(agents: Agents, run: Run, tls: Tls) -> None:
    async def go() -> None:
        server = await agents("server", transports=("tls",), tls_server=tls.server("sip.test"))
        names = MapResolver({"sip.test:32682/tls": "{}:{}".format(*server.address("tls"))})

        async def probe(name: str, ca_file: Path | None) -> ProbeResult:
            return await probes.tls(
                "sip.test", 32682, name=name, ca_file=str(ca_file or "") or None, resolver=names
            )

        good = await probe("sip.test", tls.ca_file)
        assert good.verdict == "pass"
        assert good.seen["protocol"] == "TLSv1.3"
        assert len(good.seen["chain"]) >= 1
        untrusted = await probe("sip.test", None)
        assert untrusted.verdict == "fail"
        assert "unable to get local issuer" in untrusted.sentence
        other = await probe("other.test", tls.ca_file)
        assert (other.verdict, other.seen["matched"]) == ("fail", "")

    run(go())


def test_a_port_without_tls_fails_the_tls_probe(agents: Agents, run: Run) -> None:
    async def go() -> None:
        got = await probes.tls("127.0.0.1", free_port(), resolver=LOCAL, timeout=1)
        assert got.verdict == "fail"

    run(go())


# DNS

ZONE = """
$ORIGIN test.
@ 60 IN SOA a b 1 1 1 1 1
@ 60 IN NS a
full 60 IN NAPTR 20 0 "s" "SIP+D2U" "" _sip._udp.full
full 60 IN NAPTR 10 0 "s" "SIPS+D2T" "" _sips._tcp.full
_sips._tcp.full 60 IN SRV 5 0 32682 gone
_sips._tcp.full 60 IN SRV 10 0 32682 one
_sip._udp.full 60 IN SRV 10 0 32681 one
srv 60 IN A 192.0.2.9
_sip._tcp.srv 60 IN SRV 10 0 5080 two
one 60 IN A 192.0.2.1
two 60 IN A 192.0.2.2
plain 60 IN A 192.0.2.3
plain 60 IN AAAA 2001:db8::3
"""


class NameServer(asyncio.DatagramProtocol):
    """Answers from a zone."""

    zone = dns.zone.from_text(ZONE, "test.", relativize=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        found = self.zone.get_rrset(question.name, question.rdtype)
        if found is not None:
            reply.answer.append(found)
        elif self.zone.get_node(question.name) is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(reply.to_wire(), addr)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("host", "port", "transport", "hops"),
    [
        ("full.test", None, None, ["192.0.2.1:32682/tls", "192.0.2.1:32681/udp"]),
        ("full.test", None, "udp", ["192.0.2.1:32681/udp"]),
        ("srv.test", None, None, ["192.0.2.2:5080/tcp"]),
        ("srv.test", 32681, "udp", ["192.0.2.9:32681/udp"]),
        ("plain.test", None, "tls", ["192.0.2.3:5061/tls", "2001:db8::3:5061/tls"]),
        ("192.0.2.7", None, "tcp", ["192.0.2.7:5060/tcp"]),
        ("nobody.test", None, None, []),
    ],
)
def test_names_lead_to_addresses_by_rfc_3263(
    run: Run, host: str, port: int | None, transport: str | None, hops: list[str]
) -> None:
    async def go() -> None:
        running = asyncio.get_running_loop()
        server, _ = await running.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
        own = server.get_extra_info("sockname")[1]
        resolver = DnsResolver(["127.0.0.1"], own, timeout=1)
        got = await probes.dns(host, port=port, transport=transport, resolver=resolver)  # type: ignore[arg-type]
        server.close()
        assert got.seen["hops"] == hops
        assert got.verdict == ("pass" if hops else "fail")
        if host == "full.test" and transport is None:
            answers = {(s["query"], s["kind"]): s["answer"] for s in got.seen["steps"]}
            assert answers["gone.test", "A"] == "NXDOMAIN"

    run(go())


def test_a_caller_without_a_loop_runs_probes_in_the_background(silent_port: int) -> None:
    uri_ = f"sip:127.0.0.1:{silent_port}"
    got = loop.run(probes.options(uri_, resolver=LOCAL, timeout=0.05), 5)
    assert got.verdict == "inconclusive"
    with pytest.raises(TimeoutError):
        loop.run(asyncio.sleep(5), 0.05)
