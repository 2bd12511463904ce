"""A caller of one's own at a carrier: Kamailio asks for the password, and others take the calls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.context import Context, Surroundings
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.inputs import samples
from sfsip_nb.platforms.shared import line, testcall, wire
from sfsip_nb.platforms.shared.stages import CallStage
from sfsip_nb.sip import IncomingCall, MapResolver, UserAgent
from sfsip_nb.sip.sdp import Srtp
from tests.engine.world import engine
from tests.sip.peers.kamailio import Kamailio, carrier
from tests.sip.peers.sipp import ECHO, SDP, recv, reply, sipp

PASSWORD = "w0rd-7e57-carrier"
STAGES = [CallStage(1004.0, 440.0, within=6.0, at_least=0.4)]
EARLY = reply(183, "Session Progress", body=SDP)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFSIP_TESTBED_SIP_PASSWORD", PASSWORD)


@contextmanager
def at(folder: Path, upstream: int, **calls: Any) -> Iterator[tuple[Context, Kamailio]]:
    """A live attempt with an account at a carrier that sends calls to a port of this machine."""
    account = {
        "uri": "sip:sip.test",
        "username": "acme-caller",
        "password": "testbed:sip-password",
        "transport": calls.pop("transport", "udp"),
        "from": calls.pop("from_", samples.CALLER),
    }
    approved = {"by": "Ann", "until": "2199-12-31"}
    given = {"caller": account, "approved": approved, "per_minute": 60} | calls
    made = engine(folder, live=True, people={}, test_calls=given)
    with carrier(
        folder, upstream, account="acme-caller", password=PASSWORD, owned=samples.CALLER
    ) as running:
        at = {
            f"sip.test/{kind}": f"127.0.0.1:{running.tls_port if kind == 'tls' else running.port}"
            for kind in ("udp", "tcp", "tls")
        }
        made.ctx.surroundings = Surroundings(
            origins={}, resolver=MapResolver(at), cafile=str(running.ca_file)
        )
        yield made.ctx, running


def called(ctx: Context) -> testcall.ObservedCall:
    return line.phone(ctx, "verify.inbound", samples.DID, STAGES)


@pytest.mark.parametrize("early", [False, True], ids=["no early media", "early media"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_an_account_calls_through_its_carrier_and_hangs_up(
    tmp_path: Path, transport: str, early: bool
) -> None:
    scenario = (ECHO[0], EARLY, *ECHO[2:]) if early else ECHO
    with (
        sipp(tmp_path / "sipp", *scenario) as server,
        at(tmp_path, server.port, transport=transport) as (ctx, kamailio),
    ):
        made = called(ctx)
        assert (made.code, made.bye_code, made.heard) == (200, 200, [True])
        assert made.challenges == 1
        assert not made.held_up
        assert (183 in made.codes) is early
        assert len(kamailio.placed) == 1
        asyncio.run(server.judged())
    (row,) = ctx.journal.dialled(ctx.attempt)
    assert (row.account, row.approved_by) == ("acme-caller@sip.test", "Ann, until 2199-12-31")
    assert row.seen
    assert row.seen.code == 200
    assert PASSWORD not in kamailio.program.log.read_text()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "evidence").iterdir())
    assert PASSWORD.encode() not in kept


def test_a_call_carries_the_mark_and_the_shortest_session_timer(tmp_path: Path) -> None:
    shows = [
        f'<ereg regexp="{pattern}" search_in="hdr" header="{name}:" check_it="true"'
        f' assign_to="shown{place}"/>'
        for place, (name, pattern) in enumerate(
            [
                ("X-Sfsip-Test", "sfsip-[0-9a-f]+"),
                ("Session-Expires", "90;refresher=uac"),
                ("From", r"sip:\+15550100123@sip.test"),
            ]
        )
    ]
    first = recv("INVITE", "".join(shows), rrs=True)
    with (
        sipp(tmp_path / "sipp", first, *ECHO[1:]) as server,
        at(tmp_path, server.port) as (ctx, _),
    ):
        assert called(ctx).code == 200
        asyncio.run(server.judged())


class Callee:
    """Whoever answers behind the carrier, on a loop of its own."""

    def __init__(self, srtp: Srtp = "off", hz: float | None = 440.0) -> None:
        self.srtp: Srtp = srtp
        self.hz = hz
        self.secure: list[bool] = []
        self.loop = asyncio.new_event_loop()
        self.agent = UserAgent("callee", resolver=MapResolver(), on_invite=self._taken)
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self._wait(self.agent.start())
        self.port = self.agent.address("udp")[1]

    def close(self) -> None:
        self._wait(self.agent.close())
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _wait(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _taken(self, call: IncomingCall) -> None:
        if not await call.answer(srtp=self.srtp):
            return
        assert call.audio
        self.secure.append(call.audio.secure)
        call.audio.play(self.hz)
        await call.wait_ended()


@pytest.mark.parametrize(
    ("srtp", "secure", "codes"), [("optional", True, [200]), ("off", False, [488, 200])]
)
def test_over_tls_audio_is_encrypted_unless_the_carrier_refuses_it(
    tmp_path: Path, srtp: Srtp, secure: bool, codes: list[int]
) -> None:
    callee = Callee(srtp)
    try:
        with at(tmp_path, callee.port, transport="tls") as (ctx, _):
            made = called(ctx)
            assert (made.code, made.bye_code, made.heard) == (200, 200, [True])
    finally:
        callee.close()
    assert callee.secure == [secure]
    assert [r.seen and r.seen.code for r in ctx.journal.dialled(ctx.attempt)] == codes


@pytest.mark.parametrize(("hz", "heard"), [(440.0, True), (None, False)])
def test_sound_is_heard_and_silence_is_not_and_a_second_voice_is_waited_for(
    tmp_path: Path, hz: float | None, heard: bool
) -> None:
    callee = Callee(hz=hz)
    person = CallStage(1400.0, 620.0)
    try:
        with at(tmp_path, callee.port) as (ctx, _):
            ctx.surroundings = replace(ctx.surroundings, time_scale=60.0)
            made = line.phone(ctx, "verify.transfer", samples.DID, [*STAGES, person])
    finally:
        callee.close()
    assert made.heard == [heard, heard]
    assert made.seconds
    assert made.seconds > 6.0  # whose voice it was is not known, so nobody hung up at the first


def test_a_certificate_that_is_not_trusted_gets_no_call(tmp_path: Path) -> None:
    with at(tmp_path, 9, transport="tls") as (ctx, kamailio):
        ctx.surroundings = replace(ctx.surroundings, cafile=None)
        made = called(ctx)
        assert made.code == 503 or made.code == 0
        assert "certificate" in made.phrase + made.remedy
        assert made.held_up
        assert kamailio.placed == []


def test_a_number_that_the_account_does_not_own_is_refused_by_the_carrier(tmp_path: Path) -> None:
    with at(tmp_path, 9, from_=samples.CALLEE) as (ctx, _):
        made = called(ctx)
    assert made.code == 403
    assert made.phrase == "Caller ID is unauthorized"
    check = wire.not_out("verify.inbound", made)
    assert (made.held_up, check.verdict) == (True, "inconclusive")  # nothing against the trunk
    assert "at acme-caller@sip.test" in check.seen
    assert "owned or verified" in check.reason


def test_a_wrong_password_is_tried_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with at(tmp_path, 9) as (ctx, kamailio):
        ctx.secrets = dict(ctx.secrets) | {
            "test_calls.caller.password": type(ctx.secrets["sip.password"])("an0ther-w0rd")
        }
        assert called(ctx).code == 407
        assert len(kamailio.placed) == 1


def test_without_approval_the_carrier_hears_nothing(tmp_path: Path) -> None:
    with at(tmp_path, 9, approved={}) as (ctx, kamailio):
        with pytest.raises(NotAllowed, match="Nobody has approved"):
            called(ctx)
        assert kamailio.placed == []
