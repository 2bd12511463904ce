"""What the testbed breaks on purpose is found by the right check, and its cause is named.

Through the engine in this process: one run is provisioned once, and each fault is met by a later
attempt of the same run that repeats only the steps which should notice.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb.cli import app
from sfsip_nb.engine.engine import StepResult
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.runs import session
from sfsip_nb.runs.kept import known_secrets
from sfsip_nb.testbed import life
from sfsip_nb.testbed.faults import faults
from tests.acceptance.acceptance_tools import PARAMETERS


@dataclass(frozen=True)
class Case:
    """A fault, the steps that meet it, and the checks that have to fail."""

    fault: str
    steps: tuple[str, ...]
    fails: tuple[str, ...]


CASES = (
    Case("synthflow.expired-certificate", ("probe.tls",), ("probe.tls/tls",)),
    Case("synthflow.wrong-password", ("probe.digest",), ("probe.digest/right",)),
    Case("genesys.no-route", ("verify.inbound",), ("verify.inbound/trunk",)),
    Case(
        "genesys.anonymous-caller",
        ("verify.inbound",),
        ("verify.inbound/caller-id/the-AI-agent",),
    ),
    Case("synthflow.wrong-codec", ("probe.codec",), ("probe.codec/PCMU",)),
    # After the probe's calls, of which none may be taken for the one that never arrived.
    Case("synthflow.not-registered", ("verify.inbound",), ("verify.inbound/synthflow",)),
)


REALM = "trunk_sip_authentication_credentials_realm"

# The calls that prove what people said they did.
PROOFS = ("verify.inbound", "verify.transfer", "probe.acl", "diagnose")


@dataclass
class Bench:
    """A provisioned run, to be opened again and again."""

    folder: Path

    @contextmanager
    def attempt(self, *sets: str) -> Iterator[session.Session]:
        with closing(session.prepare(PARAMETERS, sets, out=self.folder)) as opened:
            yield opened


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("faults"))
    life.ensure(bench.folder, time_scale=200)  # here, so that no attempt ends it
    try:
        with bench.attempt() as opened:
            quiet = [step.id for step in opened.guide.steps if not step.dials]
            for step in (*quiet, *PROOFS):
                opened.engine.run(step)
            verdicts = {id_: row.verdict for id_, row in opened.journal.steps().items()}
            assert set(verdicts.values()) == {"pass"}, verdicts
        yield bench
    finally:
        life.stop(bench.folder)


@contextmanager
def broken(fault: str, folder: Path) -> Iterator[None]:
    testbed = life.ensure(folder, faults=[fault])
    try:
        yield
    finally:
        testbed.control("DELETE", f"/faults/{fault}")


def first_cause(opened: session.Session) -> str:
    """The cause that section 06 names first of what the attempt has seen so far."""
    opened.engine.run("diagnose")
    named = opened.journal.get(f"causes/{opened.attempt}")["named"]
    return str(named[0]["id"])


def failing(results: list[StepResult]) -> set[str]:
    return {c.id for r in results for c in r.checks if c.verdict.value == "fail"}


@pytest.mark.parametrize("case", CASES, ids=[case.fault for case in CASES])
def test_the_right_check_fails_and_the_right_cause_comes_first(
    case: Case, provisioned: Bench
) -> None:
    with provisioned.attempt("mode=verify") as opened:
        with broken(case.fault, provisioned.folder):
            met = [opened.engine.run(step) for step in case.steps]
        assert set(case.fails) <= failing(met)
        assert first_cause(opened) == faults()[case.fault].cause
        mended = [opened.engine.run(step) for step in case.steps]
        assert failing(mended) == set()


@pytest.mark.parametrize(
    ("fault", "flat", "fails"),
    [
        ("synthflow.rtp-blackhole", 0, "verify.inbound/heard/AI-agent"),
        ("genesys.rtp-blackhole", 2, "verify.inbound/heard/caller"),
    ],
)
def test_the_direction_that_is_lost_is_the_flat_one_and_its_check_alone_fails(
    fault: str, flat: int, fails: str, provisioned: Bench
) -> None:
    with provisioned.attempt("mode=verify") as opened:
        with broken(fault, provisioned.folder):
            met = opened.engine.run("verify.inbound")
        heard = {c.id: c for c in met.checks if c.id.startswith("verify.inbound/heard")}
        assert {id_ for id_, c in heard.items() if c.verdict.value == "fail"} == {fails}
        (name,) = (name for name in heard[fails].evidence if name.endswith(".json"))
        lanes = json.loads((provisioned.folder / "evidence" / name).read_bytes())["lanes"]
        assert [lane["vantage"] for lane in lanes] == ["here", "here", "testbed"]
        sounding = [any(level is not None and level > -60 for level in x["values"]) for x in lanes]
        assert sounding == [number != flat for number in range(3)]
        assert first_cause(opened) == faults()[fault].cause
        assert failing([opened.engine.run("verify.inbound")]) == set()


BAD_LINES = ("loss-5-to-caller", "loss-5-to-agent", "jitter-120-to-caller", "jitter-120-to-agent")


def test_over_a_bad_line_a_healthy_set_up_passes_and_no_cause_is_named(provisioned: Bench) -> None:
    bad = [f"synthflow.{name}" for name in BAD_LINES]
    testbed = life.ensure(provisioned.folder, faults=bad)
    try:
        with provisioned.attempt("mode=verify") as opened:
            met = [opened.engine.run(step) for step in ("verify.inbound", "verify.transfer")]
            opened.engine.run("diagnose")
            named = opened.journal.get(f"causes/{opened.attempt}")["named"]
    finally:
        for fault in bad:
            testbed.control("DELETE", f"/faults/{fault}")
    assert [result.verdict.value for result in met] == ["pass", "pass"]
    assert named == []
    heard = {c.id: c.seen for c in met[0].checks if c.id.endswith("heard/AI-agent")}
    assert not re.search(r"\b0 % lost", heard["verify.inbound/heard/AI-agent"])


@contextmanager
def by_hand(opened: session.Session) -> Iterator[None]:
    """Another realm at the trunk, and callers led to the live agents' flow."""
    client, parameters = genesys(opened.engine.ctx), opened.parameters
    flows = {flow["name"]: flow["id"] for flow in client.flows()}
    (ivr,) = (i["id"] for i in client.ivrs() if parameters.numbers[0] in i["dnis"])
    (trunk,) = (t["id"] for t in client.trunks() if t["name"] == parameters.trunk_name)

    def put(flow: str, realm: str) -> None:
        client.update_ivr(ivr, client.ivr(ivr) | {"openHoursFlow": {"id": flows[flow]}})
        body = client.trunk(trunk)
        body["properties"][REALM]["value"]["instance"] = realm
        client.update_trunk(trunk, body)

    own = settings(opened.engine.ctx)
    realm = client.trunk(trunk)["properties"][REALM]["value"]["instance"]
    put(own.transfer_flow, "another.example")
    try:
        yield
    finally:
        put(own.inbound_flow, realm)


