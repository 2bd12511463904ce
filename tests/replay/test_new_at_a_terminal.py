"""`sfsip new` at a terminal: broken off by Ctrl-C or by closing it, and gone on with."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sfsip_nb.inputs import begun
from sfsip_nb.inputs.load import load_file

PATIENCE = 60.0
"""Most seconds for the command to say something, on a busy machine."""

COMMAND = """
import os
import sys

os.login_tty(int(sys.argv.pop(1)))

from sfsip_nb import cli
from sfsip_nb.engine.model import LookupResult
from sfsip_nb.runs import looking

def look(parameters, secrets, folder):
    assert secrets["genesys.client_secret"].reveal() == "typed-at-the-terminal"
    sites = ("Main Site", "Main Street", "Branch")
    return {"genesys.site": LookupResult(None, "nothing typed yet", sites)}

looking.look = look
cli.main()
"""


class Terminal:
    """A terminal in which a command runs, and the person in front of it."""

    def __init__(self, screen: int, process: subprocess.Popen[bytes]) -> None:
        self.screen, self.process = screen, process
        self.shown = self.all = ""

    def sees(self, what: str) -> None:
        """Read until `what` is shown, and no further: what follows is the next thing to see."""
        end = time.monotonic() + PATIENCE
        while not (found := re.search(what, self.shown)):
            assert select.select([self.screen], [], [], end - time.monotonic())[0], self.shown
            try:
                more = os.read(self.screen, 4096)
            except OSError:  # Linux: the command has ended
                more = b""
            assert more, f"ended before it said {what}: {self.shown}"
            self.shown += more.decode()
            self.all += more.decode()
        self.shown = self.shown[found.end() :]

    def types(self, question: str, answer: str) -> None:
        """Answer the next question of that label."""
        self.sees(question)
        self.sees(": $")  # all of it: what is typed before is thrown away
        os.write(self.screen, f"{answer}\n".encode())

    def presses_ctrl_c(self) -> None:
        """Interrupt, as the terminal does for the key."""
        os.write(self.screen, b"\x03")

    def ends(self) -> int:
        """The exit code."""
        return self.process.wait(PATIENCE)


@contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    """`sfsip new genesys acme.yaml` in a terminal of its own; at the end that is closed."""
    screen, inner = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.endswith(("_SECRET", "_KEY"))}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(inner), "new", "genesys", "acme.yaml"],
        pass_fds=[inner],
        cwd=folder,
        env=environment,
    )
    os.close(inner)
    try:
        yield Terminal(screen, process)
    finally:
        os.close(screen)
        process.wait(PATIENCE)


def begins(person: Terminal) -> None:
    """Answer the questions that open the platforms."""
    person.sees("Ctrl-C stops; the same command then goes on")
    person.types("Customer", "Northwind")
    person.types("Synthflow region", "EU")
    person.sees("→ eu")
    person.types("Synthflow API key", "")
    person.sees("kept in the environment variable SYNTHFLOW_API_KEY; it is not there yet")
    person.types("Genesys region", "us-west")
    person.sees("→ us-west-2")
    person.types("Genesys client ID", "client-1")


@pytest.mark.parametrize("closed", [False, True], ids=["Ctrl-C", "closed"])
def test_what_was_answered_is_there_the_next_time(
    tmp_path: Path, closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "acme.yaml"
    with terminal(tmp_path) as person:
        begins(person)
        person.sees("Genesys client secret")
        if not closed:
            person.presses_ctrl_c()
            person.sees("Run the same command to continue")
            assert person.ends() == 4
    assert not target.exists()
    assert begun.kept(target, "genesys")["genesys.region"] == "us-west-2"

    with terminal(tmp_path) as person:
        person.sees("acme.yaml.draft has 5 answers: going on from there")
        person.types("Genesys client secret", "")
        person.types("Synthflow API key, for look-ups now", "")
        person.types("Genesys client secret, for look-ups now", "typed-at-the-terminal")
        person.sees("You can now choose below: Genesys site 3")
        assert "typed-at-the-terminal" not in person.all, "a secret is not echoed"
        for question, answer in (
            ("Numbers", "+1 (212) 736-3102"),
            ("SIP password", ""),
            ("Synthflow workspace ID", "ws-1"),
            ("Synthflow assistant", "Reception"),
            ("Transfer number", "+1 212 736 3104"),
        ):
            person.types(question, answer)
        person.types("Genesys site", "main")
        person.sees("1  Main Site\r\n *2  Main Street\r\n *Type a number")
        person.types("Genesys site", "2")
        person.sees("→ Main Street")
        for question, answer in (
            ("Genesys termination identifier", "northwind"),
            ("Genesys caller address", "+12127363102"),
            ("Genesys inbound flow", "Reception"),
            ("Genesys transfer queue", "People"),
            ("Genesys transfer flow", "To people"),
            ("SIP username", "northwind"),
        ):
            person.types(question, answer)
        person.sees("Still to do: .*GENESYS_CLIENT_SECRET")
        assert person.ends() == 0
    assert [path.name for path in tmp_path.iterdir()] == ["acme.yaml"]
    written = target.read_text()
    assert "typed-at-the-terminal" not in written
    assert 'numbers: ["+12127363102"]' in written
    for name in ("SIP_PASSWORD", "SYNTHFLOW_API_KEY", "GENESYS_CLIENT_SECRET"):
        monkeypatch.setenv(name, "s3cr3t-in-the-clear")
    assert load_file(target).numbers == ("+12127363102",)
