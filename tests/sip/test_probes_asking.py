"""Headers there and back, codecs one at a time, and lists that have to refuse."""

import asyncio

import pytest

from sfsip_nb.sip import Call, Incoming, probes
from sfsip_nb.sip.fields import uri_parts
from tests.sip.probetools import leaves, plan
from tests.sip.siptools import Agents, uri


@pytest.mark.parametrize("reflects", [True, False])
async def test_headers_pass_only_where_they_come_back(agents: Agents, reflects: bool) -> None:
    seen: dict[str, str] = {}

    async def answer(call: Call) -> None:
        names = ("X-Sfsip-Nonce", "User-to-User")
        seen.update({name: call.header(name) for name in names})
        headers = {n: v.upper() if n == "User-to-User" else v for n, v in seen.items()}
        if await call.answer(headers=headers if reflects else None):
            await call.wait_ended(5)

    server = await agents("server", on_invite=answer)
    got = await probes.headers(plan(uri(server)), nonce="n0nce", seconds=0.1)
    assert seen == {"X-Sfsip-Nonce": "n0nce", "User-to-User": b"n0nce".hex() + ";encoding=hex"}
    if reflects:
        assert got.verdict == "pass"
        assert set(got.seen["returned"]) == set(seen)
    else:
        assert got.verdict == "inconclusive"
        assert "look for n0nce in the peer's record" in got.sentence


async def test_codecs_are_offered_one_at_a_time_and_the_one_that_fails_is_named(
    agents: Agents,
) -> None:
    async def answer(call: Call) -> None:
        if await call.answer(codecs=("PCMU",)) and call.audio:
            call.audio.play(440)
            await call.wait_ended(5)

    server = await agents("server", on_invite=answer)
    got = await probes.codecs(plan(uri(server)), expect_hz=440, seconds=0.4, leave=leaves(1))
    assert got.verdict == "fail"
    assert got.sentence.startswith("PCMU works; PCMA does not: ")
    assert [row["code"] for row in got.seen["matrix"]] == [200, 488]
    short = await probes.codecs(plan(uri(server)), expect_hz=440, seconds=0.4, leave=leaves(0))
    assert short.verdict == "inconclusive"
    assert "the rest was not tried" in short.sentence


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(403, "pass"), (407, "pass"), (200, "fail"), (180, "fail"), (404, "inconclusive")],
)
async def test_an_unlisted_address_has_to_be_refused_in_words(
    agents: Agents, code: int, verdict: str
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

    server = await agents("server", on_invite=invited, on_request=asked)
    got = await probes.unlisted(plan(uri(server)))
    assert got.verdict == verdict, got.sentence
    await asyncio.sleep(0.05)
    assert len(over) == 1
    if code != 180:
        asked_only = await probes.unlisted(plan(uri(server, "").replace("@", "")))
        assert asked_only.verdict == ("inconclusive" if code == 200 else verdict)


async def test_silence_proves_no_allow_list(agents: Agents) -> None:
    server = await agents("server", gate=lambda *_: False)
    for to in (uri(server), f"sip:{uri_parts(uri(server)).host}:{server.address()[1]}"):
        got = await probes.unlisted(plan(to), timeout=5.4 if "@" in to else 0.3)
        assert got.verdict == "inconclusive"
