"""A host that cannot be reached ends a replay before it begins, in a sentence that names it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sfsip_nb.cli import app
from sfsip_nb.engine import hosts
from sfsip_nb.engine.changes import Meant
from sfsip_nb.replay.events import BrokeOff, Event, Finished, Hosts
from sfsip_nb.replay.series import replay
from sfsip_nb.runs import session
from sfsip_nb.testbed import life
from tests.unreachable import LIVE_HOSTS, SAID, live_file, nameless, standing

FILE = Path("parameters/genesys.testbed.yaml")


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[life.RunningTestbed]:
    folder = tmp_path_factory.mktemp("testbed")
    yield life.ensure(folder)
    life.stop(folder)


def opened(folder: Path, testbed: life.RunningTestbed, lost: str, mode: str) -> session.Session:
    """An attempt whose login host is elsewhere."""
    made = session.prepare(FILE, mode=mode, out=folder, testbed_url=testbed.info["control"])
    assert made.testbed is not None
    patterns = made.testbed.info["patterns"]
    info = {**made.testbed.info, "patterns": {**patterns, "genesys": dict(patterns["genesys"])}}
    info["patterns"]["genesys"]["login"] = lost
    made.testbed = life.RunningTestbed(info)
    return made


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize("mode", ["plan", "verify"])
def test_it_ends_there_and_says_so_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    testbed: life.RunningTestbed,
    kind: str,
    mode: str,
) -> None:
    monkeypatch.setattr(hosts, "SECONDS", 0.5 if kind == "silent" else 20.0)
    events: list[Event] = []
    with standing(kind, tmp_path) as lost:
        prepared = opened(tmp_path / "run", testbed, lost, mode)
        writes = len(testbed.control("GET", "/writes"))
        assert replay(prepared, Path("notebooks"), events.append) == 4
    place = lost.rpartition("/")[2]
    [shown, broke_off, finished] = events
    assert isinstance(shown, Hosts)
    assert [host.ok for host in shown.hosts] == [True, False, True]
    assert shown.hosts[-1].host == "sip.us.synthflow.ai"
    row = shown.hosts[1]
    assert (f"{row.host}:{row.port}", row.said) == (place, SAID[kind])
    assert isinstance(broke_off, BrokeOff)
    assert broke_off.why == f"01-prerequisites: Cannot reach 127.0.0.1: {SAID[kind]}"
    assert isinstance(finished, Finished)
    assert finished.record.verdict == "inconclusive"
    [step] = finished.record.steps
    assert (step.id, step.verdict) == ("access.network", "inconclusive")
    assert [check.verdict for check in step.checks] == ["pass", "inconclusive"]
    assert step.checks[1].id == "access.network/host/genesys.login"
    assert SAID[kind] in step.checks[1].seen
    assert step.checks[1].reason == row.advice
    assert len(testbed.control("GET", "/writes")) == writes
    assert json.loads((finished.page.parent / "record.json").read_text())["broke_off"]


def test_a_machine_without_names_is_told_in_every_mode_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless(monkeypatch, tmp_path)
    file = live_file(tmp_path)
    for mode in ("plan", "apply", "verify"):
        began = time.monotonic()
        done = CliRunner().invoke(
            app, ["replay", str(file), "--mode", mode, "--out", str(tmp_path / mode)]
        )
        assert done.exit_code == 4, done.output
        assert time.monotonic() - began < 20
        for host in LIVE_HOSTS:
            assert f"{host}" in done.stdout
        assert done.stdout.count("Cannot reach ") == 1
        assert "begins at" not in done.stdout, "no section was begun"
        attempt = json.loads(next(tmp_path.glob(f"{mode}/attempts/*/record.json")).read_text())
        assert attempt["verdict"] == "inconclusive"
        assert [step["id"] for step in attempt["steps"]] == ["access.network"]


def test_as_json_and_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nameless(monkeypatch, tmp_path)
    words = ["replay", str(live_file(tmp_path)), "--mode", "plan", "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(app, [*words, "--json"])
    said: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in said] == ["hosts", "broke_off", "ended"]
    codes = {host["host"]: host["code"] for host in said[0]["hosts"]}
    assert codes == dict.fromkeys(LIVE_HOSTS, "unresolved") | {"sip.eu.synthflow.ai": "dns"}
    quiet = CliRunner().invoke(app, [*words, "--quiet"])
    assert quiet.exit_code == 4
    assert "Cannot reach" in quiet.stdout
    assert quiet.stderr == ""


def test_a_rollback_ends_there_too_and_says_what_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = live_file(tmp_path)
    opened = session.prepare(file, out=tmp_path / "run")
    made = opened.journal.changes.intend(opened.attempt, Meant("x", "genesys.trunk", "T", "create"))
    opened.journal.changes.ended(made.id, "done", "1")
    opened.close()
    nameless(monkeypatch, tmp_path)
    done = CliRunner().invoke(app, ["rollback", str(tmp_path / "run"), "--approve", "Ann"])
    assert done.exit_code == 4, done.output
    assert "Cannot reach " in done.stderr
    assert "Check the region" in done.stderr


def test_once_it_can_be_reached_the_same_command_goes_on(
    tmp_path: Path, testbed: life.RunningTestbed
) -> None:
    with standing("refused", tmp_path) as lost:
        replay(opened(tmp_path / "run", testbed, lost, "apply"), Path("notebooks"), lambda _: None)
    again = session.prepare(FILE, out=tmp_path / "run", testbed_url=testbed.info["control"])
    again.reach()
    result = again.engine.run("access.network")
    again.close()
    host = [check for check in result.checks if "/host/" in check.id]
    assert host
    assert {check.verdict for check in host} == {"pass"}
    assert {check.vantage for check in host} == {"here"}
    assert result.verdict == "pass"
