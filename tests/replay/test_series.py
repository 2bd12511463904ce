"""A replay from end to end, with real kernels: few, for each takes a second to start."""

import gc
import json
import os
import signal
import threading
import time
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.replay import kernels
from sfsip_nb.replay.events import Event, Waiting, in_lines
from sfsip_nb.replay.kernels import Kernels
from sfsip_nb.replay.loaded import SAFE
from sfsip_nb.replay.series import replay
from sfsip_nb.runs import sums
from tests.replay.replay_sample import SECRET, Run, guide, notebook

JUDGE = """
import os
from pathlib import Path
from sfsip_nb.engine.journal import Journal
journal = Journal(Path(os.environ["SFSIP_RUN_DIR"]) / "journal.sqlite3")
row = journal.step_begins(1, {step!r})
journal.step_ends(row, {verdict!r}, "none", [], "because")
journal.close()
"""


def run(tmp_path: Path, *stems: str) -> Run:
    folder = tmp_path / "a {strange} folder" / "run"
    return Run(folder, guide(*stems), env={"SFSIP_RUN_DIR": str(folder), "SFSIP_HEADLESS": "1"})


def test_the_plan_that_was_approved_for_an_attempt_is_told_first(tmp_path: Path) -> None:
    prepared = Run(tmp_path / "run", guide())
    about = {"id": "p", "run": "r", "guide": "genesys", "attempt": 1, "inputs": "", "entries": []}
    made = {"made_at": "2026-11-20T09:12:06+00:00", "approved_by": "Ann", "approved_at": ""}
    with closing(prepared.journal()) as journal:
        journal.put("plan/1", about | made | {"stopped": ""})
    said: list[str] = []
    replay(prepared, tmp_path, in_lines(said.append))
    assert said[0].startswith("Approved by Ann: the plan of 2026-11-20 09:12:06 UTC.")


def test_a_series_leaves_the_whole_attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", SECRET)
    leaky = (
        "import os, sys, ipywidgets\n"
        "secret = os.environ['X']\n"
        "print(secret, customer, numbers, sip)\n"
        "sys.stdout.write(secret[:8]); sys.stdout.flush(); sys.stderr.flush()\n"
        "sys.stdout.write(secret[8:]); sys.stdout.flush()\n"
        "display(ipywidgets.Password(value=secret)); display({'text/html': secret}, raw=True)\n"
        "{'a': secret}"
    )
    notebook(
        tmp_path / "genesys" / "01-a.ipynb", leaky, JUDGE.format(step="01-a.step", verdict="pass")
    )
    notebook(tmp_path / "genesys" / "02-b.ipynb", JUDGE.format(step="02-b.step", verdict="skipped"))
    prepared = run(tmp_path, "01-a", "02-b")
    said: list[str] = []

    assert replay(prepared, tmp_path, in_lines(said.append)) == 0

    attempt = prepared.run_dir / "attempts" / "0001-apply"
    assert sorted(path.relative_to(attempt).as_posix() for path in attempt.rglob("*.*")) == [
        "journal.json",
        "junit.xml",
        "notebooks/01-a.html",
        "notebooks/01-a.ipynb",
        "notebooks/02-b.html",
        "notebooks/02-b.ipynb",
        "record.html",
        "record.json",
    ]
    assert not sums.check(attempt)
    assert prepared.closed == 1
    assert [line[:4] for line in said] == ["01 S", "01 S", "02 S", "02 S", "✔ pa", "reco"]
    assert [path.name for path in attempt.parent.iterdir()] == ["0001-apply"]

    text = (attempt / "notebooks" / "01-a.ipynb").read_text()
    assert "•••• Acme ['+15551230001'] {'password': 'env:X'}" in text
    nb = json.loads(text)
    assert "widgets" not in nb["metadata"]
    names = nb["metadata"]["papermill"]
    assert (names["input_path"], names["output_path"]) == ("01-a.ipynb", "01-a.ipynb")
    assert str(tmp_path) not in text
    for path in attempt.rglob("*.*"):
        assert not prepared.redactor.found_in(path.read_bytes())

    page = (attempt / "notebooks" / "01-a.html").read_text()
    assert "<title>Title of 01-a</title>" in page
    assert 'href="02-b.html"' in page
    assert "<script" not in page
    record = json.loads((attempt / "record.json").read_text())
    assert record["ended"]
    assert record["verdict"] == "pass"


def test_a_cell_error_breaks_off_and_still_leaves_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", SECRET)
    secret = "import os; raise ValueError(os.environ['X'])"
    notebook(
        tmp_path / "genesys" / "01-a.ipynb", JUDGE.format(step="01-a.step", verdict="fail"), secret
    )
    prepared = run(tmp_path, "01-a", "02-b")
    said: list[str] = []

    assert replay(prepared, tmp_path, in_lines(said.append)) == 4

    attempt = prepared.run_dir / "attempts" / "0001-apply"
    assert "cell 4 raised ValueError: ••••" in said[1]
    assert "stopped at the cell below" in (attempt / "notebooks" / "01-a.html").read_text()
    assert "broke off" in (attempt / "junit.xml").read_text()
    assert not (attempt / "notebooks" / "02-b.ipynb").exists()
    assert not sums.check(attempt)
    assert prepared.closed == 1


