"""Challenges answered and checked: MD5, SHA-256, stale nonces, several realms."""

import re

import pytest
from sipmessage import Response

from sfsip_nb.sip import Call, Credentials, DigestGuard, Incoming
from sfsip_nb.sip.digest import Answerer, digest_fields, response
from sfsip_nb.sip.messages import build
from tests.sip.siptools import Agents, uri

USER = Credentials("acme-trunk", lambda: 'pa"ss\\w:ord', "sip.test")
PASSWORDS = {"acme-trunk": 'pa"ss\\w:ord'}


def test_the_examples_of_rfc_7616_and_rfc_2617_come_out() -> None:
    rfc7616 = {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        "qop": "auth",
    }
    sha = response(rfc7616 | {"algorithm": "SHA-256"}, "Circle of Life", "GET")
    assert sha == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    md5 = response(rfc7616 | {"algorithm": "MD5"}, "Circle of Life", "GET")
    assert md5 == "8ca523f5e9506fed4657c9700eebdbec"


@pytest.mark.parametrize("algorithms", [["MD5"], ["SHA-256"], ["MD5-sess"], ["SHA-256", "MD5"]])
@pytest.mark.parametrize("proxy", [False, True])
async def test_a_registration_is_challenged_once_and_accepted(
    agents: Agents, algorithms: list[str], proxy: bool
) -> None:
    guard = DigestGuard("sip.test", PASSWORDS.get, algorithms=algorithms, proxy=proxy)

    async def registrar(incoming: Incoming) -> None:
        login = guard.check(incoming.request)
        if login.ok:
            assert login.username == "acme-trunk"
            await incoming.respond(200)
        else:
            await incoming.respond(guard.code, guard.phrase, guard.challenge(login.stale))

    server = await agents("server", on_request=registrar)
    client = await agents("client", credentials=[USER])
    got = await client.register(uri(server, ""), aor="sip:acme-trunk@sip.test")
    assert got is not None
    assert got.code == 200
    # What is lost or late is sent again as it was.
    sent = list(dict.fromkeys(e.data for e in client.trace if e.direction == "sent"))
    assert len(sent) == 2
    name = b"Proxy-Authorization" if proxy else b"Authorization"
    line = re.search(rb"(?m)^" + name + rb": (.*)\r$", sent[1])
    assert line is not None
    assert b"\r\nContact: <sip:acme-trunk@127.0.0.1:" in sent[1]
    assert b"qop=auth, nc=00000001" in line[1]
    assert digest_fields(line[1].decode())["algorithm"] == algorithms[0]
    assert set(digest_fields(line[1].decode())["response"]) == {"x"}


async def test_a_wrong_password_is_not_tried_twice(agents: Agents) -> None:
    guard = DigestGuard("sip.test", PASSWORDS.get)

    async def registrar(incoming: Incoming) -> None:
        assert not guard.check(incoming.request).ok
        await incoming.respond(guard.code, "", guard.challenge())

    server = await agents("server", on_request=registrar)
    client = await agents("client", credentials=[Credentials("acme-trunk", "wrong")])
    got = await client.register(uri(server, ""), aor="sip:acme-trunk@sip.test")
    assert got is not None
    assert got.code == 401
    assert len(client.trace) == 4


async def test_a_stale_nonce_is_answered_again_without_a_person(agents: Agents) -> None:
    guard = DigestGuard("sip.test", PASSWORDS.get)
    guard.nonce_seconds = -1
    seen: list[str] = []

    async def registrar(incoming: Incoming) -> None:
        login = guard.check(incoming.request)
        seen.append(login.reason)
        if login.ok:
            await incoming.respond(200)
        else:
            guard.nonce_seconds = 60 if login.stale else -1
            await incoming.respond(401, "", guard.challenge(login.stale))

    server = await agents("server", on_request=registrar)
    client = await agents("client", credentials=[USER])
    got = await client.register(uri(server, ""), aor="sip:acme-trunk@sip.test")
    assert got is not None
    assert got.code == 200
    assert seen == ["missing", "stale", ""]


