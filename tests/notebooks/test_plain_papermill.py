"""The notebooks under plain papermill, one alone and in any folder, without the product's CLI."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsip_nb.testbed import life
from tests.notebooks.forked import forked_kernels
from tests.notebooks.notebook_tools import FOLDER, PROJECT

PARAMETERS = PROJECT / "parameters" / "genesys.testbed.yaml"


class Elsewhere:
    """A working directory outside the project, where one run has its folder."""

    def __init__(self, folder: Path, log: pytest.LogCaptureFixture) -> None:
        self.folder = folder
        self.log = log

    @property
    def run_dir(self) -> Path:
        return self.folder / "runs" / "testbed-customer-genesys"

    def papermill(self, stem: str, **more: Any) -> dict[str, str]:
        """Execute one notebook; what each of its code cells says, by id."""
        import papermill

        done = papermill.execute_notebook(
            str(FOLDER / "genesys" / f"{stem}.ipynb"),
            str(self.folder / f"{stem}.ipynb"),
            parameters=yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))
            | {"on_open": "report"}
            | more,
            progress_bar=False,
        )
        said = {cell["id"]: _text(cell) for cell in done["cells"] if cell["cell_type"] == "code"}
        assert any("injected-parameters" in c["metadata"]["tags"] for c in done["cells"])
        return said


def _text(cell: Any) -> str:
    outputs = cell["outputs"]
    return "\n".join(str(o.get("data", {}).get("text/plain", o.get("text", ""))) for o in outputs)


@pytest.fixture
def elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[Elsewhere]:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.WARNING)
    made = Elsewhere(tmp_path, caplog)
    with forked_kernels():  # stock ones: test_in_ci.py
        yield made
    life.stop(made.run_dir)


def test_one_notebook_runs_alone_from_any_folder(elsewhere: Elsewhere) -> None:
    """On a fresh run a late notebook that only reports raises nothing: it says what comes first."""
    late = elsewhere.papermill("05-verification")
    assert "⊘ blocked" in late["step-verify-inbound"]
    assert "First: routing.inbound (not run yet)" in late["step-verify-inbound"]
    assert "⊘ blocked" in late["verdict"]

    early = elsewhere.papermill("02-genesys-configuration")
    assert "Plan of" in early["plan"]
    assert "First: access.platform (not run yet)" in early["step-trunk-create"]
    assert re.search(r"First: .*trunk.create \(blocked\)", early["step-trunk-inbound"])
    assert "⊘ blocked" in early["verdict"]

    first = elsewhere.papermill("01-prerequisites")
    assert "✔ pass" in first["verdict"]
    assert "✖" not in "".join(first.values())

    assert (elsewhere.run_dir / "journal.sqlite3").is_file()
    assert "unknown parameter" not in elsewhere.log.text
    elsewhere.papermill("07-reference-and-record", made_up=1)
    assert "unknown parameter: made_up" in elsewhere.log.text, "it would have been seen"