def test_a_replay_that_takes_too_long_is_ended_in_the_cell_that_hangs(tmp_path: Path) -> None:
    notebook(tmp_path / "genesys" / "01-a.ipynb", "import time; time.sleep(60)")
    notebook(tmp_path / "genesys" / "02-b.ipynb")
    said: list[str] = []
    assert replay(run(tmp_path, "01-a", "02-b"), tmp_path, in_lines(said.append), limit=1) == 4
    assert "Stopped early in 01-a: the time for the replay was over" in said[1]


PUTS_RIGHT = """
import time
from pathlib import Path
Path("{began}").touch()
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(0.3)
    Path("{put_right}").touch()
    raise
"""


@pytest.mark.parametrize("pressed", [True, False])
def test_a_cell_that_is_interrupted_may_still_put_something_right(
    tmp_path: Path, pressed: bool
) -> None:
    began, put_right = tmp_path / "began", tmp_path / "put-right"
    cell = PUTS_RIGHT.format(began=began, put_right=put_right)
    notebook(tmp_path / "genesys" / "01-a.ipynb", cell)
    if pressed:
        presser = threading.Thread(target=press_once, args=[began])
        presser.start()
    limit = 60 if pressed else 1
    assert replay(run(tmp_path, "01-a"), tmp_path, lambda event: None, limit=limit) == 4
    if pressed:
        presser.join()
    assert put_right.exists()


def press_once(there: Path) -> None:
    """Ctrl-C, once a file has something in it, or is there."""
    deadline = time.monotonic() + 30
    while not there.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


FATAL = {
    "hangs": ("import time; time.sleep(60)", "a cell took more than 1 s and was interrupted"),
    "takes memory": (
        "held = [bytearray(1 << 26) for _ in range(64)]",
        "cell 4 wanted more memory than a kernel may take (1 GiB)",
    ),
    "takes memory at once": (
        "import numpy; numpy.ones(1 << 30)",
        "cell 4 wanted more memory than a kernel may take (1 GiB)",
    ),
    "is killed": (
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "its kernel ended",
    ),
}
"""What a cell does, and what is said of it."""


@pytest.mark.parametrize("what", FATAL)
def test_each_end_of_a_notebook_has_its_own_verdict_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if "memory" in what and not SAFE:
        pytest.skip("a kernel's memory is bounded where it is forked")
    monkeypatch.setattr(kernels, "MEMORY", 1 << 30)
    cell, why = FATAL[what]
    notebook(
        tmp_path / "genesys" / "01-a.ipynb", JUDGE.format(step="01-a.step", verdict="pass"), cell
    )
    notebook(tmp_path / "genesys" / "02-b.ipynb")
    prepared = run(tmp_path, "01-a", "02-b")
    said: list[str] = []
    timeout = 1 if what == "hangs" else kernels.CELL_TIMEOUT

    assert replay(prepared, tmp_path, in_lines(said.append), cell_timeout=timeout) == 4

    assert f"Stopped early in 01-a: {why}" in said[1]
    attempt = prepared.run_dir / "attempts" / "0001-apply"
    record = json.loads((attempt / "record.json").read_text())
    assert record["verdict"] == "inconclusive"
    assert record["broke_off"].startswith(f"01-a: {why}")
    steps = {step["id"]: step["verdict"] for step in record["steps"]}
    assert steps == {"01-a.step": "pass"}, "what was seen before it stands"
    cases = list(ET.parse(attempt / "junit.xml").getroot().iter("testcase"))
    told = ["".join(filter(None, (part.get("message"), part.text))) for c in cases for part in c]
    assert any(why in text for text in told)
    assert why in (attempt / "record.html").read_text()
    assert "partial" in (prepared.run_dir / "index.html").read_text()
    assert not sums.check(attempt)


def test_what_is_loaded_takes_a_small_part_of_a_kernels_memory(tmp_path: Path) -> None:
    taken = "import resource; assert resource.getrlimit(resource.RLIMIT_DATA)[0] == 4 << 30\n"
    taken += "lines = open('/proc/self/status').read().splitlines()\n"
    taken += "[data] = [line.split()[1] for line in lines if line.startswith('VmData')]\n"
    taken += "assert int(data) < 1 << 20, data"
    notebook(tmp_path / "genesys" / "01-a.ipynb", taken)
    said: list[str] = []
    assert replay(run(tmp_path, "01-a"), tmp_path, in_lines(said.append)) == 3, said


