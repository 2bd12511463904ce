"""“Call this number now”: a person dials, and the cell watches both sides until it can judge.

In this process, as a notebook does it, on a testbed where the runbook may place no call itself.
"""

from __future__ import annotations

import _thread
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.broken import Interrupted
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.notebook.forms import Intent
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.platforms.shared import watch
from sfsip_nb.runs import session, waiting
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import PROJECT
from tests.acceptance.telephone import call_once, calling

STEP = "verify.inbound"
BY_HAND = {"allowed": False}


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """The folder of a guide's run, provisioned once; no call was made yet."""
    made: dict[str, Path] = {}

    def home(guide: str) -> Path:
        if guide not in made:
            made[guide] = root = tmp_path_factory.mktemp(guide)
            (root / "notebooks").mkdir()
            file = PROJECT / "parameters" / f"{guide}.testbed.yaml"
            out = folder(root, guide)
            life.ensure(out, time_scale=200)
            sets = ("test_calls.allowed=false",)
            with closing(session.prepare(file, sets, out=out, keep_testbed=True)) as opened:
                for step in opened.guide.steps:
                    if not step.dials:
                        opened.engine.run(step.id)
        return made[guide]

    yield home
    for guide, root in made.items():
        life.stop(folder(root, guide))


def folder(root: Path, guide: str) -> Path:
    return root / "runs" / f"testbed-customer-{guide}"


@dataclass
class Desk:
    """A notebook that is open, and what its cells show while they run."""

    run: Run
    shown: list[str] = field(default_factory=list)

    @property
    def run_dir(self) -> Path:
        return self.run.workspace.folder

    def answer(self, caller: str = samples.CALLER) -> None:
        """Type below the card what the next run of the cell takes up."""
        made = self.step()
        assert isinstance(made, Intent), "the card can be answered"
        made.typed |= {"caller": caller, "by": "Ann Engineer"}

    def step(self) -> Any:
        return self.run.step(STEP)

    @property
    def row(self) -> StepRow:
        return self.run.workspace.open().journal.steps()[STEP]

    def verdicts(self) -> dict[str, str]:
        return {c.id.partition("/")[2]: c.verdict for c in self.row.checks}

    @property
    def reasons(self) -> str:
        return " ".join(c.reason for c in self.row.checks)

    def told(self, words: str) -> bool:
        """Wait until the cell that runs has shown these words."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if any(re.search(words, text) for text in list(self.shown)):
                return True
            time.sleep(0.05)
        return False

    def meanwhile(self, act: Callable[[], None]) -> threading.Thread:
        """Do something beside the cell that runs."""
        beside = threading.Thread(target=act)
        beside.start()
        return beside


Open = Callable[..., Desk]


@pytest.fixture
def desk(homes: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the notebook of the calls, its card not answered for this test yet."""
    opened: list[Desk] = []
    monkeypatch.setattr(waiting, "_UNSEEN", 0.05)
    monkeypatch.setattr(waiting, "_TICK", 0.05)

    class Output:
        def update(self, made: Any) -> None:
            for notebook in opened[-1:]:  # opening the run may take long too
                notebook.shown.append(str(made))

    monkeypatch.setattr("IPython.display.display", lambda *_, **__: Output())

    def begin(guide: str = "genesys") -> Desk:
        home = homes(guide)
        monkeypatch.chdir(home)
        values = sample_values(guide)
        values["test_calls"] = values["test_calls"] | BY_HAND
        opened.append(Desk(open_run(guide, "05-verification", values)))
        opened[-1].run.workspace.open().journal.forget_answer(STEP)
        return opened[-1]

    yield begin
    for one in opened:
        one.run.workspace.close()


