"""record.html, record.json and junit.xml of one attempt say the same, the same way every time."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sfsip_nb.engine.record import Record, schema
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.present.style import VERDICTS
from sfsip_nb.runs.folder import Attempt
from tests.present import record_sample as sample
from tests.present.hostile import HOSTILE, UNSEEN, poison
from tests.replay.replay_sample import notebook

Verdicts = list[tuple[str, str]]
"""Step and verdict, or check's title and verdict."""


_ROW = re.compile(r'<tr class="(step|sub)"(?: id="([^"]+)")?>(.*?)</tr>', re.S)
_VERDICT = re.compile(r'<span class="verdict[^"]*"><span class="glyph">[^<]+</span> (\w+)</span>')
_TITLE = re.compile(r'<th scope="row">(.*?)(?: <small|</th>)')


def of_page(text: str) -> tuple[Verdicts, Verdicts]:
    steps, checks = [], []
    for kind, step, cells in _ROW.findall(text):
        verdict, title = _VERDICT.search(cells), _TITLE.search(cells)
        if kind == "step" and verdict:
            steps.append((step, verdict[1]))
        elif verdict and title:
            checks.append((html.unescape(title[1]), verdict[1]))
    return steps, checks


def every_verdict() -> dict[str, Any]:
    """The sample with steps and checks of every verdict."""
    data = sample.record()
    for word in VERDICTS:
        checks = [
            sample.check(f"all.{word}/{weight}", f"Check {word} {weight}", word, weight=weight)
            for weight in ("required", "advisory")
        ]
        data["steps"].append(
            sample.step(f"all.{word}", "05-verification", f"Step {word}", word, checks)
        )
    return data


def written(folder: Path, data: dict[str, Any]) -> Path:
    evidence = folder / "evidence"
    evidence.mkdir(parents=True)
    for reference, content in sample.EVIDENCE.items():
        (evidence / Path(reference).name).write_bytes(content)
    attempt = Attempt(folder, "0003-apply")
    notebook(attempt.notebooks / "01-a.ipynb", "1")
    attempt.fill(Record.model_validate(data), {"evidence": {}})
    return attempt.publish(Redactor())


def of_junit(path: Path) -> tuple[Verdicts, Verdicts]:
    steps, checks = [], []
    for case in ET.parse(path).getroot().iter("testcase"):
        said, *lines = case.findtext("system-out", "").splitlines()
        steps.append((case.attrib["name"].partition(": ")[0], said.split()[1]))
        for line in lines:
            found = re.match(r"\S+ (\w+) (?:\(advisory\) )?\S+ (.*): expected", line)
            assert found, line
            checks.append((found[2], found[1]))
    return steps, checks


def test_all_three_say_the_same_of_every_step_and_check(tmp_path: Path) -> None:
    attempt = written(tmp_path, every_verdict())
    data = json.loads((attempt / "record.json").read_text("ascii"))
    steps = [(step["id"], step["verdict"]) for step in data["steps"]]
    checks = [
        (check["title"], check["verdict"]) for step in data["steps"] for check in step["checks"]
    ]
    assert len(steps) == 6 + 7
    assert of_page((attempt / "record.html").read_text("utf-8")) == (steps, checks)
    in_junit, checks_there = of_junit(attempt / "junit.xml")
    assert ([row for row in in_junit if row[1] != "not"], checks_there) == (steps, checks)
    not_run = [step["id"] for step in data["not_run"]]
    assert not_run
    assert [id_ for id_, said in in_junit if said == "not"] == not_run


def test_all_three_count_the_same(tmp_path: Path) -> None:
    attempt = written(tmp_path, every_verdict())
    data = json.loads((attempt / "record.json").read_text("ascii"))
    count = Counter(step["verdict"] for step in data["steps"])
    suites = ET.parse(attempt / "junit.xml").getroot()
    proven = ("pass", "waived", "fail", "skipped")
    assert {key: int(suites.attrib[key]) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": len(data["steps"]) + len(data["not_run"]),
        "failures": count["fail"],
        "skipped": count["skipped"] + len(data["not_run"]),
        "errors": sum(number for word, number in count.items() if word not in proven),
    }
    page = (attempt / "record.html").read_text("utf-8")
    told = re.search(r"<p>13 steps: ([^<]+)\.</p>", page)
    assert told
    said = {word: int(number) for number, word in (part.split() for part in told[1].split(", "))}
    assert said == count


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_text_is_harmless_in_all_of_them(tmp_path: Path, kind: str) -> None:
    data = poison(every_verdict(), HOSTILE[kind])
    attempt = written(tmp_path, data)
    json.loads((attempt / "record.json").read_bytes())
    ET.parse(attempt / "junit.xml")
    for name in ("record.json", "junit.xml", "record.html"):
        text = (attempt / name).read_text("utf-8")
        assert not UNSEEN & set(text), name
        if name != "record.json":
            assert "<script" not in text


def test_the_sample_keeps_the_schema() -> None:
    jsonschema.Draft202012Validator(schema()).validate(every_verdict())


AGAIN = """
import sys
from pathlib import Path
from tests.replay.test_same_words import every_verdict, written
written(Path(sys.argv[1]), every_verdict())
"""


def test_the_same_record_is_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        folder = str(tmp_path / seed)
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC-{seed}"}
        subprocess.run([sys.executable, "-c", AGAIN, folder], env=env, check=True, timeout=120)
    one, other = (
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for folder in (tmp_path / "1", tmp_path / "2")
    )
    assert "attempts/0003-apply/record.html" in one
    assert one == other