async def test_an_invite_is_challenged_and_its_bye_too(agents: Agents) -> None:
    guard = DigestGuard("sip.test", PASSWORDS.get, proxy=True)

    async def answer(call: Call) -> None:
        login = guard.check(call.invite)
        if not login.ok:
            await call.reject(guard.code, guard.phrase, guard.challenge(login.stale))
        else:
            await call.answer()

    server = await agents("server", on_invite=answer)
    client = await agents("client")
    call = await client.invite(uri(server), credentials=[USER])
    assert await call.outcome(5) == 200
    assert call.codes == [100, 407, 100, 200]
    assert call.challenges == 1
    assert call.invite.headers["CSeq"] == "2 INVITE"
    assert await call.bye() == 200
    acks = [e.data for e in client.trace if e.summary == "ACK"]
    assert b"CSeq: 1 ACK" in acks[0]
    assert b"Proxy-Authorization" in acks[1]  # RFC 3261 §22.1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("realm", "other.test"), "realm"),
        (("username", "nobody"), "username"),
        (("uri", "sip:x@sip.test"), "uri"),
        (("response", "0" * 64), "response"),
        (("nonce", "made-up"), "response"),
    ],
)
def test_the_guard_says_what_is_wrong(change: tuple[str, str], reason: str) -> None:
    guard = DigestGuard("sip.test", PASSWORDS.get)
    request = build("INVITE", "sip:x@sip.test:32681", host="client.test")
    assert guard.check(request).reason == "missing"
    challenge = Response(401, "")
    (lines,) = guard.challenge().values()
    challenge.headers.setlist("WWW-Authenticate", list(lines))
    assert Answerer([USER]).answer(challenge, request, set())
    line = request.headers["Authorization"]
    name, value = change
    request.headers.set("Authorization", re.sub(rf'\b{name}="[^"]*"', f'{name}="{value}"', line))
    assert guard.check(request).reason == reason
    request.headers.set("Authorization", line)
    assert guard.check(request).ok
    assert guard.check(request).stale, "the same nonce count must not be good twice"


def test_challenges_in_one_line_and_of_unknown_algorithms_are_understood() -> None:
    challenge = Response(401, "")
    challenge.headers.add(
        "WWW-Authenticate",
        'Digest realm="a, b", nonce="1", algorithm=SHA3-256, '
        'Digest realm="a, b", nonce="2", algorithm="MD5", qop="auth-int,auth"',
    )
    request = build("OPTIONS", "sip:x@sip.test", host="client.test")
    assert Answerer([Credentials("u", "p")]).answer(challenge, request, set())
    (line,) = request.headers.getlist("Authorization")
    assert digest_fields(line)["nonce"] == "2"
    assert digest_fields(line)["realm"] == "a, b"


def test_no_password_stands_in_a_repr() -> None:
    assert "hunter2" not in repr(Credentials("u", "hunter2"))


@pytest.mark.parametrize(
    "algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
)
async def test_each_algorithm_is_answered_once_and_its_nonce_counted_up(
    agents: Agents, algorithm: str
) -> None:
    guard = DigestGuard("lab", {"u": "p"}.get, algorithms=[algorithm])
    counts: list[str] = []

    async def check(incoming: Incoming) -> None:
        login = guard.check(incoming.request)
        counts.append(digest_fields(incoming.header("Authorization")).get("nc", login.reason))
        if login.ok:
            await incoming.respond(200)
        else:
            await incoming.respond(401, headers=guard.challenge())

    server = await agents("server", on_request=check)
    client = await agents("client", credentials=[Credentials("u", "p")])
    answerer = Answerer(client.credentials)
    for _ in range(2):
        request = build("REGISTER", uri(server, ""), host="127.0.0.1")
        got = await client.stack.transact(request, answerer)
        assert got is not None
        assert got.code == 200
    assert counts == ["missing", "00000001", "00000002"]


