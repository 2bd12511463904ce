"""Probes that place calls: isolation, transfers, headers, codecs, allow lists, adverse peers."""

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sfsip_nb.sip import Call, Credentials, Guard, Incoming, MapResolver, ProbeResult, probes
from sfsip_nb.sip.fields import uri_parts
from sfsip_nb.sip.probes import Plan
from sfsip_nb.sip.probes.plan import variants
from sfsip_nb.sip.refer import Referral
from tests.sip.siptools import Agents, Run, Tls, uri

LOCAL = MapResolver()
FROM = "sip:+15550100@probe.test"


def leaves(count: int) -> Callable[[], Mapping[str, str] | None]:
    """Leave for so many further calls."""
    marks: Iterator[int] = iter(range(count))

    def leave() -> Mapping[str, str] | None:
        number = next(marks, None)
        return None if number is None else {"X-Mark": str(number)}

    return leave


async def answering(call: Call) -> None:
    if await call.answer(srtp="optional") and call.audio:
        call.audio.play(440)
        await call.wait_ended(5)


def plan(to: str, **more: Any) -> Plan:
    return Plan(to, FROM, resolver=LOCAL, **more)


# Isolation


def test_a_call_lost_over_udp_that_works_over_tcp_says_so(agents: Agents, run: Run) -> None:
    async def go() -> None:
        server = await agents(
            "server", on_invite=answering, gate=lambda _, transport: transport == "tcp"
        )

        async def probe(**more: Any) -> ProbeResult:
            return await probes.call(
                uri(server), from_=FROM, seconds=0.3, timeout=6.3, resolver=LOCAL, **more
            )

        alone = await probe()
        assert alone.verdict == "inconclusive"
        assert "isolation" not in alone.seen
        found = await probe(leave=leaves(3))
        assert found.verdict == "fail"
        port = server.address()[1]
        assert f"The same works over TCP: UDP on port {port} is blocked" in found.sentence
        assert [row["variant"] for row in found.seen["isolation"]] == ["over TCP"]
        denied = await probe(leave=leaves(0))
        assert denied.verdict == "inconclusive"
        assert "No more test calls are allowed" in denied.sentence

    run(go())


def test_a_tls_trunk_without_srtp_is_told_to_switch_it_on(
    agents: Agents, run: Run, tls: Tls
) -> None:
    async def edge(call: Call) -> None:
        if call.offer and not call.offer.crypto:
            return await call.reject(488)
        await answering(call)

    async def go() -> None:
        server = await agents(
            "edge", transports=("tls",), tls_server=tls.server("sip.test"), on_invite=edge
        )
        names = MapResolver({"sip.test:5061/tls": "{}:{}".format(*server.address("tls"))})
        found = await probes.call(
            "sip:+15551230001@sip.test:5061;transport=tls",
            from_=FROM,
            seconds=0.3,
            leave=leaves(3),
            resolver=names,
            tls_client=tls.client,
        )
        assert found.verdict == "fail"
        assert "488 Not Acceptable Here" in found.sentence
        assert "The same works with SRTP: the peer wants encrypted audio" in found.sentence
        marks = {e.message.headers.get("X-Mark") for e in found.trace if e.message}
        assert "0" in marks

    run(go())


def test_a_refusal_that_no_difference_mends_stays_what_it_is(agents: Agents, run: Run) -> None:
    async def refuse(call: Call) -> None:
        await call.reject(
            403, headers={"X-Twilio-Error": "32201 Authentication failure - not in ACL"}
        )

    async def go() -> None:
        server = await agents("server", on_invite=refuse)
        got = await probes.call(
            uri(server), from_=FROM, headers={"X-A": "b"}, leave=leaves(9), resolver=LOCAL
        )
        assert got.verdict == "fail"
        assert "32201 Authentication failure" in got.sentence
        assert "access control list" in got.sentence
        assert "The same came of it without the extra headers." in got.sentence

    run(go())


def test_each_variant_differs_in_one_thing() -> None:
    full = Plan(
        "sip:+1555@sip.test:32682;transport=tls;user=phone",
        FROM,
        srtp="required",
        proxy="sip:[2001:db8::1]:5061;lr;transport=tls",
        headers={"X-A": "1"},
    )
    kinds = ("unreached", "silent", "refused", "unfit", "unheard", "unclean")
    for kind in kinds:
        for _, other in variants(full, kind):  # type: ignore[arg-type]
            changed = {n for n in ("uri", "srtp", "proxy", "headers") if _differs(full, other, n)}
            assert len(changed) == 1
    assert full.over("tcp").proxy == "sip:[2001:db8::1]:5060;transport=tcp;lr"
    direct = Plan("sip:a;b@host;transport=udp")
    assert direct.over("tls").uri == "sip:a;b@host;transport=tls"


