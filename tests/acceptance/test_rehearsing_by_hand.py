"""A rehearsal in which a person does the hard part: cards, approval, calls, and a surprise.

In this process, as a notebook does it: what is typed below a card is honored by the next Run All.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import export
from sfsip_nb.engine.rows import StepRow
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.notebook.forms import Intent
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.notebook.telephones import Telephones
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.testbed import life

ME = "Ann Engineer"
ENTERED = "you enter what the card says: "
SHOWS = "it shows "


@dataclass
class Rehearsal:
    """One run, its notebooks run by a person."""

    guide: str
    by_hand: dict[str, bool]
    outputs: dict[str, Any] = field(default_factory=dict)
    run: Run = field(init=False)

    def close(self) -> None:
        """Let the notebook that is open go."""
        if hasattr(self, "run"):
            self.run.workspace.close()

    def run_all(self, section: str) -> Run:
        """All cells of one notebook from the top."""
        values = sample_values(self.guide)
        self.close()
        values["testbed"] |= {"by_hand": self.by_hand, "time_scale": 200}
        run = open_run(self.guide, section, values)
        self.outputs = {}
        if section.startswith("02"):
            self.outputs["plan"] = run.plan()
        for step in ALL[self.guide].of_section(section):
            self.outputs[step.id] = run.step(step.id)
        self.run = run
        return run

    def hints(self, step: str) -> dict[str, str]:
        """The fields below a card or the plan, with what stands in them."""
        made = self.outputs[step]
        assert isinstance(made, Intent), f"{step} asks for nothing"
        return {name: hint for name, _, hint in made.fields}

    def type(self, step: str, **values: str) -> None:
        """Type below a card what its screen shows, other values, and a name."""
        seen = {n: h.removeprefix(SHOWS) for n, h in self.hints(step).items() if SHOWS in h}
        self.outputs[step].typed |= seen | values | {"by": ME}

    def answer_what_waits(self, section: str) -> None:
        """Answer each card that waits, until none does."""
        for _ in range(3):
            self.run_all(section)
            waiting = [s for s, made in self.outputs.items() if isinstance(made, Intent)]
            waiting = [s for s in waiting if s == "plan" or self.row(s).verdict == "waiting"]
            if not waiting:
                return
            for step in waiting:
                own = step == "routing.transfer" and self.guide == "talkdesk"
                number = {"ring_group_number": talkdesk_samples.RING_GROUP_NUMBER} if own else {}
                self.type(step, **number)
        raise AssertionError(f"{section} still waits for {waiting}")

    def row(self, step: str) -> StepRow:
        return self.run.workspace.open().journal.steps()[step]

    @property
    def folder(self) -> Path:
        return self.run.workspace.folder


Begin = Callable[..., Rehearsal]


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Begins a rehearsal of a guide, with what is done by hand in it."""
    begun: list[Rehearsal] = []
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: Output())

    def one(guide: str, *by_hand: str) -> Rehearsal:
        chosen = {name: name in by_hand for name in ("cards", "plan", "calls")}
        begun.append(Rehearsal(guide, chosen))
        return begun[-1]

    yield one
    for each in begun:
        each.close()
    for folder in (tmp_path / "runs").glob("*"):
        life.stop(folder)


class Output:
    """What the clock of a cell that waits writes to."""

    def update(self, made: Any) -> None:
        """Take no notice."""


SECTIONS = ("01-prerequisites", "02-{}-configuration", "03-synthflow-configuration")


LATER = ("04-call-flows", "05-verification")


def set_up(rehearsal: Rehearsal) -> None:
    """Sections 01 to 03, whatever waits in them answered."""
    for section in SECTIONS:
        rehearsal.answer_what_waits(section.format(rehearsal.guide))


def test_a_card_that_was_carried_out_wrongly_fails_as_it_would_and_is_mended(begin: Begin) -> None:
    rehearsal = begin("talkdesk", "cards", "plan")
    rehearsal.answer_what_waits("01-prerequisites")
    assert rehearsal.run.workspace.open().mode == "plan", "nobody has approved anything yet"

    run = rehearsal.run_all("02-talkdesk-configuration")
    assert rehearsal.row("trunk.create").verdict == "waiting", "the file's answers are not mine"
    assert rehearsal.hints("trunk.create")["port"] == f"{ENTERED}32681"
    assert "password" not in rehearsal.hints("trunk.create")
    with pytest.raises(InputError, match="Port is a whole number, and not 'sip'"):
        run.done("trunk.create", by=ME, port="sip")
    rehearsal.type("plan")
    rehearsal.type("trunk.create", port="5060", transport="UDP")
    rehearsal.answer_what_waits("02-talkdesk-configuration")
    assert rehearsal.run.workspace.open().mode == "apply"
    plan = json.loads((rehearsal.folder / "plan.json").read_text())
    assert plan["approved_by"] == ME
    [trunk] = trunks(rehearsal, "Synthflow AI")
    assert (trunk["port"], trunk["transport"], trunk["username"]) == (5060, "udp", "acme-trunk")

    rehearsal.answer_what_waits("03-synthflow-configuration")
    rehearsal.run_all("05-verification")
    assert rehearsal.row("verify.inbound").verdict == "fail"
    rehearsal.run_all("06-troubleshooting")
    assert "5060" in str(rehearsal.run.diagnosis()) or "32681" in str(rehearsal.run.diagnosis())

    rehearsal.run.done("trunk.create", by=ME)
    [trunk] = trunks(rehearsal, "Synthflow AI")
    assert trunk["port"] == 32681
    rehearsal.run_all("05-verification")
    assert rehearsal.row("verify.inbound").verdict == "pass", rehearsal.row("verify.inbound").checks
    people = rehearsal.run.workspace.open().journal.people()
    assert {answer.done_by for answer in people.values()} == {ME, samples.ADMINISTRATOR}
    assert people["verify.outbound"].done_by == samples.ADMINISTRATOR