async def test_requests_of_a_challenged_call_bring_their_credentials(agents: Agents) -> None:
    guard = DigestGuard("lab", {"u": "p"}.get)
    legs: list[Call] = []

    async def answer(call: Call) -> None:
        login = guard.check(call.invite)
        if not login.ok:
            return await call.reject(401, headers=guard.challenge())
        legs.append(call)
        await call.answer()

    server = await agents("server", on_invite=answer)
    client = await agents("client", credentials=[Credentials("u", "p", "lab")])
    call = await client.invite(uri(server))
    assert await call.outcome(5) == 200
    assert (call.codes, call.challenges) == ([100, 401, 100, 200], 1)
    assert await call.reinvite() == 200
    await call.refer("sip:x@y.test", timeout=1)
    assert await call.bye() == 200
    sent = [e.message for e in client.trace if e.direction == "sent"]
    lines = {
        m.headers["CSeq"]: digest_fields(m.headers.get("Authorization") or "")
        for m in sent
        if m is not None and not m.headers["CSeq"].endswith("ACK")
    }
    assert {seq: line.get("nc", "") for seq, line in lines.items()} == {
        "1 INVITE": "",
        "2 INVITE": "00000001",
        "3 INVITE": "00000002",
        "4 REFER": "00000003",
        "5 BYE": "00000004",
    }
    acks = [m for m in sent if m is not None and m.headers["CSeq"] == "2 ACK"]
    assert digest_fields(acks[0].headers["Authorization"])["nc"] == "00000001"


async def test_a_proxy_and_the_server_behind_it_may_both_ask(agents: Agents) -> None:
    proxy, inner = (
        DigestGuard("proxy", {"u": "p"}.get, proxy=True),
        DigestGuard("inner", {"u": "p"}.get),
    )

    async def check(incoming: Incoming) -> None:
        for guard in (proxy, inner):
            if not guard.check(incoming.request).ok:
                return await incoming.respond(guard.code, headers=guard.challenge())
        await incoming.respond(200)

    server = await agents("server", on_request=check)
    client = await agents("client", credentials=[Credentials("u", "p")])
    got = await client.request("OPTIONS", uri(server))
    assert got is not None
    assert got.code == 200
    assert [e.summary[:3] for e in client.trace if e.direction == "received"] == [
        "407",
        "401",
        "200",
    ]


@pytest.mark.parametrize("asked", ["new realms", "always stale", "new nonces"])
async def test_a_server_that_is_never_content_is_left(agents: Agents, asked: str) -> None:
    count = 0

    async def never(incoming: Incoming) -> None:
        nonlocal count
        count += 1
        realm = f"r{count}" if asked == "new realms" else "r"
        tail = ", stale=true" if asked == "always stale" else ""
        value = f'Digest realm="{realm}", nonce="n{count}", qop="auth"{tail}'
        await incoming.respond(401, headers={"WWW-Authenticate": value})

    server = await agents("server", on_request=never)
    client = await agents("client", credentials=[Credentials("u", "p")])
    got = await client.request("OPTIONS", uri(server))
    assert got is not None
    assert got.code == 401
    assert count <= 5


def test_the_next_nonce_is_used_when_the_server_names_it() -> None:
    answerer = Answerer([Credentials("u", "p")])
    request = build("REGISTER", "sip:lab.test:5070;transport=tcp", host="client.test")
    challenge = Response(401, "")
    challenge.headers.add("WWW-Authenticate", 'Digest realm="r", nonce="one", qop="auth"')
    assert answerer.answer(challenge, request, set())
    first = digest_fields(request.headers["Authorization"])
    assert first["uri"] == "sip:lab.test:5070;transport=tcp"
    done = Response(200, "OK")
    done.headers.add("Authentication-Info", 'nextnonce="two", qop=auth')
    assert not answerer.answer(done, request, set())
    answerer.attach(request)
    second = digest_fields(request.headers["Authorization"])
    assert (second["nonce"], second["nc"]) == ("two", "00000001")