def _differs(one: Plan, other: Plan, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def test_options_are_tried_over_tcp_where_udp_is_silent(agents: Agents, run: Run) -> None:
    async def go() -> None:
        server = await agents("server", gate=lambda _, transport: transport == "tcp")
        got = await probes.options(uri(server), resolver=LOCAL, timeout=0.3, isolating=True)
        assert got.verdict == "fail"
        assert "The same works over TCP: UDP on port" in got.sentence

    run(go())


# Adverse peers


class Silent(asyncio.DatagramProtocol):
    """A UDP port where nobody answers."""


class Deaf(asyncio.Protocol):
    """A TCP port that takes connections and says nothing."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport closes itself when the other side does."""


@pytest.mark.parametrize("probe", ["options", "register", "call"])
def test_adverse_peers_get_a_verdict_in_time_that_says_what_to_do(
    agents: Agents, run: Run, tls: Tls, probe: str
) -> None:
    async def ask(to: str, **more: Any) -> ProbeResult:
        began = time.monotonic()
        more.setdefault("resolver", LOCAL)
        if probe == "options":
            got = await probes.options(to, timeout=0.5, **more)
        elif probe == "register":
            got = await probes.register(to, aor="sip:u@x.test", timeout=0.5, **more)
        else:
            got = await probes.call(to, from_=FROM, seconds=0.1, timeout=6.0, **more)
        assert time.monotonic() - began < (8 if probe == "call" else 3)
        return got

    async def go() -> None:
        running = asyncio.get_running_loop()
        silent, _ = await running.create_datagram_endpoint(Silent, local_addr=("127.0.0.1", 0))
        deaf = await running.create_server(Deaf, "127.0.0.1", 0)
        udp = silent.get_extra_info("sockname")[1]
        tcp = deaf.sockets[0].getsockname()[1]
        wrong = await agents("w", transports=("tls",), tls_server=tls.server("other.test"))
        names = MapResolver(
            {
                "sip.test:5061/tls": "{}:{}".format(*wrong.address("tls")),
                "half.test:5061/tls": f"127.0.0.1:{tcp}",
            }
        )
        rows = (
            ("sip:1@nobody.test", {}, "fail", "is not in the address map"),
            ("sip:1@127.0.0.1:9", {}, "fail", "Correct the port"),
            ("sip:1@127.0.0.1:9;transport=tcp", {}, "fail", "Correct the port"),
            (f"sip:1@127.0.0.1:{udp}", {}, "inconclusive", "try the other transports"),
            (
                f"sip:1@127.0.0.1:{tcp};transport=tcp",
                {},
                "inconclusive",
                "took the connection but said nothing",
            ),
            (
                "sip:1@sip.test;transport=tls",
                {"resolver": names, "tls_client": tls.client},
                "fail",
                "Use the name that the certificate is for",
            ),
            (
                "sip:1@sip.test;transport=tls",
                {"resolver": names, "tls_client": ssl.create_default_context()},
                "fail",
                "CA is not trusted here",
            ),
            (
                "sip:1@half.test;transport=tls",
                {"resolver": names, "tls_client": tls.client},
                "inconclusive",
                "no TLS connection within",
            ),
        )
        for to, more, verdict, words in rows:
            got = await ask(to, **more)
            assert (got.verdict, words in got.sentence) == (verdict, True), got.sentence
        silent.close()
        deaf.close()
        await asyncio.sleep(0.05)  # what the probes closed is closed here too

    run(go())


def test_a_wrong_password_is_tried_once_and_a_peer_without_registrar_is_named(
    agents: Agents, run: Run
) -> None:
    guard = Guard("sip.test", {"u": "right"})
    asked: list[str] = []

    async def registrar(incoming: Incoming) -> None:
        asked.append(incoming.method)
        login = guard.check(incoming.request)
        await incoming.respond(200 if login.ok else 401, "", guard.challenge())

    async def calls(call: Call) -> None:
        if not guard.check(call.invite).ok:
            return await call.reject(401, headers=guard.challenge())
        await answering(call)

    async def go() -> None:
        server = await agents("server", on_request=registrar, on_invite=calls)
        static = await agents("static", on_request=lambda incoming: incoming.respond(405))
        wrong = [Credentials("u", "wrong")]
        got = await probes.register(
            uri(server, ""), aor="sip:u@sip.test", credentials=wrong, resolver=LOCAL
        )
        assert (got.verdict, len(asked)) == ("fail", 2)
        assert "Compare user name, password and realm" in got.sentence
        none = await probes.register(uri(static, ""), aor="sip:u@sip.test", resolver=LOCAL)
        assert none.verdict == "fail"
        assert "takes no registrations" in none.sentence
        called = await probes.call(uri(server), from_=FROM, credentials=wrong, resolver=LOCAL)
        assert (called.verdict, called.seen["challenges"]) == ("fail", 2)
        assert "user name, password or realm are wrong" in called.sentence

    run(go())


def test_a_call_that_rings_for_ever_is_given_up_and_cancelled(agents: Agents, run: Run) -> None:
    ended: list[int] = []

    async def ring(call: Call) -> None:
        await call.ring()
        await call.wait_ended(10)
        ended.append(call.code)

    async def go() -> None:
        server = await agents("server", on_invite=ring)
        got = await probes.call(uri(server), from_=FROM, seconds=0.1, timeout=6, resolver=LOCAL)
        assert got.verdict == "inconclusive"
        assert "rang, but gave no final answer" in got.sentence
        await asyncio.sleep(0.05)
        assert ended == [487]

    run(go())


# Transfer


@pytest.mark.parametrize(
    ("how", "verdict", "words"),
    [
        ("200", "pass", "The transfer arrived"),
        ("403", "fail", "NOTIFY says 403 Forbidden. Refer to"),
        ("603", "fail", "NOTIFY says 603 Decline"),
        ("silent", "inconclusive", "told no outcome within"),
        ("empty", "inconclusive", "ended its reports without a final code"),
        ("405", "fail", "refused: 405 Method Not Allowed. Allow transfers"),
        ("hang up", "inconclusive", "hung up before it told"),
    ],
)
def test_a_transfer_is_judged_by_what_is_notified(
    agents: Agents, run: Run, how: str, verdict: str, words: str
) -> None:
    async def transferor(referral: Referral) -> None:
        if how == "405":
            return await referral.reject(405)
        await referral.accept()
        if how.isdecimal():
            await referral.notify(int(how))
        elif how == "empty":
            await referral.call.send(
                "NOTIFY",
                {"Event": "refer", "Subscription-State": "terminated;reason=noresource"},
            )
        elif how == "hang up":
            await referral.call.bye()

    async def answer(call: Call) -> None:
        call.on_refer = transferor
        await answering(call)

    async def go() -> None:
        server = await agents("server", on_invite=answer)
        got = await probes.transfer(
            plan(uri(server)), to="sip:+15551230090@x.test", seconds=0.1, notify_within=0.4
        )
        assert (got.verdict, words in got.sentence) == (verdict, True), got.sentence
        assert got.seen["refer_to"] == "sip:+15551230090@x.test"

    run(go())


def test_a_transfer_that_the_peer_asks_for_is_followed_and_reported(
    agents: Agents, run: Run
) -> None:
    reported: list[int] = []
    arrived: list[Call] = []

    async def person(call: Call) -> None:
        arrived.append(call)
        if call.user.endswith("404"):
            return await call.reject(404)
        await answering(call)

    async def go() -> None:
        target = await agents("person", on_invite=person)

        async def assistant(call: Call) -> None:
            if await call.answer() and call.audio:
                number = call.user.replace(
                    "1230001", "1230404" if "404" in call.user else "1230090"
                )
                await call.audio.heard(1400, 5)
                to = uri(target, number) + "?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2"
                result = await call.refer(to, timeout=5)
                reported.append(result.final_code or result.accepted_code)
                await call.wait_ended(5)

        server = await agents("assistant", on_invite=assistant)

        async def probe(user: str, refusal: str = "") -> ProbeResult:
            return await probes.await_transfer(
                plan(uri(server, user), credentials=[Credentials("u", "secret")]),
                may_call=lambda number: refusal,
                ask_hz=1400,
                within=2,
                timeout=20,
            )

        good = await probe("+15551230001")
        assert good.verdict == "pass"
        assert arrived[0].header("Replaces") == "abc;to-tag=1;from-tag=2"
        bad = await probe("+15551230404")
        assert (bad.verdict, "which answered 404" in bad.sentence) == ("fail", True)
        never = await probe("+15551230001", "it is not among test_calls.destinations.")
        assert never.verdict == "inconclusive"
        assert "not among test_calls.destinations" in never.sentence
        assert reported == [200, 404, 603]
        assert len(arrived) == 2

    run(go())


def test_a_transfer_by_the_peers_own_call_is_heard_on_the_same_call(
    agents: Agents, run: Run
) -> None:
    async def assistant(call: Call) -> None:
        if await call.answer() and call.audio:
            call.audio.play(440)
            if await call.audio.heard(1400, 3) and call.user == "good":
                call.audio.play(620)
            await call.wait_ended(5)

    async def go() -> None:
        server = await agents("assistant", on_invite=assistant)
        for user, verdict in (("good", "pass"), ("deaf", "inconclusive")):
            got = await probes.await_transfer(
                plan(uri(server, user)),
                may_call=lambda number: "",
                ask_hz=1400,
                expect_hz=620,
                within=1,
                timeout=15,
            )
            assert got.verdict == verdict, got.sentence

    run(go())


# Headers, codecs, lists


@pytest.mark.parametrize("reflects", [True, False])
def test_headers_pass_only_where_they_come_back(agents: Agents, run: Run, reflects: bool) -> None:
    seen: dict[str, str] = {}

    async def answer(call: Call) -> None:
        names = ("X-Sfsip-Nonce", "User-to-User")
        seen.update({name: call.header(name) for name in names})
        headers = {n: v.upper() if n == "User-to-User" else v for n, v in seen.items()}
        if await call.answer(headers=headers if reflects else None):
            await call.wait_ended(5)

    async def go() -> None:
        server = await agents("server", on_invite=answer)
        got = await probes.headers(plan(uri(server)), nonce="n0nce", seconds=0.1)
        assert seen == {"X-Sfsip-Nonce": "n0nce", "User-to-User": b"n0nce".hex() + ";encoding=hex"}
        if reflects:
            assert got.verdict == "pass"
            assert set(got.seen["returned"]) == set(seen)
        else:
            assert got.verdict == "inconclusive"
            assert "look for n0nce in the peer's record" in got.sentence

    run(go())


def test_codecs_are_offered_one_at_a_time_and_the_one_that_fails_is_named(
    agents: Agents, run: Run
) -> None:
    async def answer(call: Call) -> None:
        if await call.answer(codecs=("PCMU",)) and call.audio:
            call.audio.play(440)
            await call.wait_ended(5)

    async def go() -> None:
        server = await agents("server", on_invite=answer)
        got = await probes.codecs(plan(uri(server)), expect_hz=440, seconds=0.4, leave=leaves(1))
        assert got.verdict == "fail"
        assert got.sentence.startswith("PCMU works; PCMA does not: ")
        assert [row["code"] for row in got.seen["matrix"]] == [200, 488]
        short = await probes.codecs(plan(uri(server)), expect_hz=440, seconds=0.4, leave=leaves(0))
        assert short.verdict == "inconclusive"
        assert "the rest was not tried" in short.sentence

    run(go())


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(403, "pass"), (407, "pass"), (200, "fail"), (180, "fail"), (404, "inconclusive")],
)
def test_an_unlisted_address_has_to_be_refused_in_words(
    agents: Agents, run: Run, code: int, verdict: str
) -> None:
    over: list[str] = []

    async def invited(call: Call) -> None:
        if code == 200:
            await call.answer()
        elif code == 180:
            await call.ring()
        else:
            await call.reject(code)
        await call.wait_ended(5)
        over.append(call.state)

    async def asked(incoming: Incoming) -> None:
        await incoming.respond(code)

    async def go() -> None:
        server = await agents("server", on_invite=invited, on_request=asked)
        got = await probes.unlisted(plan(uri(server)))
        assert got.verdict == verdict, got.sentence
        await asyncio.sleep(0.05)
        assert len(over) == 1
        if code != 180:
            assert (
                await probes.unlisted(plan(uri(server, "").replace("@", "")))
            ).verdict == verdict

    run(go())


def test_silence_proves_no_allow_list(agents: Agents, run: Run) -> None:
    async def go() -> None:
        server = await agents("server", gate=lambda *_: False)
        for to in (uri(server), f"sip:{uri_parts(uri(server)).host}:{server.address()[1]}"):
            got = await probes.unlisted(plan(to), timeout=5.4 if "@" in to else 0.3)
            assert got.verdict == "inconclusive"

    run(go())
