"""Where a run stands, from its journal alone: what is told, what is to do first, or next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import rows
from sfsip_nb.engine.changes import Meant
from sfsip_nb.engine.found import JOURNAL
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.platforms import guides
from sfsip_nb.present import status as status_page
from sfsip_nb.runs.status import status_of
from sfsip_nb.runs.todo import cell_of
from tests.present import record_sample as sample

GUIDE = guides.ALL["genesys"]
KNOWN = {"guide": "genesys", "customer": "Northwind", "target": "testbed"}
CAUSE = {
    "id": "network.audio-lost",
    "sentence": "Synthflow's audio is lost on the way.",
    "side": "the network",
    "object": "RTP",
    "field": "the way",
    "path": "the firewall",
    "value": "",
    "who": "the network team",
    "proof": [],
    "explains": ["verify.inbound/heard"],
}


class Written:
    """A run's journal, written by hand."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self.attempt = 0

    def begin(self, mode: str = "apply", faults: tuple[str, ...] = ()) -> None:
        testbed = rows.TestbedRow(time_scale=1, seed=1, faults=list(faults))
        self.attempt = self.journal.begin(mode, "interactive", AttemptFacts(testbed=testbed))
        values = {"testbed": {"faults": list(faults)}}
        self.journal.put("parameters", {"guide": "genesys", "values": values})

    def ran(self, step: str, verdict: str = "pass", kind: str = "seen", **more: Any) -> None:
        check = sample.check(f"{step}/{kind}", "Something", verdict, **more)
        row = self.journal.step_begins(self.attempt, step)
        self.journal.step_ends(row, verdict, "none", [rows.CheckRow.model_validate(check)], "")

    def ran_all(self, *but: str) -> None:
        for step in GUIDE.steps:
            if step.id not in but:
                self.ran(step.id)

    def status(self, here: str = "05-verification", **known: Any) -> dict[str, Any]:
        found = status_of(self.folder, KNOWN | known, here, self.journal)
        assert found is not None
        return found

    def bar(self, **known: Any) -> str:
        return str(status_page.bar(self.status(**known)))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "runs" / "northwind"
    with closing(Journal(folder / JOURNAL)) as journal:
        yield Written(folder, journal)


def test_a_run_that_has_not_begun_leads_to_its_first_step(run: Written) -> None:
    found = run.status()
    first = GUIDE.steps[0].id
    assert found["todo"] == []
    assert found["next"]["href"].endswith(f"01-prerequisites.ipynb#cell-id={cell_of(first)}")
    assert "Next: 01 Prerequisites" in run.bar()


def test_a_failing_section_says_what_to_do_first_and_where_and_never_next(run: Written) -> None:
    run.begin()
    run.ran_all("verify.inbound", "verify.transfer")
    run.ran("verify.inbound", "fail", settle="Open the firewall.")
    run.ran("verify.transfer", "blocked")
    [todo] = run.status()["todo"]
    assert todo["href"].endswith("05-verification.ipynb#cell-id=step-verify-inbound")
    assert "Open the firewall." in todo["why"]
    assert "1 thing to do:" in run.bar()
    assert "Next" not in run.bar()
    run.ran("verify.inbound")
    assert [item["verdict"] for item in run.status()["todo"]] == ["blocked"], "try it again"


def test_a_step_that_was_cut_off_is_to_be_run_again_and_what_it_left_comes_first(
    run: Written,
) -> None:
    run.begin()
    run.ran_all()
    run.journal.step_begins(run.attempt, "routing.inbound")
    meant = Meant("routing.inbound", "genesys.did", "+1555", "update", half="It rings nowhere.")
    run.journal.changes.intend(run.attempt, meant)
    assert run.status()["todo"] == [], "it runs now"
    run.journal.step_over()
    first, again = run.status()["todo"]
    told = "Whether the update of genesys.did “+1555” was carried out is unknown. If it was, It"
    assert first["what"].startswith(told)
    assert again["verdict"] == "inconclusive"
    assert "Run it again" in again["why"]
    for item in (first, again):
        assert item["href"].endswith("#cell-id=step-routing-inbound")
    assert run.status()["sections"][1]["verdict"] == "inconclusive"
    run.journal.changes.ended(1, "done")
    run.ran("routing.inbound")
    [half] = run.status()["todo"]
    assert (half["what"], half["verdict"]) == ("It rings nowhere", "fail")


