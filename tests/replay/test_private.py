"""A run's folder is its user's alone, whatever the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from sfsip_nb.engine.broken import explain
from sfsip_nb.engine.verdicts import Basis
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.platforms.shared import captures
from sfsip_nb.replay import loaded
from sfsip_nb.replay.kernels import Kernels, run_notebook
from sfsip_nb.runs import session
from sfsip_nb.runs.folder import Attempt
from tests.present import record_sample as sample
from tests.replay.replay_sample import Parameters, notebook

FILE = Path("parameters/genesys.testbed.yaml")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


@pytest.fixture
def open_to_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = os.umask(0)
    monkeypatch.setattr(loaded, "_of", {})  # with this umask too
    yield
    os.umask(before)


def for_others(folder: Path) -> set[str]:
    """What anybody but its owner may do anything with."""
    paths = [folder, *folder.rglob("*")]
    return {str(p) for p in paths if stat.S_IMODE(p.lstat().st_mode) & 0o077}


@pytest.mark.usefixtures("open_to_all", "stock_processes")  # a copy has its origin's umask
def test_whatever_a_run_leaves_is_for_its_user_alone(tmp_path: Path) -> None:
    run_dir = tmp_path / "runs" / "acme"
    opened = session.prepare(FILE, out=run_dir)
    try:
        assert not for_others(run_dir), "while it is written too"
        assert (run_dir / "journal.sqlite3-wal").exists()
        opened.engine.plan()
        opened.engine.ctx.keep_evidence("trunk.create", Basis.FILE, "answer", "txt", "words")
        explain(run_dir, opened.redactor, "a cell", ValueError("x"))
        upload = tmp_path / "call.pcap"
        upload.write_bytes(b"frames")
        captures.take(run_dir, (str(upload),))
        attempt = Attempt(run_dir, opened.attempt_name)
        kernels = Kernels({})
        try:
            source, target = notebook(tmp_path / "a.ipynb", "1"), attempt.notebooks / "a.ipynb"
            values = Parameters().model_dump()
            run_notebook(source, target, values, partial(kernels.take, False), Redactor(), print)
        finally:
            kernels.close()
        attempt.fill(sample.small([]), {})
        attempt.publish(Redactor())
    finally:
        opened.close()
    assert not for_others(tmp_path / "runs")
    names = {path.name for path in run_dir.rglob("*") if path.is_file()}
    assert {"plan.json", "state.sealed", "testbed.log", "ca.pem", "lock", "alive"} <= names
    assert {"faults.log", "call.pcap", "a.ipynb", "a.html", "record.html", "junit.xml"} <= names
    assert {".working", "SHA256SUMS", "journal.json", "record.json"} <= names


def test_what_an_older_version_left_open_is_closed(tmp_path: Path) -> None:
    session.prepare(FILE, out=tmp_path / "run").close()
    outside = tmp_path / "outside"
    outside.write_text("somebody's")
    for path in (tmp_path / "run", *(tmp_path / "run").rglob("*")):
        path.chmod(0o755)
    outside.chmod(0o644)
    (tmp_path / "run" / "link").symlink_to(outside)
    session.reopen(tmp_path / "run").close()
    (tmp_path / "run" / "link").unlink()
    assert not for_others(tmp_path / "run")
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644, "no link is followed"
