"""A notebook's calls without a kernel: where one is, how outputs are marked, how a cell stops."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sfsip_nb.cli import app
from sfsip_nb.engine.broken import LOG, InternalError, Interrupted
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.model import Stranded
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.inputs.generate import live_values, sample_values
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.present.tables import Shown

SECRET = "canary-3f9a1c"


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a kernel would display."""
    made: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda item, **_: made.append(item))
    return made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A live customer's run whose inputs are not filled in yet."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNTHFLOW_API_KEY", SECRET)
    return open_run("genesys", "01-prerequisites", values())


def values() -> dict[str, Any]:
    return live_values("genesys") | {"customer": "Northwind"}


def test_a_notebook_says_where_one_is(run: Run) -> None:
    text = repr(run)
    assert "northwind-genesys: Northwind" in text
    assert "LIVE, not begun" in text
    assert "▶ 01 Prerequisites" in text
    assert re.search(r"Fill in or correct \d+ inputs", text)
    page = run.head()._repr_mimebundle_()["text/html"]
    assert page.count("<a href=") == 7, "the other six sections, and the form"
    assert '<a href="notebooks/genesys/01-prerequisites.ipynb#cell-id=inputs">' in page
    assert 'aria-current="page"' in page


def test_every_output_says_when_it_was_made_and_the_head_marks_what_is_older(run: Run) -> None:
    made = run.changed()
    assert made.stamp is not None
    assert "UTC" in str(made).splitlines()[-1]
    page = made._repr_mimebundle_()["text/html"]
    assert f'data-kernel="{made.stamp.kernel}"' in page
    marks = run.head()._repr_mimebundle_()["text/html"]
    assert f':not([data-kernel="{made.stamp.kernel}"])' in marks


def test_the_cell_that_opens_the_run_may_be_run_again(run: Run) -> None:
    again = open_run("genesys", "01-prerequisites", values() | {"run": run})
    assert again.workspace.draft.run_name == run.workspace.draft.run_name


def test_an_input_that_is_missing_is_told_in_a_card(run: Run, shown: list[Shown]) -> None:
    with pytest.raises(InputError) as stopped:
        run.step("access.platform")
    [card] = shown
    assert "genesys.site" in card.html
    assert "What to do" in card.html
    assert stopped.value._render_traceback_() == ["Stopped here: the cells below did not run."]
    with pytest.raises(InputError, match=r"There is no step 'access\.platfrom'.*access\.platform"):
        run.step("access.platfrom")


def test_an_interrupt_that_leaves_something_half_changed_is_not_calm(
    run: Run, shown: list[Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look() -> None:
        raise KeyboardInterrupt from Stranded("The number may ring nowhere.", "Put it back.")

    monkeypatch.setattr(run._form, "look", look)
    with pytest.raises(Stranded):
        run.look()
    [card] = shown
    assert "The number may ring nowhere." in card.html
    assert "Put it back." in card.html
    assert "Nothing is lost" not in card.html


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RuntimeError(f"boom {SECRET}"), InternalError), (KeyboardInterrupt(), Interrupted)],
)
def test_what_breaks_or_is_interrupted_is_calm_and_tells_no_secret(
    run: Run,
    shown: list[Shown],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    kind: type[SfsipError],
) -> None:
    def look() -> None:
        raise error

    monkeypatch.setattr(run._form, "look", look)
    with pytest.raises(kind) as stopped:
        run.look()
    [card] = shown
    assert "Traceback" not in card.html
    assert SECRET not in card.html + str(stopped.value)
    log = run.workspace.folder / LOG
    assert log.exists() == (kind is InternalError)
    if log.exists():
        assert "Traceback" in log.read_text()
        assert SECRET not in log.read_text()


def test_a_record_is_made_after_a_secret_was_typed_into_a_form(tmp_path: Path) -> None:
    inputs = values() | {"synthflow": {"api_key": "form:synthflow.api_key"}}
    facts = AttemptFacts(
        customer="Northwind", run="northwind", target="live", inputs=sample_values("genesys")
    )
    with closing(Journal(tmp_path / "journal.sqlite3")) as journal:
        journal.put("parameters", {"guide": "genesys", "values": inputs})
        row = journal.step_begins(journal.begin("apply", "interactive", facts), "access.number")
        journal.step_ends(row, "pass", "none", [], "")
    done = CliRunner().invoke(app, ["record", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "access.number" in done.stdout