def trunks(rehearsal: Rehearsal, name: str) -> list[dict[str, Any]]:
    testbed = life.find(rehearsal.folder)
    assert testbed is not None
    found = testbed.control("GET", "/state")["talkdesk"]["trunks"].values()
    return [trunk for trunk in found if trunk["name"] == name]


def test_what_a_screen_shows_has_to_be_handed_back(begin: Begin) -> None:
    rehearsal = begin("talkdesk", "cards")
    run = rehearsal.run_all("01-prerequisites")
    assert rehearsal.hints("access.platform")["path"] == f"{SHOWS}external_trunk"
    run.done("access.platform", by=ME)
    run.step("access.platform")
    assert "no value for" in str(rehearsal.row("access.platform").checks)
    run.done("access.platform", by=ME, path="byo_ai")
    run.step("access.platform")
    assert rehearsal.row("access.platform").verdict == "fail", "it is not what the account has"


def test_calls_are_made_on_the_rehearsals_telephones(begin: Begin) -> None:
    rehearsal = begin("genesys", "calls")
    set_up(rehearsal)
    rehearsal.run_all("05-verification")
    session = rehearsal.run.workspace.open()
    assert session.testbed is not None
    for step in ("verify.inbound", "verify.transfer", "verify.outbound"):
        assert rehearsal.row(step).verdict == "waiting", f"nobody has dialed for {step}"
        card = session.guide.step(step).card(session.engine.ctx)  # type: ignore[misc]
        assert card is not None
        telephones = Telephones(session.testbed, card)
        rehearsal.type(step)
        watching = threading.Thread(target=rehearsal.run.step, args=(step,))
        watching.start()
        press(telephones, 0)
        if step == "verify.transfer":
            assert shows(telephones, "the agent&#x27;s phone rings"), said(telephones)
            press(telephones, 1)
        watching.join(120)
        assert rehearsal.row(step).verdict == "pass", rehearsal.row(step).checks
    people = session.journal.people()
    assert {people[f"verify.{name}"].done_by for name in ("inbound", "transfer", "outbound")} == {
        ME
    }
    assert not session.journal.dialled(session.attempt) or all(
        call.step.startswith("probe.") for call in session.journal.dialled(session.attempt)
    ), "the runbook itself places none of the three"


def press(telephones: Telephones, which: int) -> None:
    buttons = [child for child in telephones.buttons.box.children if hasattr(child, "click")]
    buttons[which].click()


def said(telephones: Telephones) -> str:
    return str(telephones.buttons.box.children[-1].value)


def shows(telephones: Telephones, words: str) -> bool:
    until = time.monotonic() + 60
    while time.monotonic() < until and words not in said(telephones):
        time.sleep(0.1)
    return words in said(telephones)


def test_a_surprise_is_asked_before_it_is_told_and_headless_never_asks(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = begin("genesys")
    set_up(rehearsal)
    testbed = life.find(rehearsal.folder)
    assert testbed is not None
    begun = testbed.control("POST", "/surprise", {"guide": "genesys", "seed": 7})
    for section in LATER:
        rehearsal.run_all(section)
    run = rehearsal.run_all("06-troubleshooting")
    assert "A surprise is on" in str(rehearsal.outputs["diagnose"])
    asked = run.diagnosis()
    assert isinstance(asked, Intent)
    assert "advisory" not in str(run.verdict()), "it would tell the cause"
    assert list(asked.offered["said"]) == begun["choices"]
    session = run.workspace.open()
    record = export.record(session.journal, session.attempt, session.guide)
    assert record.testbed is not None
    assert record.testbed.faults == ["surprise"]

    with monkeypatch.context() as nobody:
        nobody.setattr(run.workspace, "headless", True)
        assert "What is broken?" not in str(run.diagnosis())
        assert not isinstance(run.diagnosis(), Intent)

    asked.typed["said"] = begun["choices"][0]
    told = str(run.diagnosis())
    known = testbed.control("GET", "/surprise")
    assert f"You said: {begun['choices'][0]}." in told
    assert known["effect"] in told
    assert known["fault"] in told
    assert "The proof is below." in told
    testbed.control("DELETE", "/surprise")
    for section in LATER:
        rehearsal.run_all(section)
    assert rehearsal.row("verify.transfer").verdict == "pass", rehearsal.row("verify.transfer")
    run = rehearsal.run_all("06-troubleshooting")
    assert "there is no cause to name" in str(run.diagnosis())
