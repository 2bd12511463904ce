"""The transfer probes: REFER and its NOTIFYs, and being transferred."""

import pytest

from sfsip_nb.sip import Call, Credentials, ProbeResult, probes
from sfsip_nb.sip.refer import Referral
from tests.sip.probetools import answering, plan
from tests.sip.siptools import Agents, uri


@pytest.mark.parametrize(
    ("how", "verdict", "words"),
    [
        ("200", "pass", "The transfer arrived"),
        ("403", "fail", "NOTIFY says 403 Forbidden. Refer to"),
        ("603", "fail", "NOTIFY says 603 Decline"),
        ("silent", "inconclusive", "reported no outcome within"),
        ("empty", "inconclusive", "ended its reports without a final code"),
        ("405", "fail", "refused: 405 Method Not Allowed. Allow transfers"),
        ("hang up", "inconclusive", "hung up before it reported"),
    ],
)
async def test_a_transfer_is_judged_by_what_is_notified(
    agents: Agents, how: str, verdict: str, words: str
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

    server = await agents("server", on_invite=answer)
    got = await probes.transfer(
        plan(uri(server)), to="sip:+15551230090@x.test", seconds=0.1, notify_within=0.4
    )
    assert (got.verdict, words in got.sentence) == (verdict, True), got.sentence
    assert got.seen["refer_to"] == "sip:+15551230090@x.test"


async def test_a_transfer_that_the_peer_asks_for_is_followed_and_reported(agents: Agents) -> None:
    reported: list[int] = []
    arrived: list[Call] = []

    async def person(call: Call) -> None:
        arrived.append(call)
        if call.user.endswith("404"):
            return await call.reject(404)
        await answering(call)

    target = await agents("person", on_invite=person)

    async def assistant(call: Call) -> None:
        if await call.answer() and call.audio:
            number = call.user.replace("1230001", "1230404" if "404" in call.user else "1230090")
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


async def test_a_transfer_by_the_peers_own_call_is_heard_on_the_same_call(agents: Agents) -> None:
    async def assistant(call: Call) -> None:
        if await call.answer() and call.audio:
            call.audio.play(440)
            if await call.audio.heard(1400, 3) and call.user == "good":
                call.audio.play(620)
            await call.wait_ended(5)

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
