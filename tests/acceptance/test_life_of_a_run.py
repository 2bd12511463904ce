"""Plan, apply, apply again, drift, an older plan, a new one, rollback: over the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.record import read
from sfsip_nb.runs.session import GUIDES
from tests.acceptance.acceptance_tools import failed, groundless, leaks, printed, sfsip
from tests.acceptance.conftest import CANARIES, Story
from tests.project.project_files import ROOT

# What a platform counts and stamps on its own whenever an object is saved.
COUNTERS = frozenset({"version", "dateModified"})


def test_a_plan_writes_nothing_dials_nothing_and_is_saved(story: Story) -> None:
    plan = story["plan"]
    assert plan.done.code == 3, plan.done
    assert (plan.writes, plan.calls) == (0, 0)
    assert plan.state == story.before
    record = story.run.record(plan.attempt)
    assert (record["mode"], record["verdict"]) == ("plan", "blocked")
    assert "✎ plan: 7 to create, 4 to change, 6 by a person, 0 to delete." in plan.done.out
    steps = story.steps("plan")
    verdicts = {step["verdict"] for step in steps.values()}
    assert verdicts == {"pass", "waiting", "blocked", "skipped"}
    assert (steps["trunk.create"]["change"], steps["number.add"]["change"]) == ("create", "create")
    planned = {(e["step"], e["kind"], e["op"]) for e in plan.plan["entries"]}
    assert planned >= {
        ("trunk.create", "genesys.trunk", "create"),
        ("number.add", "synthflow.number", "create"),
    }
    assert steps["verify.inbound"]["verdict"] == "skipped"
    assert story.run.attempts[plan.attempt - 1].joinpath("record.html").is_file()


def test_apply_carries_it_out_and_every_step_passes(story: Story) -> None:
    assert story["apply"].done.code == 0, story["apply"].done
    steps = story.steps("apply")
    assert set(steps) == {step.id for step in GUIDES["genesys"].steps}
    assert {step["verdict"] for step in steps.values()} <= {"pass", "skipped"}
    assert story["apply"].writes > 0
    assert story["apply"].calls > 0


def test_apply_again_changes_nothing(story: Story) -> None:
    assert story["again"].done.code == 3, "two sections are a part of the guide"
    assert set(story.run.verdicts(story["again"].attempt).values()) == {"pass"}
    assert {step["change"] for step in story.steps("again").values()} == {"none"}
    assert story["again"].writes == story["apply"].writes
    assert story["again"].state == story["apply"].state


def test_verify_names_what_was_changed_behind_its_back(story: Story) -> None:
    assert story["verify"].done.code == 1
    drift = ("Caller Address", "+15551230001", "+15551230077")
    assert drift in failed(story.steps("verify")["trunk.caller_id"])
    assert story["verify"].writes == story["again"].writes


def test_the_older_plan_is_not_carried_out_any_more(story: Story) -> None:
    older = story["older plan"]
    assert older.done.code == 1
    moved = ("Caller Address", "+15551230001 (as planned)", "+15551230077")
    assert moved in failed(story.steps("older plan")["trunk.create"])
    assert older.writes == story["again"].writes
    assert older.state == story["verify"].state


def test_a_new_plan_shows_the_change_and_apply_mends_it(story: Story) -> None:
    assert story["new plan"].done.code == 3
    assert story["new plan"].writes == story["again"].writes
    [change] = [e for e in story["new plan"].plan["entries"] if e["op"] != "none"][:1]
    assert change["before"] == {"Caller Address": "+15551230077"}
    assert set(story.run.verdicts(story["mended"].attempt).values()) == {"pass"}
    assert story["mended"].writes > story["again"].writes
    assert _plain(story["mended"].state) == _plain(_with_queue(story, story["apply"].state))


def test_rollback_leaves_everything_as_it_was_and_what_was_made_by_hand_alone(
    story: Story,
) -> None:
    done = story["rollback"].done
    assert done.code == 0, done
    assert "✖" not in done.out
    assert story["rollback"].state == _with_queue(story, story.before)


def test_attempts_are_written_once_and_their_sums_hold(story: Story) -> None:
    assert story["plan"].files
    assert story["rollback"].files == story["plan"].files
    checked = sfsip("record", str(story.run.folder), "--check")
    assert checked.code == 0, checked
    lines = checked.out.splitlines()
    assert len(lines) == len(story.run.attempts) == 8
    assert all(line.endswith(": as written") for line in lines)


def test_the_rollbacks_record_says_what_was_undone_and_that_all_is_as_before(story: Story) -> None:
    record = json.loads((story.run.attempts[-1] / "record.json").read_text())
    assert (record["mode"], record["verdict"], record["alerts"]) == ("rollback", "pass", [])
    assert record["rollback"]["differences"] == []
    outcomes = {c["object"].partition(":")[0]: c["outcome"] for c in record["changes"]}
    assert "does not detach numbers" in outcomes.pop("synthflow.assistant")
    assert set(outcomes.values()) == {"done"}
    assert record["rolled_back"] == ""


def test_a_healthy_record_is_few_pages_each_of_which_says_whose_it_is(
    story: Story, tmp_path: Path
) -> None:
    folder = story.run.attempts[story["apply"].attempt - 1]
    pages = printed(folder / "record.html", tmp_path)
    assert len(pages) <= 20
    foot = f"attempt {folder.name} · pass"
    assert [number for number, page in enumerate(pages, 1) if foot not in page] == []
    for part in ("What this record does not prove", "Acceptance", "Run by", "Signature"):
        assert part in pages[0]


def test_the_record_and_its_parts_agree(story: Story) -> None:
    folder = story.run.attempts[story["apply"].attempt - 1]
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    stems = [section.notebook for section in GUIDES["genesys"].sections]
    notebooks = {f"notebooks/{stem}.{kind}" for stem in stems for kind in ("ipynb", "html")}
    rest = {"record.html", "record.json", "junit.xml", "journal.json", "SHA256SUMS"}
    assert names == notebooks | rest
    assert (folder / "record.html").stat().st_size < 370_000, "seven sections without audio"
    record = json.loads((folder / "record.json").read_text())
    for step in record["steps"]:
        of_checks = [name for check in step["checks"] for name in check["evidence"]]
        assert set(step["evidence"]) >= set(of_checks)
        assert all((story.run.folder / "evidence" / name).is_file() for name in of_checks)


@pytest.mark.parametrize("moment", ["apply", "again", "verify", "mended"])
def test_no_check_passes_without_evidence(story: Story, moment: str) -> None:
    record = read(story.run.attempts[story[moment].attempt - 1] / "record.json")
    assert groundless(record) == []


def test_a_series_asks_no_more_than_it_needs(story: Story) -> None:
    asked = story.run.record(story["apply"].attempt)["requests"]
    assert 100 < sum(asked.values()) <= 165, asked


def test_what_genesys_was_asked_is_kept_with_the_id_for_its_support(story: Story) -> None:
    step = story.steps("apply")["trunk.create"]
    [name] = [name for name in step["evidence"] if "requests-of" in name]
    rows = json.loads((story.run.folder / "evidence" / name).read_bytes())["requests"]
    assert all(row["correlation"] for row in rows if row["platform"] == "Genesys Cloud")
    [made] = [row for row in rows if row["method"] == "POST" and "trunkbase" in row["path"]]
    assert (made["status"], made["answer"]["name"]) == (200, "Synthflow AI")
    page = (story.run.attempts[story["apply"].attempt - 1] / "record.html").read_text()
    assert made["correlation"] in page


def test_nothing_that_a_run_leaves_holds_a_secret(story: Story) -> None:
    assert leaks(story.run.folder, CANARIES) == []
    for said in story.run.said:
        assert not [name for name, secret in CANARIES.items() if secret in said]


def test_the_secrets_were_used(story: Story) -> None:
    """Else the test above would prove nothing."""
    record = story.run.record(story["apply"].attempt)
    assert record["inputs"]["sip"]["password"] == "set"
    assert record["verdict"] == "pass"
    assert json.dumps(story["apply"].state).count("secret:") > json.dumps(story.before).count(
        "secret:"
    )


def _with_queue(story: Story, state: Any) -> Any:
    """The state with the queue that somebody made by hand while the run went on."""
    queues = story["mended"].state["genesys"]["queues"]
    kept = {story.by_hand: queues[story.by_hand]}
    return state | {"genesys": state["genesys"] | {"queues": state["genesys"]["queues"] | kept}}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in COUNTERS}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def test_its_records_are_frames_and_the_readmes_lines_read_them(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").symlink_to(story.run.folder.parent)
    monkeypatch.chdir(tmp_path)
    shown = (ROOT / "README.md").read_text().split("## Results as data")[1]
    lines = re.findall(r"```python\n(.*?)```", shown, re.DOTALL)[0]
    known: dict[str, Any] = {}
    exec(lines, known)
    runs = known["runs"]
    assert runs.attempts.attempt.tolist() == list(range(1, len(story.run.attempts) + 1))
    applied = runs.calls[runs.calls.attempt == story["apply"].attempt].set_index("step")
    inbound = applied.loc["verify.inbound"]
    assert (inbound.code, inbound.bye_code, inbound.codec) == (200, 200, "PCMU")
    assert 1 <= inbound.mos <= 4.5
    assert inbound.seconds > 1
    assert applied.mark.is_unique
    sent = runs.messages[runs.messages.evidence.isin(inbound.evidence)]
    assert sent[sent.code.isna()].method.tolist() == ["INVITE", "ACK", "BYE"]
    assert sent["at"].is_monotonic_increasing
    legs = runs.messages[runs.messages.step == "verify.inbound"].drop(sent.index)
    assert len(legs), "Genesys's own capture has its leg to Synthflow"
    assert not set(legs.call_id) & set(sent.call_id)
    heard = runs.quality[runs.quality.step == "verify.inbound"]
    assert set(heard.direction) == {
        "Heard by the caller",
        "Said by the caller",
        "Heard by the AI agent",
    }
    assert not runs.checks.map(str).isin(CANARIES.values()).any(axis=None)
