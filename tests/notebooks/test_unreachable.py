"""A host that cannot be reached, in a notebook: for a person, and where nobody is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsip_nb.engine import hosts
from sfsip_nb.engine.hosts import Unreachable
from sfsip_nb.inputs.generate import live_values, sample_values
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.present.tables import Shown
from sfsip_nb.runs import environment
from sfsip_nb.testbed import life
from tests.notebooks.notebook_tools import FOLDER
from tests.unreachable import LIVE_HOSTS, SAID, live_file, nameless, standing


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[life.RunningTestbed]:
    folder = tmp_path_factory.mktemp("testbed")
    yield life.ensure(folder)
    life.stop(folder)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a kernel would display."""
    made: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda item, **_: made.append(item))
    return made


class Elsewhere:
    """Where the testbed's login host is; empty while it is where it should be."""

    login = ""


@pytest.fixture
def elsewhere(testbed: life.RunningTestbed, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    made = Elsewhere()

    def attached(*_: Any) -> life.RunningTestbed:
        patterns = testbed.info["patterns"]
        own = patterns["genesys"] | ({"login": made.login} if made.login else {})
        return life.RunningTestbed({**testbed.info, "patterns": {**patterns, "genesys": own}})

    monkeypatch.setattr(environment, "attached", attached)
    return made


@pytest.fixture
def opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Run]]:
    """Opens one run in its notebooks."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    made: list[Run] = []

    def opened(notebook: str) -> Run:
        made.append(open_run("genesys", notebook, sample_values("genesys")))
        return made[-1]

    yield opened
    for run in made:
        run.workspace.close()


@pytest.mark.parametrize("kind", SAID)
def test_the_first_cell_that_needs_it_ends_there_with_a_card(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opens: Callable[[str], Run],
    elsewhere: Elsewhere,
    shown: list[Any],
    kind: str,
) -> None:
    monkeypatch.setattr(hosts, "SECONDS", 0.5 if kind == "silent" else 20.0)
    with standing(kind, tmp_path) as elsewhere.login:
        here = opens("01-prerequisites")
        with pytest.raises(Unreachable, match=r"^Cannot reach 127\.0\.0\.1: "):
            here.look()
        [card] = [made for made in shown if "run.look()" not in str(made)]
        assert isinstance(card, Shown)
        assert card.text.count("Cannot reach") == 1
        assert SAID[kind] in card.text
        assert elsewhere.login.rpartition(":")[2] in card.text, "its port"
        assert "What to try" in card.text
        for cell in (here.plan, lambda: here.step("access.platform")):
            with pytest.raises(Unreachable):
                cell()


def test_what_does_not_need_it_goes_on_and_what_does_says_which(
    tmp_path: Path, opens: Callable[[str], Run], elsewhere: Elsewhere, shown: list[Any]
) -> None:
    with standing("refused", tmp_path) as elsewhere.login:
        here = opens("01-prerequisites")
        with pytest.raises(Unreachable):
            here.step("access.platform")
        assert "✔ pass" in str(here.step("access.synthflow"))
        network = here.step("access.network")
        assert "? inconclusive" in str(network)
        assert f"the port refuses connections (port {elsewhere.login.rpartition(':')[2]}" in str(
            network
        )
        rows = here.workspace.open().journal.steps()
        assert rows["access.platform"].verdict == "blocked"
        assert rows["access.platform"].reason.startswith("Not begun: Cannot reach 127.0.0.1: ")
        verdict = str(here.verdict())
        assert "⊘ blocked" in verdict
        later = opens("06-troubleshooting")
        assert later.captures() is not None, "what reads files alone needs no host"
    elsewhere.login = ""
    again = opens("01-prerequisites")
    assert "✔ pass" in str(again.step("access.platform"))
    assert "✔ pass" in str(again.step("access.network"))


def test_plain_papermill_ends_at_once_and_its_log_begins_with_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import papermill

    nameless(monkeypatch, tmp_path)
    monkeypatch.chdir(tmp_path)
    values = yaml.safe_load(live_file(tmp_path).read_text(encoding="utf-8"))
    made = tmp_path / "out.ipynb"
    began = time.monotonic()
    with pytest.raises(papermill.PapermillExecutionError) as stopped:
        papermill.execute_notebook(
            str(FOLDER / "genesys" / "01-prerequisites.ipynb"),
            str(made),
            parameters=live_values("genesys") | values,
            progress_bar=False,
        )
    assert time.monotonic() - began < 40
    assert stopped.value.ename == "Unreachable", stopped.value.evalue
    for host in LIVE_HOSTS:
        assert host in stopped.value.evalue
    cells = json.loads(made.read_text(encoding="utf-8"))["cells"]
    run_ = [cell for cell in cells if cell.get("outputs")]
    text = "".join("".join(o.get("data", {}).get("text/plain", "")) for o in run_[-1]["outputs"])
    assert text.count("Cannot reach") == 1
