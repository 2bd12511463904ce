"""`sfsip new` by questions, and `sfsip jupyter`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sfsip_nb import cli
from sfsip_nb.inputs import shipped
from sfsip_nb.inputs.load import load_file

SECRET = "s3cr3t-in-the-clear"
ANSWERS = {
    "Customer": "Northwind",
    "Numbers": "+12127363102, +12127363103",
    "SIP username": "northwind-trunk",
    "Synthflow region": "eu",
    "Synthflow workspace ID": "ws-1",
    "Synthflow assistant": "Northwind Reception",
    "Transfer number": "+12127363104",
    "Genesys region": "us-west-2",
    "Genesys client ID": "abc",
    "Genesys site": "Main",
    "Genesys termination identifier": "northwind-ai",
    "Genesys caller address": "+12127363102",
    "Genesys caller name": "Northwind",
    "Genesys inbound flow": "Reception",
    "Genesys transfer queue": "People",
    "Genesys transfer flow": "To people",
}


class Person:
    """Answers by the question's label; a label's first answers may be wrong ones."""

    def __init__(self, **first: list[str]) -> None:
        self.first = first
        self.asked: list[str] = []

    def __call__(self, text: str, default: str = "") -> str:
        label = text.partition(" (")[0]
        self.asked.append(label)
        assert len(self.asked) < 100, f"asked again and again: {label}"
        slips = self.first.get(label.replace(" ", "_"), [])
        return slips.pop(0) if slips else ANSWERS.get(label, default)


def new(target: Path, person: Person, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setattr("typer.prompt", person)
    return CliRunner().invoke(cli.app, ["new", "genesys", str(target), "--questions"])


def test_the_answers_make_a_file_that_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, person = tmp_path / "acme.yaml", Person()
    done = new(target, person, monkeypatch)
    assert done.exit_code == 0, done.output
    for name in ("SIP_PASSWORD", "SYNTHFLOW_API_KEY", "GENESYS_CLIENT_SECRET"):
        assert name in done.stdout, "what is still to be set is said"
        monkeypatch.setenv(name, SECRET)
    loaded = load_file(target)
    assert loaded.customer == "Northwind"
    assert loaded.numbers == ("+12127363102", "+12127363103")
    assert loaded.target == "live"
    assert "# name of the site whose number plans are used" in target.read_text()
    assert "SIP transport" not in person.asked, "what has a default is not asked"
    assert len(person.asked) == len(set(person.asked))


def test_a_wrong_answer_is_asked_again_and_a_secret_is_never_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "acme.yaml"
    person = Person(
        Numbers=["911"], Synthflow_API_key=[SECRET], Genesys_region=["mars"], Customer=[" "]
    )
    done = new(target, person, monkeypatch)
    assert done.exit_code == 0, done.output
    for label in ("Numbers", "Synthflow API key", "Genesys region", "Customer"):
        assert person.asked.count(label) == 2
    assert SECRET not in done.output + target.read_text()


def test_an_interrupt_writes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "acme.yaml"
    words = ["new", "genesys", str(target), "--questions"]
    done = CliRunner().invoke(cli.app, words, input="Northwind\n")  # and then the input ends
    assert done.exit_code == 4
    assert not target.exists()


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    target = tmp_path / "acme.yaml"
    assert CliRunner().invoke(cli.app, ["new", "genesys", str(target)]).exit_code == 0
    assert 'customer: ""' in target.read_text()


def test_jupyter_hands_on_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(cli.start, "become", lambda *words: told.extend(words))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    done = CliRunner().invoke(cli.app, ["jupyter", "--", "--no-browser", "--port", "8899"])
    assert done.exit_code == 0
    assert told[-3:] == ["--no-browser", "--port", "8899"]
    assert "--LabApp.default_url=/lab/tree/notebooks/start.ipynb" in told
    assert f"--ServerApp.root_dir={shipped.CHECKOUT}" in told
