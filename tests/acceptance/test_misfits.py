"""What the inputs name and a platform does not have: said in section 01, never planned or made."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine import export
from sfsip_nb.engine.model import Card
from sfsip_nb.engine.verdicts import Check, Verdict
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.notebook.run import Run as Notebook
from sfsip_nb.notebook.run import open_run
from sfsip_nb.runs import session as sessions
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import PROJECT, Run

IN_NO_POOL = "+15551230201"
NEAR = "+15551230001"
PREREQUISITES = ("access.platform", "access.synthflow", "access.number", "access.network")


class Customer:
    """A run of a guide on its testbed, step by step; each session is what a command would open."""

    def __init__(self, guide: str, folder: Path) -> None:
        self.file = PROJECT / "parameters" / f"{guide}.testbed.yaml"
        self.folder = folder
        self.stack = ExitStack()
        self.session: sessions.Session

    def opens(self, *sets: str, mode: str = "") -> Customer:
        """Begin an attempt with these inputs over the sample's."""
        self.stack.close()
        self.session = sessions.prepare(
            self.file, sets, mode=mode, out=self.folder, keep_testbed=True
        )
        self.stack.callback(self.session.close)
        return self

    def run(self, *steps: str) -> dict[str, Check]:
        """The checks of these steps, by id."""
        results = [self.session.engine.run(step) for step in steps]
        return {check.id: check for result in results for check in result.checks}

    def verdict(self, step: str) -> Verdict:
        return self.session.engine.run(step).verdict

    def control(self, method: str, path: str, content: Any = None) -> Any:
        assert self.session.testbed is not None
        return self.session.testbed.control(method, path, content)

    def only_permits(self, *without: str) -> None:
        """Take permissions from the OAuth client."""
        [(id_, client)] = self.control("GET", "/state")["genesys"]["clients"].items()
        left = [name for name in client["_permissions"] if name not in without]
        self.control("PATCH", f"/state/genesys/clients/{id_}", {"_permissions": left})
        self.session.release()

    def pools(self) -> list[str]:
        """The first number of each DID pool."""
        pools = self.control("GET", "/state")["genesys"]["did_pools"].values()
        return [pool["startPhoneNumber"] for pool in pools]

    def planned(self) -> dict[str, dict[str, Any]]:
        """What the plan has of each object, by kind and key."""
        entries = self.session.engine.plan().entries
        return {f"{entry.kind}:{entry.key}": entry.after for entry in entries}

    def card(self, step: str) -> Card:
        make = self.session.guide.step(step).card
        card = make(self.session.engine.ctx) if make else None
        assert card is not None
        return card


Make = Callable[[str], Customer]