def test_a_step_cut_off_in_an_attempt_of_its_own_is_what_the_run_is_at(run: Written) -> None:
    run.begin()
    run.ran_all()
    run.begin()
    run.journal.step_begins(run.attempt, "routing.inbound")
    assert run.status()["number"] == 1, "it runs now"
    run.journal.step_over()
    assert run.status()["number"] == 2
    assert run.status()["sections"][1]["verdict"] == "inconclusive"


def test_an_earlier_attempts_verdict_is_told_as_that(run: Written) -> None:
    run.begin()
    run.ran_all()
    assert "Every step is done: make the record." in run.bar()
    run.begin()
    assert "01 Prerequisites: ✔ pass" in run.bar(), "nothing was run in the new attempt yet"
    run.ran("verify.inbound", "fail")
    told = run.bar()
    assert "01 Prerequisites: · not run (pass in attempt 1)" in told
    assert "05 Verification: ✖ fail" in told


def test_with_a_fault_on_nobody_is_sent_to_the_record(run: Written) -> None:
    run.begin(faults=("synthflow.busy",))
    run.ran_all()
    assert "Take the fault off before the record" in run.bar()
    assert "Next" not in run.bar()
    assert "make the record" in run.bar(faults=[]), "it was taken off in the form"


def test_a_fault_that_was_chosen_makes_what_was_seen_old(run: Written) -> None:
    run.begin()
    run.ran_all()
    run.begin(faults=("synthflow.busy",))
    assert "05 Verification: · not run (pass in attempt 1)" in run.bar()


def test_a_named_cause_comes_first_until_what_it_explains_is_well(run: Written) -> None:
    run.begin()
    run.ran_all("verify.inbound")
    run.ran("verify.inbound", "fail")
    run.journal.put(f"causes/{run.attempt}", {"named": [CAUSE]})
    [todo] = run.status()["todo"]
    assert todo["what"] == "Synthflow's audio is lost on the way"
    assert todo["href"].endswith("06-troubleshooting.ipynb#cell-id=diagnosis")
    assert "06 Quick troubleshooting: ✖ 1 cause named" in run.bar()
    asked = run.bar(surprise=True)
    assert "A surprise is on: say what is broken" in asked
    assert "audio is lost" not in asked
    assert "cause" not in asked
    run.ran("verify.inbound")
    assert run.status()["todo"] == []
    assert "06 Quick troubleshooting: ✔ pass" in run.bar()
    assert "cause" not in run.bar()


def test_a_plan_is_one_thing_to_do_however_many_steps_wait_for_it(run: Written) -> None:
    run.begin("plan")
    entry = {
        "step": "trunk.create",
        "kind": "genesys.trunk",
        "key": "AI",
        "op": "create",
        "before": {},
        "after": {"Protocol": "UDP"},
        "changed": ["Protocol"],
        "observed": "",
    }
    about = {"id": "p", "run": "r", "guide": "genesys", "made_at": "", "attempt": 1, "inputs": ""}
    run.journal.put(f"plan/{run.attempt}", about | {"entries": [entry]})
    run.ran("trunk.create", "waiting", "genesys.trunk/AI")
    run.ran("trunk.inbound", "waiting", "genesys.trunk/AI/field")
    run.ran("access.synthflow", "waiting", "person")
    approve, ask = run.status()["todo"]
    assert approve["href"].endswith("02-genesys-configuration.ipynb#cell-id=plan")
    assert "1 to create, 0 to change, 0 by a person, 0 to delete" in approve["why"]
    assert ask["href"].endswith("#cell-id=step-access-synthflow")
