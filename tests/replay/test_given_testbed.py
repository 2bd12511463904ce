"""A run on a testbed that its user names: found again, while its token is kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.notebook.forms import Form
from sfsip_nb.runs import session
from sfsip_nb.testbed import life
from tests.replay.replay_sample import notebook

FILE = Path("parameters/genesys.testbed.yaml")


@pytest.fixture
def given(tmp_path: Path) -> Iterator[life.RunningTestbed]:
    yield life.ensure(tmp_path / "elsewhere")
    life.stop(tmp_path / "elsewhere")


def replayed(folder: Path, given: life.RunningTestbed) -> session.Session:
    return session.prepare(FILE, out=folder, testbed_url=given.info["control"])


def test_a_replays_kernels_and_a_rollback_find_it(
    tmp_path: Path, given: life.RunningTestbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = replayed(tmp_path / "run", given)
    values = first.parameters.model_dump(mode="json", by_alias=True)
    assert given.token not in str(values)
    with monkeypatch.context() as patch:
        for name, value in first.env.items():
            patch.setenv(name, value)
        given_inputs = from_namespace("genesys", values)
        kernel = session.open_interactive(given_inputs, given_inputs.secrets())
        assert not kernel.is_stale()
        kernel.journal.close()
    first.close()
    again = session.reopen(tmp_path / "run")
    again.close()
    for opened in (kernel, again):
        assert opened.testbed is not None
        assert opened.testbed.info["control"] == given.info["control"]
    assert life.find(tmp_path / "elsewhere") is not None, "who did not start it does not end it"


def test_once_it_has_ended_the_command_asks_for_another(
    tmp_path: Path, given: life.RunningTestbed
) -> None:
    replayed(tmp_path / "run", given).close()
    life.stop(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="with --testbed") as caught:
        session.reopen(tmp_path / "run")
    assert given.token not in str(caught.value)
    other = life.ensure(tmp_path / "elsewhere")
    again = session.reopen(tmp_path / "run", testbed_url=other.info["control"])
    again.close()
    assert again.testbed is not None
    assert again.testbed.info["instance"] == other.info["instance"]


def test_its_token_is_kept_nowhere(tmp_path: Path, given: life.RunningTestbed) -> None:
    opened = replayed(tmp_path / "run", given)
    opened.engine.plan()
    opened.journal.put("said by a platform", f"at {given.info['control']}/state")
    opened.close()
    for path in (tmp_path / "run").rglob("*"):
        assert not path.is_file() or given.token.encode() not in path.read_bytes(), path
    leaking = notebook(tmp_path / "leak.ipynb", given.token)
    assert opened.redactor.found_in(leaking.read_bytes()), "an attempt with it is not published"


def test_a_notebook_shows_it_without_its_token(given: life.RunningTestbed) -> None:
    values = {"target": "testbed", "testbed": {"url": given.info["control"]}}
    draft = Draft("genesys", values)
    assert draft.checked.valid().testbed.url == given.info["control"]
    shown = str(Form(draft).static())
    assert str(given) in shown
    assert given.token not in shown
    assert given.token not in repr(given)