@pytest.mark.parametrize("guide", ["genesys", "talkdesk"])
def test_the_cell_watches_while_one_dials_and_judges_the_call_when_it_is_over(
    desk: Open, guide: str
) -> None:
    notebook = desk(guide)
    notebook.answer()
    assert notebook.row.verdict == "waiting"

    def dial() -> None:
        if notebook.told(rf"call \{samples.DID} now, from \{samples.CALLER}: .*: nothing yet ·"):
            hang_up = threading.Event()
            with calling(notebook.run_dir, hang_up):
                notebook.told(rf"Synthflow: a call from \{samples.CALLER} since .*, in progress")

    person = notebook.meanwhile(dial)
    notebook.step()
    person.join()
    assert notebook.row.verdict == "pass", notebook.row.checks
    assert any("in progress" in text for text in notebook.shown), "the call was waited for"
    assert {"platform", "synthflow", "joined", "assistant", "transcript"} <= set(
        notebook.verdicts()
    )


def test_a_call_that_was_made_before_the_card_was_answered_is_found(desk: Open) -> None:
    notebook = desk()
    call_once(notebook.run_dir)
    notebook.answer()
    notebook.step()
    assert notebook.row.verdict == "pass", notebook.row.checks


def test_a_call_in_progress_is_not_judged_before_it_is_over(desk: Open) -> None:
    notebook = desk()
    notebook.answer()
    hang_up = threading.Event()
    with calling(notebook.run_dir, hang_up):
        seen = []

        def wait() -> None:
            seen.append(notebook.told(r"until it is over.*Genesys Cloud: .*, in progress · "))
            hang_up.set()

        person = notebook.meanwhile(wait)
        notebook.step()
        person.join()
    assert seen == [True]
    assert notebook.row.verdict == "pass", notebook.row.checks


def test_where_nobody_calls_the_step_waits_for_a_person_and_says_what_to_do(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_TO_DIAL", 1.0)
    notebook = desk()
    notebook.answer()
    made = notebook.step()
    assert notebook.verdicts() == {"call": "waiting"}
    assert "dial while it watches" in notebook.reasons
    assert isinstance(made, Intent), "the card can be answered again"


def test_a_watch_is_interrupted_and_finds_the_call_that_was_made_meanwhile(desk: Open) -> None:
    notebook = desk()
    notebook.answer()

    def interrupt() -> None:
        if notebook.told("nothing yet"):
            _thread.interrupt_main()

    person = notebook.meanwhile(interrupt)
    with pytest.raises(Interrupted):
        notebook.step()
    person.join()
    call_once(notebook.run_dir)
    notebook.step()
    assert notebook.row.verdict == "pass", notebook.row.checks


def test_a_platforms_record_that_stays_away_proves_nothing_and_is_found_later(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_TO_DIAL", 1.0)
    notebook = desk()
    testbed = life.ensure(notebook.run_dir, faults=["genesys.late-records"])
    try:
        notebook.answer()
        call_once(notebook.run_dir)
        notebook.step()
        assert notebook.row.verdict == "inconclusive"
        assert notebook.verdicts()["platform"] == "inconclusive"
        assert notebook.verdicts()["synthflow"] == "pass"
        assert "Records of Genesys Cloud can be late: run this cell again" in notebook.reasons
    finally:
        testbed.control("DELETE", "/faults/genesys.late-records")
    notebook.step()
    assert notebook.row.verdict == "pass", notebook.row.checks


def test_a_number_typed_wrong_is_corrected_and_the_same_call_is_judged(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_TO_DIAL", 1.0)
    notebook = desk()
    notebook.answer("+15550100199")
    call_once(notebook.run_dir)
    notebook.step()
    assert notebook.row.verdict == "inconclusive"
    assert f"It came from {samples.CALLER}. If that was you, correct" in notebook.reasons
    notebook.run.done(STEP, by="Ann Engineer", caller=samples.CALLER)
    notebook.step()
    assert notebook.row.verdict == "pass", notebook.row.checks


def test_a_call_that_the_platform_lost_fails_with_its_record_as_evidence(
    desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_TO_DIAL", 1.0)
    notebook = desk()
    testbed = life.ensure(notebook.run_dir, faults=["genesys.no-route"])
    try:
        notebook.answer()
        call_once(notebook.run_dir)
        notebook.step()
    finally:
        testbed.control("DELETE", "/faults/genesys.no-route")
    verdicts = notebook.verdicts()
    assert (verdicts["platform"], verdicts["synthflow"]) == ("pass", "fail")
    assert verdicts["trunk"] == "fail"