def test_of_two_things_broken_by_hand_both_are_seen_and_no_other_voice_is_the_agents(
    provisioned: Bench,
) -> None:
    steps = ("trunk.outbound", "routing.inbound", "flow.inbound", "verify.inbound")
    with provisioned.attempt("mode=verify") as opened:
        with by_hand(opened):
            met = [opened.engine.run(step) for step in steps]
        assert failing(met) >= {
            "trunk.outbound/Realm",
            "routing.inbound/Open-hours flow",
            "flow.inbound/flow",
            "verify.inbound/flow",
            "verify.inbound/synthflow",
        }
        verdicts = {check.id: check.verdict.value for result in met for check in result.checks}
        assert verdicts["verify.inbound/answer"] == "inconclusive"
        assert {verdicts[id_] for id_ in ("flow.inbound/did", "flow.inbound/published")} == {"pass"}
        assert failing([opened.engine.run(step) for step in steps]) == set()


def test_a_step_that_is_run_again_finds_its_call_again(provisioned: Bench) -> None:
    """As when somebody runs all cells of a notebook twice."""
    with provisioned.attempt() as opened:
        for _ in range(2):
            for step in ("verify.inbound", "verify.outbound"):
                assert failing([opened.engine.run(step)]) == set(), step


def test_an_identifier_that_is_taken_stops_the_trunk(tmp_path: Path) -> None:
    fault = "genesys.identifier-taken"
    life.ensure(tmp_path)
    try:
        with Bench(tmp_path).attempt() as opened, broken(fault, tmp_path):
            assert opened.engine.run("access.platform").verdict.value == "pass"
            result = opened.engine.run("trunk.create")
            assert result.verdict.value == "fail"
            assert first_cause(opened) == faults()[fault].cause
    finally:
        life.stop(tmp_path)


def told_of_a_broken_run(provisioned: Bench) -> str:
    """A run in which the agent was not heard; returns what its cause says in short."""
    fault = "synthflow.rtp-blackhole"
    with provisioned.attempt("mode=verify") as opened, broken(fault, provisioned.folder):
        opened.engine.run("verify.inbound")
        opened.engine.run("diagnose")
    return "Synthflow's audio is lost on the way"


def test_the_command_line_names_what_section_06_names(provisioned: Bench) -> None:
    sentence = told_of_a_broken_run(provisioned)
    said = CliRunner().invoke(app, ["diagnose", str(provisioned.folder)])
    assert said.exit_code == 1, said.output
    assert sentence in said.output
    assert "Where: Network, RTP from Synthflow to Genesys Cloud, Firewall" in said.output
    assert "One-way or no audio" in said.output


def test_a_bundle_has_the_causes_on_top_and_no_secret(provisioned: Bench, tmp_path: Path) -> None:
    sentence = told_of_a_broken_run(provisioned)
    target = tmp_path / "for-support.zip"
    made = CliRunner().invoke(app, ["bundle", str(provisioned.folder), "--out", str(target)])
    assert made.exit_code == 0, made.output
    with zipfile.ZipFile(target) as bundle:
        names = bundle.namelist()
        content = {name: bundle.read(name) for name in names}
    assert sentence in content[names[0]].decode()
    assert {"record.html", "record.json"} <= set(names)
    assert any(name.startswith("evidence/") for name in names)
    assert not [name for name in names if name.endswith(".wav")]
    known = known_secrets(provisioned.folder)
    assert known is not None
    assert not [name for name, data in content.items() if known.redactor.found_in(data)]
    assert target.stat().st_mode & 0o077 == 0


def test_a_secret_in_a_capture_stops_the_bundle(provisioned: Bench, tmp_path: Path) -> None:
    told_of_a_broken_run(provisioned)
    capture = provisioned.folder / "captures" / "mine.pcap"
    capture.parent.mkdir(exist_ok=True)
    with provisioned.attempt("mode=verify") as opened:
        secret = opened.secrets["sip.password"].reveal()
    capture.write_text(f"a note with {secret} in it", "utf-8")
    target = tmp_path / "for-support.zip"
    try:
        made = CliRunner().invoke(app, ["bundle", str(provisioned.folder), "--out", str(target)])
    finally:
        capture.unlink()
    assert made.exit_code == 4
    assert "mine.pcap" in made.output
    assert secret not in made.output
    assert not target.exists()