def test_a_kernel_that_dies_before_it_answers_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does where another process was faster to take one of its ports."""
    start, started = Kernels._start, []

    def first_dies(self: Kernels) -> AsyncKernelManager:
        kernel = start(self)
        if not started:
            os.kill(kernel.provisioner.pid, signal.SIGKILL)
        started.append(kernel)
        return kernel

    monkeypatch.setattr(Kernels, "_start", first_dies)
    notebook(tmp_path / "genesys" / "01-a.ipynb", "1 + 1")
    notebook(tmp_path / "genesys" / "02-b.ipynb", "1 + 1")
    prepared = run(tmp_path, "01-a", "02-b")
    prepared.judge(a="pass", b="pass")
    assert replay(prepared, tmp_path, lambda line: None) == 0
    assert len(started) == 3


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [(("fail", "waiting"), 1), (("pass", "waiting"), 3), (("pass", "waived"), 0)],
)
def test_the_exit_code_follows_the_steps(
    tmp_path: Path, verdicts: tuple[str, str], code: int
) -> None:
    prepared = run(tmp_path, "01-a", "02-b")
    prepared.judge(a=verdicts[0], b=verdicts[1])
    assert replay(prepared, tmp_path, lambda event: None, only=["none"]) == code


def test_a_part_of_the_guide_is_no_success(tmp_path: Path) -> None:
    notebook(tmp_path / "genesys" / "01-a.ipynb", JUDGE.format(step="01-a.step", verdict="pass"))
    prepared = run(tmp_path, "01-a", "02-b")
    said: list[str] = []
    assert replay(prepared, tmp_path, in_lines(said.append), only=["01"]) == 3
    assert said[1].startswith("01 Section 01-a: ✔ pass, ")
    assert said[2].splitlines() == [
        "◐ partial: 1 pass, 1 not run",
        "Partial: 1 of 2 steps was not run (Section 02-b).",
    ]
    attempt = prepared.run_dir / "attempts" / "0001-apply"
    record = json.loads((attempt / "record.json").read_text())
    assert (record["verdict"], record["partial"]) == ("inconclusive", True)
    page = (attempt / "record.html").read_text()
    assert "1 of 2 steps was not run" in page
    assert "Nothing required is open" not in page
    facts = {
        item.get("name"): item.get("value")
        for item in ET.parse(attempt / "junit.xml").getroot().iter("property")
    }
    assert facts["partial"] == "true"
    assert facts["outcome"] == "Partial: 1 of 2 steps was not run (Section 02-b)."


def test_a_replay_that_judged_nothing_is_not_a_success(tmp_path: Path) -> None:
    assert replay(run(tmp_path, "01-a"), tmp_path, lambda event: None, only=["none"]) == 3


def test_ctrl_c_ends_the_kernels_and_still_leaves_the_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gc.collect()  # what earlier tests left, asyncio tells now
    caplog.clear()
    started = tmp_path / "kernel.pid"
    wait = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    notebook(tmp_path / "genesys" / "01-a.ipynb", wait)
    notebook(tmp_path / "genesys" / "02-b.ipynb", "1")
    prepared = run(tmp_path, "01-a", "02-b")

    def press() -> None:
        deadline = time.monotonic() + 30
        while not (started.exists() and started.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    assert replay(prepared, tmp_path, lambda event: None) == 4
    presser.join()

    attempt = prepared.run_dir / "attempts" / "0001-apply"
    assert "interrupted" in (attempt / "junit.xml").read_text()
    assert json.loads((attempt / "record.json").read_text())["verdict"] == "inconclusive"
    gc.collect()  # the cell's task is let go of, and asyncio says what it raised
    assert not [entry for entry in caplog.records if entry.name == "asyncio"]
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_an_attempt_that_cannot_be_kept_is_closed_all_the_same(tmp_path: Path) -> None:
    prepared = run(tmp_path, "01-a")
    (prepared.run_dir / "attempts" / "0001-apply").mkdir(parents=True)
    with pytest.raises(InputError, match="written once"):
        replay(prepared, tmp_path, lambda event: None)
    assert prepared.closed == 1


def test_what_takes_long_in_a_kernel_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", SECRET)
    waits = (
        "import os\n"
        "from sfsip_nb.notebook import waiting\n"
        "from sfsip_nb.runs.waiting import Wait\n"
        "for second in range(30):\n"
        "    seen = f'attempt 2 of 5 got {os.environ[\"X\"]}'\n"
        "    waiting._tell_replay(Wait('run.plan()', second, 'an answer', second, 150, seen))"
    )
    notebook(
        tmp_path / "genesys" / "01-a.ipynb", waits, JUDGE.format(step="01-a.step", verdict="pass")
    )
    prepared = run(tmp_path, "01-a")
    events: list[Event] = []
    assert replay(prepared, tmp_path, events.append) == 0
    [told] = [event for event in events if isinstance(event, Waiting)]
    assert told.section == prepared.guide.sections[0]
    assert str(told.wait).startswith("run.plan(): 0:00 · an answer: 0:00 of at most 2:30 · attempt")
    assert SECRET not in str(told.wait)
    made = (prepared.run_dir / "attempts/0001-apply/notebooks/01-a.ipynb").read_text("utf-8")
    assert not any(cell.get("outputs") for cell in json.loads(made)["cells"])