@pytest.fixture
def customer(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(guide: str) -> Customer:
            made = Customer(guide, tmp_path / guide)
            stack.callback(life.stop, made.folder)
            stack.callback(made.stack.close)
            return made

        yield make


MISFITS = {
    "genesys": {
        "genesys.site": ("Acme Mian Site", "access.platform/site", "“Acme Main Site”"),
        "genesys.inbound_flow": ("Acme Draft", "access.platform/inbound_flow", "is not published"),
        "genesys.transfer_flow": (
            "Acme Transfers to Support",
            "access.platform/transfer_flow",
            "“Acme Transfer to Support”",
        ),
        "genesys.transfer_queue": (
            "Acme Suport",
            "access.platform/transfer_queue",
            "“Acme Support”",
        ),
        "synthflow.assistant": (
            "Acme Receptionst",
            "access.synthflow/assistant",
            "“Acme Receptionist”",
        ),
    },
    "talkdesk": {
        "talkdesk.ring_group": (
            "Acme Suport Agents",
            "access.platform/queue",
            "“Acme Support Agents”",
        ),
        "talkdesk.sbc": (
            "sbc.acme-tesbed.example",
            "access.network/sbc",
            "sbc.acme-tesbed.example",
        ),
        "synthflow.assistant": (
            "Acme Outbound",
            "access.synthflow/assistant",
            "is no inbound assistant",
        ),
    },
}


@pytest.mark.parametrize("guide", MISFITS)
def test_what_a_platform_does_not_have_fails_section_01_with_the_nearest_and_is_not_planned(
    customer: Make, guide: str
) -> None:
    misfits = MISFITS[guide]
    sets = [f"{key}={json.dumps(typed)}" for key, (typed, _, _) in misfits.items()]
    made = customer(guide).opens(*sets)
    checks = made.run(*PREREQUISITES)
    for key, (typed, id_, said) in misfits.items():
        check = checks[id_]
        assert (check.verdict, check.expected) == (Verdict.FAIL, typed)
        assert said in check.seen
        assert key in check.reason
    with pytest.raises(sessions.InputError, match="no saved plan"):
        made.session.engine.approve("Ann")
    with pytest.raises(Exception, match="do not fit what the platforms have") as refused:
        made.session.engine.plan()
    assert all(key in str(refused.value) for key in misfits)
    assert made.verdict("trunk.create") is Verdict.BLOCKED
    assert made.verdict("number.add") is Verdict.BLOCKED
    assert made.control("GET", "/writes") == []


OTHERWISE = {
    "genesys": {
        "genesys.site": "acme  main site",
        "genesys.inbound_flow": "ACME AI Reception",
        "genesys.transfer_queue": "acme support",
        "genesys.transfer_flow": "Acme transfer to Support",
        "synthflow.assistant": "acme receptionist",
    },
    "talkdesk": {
        "talkdesk.ring_group": "ACME support agents",
        "synthflow.assistant": "acme receptionist",
    },
}


@pytest.mark.parametrize("guide", OTHERWISE)
def test_capitals_and_spaces_alone_are_corrected_and_said_in_all_of_the_run(
    customer: Make, guide: str
) -> None:
    typed, sample = OTHERWISE[guide], sample_values(guide)
    sets = [f"{key}={json.dumps(name)}" for key, name in typed.items()]
    made = customer(guide).opens(*sets)
    notes = {c.expected: c for c in made.run(*PREREQUISITES).values() if "was typed" in c.seen}
    assert sorted(notes) == sorted(typed.values())
    for key, name in typed.items():
        group, _, field = key.partition(".")
        assert notes[name].verdict is Verdict.PASS
        assert f"as “{sample[group][field]}”" in notes[name].seen
        assert f"in {key}" in notes[name].reason
    first = made.planned()
    told = export.record(made.session.journal, made.session.attempt, made.session.guide)
    for key in typed:
        group, _, field = key.partition(".")
        assert told.inputs[group][field] == sample[group][field]

    made.opens(*sets, mode="plan")  # a later command knows it without section 01
    assert made.planned().keys() == first.keys()
    if guide == "genesys":
        flow = {"Open-hours flow": sample["genesys"]["inbound_flow"]}
        assert first["genesys.call_route:Synthflow AI: callers"] == flow
        assert made.card("routing.transfer").values["queue"] == sample["genesys"]["transfer_queue"]
    else:
        card = made.card("routing.transfer")
        assert card.values["ring_group"] == sample["talkdesk"]["ring_group"]
    assert f"synthflow.assistant:{sample['synthflow']['assistant']}" in first


def test_of_two_that_differ_in_capitals_alone_the_exact_one_is_meant_else_neither(
    customer: Make,
) -> None:
    made = customer("genesys").opens("genesys.site=acme main site")
    made.control("POST", "/state/genesys/sites", {"name": "ACME Main Site"})
    site = made.run("access.platform")["access.platform/site"]
    assert site.verdict is Verdict.FAIL
    assert "“ACME Main Site” and “Acme Main Site”" in site.seen
    made.opens("genesys.site=ACME Main Site")
    site = made.run("access.platform")["access.platform/site"]
    assert (site.verdict, site.reason) == (Verdict.PASS, "")


def test_of_two_assistants_of_one_name_neither_is_planned_or_changed(customer: Make) -> None:
    made = customer("genesys").opens()
    name = sample_values("genesys")["synthflow"]["assistant"]
    known = made.control("GET", "/state")["synthflow"]["assistants"].values()
    [own] = [assistant for assistant in known if assistant["name"] == name]
    made.control("POST", "/state/synthflow/assistants", own | {"model_id": "its-namesake"})
    checks = made.run(*PREREQUISITES)
    there = checks["access.synthflow/assistant"]
    two = f"Synthflow has 2 inbound assistants named “{name}”: give the id of the one you mean."
    assert (there.verdict, there.seen) == (Verdict.FAIL, two)
    with pytest.raises(Exception, match="give the id of the one you mean"):
        made.session.engine.plan()
    assert made.verdict("assistant.attach") is Verdict.BLOCKED
    assert made.control("GET", "/writes") == []
    made.opens(f"synthflow.assistant={own['model_id']}")
    assert made.run("access.synthflow")["access.synthflow/assistant"].verdict is Verdict.PASS


def test_a_name_that_cannot_be_asked_for_is_neither_failed_nor_passed(customer: Make) -> None:
    made = customer("genesys").opens("genesys.transfer_queue=Suport")
    made.only_permits("routing:queue:view")
    checks = made.run("access.platform")
    failed = [id_ for id_, check in checks.items() if check.verdict is Verdict.FAIL]
    assert failed == ["access.platform/routing:queue:view"]
    queue = checks["access.platform/transfer_queue"]
    assert queue.verdict is Verdict.INCONCLUSIVE
    assert "403" in queue.seen
    assert "permission" in queue.reason


def test_pools_that_cannot_be_read_say_nothing_of_a_number(customer: Make) -> None:
    made = customer("genesys").opens(f'numbers=["{IN_NO_POOL}"]')
    assert made.verdict("access.platform") is Verdict.PASS
    made.only_permits("telephony:plugin:all")
    checks = made.run("access.number")
    assert {id_: check.verdict for id_, check in checks.items()} == {
        "access.number/pools": Verdict.INCONCLUSIVE
    }
    assert "403" in checks["access.number/pools"].seen


def test_a_queue_that_talkdesk_does_not_show_is_left_to_the_call(customer: Make) -> None:
    made = customer("talkdesk").opens("talkdesk.ring_group=Suport")
    made.control("PUT", "/faults/talkdesk.missing-scope")
    queue = made.run("access.platform")["access.platform/queue"]
    assert (queue.verdict, queue.weight) == ("inconclusive", "advisory")
    assert queue.proved_by == ("verify.transfer/queue",)


# -- a number in no pool ----------------------------------------------------------------------


def wants(number: str) -> str:
    return f'people.access.number={{done_by: Ann, values: {{numbers: ["{number}"]}}}}'


def test_a_number_in_no_pool_waits_and_is_not_planned_before_somebody_wants_a_pool(
    customer: Make,
) -> None:
    made, numbers = customer("genesys"), f'numbers=["{NEAR}", "{IN_NO_POOL}"]'
    made.opens(numbers)
    checks = made.run(*PREREQUISITES)
    number = checks[f"access.number/{IN_NO_POOL}"]
    assert number.verdict is Verdict.WAITING
    assert f"near it, in a pool: {NEAR}" in number.seen
    assert "people → access.number" in number.reason
    assert checks[f"access.number/{NEAR}"].verdict is Verdict.PASS
    assert not [object_ for object_ in made.planned() if object_.endswith(f"pool:{IN_NO_POOL}")]
    assert not [object_ for object_ in made.planned() if object_.endswith(f"did:{IN_NO_POOL}")]
    for step in ("trunk.create", "trunk.site", "routing.inbound", "number.add"):
        made.run(step)
    assert made.session.journal.verdict("number.add") == "blocked"
    assert IN_NO_POOL not in made.pools()

    made.opens(numbers, wants(NEAR))  # a yes to another number is none to this one
    assert made.run("access.number")[f"access.number/{IN_NO_POOL}"].verdict is Verdict.WAITING
    assert made.verdict("access.number") is Verdict.WAITING


def test_a_yes_in_the_parameters_makes_the_pool_from_plan_to_apply(customer: Make) -> None:
    made, numbers = customer("genesys"), f'numbers=["{IN_NO_POOL}"]'
    made.opens(numbers, mode="plan")
    assert made.verdict("access.number") is Verdict.BLOCKED
    made.run(*PREREQUISITES)
    early = made.session.engine.plan()
    inputs = (numbers, wants(IN_NO_POOL))
    made.opens(*inputs, mode="plan")
    checks = made.run(*PREREQUISITES)
    number = checks[f"access.number/{IN_NO_POOL}"]
    assert number.verdict is Verdict.PASS
    assert "requested by Ann" in number.seen
    with pytest.raises(sessions.InputError, match="no saved plan"):
        made.session.engine.approve("Ann")  # the one that was made before the yes
    assert f"genesys.did_pool:{IN_NO_POOL}" in made.planned()
    assert made.session.engine.plan().id != early.id

    made.opens(*inputs)
    made.run(*PREREQUISITES)
    assert made.verdict("access.number") is Verdict.PASS
    made.run("trunk.create", "trunk.site", "routing.inbound")
    assert IN_NO_POOL in made.pools()
    checks = made.run("access.number")
    assert checks[f"access.number/{IN_NO_POOL}"].seen == "in a pool"


def test_in_talkdesk_only_the_very_number_that_a_person_read_is_in_the_inventory(
    customer: Make,
) -> None:
    read = '{done_by: Ann, values: {numbers: "+155512300019, +15551230091"}}'
    made = customer("talkdesk").opens(f"people.access.number={read}")
    checks = made.run("access.number")
    number = checks["access.number/+15551230001"]
    assert number.verdict is Verdict.FAIL
    assert "near it, in the inventory: +15551230091, +155512300019" in number.seen
    assert checks["access.number/+15551230091"].verdict is Verdict.PASS


# -- at a notebook, and in a replay -----------------------------------------------------------


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Notebook]]:
    """Opens a notebook of a rehearsal, as JupyterLab does."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SFSIP_HEADLESS", "0")
    with ExitStack() as stack:

        def opened(stem: str, **inputs: Any) -> Notebook:
            made = open_run("genesys", stem, sample_values("genesys") | {"run": "n"} | inputs)
            stack.callback(made.workspace.close)
            return made

        yield opened
    life.stop(tmp_path / "runs" / "n")


def test_the_form_and_section_01_say_the_same_of_a_name(notebook: Callable[..., Notebook]) -> None:
    given = sample_values("genesys")
    wrong = {"site": "acme main site", "transfer_queue": "Suport", "inbound_flow": "Acme Draft"}
    run = notebook("01-prerequisites", genesys=given["genesys"] | wrong)
    seen = {look.key: look for look in run.workspace.guide.looks if look.check}
    asked = run.workspace.look()
    run.step("access.platform")
    run.step("access.synthflow")
    checks = {row.check: row for row in run.checks.itertuples()}
    for key, look in seen.items():
        said = checks[look.check]
        assert said.seen == asked[key].sentence
        assert said.verdict == {True: "pass", False: "fail"}[bool(asked[key].ok)]
    plan = str(notebook("02-genesys-configuration", genesys=given["genesys"] | wrong).plan())
    assert "No plan was made" in plan
    assert "genesys.transfer_queue: Suport not among 2 queues" in plan
    run.inputs().note("genesys.transfer_queue", "Acme Support")
    run.inputs().note("genesys.inbound_flow", "Acme AI Reception")
    run.step("access.platform")
    assert run.steps.set_index("step").verdict["access.platform"] == "pass"


def test_at_a_notebook_a_person_types_the_number_again_and_its_pool_is_planned(
    notebook: Callable[..., Notebook],
) -> None:
    inputs = {"numbers": [IN_NO_POOL]}
    first = notebook("01-prerequisites", **inputs)
    for step in PREREQUISITES:
        first.step(step)
    assert first.steps.set_index("step").verdict["access.number"] == "waiting"
    second = notebook("02-genesys-configuration", **inputs)
    assert f"DID pool “{IN_NO_POOL}”" not in str(second.plan())
    first.done("access.number", by="Ann", numbers=IN_NO_POOL)
    first.step("access.number")
    assert first.steps.set_index("step").verdict["access.number"] == "pass"
    assert f"did_pool:{IN_NO_POOL}" in second.plan().frame.object.to_string()


def test_a_replay_fails_over_a_misfit_and_waits_over_a_number(run: Run) -> None:
    sections = ("--only", "01,02,03")
    done = run.replay("--set", "genesys.site=Acme Mian Site", *sections, "--mode", "plan")
    assert done.code == 1, done
    verdicts = run.verdicts()
    assert [id_ for id_, verdict in verdicts.items() if verdict == "fail"] == ["access.platform"]
    assert {verdicts[step] for step in ("trunk.create", "trunk.site", "number.add")} == {"blocked"}
    assert run.record()["broke_off"] == ""
    report = ET.parse(run.attempts[-1] / "junit.xml").getroot()
    assert "Acme Main Site" in ET.tostring(report, "unicode")
    assert "Acme Main Site" in (run.attempts[-1] / "record.html").read_text(encoding="utf-8")

    done = run.replay("--set", f'numbers=["{IN_NO_POOL}"]', "--only", "01")
    assert done.code == 3, done
    assert "waiting access.number" in done.out
