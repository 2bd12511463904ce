"""A secret with a space inside is asked about where a person is, said where none is, and kept."""

import sys
from pathlib import Path

import pytest
import typer

from sfsip_nb.cli.asking import Way, confirm
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.runs import session

VALUE = "two words-9Zq"
DOUBTFUL = {"sip.password": Secret(VALUE), "synthflow.api_key": Secret("oneword-9Zq")}


class Terminal:
    """A standard input at which a person sits."""

    @staticmethod
    def isatty() -> bool:
        return True


def answering(monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: answer)


def test_without_a_terminal_it_is_said_and_used_unchanged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRUNK_PASSWORD", VALUE)
    (credentials,) = Way(user="acme", password="env:TRUNK_PASSWORD").login
    assert credentials.password() == VALUE
    said = capsys.readouterr()
    assert "--password gives a secret with a space inside" in said.err
    assert VALUE not in said.err
    assert not said.out


def test_a_person_at_the_terminal_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, False)
    with pytest.raises(InputError, match="has to be stored again") as refused:
        confirm(DOUBTFUL)
    assert refused.value.key == "sip.password"


def test_a_person_at_the_terminal_says_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, True)
    confirm(DOUBTFUL)
    assert "synthflow.api_key" not in capsys.readouterr().err


def test_a_secret_that_is_rejected_leaves_no_trace_of_a_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SFSIP_TESTBED_SIP_PASSWORD", VALUE)
    answering(monkeypatch, False)
    out = tmp_path / "run"
    with pytest.raises(InputError, match=r"sip\.password has to be stored again"):
        session.prepare(Path("parameters/genesys.testbed.yaml"), out=out, confirm=confirm)
    assert not out.exists()
