"""The attempt's folder: written once, free of secrets, every change found."""

import json
import platform
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sfsip_nb.engine.record import Record
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.runs import junit, sums
from sfsip_nb.runs.errors import Leak
from sfsip_nb.runs.folder import Attempt, sweep
from tests.present import record_sample as sample
from tests.replay.replay_sample import SECRET, notebook


def record(*verdicts: str, broke_off: str = "") -> Record:
    steps = [
        sample.step(f"s.{n}", "01-a", f"Step {n}", verdict, [], note="bell \x07")
        for n, verdict in enumerate(verdicts)
    ]
    return sample.small(steps, broke_off=broke_off)


def showing(evidence: str) -> Record:
    return sample.small([sample.step("s", "01-a", "S", "pass", [], evidence=[evidence])])


def filled(tmp_path: Path, *verdicts: str, broke_off: str = "") -> Attempt:
    attempt = Attempt(tmp_path, "0001-apply")
    notebook(attempt.notebooks / "01-a.ipynb", "1")
    attempt.fill(record(*verdicts, broke_off=broke_off), {"attempts": []})
    return attempt


def test_an_attempt_is_written_once(tmp_path: Path) -> None:
    filled(tmp_path, "pass").publish(Redactor([SECRET]))
    with pytest.raises(InputError, match="written once"):
        Attempt(tmp_path, "0001-apply")


@pytest.mark.parametrize("leak", [SECRET, json.dumps(SECRET), "pa&amp;ss w&quot;ord-ünique/4711"])
def test_a_secret_in_any_file_keeps_nothing(tmp_path: Path, leak: str) -> None:
    attempt = filled(tmp_path, "pass")
    (attempt.notebooks / "trace.txt").write_text(f"x{leak}x", encoding="utf-8")
    with pytest.raises(Leak, match=r"notebooks/trace\.txt of attempt 0001-apply") as error:
        attempt.publish(Redactor([SECRET]))
    assert SECRET not in str(error.value)
    assert list((tmp_path / "attempts").iterdir()) == []


def test_changed_added_and_missing_files_are_found(tmp_path: Path) -> None:
    folder = filled(tmp_path, "pass").publish(Redactor())
    assert not sums.check(folder)
    (folder / "record.html").write_text("better")
    (folder / "junit.xml").unlink()
    (folder / "notebooks" / "more.txt").write_text("new")
    (folder / "link").symlink_to("/etc/hostname")
    found = sums.check(folder)
    assert found.changed == ("record.html",)
    assert found.missing == ("junit.xml",)
    assert found.added == ("link", "notebooks/more.txt")
    assert str(found) == "changed: record.html; added: link, notebooks/more.txt; missing: junit.xml"


def test_junit_of_a_rollback_fails_where_something_is_not_as_before(tmp_path: Path) -> None:
    undone = [
        {"what": "create of trunk", "result": "deleted", "ok": True},
        {"what": "update of number", "result": "refused", "ok": False},
    ]
    rolled = {"at": "2026-11-20T09:00:00Z", "by": "", "ok": False, "undone": undone}
    made = sample.small([], rollback=rolled | {"differences": ["the number rings nowhere"]})
    junit.write(made, tmp_path / "junit.xml")
    cases = ET.parse(tmp_path / "junit.xml").getroot().findall(".//testcase")
    failed = {case.get("name"): case.find("failure") is not None for case in cases}
    assert failed == {
        "create of trunk": False,
        "update of number": True,
        "everything is as before": True,
    }


def test_junit_says_what_is_not_proven(tmp_path: Path) -> None:
    verdicts = ("pass", "fail", "inconclusive", "waiting", "blocked", "skipped", "waived")
    attempt = filled(tmp_path, *verdicts, broke_off="02-b: interrupted")
    cases = ET.parse(attempt.draft / "junit.xml").getroot().findall(".//testcase")
    kinds = [[child.tag for child in case if child.tag != "system-out"] for case in cases]
    assert kinds == [[], ["failure"], ["error"], ["error"], ["error"], ["skipped"], [], ["error"]]
    assert "interrupted" in cases[-1][0].attrib["message"]


def junit_of(made: Record, path: Path) -> ET.Element:
    junit.write(made, path / "junit.xml")
    return ET.parse(path / "junit.xml").getroot()


def test_junit_says_where_and_when_and_under_which_inputs(tmp_path: Path) -> None:
    made = sample.small([sample.step("s", "01-a", "S", "pass", [])], versions={"sfsip": "9.9"})
    [suite] = junit_of(made, tmp_path).iter("testsuite")
    assert suite.get("timestamp") == "2026-11-20T09:12:00"
    assert suite.get("hostname") == platform.node()
    facts = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert facts["mode"] == "apply"
    assert facts["version.sfsip"] == "9.9"


def test_junit_has_every_step_of_the_guide(tmp_path: Path) -> None:
    left = [
        {"id": "t", "section": "02-b", "title": "T"},
        {"id": "u", "section": "01-a", "title": ""},
    ]
    made = sample.small([sample.step("s", "01-a", "S", "pass", [])], not_run=left)
    skipped = {
        case.get("name"): skip.get("message")
        for case in junit_of(made, tmp_path).iter("testcase")
        for skip in case.iter("skipped")
    }
    assert skipped == {"t: T": "its section was not run", "u: ": "not run in this attempt"}


def test_what_a_plan_leaves_open_is_no_error(tmp_path: Path) -> None:
    words = ("pass", "fail", "blocked", "waiting")
    steps = [sample.step(word, "01-a", word, word, [], note="for a reason") for word in words]
    cases = junit_of(sample.small(steps, mode="plan"), tmp_path).findall(".//testcase")
    kinds = [[child.tag for child in case if child.tag != "system-out"] for case in cases]
    assert kinds == [[], ["failure"], ["skipped"], ["skipped"]]
    assert cases[2][0].get("message") == "blocked, as a plan leaves it: for a reason"


def test_evidence_stands_in_the_page(tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "ab-reply.txt").write_text("the platform's words")
    attempt = Attempt(tmp_path, "0001-apply")
    attempt.fill(showing("ab-reply.txt"), {})
    assert "the platform&#39;s words" in (attempt.draft / "record.html").read_text()


def test_evidence_is_only_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("not for you")
    attempt = Attempt(tmp_path, "0001-apply")
    attempt.fill(showing("../private.txt"), {})
    assert "not for you" not in (attempt.draft / "record.html").read_text()


WRITES = """
import sys, time
from pathlib import Path
from sfsip_nb.runs.folder import Attempt
attempt = Attempt(Path(sys.argv[1]), "0001-apply")
print("writing", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_left_is_swept_and_nothing_that_is_being_written(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    with writer.stdout as said:
        assert said.readline() == b"writing\n"
        sweep(tmp_path)
        [draft] = (tmp_path / "attempts").iterdir()
        with pytest.raises(InputError, match="at this moment"):
            Attempt(tmp_path, "0001-apply")
        assert (draft / "notebooks").is_dir()
        writer.kill()
        writer.wait()
    sweep(tmp_path)
    assert list((tmp_path / "attempts").iterdir()) == []


def test_a_killed_attempt_is_written_anew(tmp_path: Path) -> None:
    left = tmp_path / "attempts" / ".0001-apply.partial" / "notebooks"
    left.mkdir(parents=True)
    (left / "old.ipynb").write_text("half")
    folder = filled(tmp_path, "pass").publish(Redactor())
    assert not (folder / "notebooks" / "old.ipynb").exists()
