"""On a live customer the runbook dials by itself, but nothing before a person has said yes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import approval, export
from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs import samples
from sfsip_nb.notebook import cards
from sfsip_nb.runs import session as sessions
from sfsip_nb.testbed import life
from sfsip_nb.testbed.telephony.pstn import ACCOUNT_HOST
from tests.acceptance.acceptance_tools import PARAMETERS, PROJECT
from tests.acceptance.live_calls import APPROVED, CARRIER, INBOUND, PASSWORD, TRANSFER, USER, live
from tests.sip.peers.kamailio import Kamailio, carrier

PATIENCE = 40.0
PROBES = ("probe.digest", "probe.codec", "probe.acl", "probe.header")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run that is set up; no call was made yet."""
    out = tmp_path_factory.mktemp("run")
    life.ensure(out, time_scale=200)
    sets = ("test_calls.allowed=false",)
    with closing(sessions.prepare(PARAMETERS, sets, out=out, keep_testbed=True)) as opened:
        for step in opened.guide.steps:
            if not step.dials:
                opened.engine.run(step.id)
    yield out
    life.stop(out)


@pytest.fixture
def kamailio(folder: Path, tmp_path: Path) -> Iterator[Kamailio]:
    """The account's carrier, in front of the testbed's telephone network."""
    testbed = life.find(folder)
    assert testbed is not None
    upstream = int(str(testbed.info["pstn"]["pstn.test:5060/udp"]).rpartition(":")[2])
    with carrier(
        tmp_path, upstream, account=USER, password=PASSWORD, owned=samples.CALLER
    ) as running:
        yield running


def until(true: Callable[[], Any]) -> Any:
    """Wait for what another process will do."""
    end = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)
    return found


def test_a_rehearsal_calls_from_the_testbeds_account_and_asks_who_makes_the_calls(
    folder: Path,
) -> None:
    account = {
        "uri": f"sip:{ACCOUNT_HOST}",
        "username": samples.CALLER_USERNAME,
        "password": "testbed:caller-password",
    }
    sets = [f"test_calls.caller={json.dumps(account)}", "people={}"]
    with closing(sessions.prepare(PARAMETERS, sets, "verify", folder, keep_testbed=True)) as made:
        assert made.engine.run(INBOUND).verdict == "pass"
        (call,) = made.journal.dialled(made.attempt)
        assert call.account == f"{samples.CALLER_USERNAME}@{ACCOUNT_HOST}"
    sets.append("testbed.by_hand.calls=true")
    with closing(sessions.prepare(PARAMETERS, sets, "verify", folder, keep_testbed=True)) as made:
        assert made.engine.run(INBOUND).verdict == "waiting"
        assert made.journal.dialled(made.attempt) == []
        cards.answer(made.engine.ctx, INBOUND, "Ann", "", "", (), {})
        assert made.engine.run(INBOUND).verdict == "pass"


def test_both_tests_of_the_guide_dial_by_themselves_once_approved(
    folder: Path, kamailio: Kamailio
) -> None:
    with live(folder, kamailio.port) as engine:
        waits = engine.run(INBOUND)
        assert (waits.verdict.value, kamailio.placed) == ("waiting", [])
        assert waits.card is not None
        assert waits.card.standing == "test_calls.approved"
        cards.answer(engine.ctx, INBOUND, "Ann", "", "", (), {})
        for step in (INBOUND, TRANSFER):  # one yes for both
            result = engine.run(step)
            assert result.verdict == "pass", [c for c in result.checks if c.verdict != "pass"]
        assert len(kamailio.placed) == 2
        record = export.record(engine.ctx.journal, engine.ctx.attempt, engine.ctx.guide)
    assert {(c.account, c.approved_by) for c in record.dialled} == {(f"{USER}@{CARRIER}", "Ann")}
    assert [p.title for p in record.people if p.step == INBOUND] == [
        "Approve this attempt's test calls"
    ]
    (person,) = (c for s in record.steps for c in s.checks if c.id.endswith("heard/live-agent"))
    assert person.weight == "advisory"  # whose voice it is, only the platforms know
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in kept


