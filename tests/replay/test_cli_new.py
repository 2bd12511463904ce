"""`sfsip new` by questions, and `sfsip jupyter`."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sfsip_nb import cli
from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs import begun, shipped
from sfsip_nb.inputs.load import load_file
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.runs import looking

SECRET = "s3cr3t-in-the-clear"
ITSELF = "for_look-ups_now:_kept_in_memory_until_this_command_ends,_never_saved"
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

OPTIONAL = {"Genesys caller name"}


class Person:
    """Answers by the question's label; a label's first answers may be wrong ones.

    Someone who `stops` does so at the question of that label.
    """

    def __init__(self, stops: str = "", **first: list[str]) -> None:
        self.stops = stops
        self.first = first
        self.asked: list[str] = []

    def __call__(self, text: str, default: str = "", **_: bool) -> str:
        label = text.partition(" (")[0]
        if label == self.stops:
            raise typer.Abort
        self.asked.append(label)
        assert len(self.asked) < 100, f"asked again and again: {label}"
        slips = self.first.get(label.replace(" ", "_"), [])
        return slips.pop(0) if slips else ANSWERS.get(label, default)


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, LookupResult]:
    """What the platforms answer, and nobody is asked; at first they cannot be asked."""
    found = {"genesys.site": LookupResult(None, "cannot be asked: no route", asked=False)}
    monkeypatch.setattr(looking, "look", lambda parameters, secrets, folder: found)
    return found


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


def test_an_input_that_ends_leaves_no_file_but_the_answers(tmp_path: Path) -> None:
    target = tmp_path / "acme.yaml"
    words = ["new", "genesys", str(target), "--questions"]
    done = CliRunner().invoke(cli.app, words, input="Northwind\n1\n")  # and then the input ends
    assert done.exit_code == 4
    assert not target.exists()
    assert begun.kept(target, "genesys") == {"customer": "Northwind", "synthflow.region": "us"}
    assert [path.name for path in tmp_path.iterdir()] == ["acme.yaml.draft"]


@pytest.mark.parametrize(
    "label", [*sorted(set(ANSWERS) - OPTIONAL), "Synthflow API key", "Genesys client secret"]
)
def test_whoever_stops_goes_on_with_the_next_question(
    label: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, first, again = tmp_path / "acme.yaml", Person(stops=label), Person()
    assert new(target, first, monkeypatch).exit_code == 4
    assert not target.exists()
    done = new(target, again, monkeypatch)
    assert done.exit_code == 0, done.output
    assert ("going on from there" in done.output) == bool(first.asked)
    looked = {text for text in again.asked if ", for look-ups now" in text}
    assert not set(first.asked) & (set(again.asked) - looked), "nothing is asked twice"
    assert [path.name for path in tmp_path.iterdir()] == ["acme.yaml"]
    whole = tmp_path / "whole.yaml"
    assert new(whole, Person(), monkeypatch).exit_code == 0
    assert target.read_text() == whole.read_text()


def test_what_opens_the_platforms_is_asked_before_what_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person()
    done = new(tmp_path / "acme.yaml", person, monkeypatch)
    first = [label for label in person.asked if ", for look-ups now" not in label]
    assert first[:6] == [
        "Customer",
        "Synthflow region",
        "Synthflow API key",
        "Genesys region",
        "Genesys client ID",
        "Genesys client secret",
    ]
    assert "kept in the environment variable SYNTHFLOW_API_KEY; it is not there yet" in done.output
    assert "? cannot be asked: no route. Type the names instead." in done.output


def test_what_the_platforms_have_is_chosen_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[str, LookupResult]
) -> None:
    there = ("Main Site", "Main Street", "Branch \x1b[2J")
    answers["genesys.site"] = LookupResult(None, "nothing typed yet", there)
    answers["numbers"] = LookupResult(None, "", ("+12127363102", "+12127363109", "+12127363110"))
    answers["genesys.transfer_queue"] = LookupResult(None, "", ("Agents", "Night"))
    person = Person(
        Genesys_site=["main", "street"],
        Numbers=["2, +1 (212) 736-3103"],
        Genesys_transfer_queue=["Agnets", "Agnets"],
    )
    target = tmp_path / "acme.yaml"
    done = new(target, person, monkeypatch)
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.output
    written = target.read_text()
    assert 'site: "Main Street"' in written
    assert 'numbers: ["+12127363109", "+12127363103"]' in written
    assert "→ +12127363109, +12127363103" in done.output
    assert "transfer_queue: Agnets" in written, "what is typed twice is meant"
    assert "? Agnets is not on the list; type it again to keep it." in done.output
    assert person.asked.count("Genesys site") == person.asked.count("Genesys transfer queue") == 2


def test_a_secret_typed_to_look_things_up_is_used_and_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: dict[str, str] = {}

    def look(parameters: object, secrets: dict[str, Secret], folder: Path) -> dict[str, object]:
        used.update({key: secret.reveal() for key, secret in secrets.items()})
        return {}

    monkeypatch.setattr(looking, "look", look)
    slips = {f"Genesys_client_secret,_{ITSELF}": ["short", SECRET + " "]}
    target = tmp_path / "acme.yaml"
    done = new(target, Person(**slips), monkeypatch)
    assert used == {"genesys.client_secret": SECRET}
    assert "too short a secret" in done.output
    assert "with a space before or after it" in done.output
    assert SECRET not in done.output + target.read_text()
    assert 'client_secret: "env:GENESYS_CLIENT_SECRET"' in target.read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("guide: talkdesk\nanswers: {}\n", "sfsip new talkdesk"),
        ("guide: genesys\n", "holds no answers"),
        ("[", "not valid YAML"),
    ],
)
def test_answers_that_are_none_of_these_are_refused(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "acme.yaml"
    begun.place(target).write_text(text)
    done = new(target, Person(), monkeypatch)
    assert done.exit_code == 2
    assert says in done.output
    assert begun.place(target).read_text() == text


def test_answers_that_somebody_edited_are_checked_like_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, person = tmp_path / "acme.yaml", Person()
    edited = {
        "customer": "Northwind",
        "target": "testbed",
        "sip.password": SECRET,
        "genesys.region": "mars",
        "genesys.site": ["a", "list"],
        "nowhere": 1,
    }
    begun.keep(target, "genesys", edited)
    done = new(target, person, monkeypatch)
    assert done.exit_code == 0, done.output
    assert {"Genesys region", "Genesys site", "SIP password"} <= set(person.asked)
    assert load_or_text(target).startswith("target: live")
    assert SECRET not in target.read_text() + done.output


def load_or_text(target: Path) -> str:
    """A file without its comments."""
    lines = target.read_text().splitlines()
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    target = tmp_path / "acme.yaml"
    assert CliRunner().invoke(cli.app, ["new", "genesys", str(target)]).exit_code == 0
    assert 'customer: ""' in target.read_text()


def test_jupyter_hands_on_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(cli.start, "become", lambda *words: told.extend(words))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setenv("PYTHONSTARTUP", "")
    done = CliRunner().invoke(cli.app, ["jupyter", "--", "--no-browser", "--port", "8899"])
    assert done.exit_code == 0
    assert told[-3:] == ["--no-browser", "--port", "8899"]
    assert "--LabApp.default_url=/lab/tree/notebooks/start.ipynb" in told
    assert f"--ServerApp.root_dir={shipped.CHECKOUT}" in told


@pytest.mark.parametrize("name", ["acme.yaml", "customers/acme.yml"])
def test_jupyter_goes_straight_to_the_run_of_a_parameters_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(cli.start, "become", lambda *words: told.extend(words))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setenv("PYTHONSTARTUP", "")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("target: testbed\ncustomer: Acme\ngenesys: {caller_name: Acme Desk}\n")
    done = CliRunner().invoke(cli.app, ["jupyter", name, "--", "--no-browser"])
    assert done.exit_code == 0, done.output
    first = "runs/acme-genesys/runbook/01-prerequisites.ipynb"
    assert f"--LabApp.default_url=/lab/tree/{first}" in told
    assert f"--ServerApp.root_dir={tmp_path}" in told, "where a replay from here keeps its run"
    assert told[-1] == "--no-browser"
    assert "Acme Desk" in (tmp_path / first).read_text()
    assert (tmp_path / "notebooks/start.ipynb").exists()


def test_jupyter_starts_nothing_on_a_file_that_no_form_mends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(cli.start, "become", lambda *words: told.extend(words))
    monkeypatch.chdir(tmp_path)
    Path("acme.yaml").write_text(
        f"target: live\ncustomer: A\ngenesys: {{client_secret: {SECRET}}}\n"
    )
    for name, says in {
        "acme.yaml": "plaintext secret",
        "acmee.yaml": "Did you mean acme.yaml?",
    }.items():
        done = CliRunner().invoke(cli.app, ["jupyter", name])
        assert done.exit_code == 2
        assert says in done.output
        assert SECRET not in done.output
    assert not told
    assert [path.name for path in tmp_path.iterdir()] == ["acme.yaml"]
