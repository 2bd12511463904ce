"""A cell looks at its run once: one opening, one check of the inputs, each secret read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs import samples, secrets
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.notebook.forms import Form, Intent
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.runs import session as sessions
from sfsip_nb.testbed import life
from tests.notebooks.notebook_tools import PROJECT

Open = Callable[..., Run]
KEY = "ONE_REFRESH_KEY"
SECRETS = ("genesys.client_secret", "sip.password", "synthflow.api_key")


class Looks(Counter[str]):
    """How often the journal was opened, the inputs were checked, and each secret was read."""

    def during(self, cell: Callable[[], Any]) -> Looks:
        self.clear()
        cell()
        return Looks(self)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    counted = Looks()

    def counting(kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counts(*args: Any, **named: Any) -> Any:
            counted[kind] += 1
            return call(*args, **named)

        return counts

    monkeypatch.setattr(Journal, "__init__", counting("journal", Journal.__init__))
    validate = Parameters.model_validate.__func__  # type: ignore[attr-defined]
    counted_validate = classmethod(counting("inputs", validate))
    monkeypatch.setattr(Parameters, "model_validate", counted_validate)
    for scheme, read in list(secrets._READERS.items()):

        def reads(name: str, key: str, read: Callable[[str, str], str] = read) -> str:
            counted[key] += 1
            return read(name, key)

        monkeypatch.setitem(secrets._READERS, scheme, reads)
    return counted


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("home")
    (made / "notebooks").mkdir()
    yield made
    for folder in (made / "runs").iterdir():
        life.stop(folder)


@pytest.fixture
def values(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A rehearsal's inputs, one of its secrets in the environment."""
    monkeypatch.chdir(home)
    monkeypatch.setenv(KEY, samples.testbed_secret("synthflow-api-key"))
    inputs = sample_values("genesys")
    inputs["synthflow"] = inputs["synthflow"] | {"api_key": f"env:{KEY}"}
    return inputs


@pytest.fixture
def opened(values: dict[str, Any]) -> Iterator[Open]:
    """Opens the first notebook of that rehearsal."""
    with ExitStack() as stack:

        def open_one(**inputs: Any) -> Run:
            run = open_run("genesys", "01-prerequisites", values | inputs)
            stack.callback(run.workspace.close)
            return run

        yield open_one


def cells(run: Run) -> dict[str, Callable[[], Any]]:
    return {
        "step": lambda: run.step("access.platform"),
        "plan": run.plan,
        "inputs": run.inputs,
        "verdict": run.verdict,
    }


def check(found: Looks, allowed: int = 1) -> None:
    """The journal opened at most so often; inputs checked and secrets read just so often."""
    assert found["journal"] <= allowed
    assert {name: found[name] for name in ("inputs", *SECRETS)} == dict.fromkeys(
        ("inputs", *SECRETS), allowed
    )


@pytest.mark.parametrize("cell", ["step", "plan", "inputs", "verdict"])
def test_a_cell_looks_once(opened: Open, looks: Looks, cell: str) -> None:
    run = opened()
    check(looks.during(cells(run)[cell]))
    run.workspace.close()
    check(looks.during(cells(run)[cell]))


def test_so_does_the_cell_that_opens_the_run(opened: Open, looks: Looks) -> None:
    check(looks.during(lambda: repr(opened())))


def test_so_does_one_that_opens_a_run_into_which_something_was_typed(
    opened: Open, looks: Looks
) -> None:
    run = opened(run="typed")
    run.workspace.note("sip.password", "a-password-of-this-kernel")
    run.workspace.note("test_calls.max", 7)
    again: list[Run] = []
    check(looks.during(lambda: again.append(opened(run="typed"))))
    assert again[0].workspace.open().parameters.test_calls.max == 7


@pytest.mark.parametrize("cell", ["step", "plan", "inputs", "verdict"])
def test_so_does_a_cell_of_a_replay(
    opened: Open,
    home: Path,
    looks: Looks,
    monkeypatch: pytest.MonkeyPatch,
    cell: str,
) -> None:
    file = PROJECT / "parameters" / "genesys.testbed.yaml"
    sets = (f"synthflow.api_key=env:{KEY}",)
    with closing(sessions.prepare(file, sets, out=home / "runs" / "replayed")) as prepared:
        for name, value in prepared.env.items():
            monkeypatch.setenv(name, value)
        run = opened()
        check(looks.during(cells(run)[cell]))


def test_a_form_is_shown_on_what_its_cell_found(
    opened: Open, looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    run = opened()

    def shown() -> None:
        form = run.inputs()
        assert isinstance(form, Form)
        form._ipython_display_()

    check(looks.during(shown))


def test_a_plan_that_is_approved_in_a_cell_lets_it_look_once_more(
    opened: Open, looks: Looks
) -> None:
    run = opened(run="approved", mode="plan")
    made = run.plan()
    assert isinstance(made, Intent)
    made.typed["by"] = "Ann Engineer"
    found = looks.during(lambda: run.step("access.platform"))
    assert run.workspace.open().mode == "apply"
    check(found, allowed=2)


def test_a_cell_finds_what_became_of_a_secret_since(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = opened()
    other = "another-key-that-opens-nothing"
    run.step("access.platform")
    monkeypatch.setenv(KEY, other)
    assert run.workspace.open().secrets["synthflow.api_key"].reveal() != other
    run.step("access.platform")
    assert run.workspace.open().secrets["synthflow.api_key"].reveal() == other
    monkeypatch.delenv(KEY)
    with pytest.raises(InputError, match=KEY):
        run.step("access.platform")