def test_no_probe_calls_before_a_yes_which_may_be_given_at_a_probe(
    folder: Path, kamailio: Kamailio
) -> None:
    testbed = life.find(folder)
    assert testbed is not None

    def seen() -> int:
        """The calls that Synthflow was in, or was to place."""
        return len(testbed.control("GET", "/calls")["synthflow"])

    before = seen()
    with live(folder, kamailio.port) as engine:
        for step in PROBES:
            assert engine.run(step).verdict == "waiting", step
        assert (seen(), engine.ctx.journal.dialled(engine.ctx.attempt)) == (before, [])
        cards.answer(engine.ctx, PROBES[0], "Ann", "", "", (), {})
        for step in (*PROBES, INBOUND):
            result = engine.run(step)
            assert "waiting" not in [check.verdict for check in result.checks], step
        calls = engine.ctx.journal.dialled(engine.ctx.attempt)
        fields = approval.card(engine.ctx, INBOUND).fields
    assert seen() > before
    assert {call.approved_by for call in calls} == {"Ann"}
    assert {call.step for call in calls} == {*PROBES, INBOUND}
    told = {field.name: field.value for field in fields}
    assert told["calls"].endswith(f"planned: {len(calls) + 1}")  # the transfer was not run
    assert told["account"].startswith(f"{USER}@{CARRIER} over UDP, as {samples.CALLER} (2 calls)")


def test_a_night_calls_with_a_standing_approval_and_without_one_waits(
    folder: Path, kamailio: Kamailio
) -> None:
    with live(folder, kamailio.port, approved={"by": "Ann", "until": "2020-01-01"}) as engine:
        assert engine.run(INBOUND).verdict == "waiting"
    assert kamailio.placed == []
    with live(folder, kamailio.port, approved=APPROVED) as engine:
        assert engine.run(INBOUND).verdict == "pass"
    assert len(kamailio.placed) == 1


def test_a_call_that_the_carrier_refuses_says_nothing_of_the_trunk(
    folder: Path, kamailio: Kamailio
) -> None:
    with live(folder, kamailio.port, approved=APPROVED, **{"from": samples.CALLER}) as engine:
        caller = engine.ctx.parameters.test_calls.caller.model_copy(
            update={"from_": samples.CALLEE}
        )
        calls = engine.ctx.parameters.test_calls.model_copy(update={"caller": caller})
        engine.ctx.parameters = engine.ctx.parameters.model_copy(update={"test_calls": calls})
        result = engine.run(INBOUND)
    assert result.verdict == "inconclusive"
    assert [check.id for check in result.checks] == [f"{INBOUND}/answer"]
    assert len(kamailio.placed) == 1


def test_a_run_killed_in_the_middle_of_a_call_ends_it_and_does_not_call_again(
    folder: Path, kamailio: Kamailio
) -> None:
    testbed = life.find(folder)
    assert testbed is not None

    def state() -> str:
        rows = testbed.control("GET", "/calls")["synthflow"]
        return str(max(rows, key=lambda row: int(row["start_time"]))["call_status"])

    before = len(testbed.control("GET", "/calls")["synthflow"])
    caller = subprocess.Popen(
        [sys.executable, "-m", "tests.acceptance.live_calls", str(folder), str(kamailio.port)],
        cwd=PROJECT,
    )
    try:
        until(lambda: len(testbed.control("GET", "/calls")["synthflow"]) > before)
        until(lambda: state() == "in-progress")
        caller.send_signal(signal.SIGKILL)
        caller.wait()
        until(lambda: state() == "completed")  # within seconds, not with its session timer
    finally:
        caller.kill()
        caller.wait()
    with closing(Journal(folder / "journal.sqlite3")) as journal:
        (cut,) = journal.unfinished(INBOUND)
    until((folder / "calls" / f"{cut.mark}.json").exists)

    with live(folder, kamailio.port, approved=APPROVED) as engine:  # the same command again
        result = engine.run(INBOUND)
        assert result.verdict == "inconclusive"
        told = next(check for check in result.checks if check.id.endswith("/interrupted"))
        assert "the caller's process ended: BYE 200" in told.seen
        assert f"from {USER}@{CARRIER}" in told.seen
        seen = {check.id: check.verdict.value for check in result.checks}
        assert seen[f"{INBOUND}/synthflow"] == seen[f"{INBOUND}/platform"] == "pass"
        assert len(kamailio.placed) == 1
        assert engine.run(INBOUND).verdict == "pass"  # and once more is a new call
        assert len(kamailio.placed) == 2
