"""Talkdesk's human steps, proven by the wire: each slip of the administrator shows in a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.api.exchanges import noted
from sfsip_nb.engine import export
from sfsip_nb.engine.engine import StepResult
from sfsip_nb.notebook.run import Run
from sfsip_nb.notebook.workspace import Workspace
from sfsip_nb.runs import session as sessions
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import groundless

PARAMETERS = Path(__file__).parents[2] / "parameters" / "talkdesk.testbed.yaml"
BEFORE_CALLS = ("01", "02", "03")


class Onboarding:
    """A Talkdesk customer on a testbed, with something broken on purpose."""

    def __init__(self, run_dir: Path, *faults: str, sets: tuple[str, ...] = ()) -> None:
        self.session = sessions.prepare(
            PARAMETERS, sets, out=run_dir, faults=list(faults), keep_testbed=True
        )
        self.results: dict[str, StepResult] = {}

    def run(self, *steps: str) -> None:
        """Everything up to the calls, then these steps."""
        engine = self.session.engine
        early = [s.id for s in self.session.guide.steps if s.section.startswith(BEFORE_CALLS)]
        for step in (*early, *steps):
            self.results[step] = engine.run(step)

    def workspace(self) -> Workspace:
        """Its inputs as a replayed notebook has them."""
        values = self.session.parameters.model_dump(mode="json", by_alias=True)
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in self.session.env.items():
                patch.setenv(variable, value)
            return Workspace("talkdesk", values)

    def failed(self, step: str) -> dict[str, str]:
        """The failed checks of a step and what they advise."""
        return {c.id: c.reason for c in self.results[step].checks if c.verdict == "fail"}


@pytest.fixture
def onboarding(tmp_path: Path) -> Iterator[Any]:
    made: list[Onboarding] = []

    def start(*faults: str, sets: tuple[str, ...] = ()) -> Onboarding:
        made.append(Onboarding(tmp_path / f"run{len(made)}", *faults, sets=sets))
        return made[-1]

    yield start
    for one in made:
        one.session.close()
        life.stop(one.session.run_dir)


@pytest.mark.parametrize(
    ("slip", "proof", "card"),
    [
        ("talkdesk.slip-port", "verify.inbound", "trunk.create"),
        ("talkdesk.slip-did", "verify.inbound", "routing.inbound"),
        ("talkdesk.slip-trunk", "verify.inbound", "routing.inbound"),
        ("talkdesk.slip-address", "probe.acl", "trunk.acl"),
        ("talkdesk.slip-fallback", "routing.inbound", "routing.inbound"),
    ],
)
def test_a_slip_fails_the_right_proof_and_names_the_card(
    onboarding: Any, slip: str, proof: str, card: str
) -> None:
    run = onboarding(slip)
    run.run(*() if proof == "routing.inbound" else (proof,))
    assert run.results[proof].verdict == "fail"
    assert any(card in reason for reason in run.failed(proof).values()), run.failed(proof)
    assert run.session.journal.verdict(card) != "pass"


def test_swapped_transport_fails_where_only_the_other_is_open(onboarding: Any) -> None:
    run = onboarding("talkdesk.slip-transport", sets=("sip.transport=tls",))
    run.run("verify.inbound")
    assert run.results["verify.inbound"].verdict == "fail"
    assert any("trunk.create" in reason for reason in run.failed("verify.inbound").values())


def test_without_answers_every_human_step_waits_and_nothing_behind_it_passes(
    onboarding: Any,
) -> None:
    run = onboarding(sets=("people={}",))
    run.run("flow.inbound", "verify.inbound", "verify.transfer", "verify.outbound")
    verdicts = {step: result.verdict.value for step, result in run.results.items()}
    assert verdicts["access.platform"] == "waiting"
    assert {verdicts[s] for s in ("trunk.create", "routing.inbound", "verify.inbound")} == {
        "blocked"
    }


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        ({"sets": ("talkdesk.client_secret=env:WRONG_SECRET",)}, "access.platform/api", "secret"),
        ({"sets": ("talkdesk.account=no-such-account",)}, "access.platform/api", "account"),
        ({"sets": ("talkdesk.region=eu",)}, "access.platform/api", "region"),
        ({"faults": ("talkdesk.missing-scope",)}, "access.platform/queues:read", "queues:read"),
    ],
)
def test_each_way_to_be_refused_has_a_verdict_of_its_own(
    onboarding: Any,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    check: str,
    words: str,
) -> None:
    monkeypatch.setenv("WRONG_SECRET", "not-the-secret-at-all")
    run = onboarding(*change.get("faults", ()), sets=change.get("sets", ()))
    result = run.session.engine.run("access.platform")
    assert result.verdict == "fail"
    told = {c.id: f"{c.seen} {c.reason}" for c in result.checks if c.verdict == "fail"}
    assert words in told[check], told


def test_no_check_passes_without_evidence(onboarding: Any) -> None:
    run = onboarding()
    for mode, most in (("apply", 60), ("verify", 50)):
        if mode == "verify":
            run.session.close()
            run.session = sessions.prepare(
                PARAMETERS, ("mode=verify",), out=run.session.run_dir, keep_testbed=True
            )
        run.session.engine.ctx.recalls = True  # as in a notebook that nobody watches
        for step in run.session.guide.steps:
            run.session.engine.run(step.id)
        record = export.record(run.session.journal, run.session.attempt, run.session.guide)
        wrong = [(c.id, c.seen) for s in record.steps for c in s.checks if c.verdict == "fail"]
        assert (record.mode, record.verdict) == (mode, "pass"), wrong
        assert groundless(record) == []
        assert sum(record.requests.values()) <= most, record.requests


def test_a_rate_limit_is_waited_out(onboarding: Any) -> None:
    run = onboarding("talkdesk.rate-limit")
    engine = run.session.engine
    with noted() as asked:
        for _ in range(5):  # every fifth request is refused
            assert engine.run("access.platform").verdict == "pass"
    assert 429 in {one.status for one in asked}


def test_a_report_that_never_finishes_is_told_and_ends(onboarding: Any) -> None:
    run = onboarding("talkdesk.report-stuck")
    run.run("verify.inbound")
    told = [f"{c.seen} {c.reason}" for c in run.results["verify.inbound"].checks]
    assert run.results["verify.inbound"].verdict == "inconclusive"
    assert any("report" in text for text in told), told


def test_a_card_is_one_page_that_tells_every_value_but_no_secret(onboarding: Any) -> None:
    run = onboarding()
    with closing(run.workspace()) as workspace:
        Run(workspace, "02-talkdesk-configuration").send("trunk.create")
    page = (run.session.run_dir / "cards" / "trunk.create.html").read_text(encoding="utf-8")
    for value in ("Synthflow AI", "sip.us.synthflow.ai", "32681", "UDP", "Digest", "acme-trunk"):
        assert value in page
    assert not run.session.redactor.found_in(page.encode())
    assert "default-src &#39;none&#39;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_an_answer_in_the_notebook_goes_on_from_there(onboarding: Any, tmp_path: Path) -> None:
    run = onboarding(sets=("people={}",))
    shot = tmp_path / "screen.png"
    shot.write_bytes(b"\x89PNG a screenshot")
    run.session.alone.close()  # a notebook's cell writes only while no command works on the run
    with closing(run.workspace()) as workspace:
        notebook = Run(workspace, "01-prerequisites")
        notebook.step("access.platform")
        assert run.session.journal.verdict("access.platform") == "waiting"
        notebook.done("access.platform", by="Ann", files=[str(shot)], path="external_trunk")
        notebook.step("access.platform")
    assert run.session.journal.verdict("access.platform") == "pass"
    [name] = run.session.journal.people()["access.platform"].evidence
    assert (run.session.run_dir / "evidence" / name).read_bytes() == shot.read_bytes()
