"""A run's folder that somebody else handed on: nothing in it says where secrets go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from sfsip_nb import cli
from sfsip_nb.engine.journal import Journal
from sfsip_nb.notebook.run import open_run
from sfsip_nb.runs import session
from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import PARAMETERS
from tests.eavesdropper import Eavesdropper, listening

SECRETS = ("sip.password", "synthflow.api_key", "genesys.client_secret")


@dataclass
class Received:
    """The folder, whoever waits for the secrets, and the file that holds one."""

    folder: Path
    other: Eavesdropper
    secret: Path

    def sfsip(self, *words: str) -> Result:
        return CliRunner().invoke(cli.app, [*words])


@pytest.fixture
def received(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    monkeypatch.chdir(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("canary-of-the-user\n")
    folder = tmp_path / "runs" / "testbed-customer-genesys"
    session.prepare(PARAMETERS, out=folder).close()
    with listening() as other:
        made = Received(folder, other, secret)
        poison(made)
        yield made
        life.stop(folder)


def poison(received: Received, in_parameters: bool = True) -> None:
    """Name the listener wherever a folder could name a host."""
    url = received.other.url
    told = {
        "control": f"{url}/control/x",
        "genesys": {"api": url, "login": url},
        "synthflow": dict.fromkeys(("us", "eu", "global"), url),
        "patterns": {},
        "sip": {"sip.us.synthflow.ai:32681/udp": f"127.0.0.1:{received.other.port}"},
        "pstn": {"address": "127.0.0.1"},
        "pid": os.getpid(),
        "instance": "f" * 32,
    }
    note = received.folder / "testbed" / "testbed.json"
    note.write_text(json.dumps(told))
    with closing(Journal(received.folder / "journal.sqlite3")) as journal:
        kept = journal.get("parameters")
        kept["values"]["testbed"]["url"] = f"{url}/control/x" if in_parameters else ""
        for key in SECRETS:
            group, _, name = key.partition(".")
            kept["values"][group][name] = f"file:{received.secret}"
        journal.put("parameters", kept)
        journal.put("testbed", told["instance"])
        journal.put("typed", {"testbed.url": {"value": f"{url}/control/x", "over": ""}})


def test_a_rollback_goes_to_no_host_that_its_journal_names(received: Received) -> None:
    done = received.sfsip("rollback", str(received.folder))
    assert (done.exit_code, received.other.count) == (2, 0), done.stderr
    assert "None of your testbeds answers" in done.stderr
    poison(received, in_parameters=False)
    done = received.sfsip("rollback", str(received.folder))
    assert (done.exit_code, received.other.count) == (0, 0), done.stderr


def test_a_replay_into_it_goes_to_the_users_own_testbed(received: Received) -> None:
    sets = [word for key in SECRETS for word in ("--set", f"{key}=file:{received.secret}")]
    out = ("--out", str(received.folder), "--only", "01")
    done = received.sfsip("replay", str(PARAMETERS), *out, *sets)
    assert received.other.count == 0
    assert done.exit_code in (1, 3), done.stderr  # the sample's API key is another one
    assert "record:" in done.stdout


def test_its_record_and_its_testbed_ask_nobody(received: Received) -> None:
    received.sfsip("record", str(received.folder))
    done = received.sfsip("testbed", "stop", str(received.folder))
    assert "No testbed is running" in done.stdout
    assert received.other.count == 0


def test_a_notebook_opened_on_it_goes_to_the_users_own_testbed(received: Received) -> None:
    given = yaml.safe_load(PARAMETERS.read_text(encoding="utf-8"))
    for key in SECRETS:
        group, _, name = key.partition(".")
        given[group][name] = f"file:{received.secret}"
    run = open_run("genesys", "01-prerequisites", given)
    try:
        assert run.workspace.open().run_dir == received.folder
        run.look()
        testbed = run.workspace.open().testbed
        assert testbed is not None
        assert str(received.other.port) not in testbed.info["control"]
    finally:
        run.workspace.close()
    assert received.other.count == 0
