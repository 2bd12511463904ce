"""Two numbers with an assistant each, and a third one that the stated sample leaves out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import PROJECT, Run, printed

OWN, SHARED, LEFT = samples.DID, samples.SPARE_DID, "+15551231000"
BILLING = samples.SYNTHFLOW_SECOND_ASSISTANT_NAME


@pytest.fixture(scope="module", params=["genesys", "talkdesk"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("two")
    listed = folder / "numbers.csv"
    listed.write_text(
        f"number,assistant,label\n{OWN},,Front desk\n{SHARED},{BILLING},Bills\n{LEFT},,\n"
    )
    made = Run(folder / "run")
    done = made.replay(
        *("--set", f"numbers={listed}", "--set", "test_calls.sample=2"),
        *("--set", f"test_calls.ai_caller={samples.SYNTHFLOW_AI_CALLER_NAME}"),
        *("--set", f'test_calls.destinations=["{OWN}","{SHARED}","+15551230090..91"]'),
        file=PROJECT / "parameters" / f"{request.param}.testbed.yaml",
    )
    assert done.code == 0, done.out + done.err
    yield made
    life.stop(made.folder)


def test_every_number_passes_each_with_its_own_checks(run: Run) -> None:
    assert set(run.verdicts().values()) == {"pass"}
    answered = {c["id"]: c["expected"] for c in run.steps()["verify.inbound"]["checks"]}
    own, shared = f"{samples.SYNTHFLOW_ASSISTANT_NAME}, completed", f"{BILLING}, completed"
    assert answered[f"verify.inbound/assistant/{OWN}"] == own
    assert answered[f"verify.inbound/assistant/{SHARED}"] == shared


def test_each_assistant_transfers_a_caller(run: Run) -> None:
    placed = run.record()["dialled"]
    rung = {(call["step"], call["number"]) for call in placed}
    assert {
        (f"verify.{kind}", n) for kind in ("inbound", "transfer") for n in (OWN, SHARED)
    } <= rung
    assert LEFT not in {number for _, number in rung}


def test_an_assistant_calls_the_first_number_and_its_records_are_joined(run: Run) -> None:
    found = {c["id"]: c for c in run.steps()["verify.inbound"]["checks"]}
    reached = found[f"verify.inbound/ai-caller/{OWN}"]
    joined = found[f"verify.inbound/ai-caller/joined/{OWN}"]
    assert {(c["verdict"], c["weight"]) for c in (reached, joined)} == {("pass", "advisory")}
    assert f"from {samples.AI_CALLER_NUMBER}" in reached["seen"]
    assert not [id for id in found if "ai-caller" in id and id.endswith(SHARED)]
    own = [call for call in run.record()["dialled"] if call["step"] == "verify.inbound"]
    assert sorted(call["number"] for call in own) == [OWN, OWN, SHARED]


def test_what_was_not_called_is_not_proven(run: Run) -> None:
    [told] = [c for c in run.steps()["verify.inbound"]["checks"] if c["id"].endswith("not-called")]
    assert (told["verdict"], told["weight"]) == ("inconclusive", "advisory")
    assert LEFT in told["seen"]


def test_what_was_not_traced_is_said(run: Run) -> None:
    flows = [
        c for id_, step in run.steps().items() if id_.startswith("flow.") for c in step["checks"]
    ]
    [told] = [check for check in flows if check["id"] == "flow.inbound/not-traced"]
    assert (told["verdict"], told["weight"]) == ("inconclusive", "advisory")
    assert LEFT in told["seen"]
    assert {check.get("number", "") for check in flows} == {"", OWN, SHARED}


def test_the_record_lists_the_numbers(run: Run) -> None:
    page = (run.attempts[-1] / "record.html").read_text(encoding="utf-8")
    table = page.split('id="numbers"')[1].split("</section>")[0]
    for words in (OWN, SHARED, LEFT, "Bills", BILLING, "not called: no call proves it"):
        assert words in table


def test_the_record_is_few_pages_with_several_numbers_too(run: Run, tmp_path: Path) -> None:
    assert len(printed(run.attempts[-1] / "record.html", tmp_path)) <= 24


def test_the_inputs_are_kept_without_the_file(run: Run) -> None:
    kept = json.loads((Path(run.attempts[-1]) / "record.json").read_text())["inputs"]["numbers"]
    assert kept == [
        {"number": OWN, "label": "Front desk"},
        {"number": SHARED, "assistant": BILLING, "label": "Bills"},
        LEFT,
    ]
