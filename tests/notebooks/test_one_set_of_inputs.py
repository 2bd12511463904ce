"""A parameters file and the notebooks of its run: one set of inputs, whichever way it is opened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from sfsip_nb.engine.found import JOURNAL, look
from sfsip_nb.engine.journal import Journal
from sfsip_nb.inputs import draft as drafts
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.errors import InputError, PlaintextSecret
from sfsip_nb.inputs.load import load_file
from sfsip_nb.inputs.opened import from_file
from sfsip_nb.notebook import file_widgets, opening, start
from sfsip_nb.notebook.run import Run, open_run
from sfsip_nb.runs import parameters_file, person, places
from sfsip_nb.runs import session as sessions
from sfsip_nb.runs.session import GUIDES
from sfsip_nb.runs.status import RUNBOOK
from sfsip_nb.testbed import life
from tests.notebooks.notebook_tools import FOLDER, cells, is_parameters, read, source

ACME = """\
# Acme, a rehearsal
target: testbed
customer: Acme   # as they write it
numbers:
- "+15551230001"
genesys:
  site: Acme Main Site  # asked on Monday
  caller_name: "Acme Desk"
sip: {password: "testbed:sip-password"}
"""
LIVE = """\
target: live
customer: Northwind
numbers: []
synthflow:
  region: ""
  signalling_addresses: {addresses: [], confirmed_on: 2026-11-20}
genesys: {}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the notebooks, in which a person works; its testbeds end with it."""
    shutil.copytree(FOLDER, tmp_path / "notebooks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(person.HEADLESS, "0")
    monkeypatch.setattr(drafts, "_typed_here", {})
    yield tmp_path
    for run in tmp_path.glob("runs/*"):
        life.stop(run)


@pytest.fixture
def acme(home: Path) -> Path:
    file = home / "acme.yaml"
    file.write_text(ACME, encoding="utf-8")
    return file


def given(folder: Path, stem: str = "01-prerequisites") -> dict[str, Any]:
    """What a notebook's parameters cell gives."""
    [cell] = filter(is_parameters, cells(folder / RUNBOOK / f"{stem}.ipynb"))
    names: dict[str, Any] = {}
    exec(source(cell), names)
    return names


def opened(folder: Path, open_runs: ExitStack, stem: str = "01-prerequisites") -> Run:
    run = open_run("genesys", stem, given(folder, stem))
    open_runs.callback(run.workspace.close)
    return run


def test_a_file_fills_the_parameters_of_each_of_its_runs_notebooks(acme: Path) -> None:
    folder = start.begin_from(acme)
    assert folder == acme.parent / "runs/acme-genesys"
    stems = [section.notebook for section in GUIDES["genesys"].sections]
    for stem in stems:
        names = given(folder, stem)
        assert (names["customer"], names["target"]) == ("Acme", "testbed")
        assert names["genesys"]["caller_name"] == "Acme Desk"
        assert names["genesys"]["trunk_name"] == samples.TRUNK_NAME
    assert parameters_file.of_run(folder) == acme


def test_a_file_that_changed_changes_the_parameters_and_nothing_else(acme: Path) -> None:
    folder = start.begin_from(acme)
    path = folder / RUNBOOK / "02-genesys-configuration.ipynb"
    made = read(path)
    made["cells"][0]["source"] = ["# My own words"]
    made["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": ["x"]})
    path.write_text(json.dumps(made), encoding="utf-8")
    acme.write_text(ACME.replace("Acme Desk", "Acme Line"), encoding="utf-8")
    start.begin_from(acme)
    again = read(path)
    [before], [after] = (list(filter(is_parameters, m["cells"])) for m in (made, again))
    assert "Acme Line" in source(after)
    after["source"] = before["source"]
    assert again == made


def test_a_live_file_that_is_half_filled_in_opens_with_what_it_has(home: Path) -> None:
    file = home / "northwind.yaml"
    file.write_text(LIVE, encoding="utf-8")
    folder = start.begin_from(file)
    names = given(folder)
    assert names["synthflow"]["signalling_addresses"]["confirmed_on"] == "2026-11-20"
    with ExitStack() as runs:
        run = opened(folder, runs)
        assert "genesys.site" in run.workspace.draft.problems()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ACME.replace("testbed:sip-password", "hunter2-hunter2"), "plaintext secret"),
        (ACME + "people: {trunk.acl: {done_by: A, values: {token: hunter2-hunter2}}}\n", "plain"),
        (ACME.replace("caller_name", "caler_name"), "Did you mean caller_name?"),
        (ACME.replace("customer: Acme   # as they write it\n", "").replace("testbed\n", "live\n"),
         "customer"),
        (ACME.replace("target: testbed", "target: mars"), "target"),
        (ACME + "run: a/b\n", "run"),
        ("- a\n", "holds no parameters"),
    ],
)  # fmt: skip
def test_what_no_form_mends_makes_no_notebooks(home: Path, text: str, says: str) -> None:
    file = home / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as refused:
        start.begin_from(file)
    assert "hunter2" not in str(refused.value)
    assert isinstance(refused.value, PlaintextSecret) == ("hunter2" in text)
    assert not (home / "runs").exists()


def test_numbers_in_a_csv_file_are_found_from_the_notebooks_too(home: Path) -> None:
    (home / "numbers.csv").write_text("number\n+15551231000..05\n", encoding="utf-8")
    file = home / "acme.yaml"
    file.write_text("target: testbed\ncustomer: A\nnumbers: numbers.csv\ngenesys: {}\n")
    guide, values = from_file(file)
    assert guide == "genesys"
    assert values["numbers"] == [str(home / "numbers.csv")]


def test_the_same_customer_begun_again_has_the_inputs_of_the_replay(acme: Path, home: Path) -> None:
    """A plan was made without a person; then they type the customer's name."""
    out = home / "runs/acme-genesys"
    with closing(sessions.prepare(acme, mode="plan")) as made:
        assert made.run_dir == out
    assert start.begin(GUIDES["genesys"], "Acme", "live") == out
    assert given(out)["genesys"]["caller_name"] == "Acme Desk"
    acme.unlink()
    shutil.rmtree(out / RUNBOOK)
    assert start.begin(GUIDES["genesys"], "Acme", "live") == out
    names = given(out)
    assert names["genesys"]["caller_name"] == "Acme Desk", "the journal has them too"
    assert (names["target"], names["mode"]) == ("testbed", "")


def test_a_runs_folder_names_no_account_that_calls_and_no_approval(acme: Path, home: Path) -> None:
    out = home / "runs/acme-genesys"
    account = "{uri: 'sip:127.0.0.1:9', username: u, password: 'testbed:sip-password'}"
    approved = "{by: Mallory, until: 2199-12-31}"
    sets = [f"test_calls.caller={account}", f"test_calls.approved={approved}"]
    sessions.prepare(acme, sets, mode="plan").close()
    acme.unlink()
    assert start.begin(GUIDES["genesys"], "Acme", "live") == out
    calls = given(out)["test_calls"]
    assert calls
    assert not {"caller", "approved"} & set(calls)


def test_the_overview_leads_to_the_own_notebooks_of_a_run_that_was_replayed(
    acme: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = home / "runs/practice"
    sessions.prepare(acme, mode="plan", out=out).close()
    monkeypatch.setenv(person.HEADLESS, "1")
    start.overview()
    assert not (out / RUNBOOK).exists()
    monkeypatch.setenv(person.HEADLESS, "0")
    assert "runs/practice/runbook/01-prerequisites.ipynb" in start.overview().html
    names = given(out)
    assert (names["customer"], names["run"]) == ("Acme", "practice"), "that folder, and no other"


def test_a_plan_made_headlessly_is_the_one_that_the_notebook_shows_and_approves(
    acme: Path, home: Path
) -> None:
    with closing(sessions.prepare(acme, mode="plan")) as made:
        made_at = made.engine.plan().made_at
    folder = start.begin_from(acme)
    with ExitStack() as runs:
        run = opened(folder, runs, "02-genesys-configuration")
        run.workspace.draft.note("mode", "plan")
        shown = run.plan()
        assert made_at.replace("T", " ")[:19] in str(getattr(shown, "shown", shown))


def test_a_plan_approved_in_the_notebook_is_carried_out_headlessly(acme: Path) -> None:
    folder = start.begin_from(acme)
    with ExitStack() as runs:
        run = opened(folder, runs, "02-genesys-configuration")
        run.workspace.draft.note("mode", "plan")
        run.plan()
        approved = run.workspace.engine().plan()
        run.workspace.engine().approve("Ann")
    with closing(sessions.prepare(acme, mode="apply")) as replayed:
        plan = replayed.engine.plan()
        assert (plan.id, plan.approved_by) == (approved.id, "Ann")


class Saved:
    """The buttons under a form, clicked, and what they show."""

    def __init__(self, run: Run) -> None:
        self.box = file_widgets.saver(run.workspace.propose)
        self.look, self.shown, self.write = self.box.children

    def looked(self) -> str:
        self.look.click()
        return str(self.shown.value)

    @property
    def can_write(self) -> bool:
        return self.write.layout.display != "none"


def test_what_two_notebooks_note_before_they_see_each_other_stands_in_both(acme: Path) -> None:
    folder = start.begin_from(acme)
    with ExitStack() as open_runs:
        first = opened(folder, open_runs).inputs()
        second = opened(folder, open_runs, "03-synthflow-configuration").inputs()
        first.note("genesys.caller_name", "Acme Line")
        second.note("genesys.site", "Acme East")
        first.note("genesys.trunk_name", "AI")
    with ExitStack() as open_runs:
        draft = opened(folder, open_runs).workspace.draft
    assert draft.value("genesys.caller_name") == "Acme Line"
    assert draft.value("genesys.site") == "Acme East"
    assert draft.value("genesys.trunk_name") == "AI"


def test_what_was_approved_holds_where_another_notebooks_cell_gives_another_mode(
    acme: Path,
) -> None:
    folder = start.begin_from(acme)
    stem = "02-genesys-configuration"
    with ExitStack() as open_runs:
        plan = open_run("genesys", stem, given(folder, stem) | {"mode": "plan"})
        open_runs.callback(plan.workspace.close)
        plan.plan()
        plan.workspace.approve("Ann", read="")
        other = opened(folder, open_runs, "03-synthflow-configuration")
        other.inputs().note("genesys.caller_name", "Acme Line")
        plan.workspace.refresh()
        draft = plan.workspace.draft
    assert (draft.value("mode"), draft.value("genesys.caller_name")) == ("apply", "Acme Line")


def test_what_was_typed_between_a_read_and_a_write_of_another_notebook_is_kept(
    acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = start.begin_from(acme)
    with ExitStack() as open_runs:
        first = opened(folder, open_runs).inputs()
        second = opened(folder, open_runs, "03-synthflow-configuration").inputs()
        note = drafts.Draft.note

        def noted(draft: drafts.Draft, *typed: Any) -> None:
            monkeypatch.setattr(drafts.Draft, "note", note)
            second.note("genesys.site", "Acme East")
            draft.note(*typed)

        monkeypatch.setattr(drafts.Draft, "note", noted)
        first.note("genesys.caller_name", "Acme Line")
    typed = look(folder).typed
    assert set(typed) == {"genesys.site", "genesys.caller_name"}


def test_what_was_typed_goes_back_into_the_file_once_it_was_shown(acme: Path) -> None:
    folder = start.begin_from(acme)
    with ExitStack() as runs:
        run = opened(folder, runs)
        saved = Saved(run)
        assert "has these inputs already" in saved.looked()
        assert not saved.can_write
        form = run.inputs()
        form.note("genesys.caller_name", "Acme <Line>")
        form.note("numbers", ["+1 (555) 123-0002"])
        form.note("sip.password", "typed-s3cr3t-of-acme")
        form.note("genesys.client_secret", "env:ACME_SECRET")
        form.note("mode", "plan")
        shown = saved.looked()
        assert "+  caller_name: &quot;Acme &lt;Line&gt;&quot;" in shown
        assert acme.read_text(encoding="utf-8") == ACME, "it is only shown"
        assert saved.write.description == "Write acme.yaml"
        saved.write.click()
        assert "acme.yaml is written" in saved.shown.value
        assert not saved.can_write
        written = acme.read_text(encoding="utf-8")
        assert written == ACME.replace('"Acme Desk"', '"Acme <Line>"').replace(
            '- "+15551230001"', '- "+15551230002"'
        ).replace('<Line>"\n', '<Line>"\n  client_secret: "env:ACME_SECRET"\n')
        assert "s3cr3t" not in written + shown
        form.note("genesys.caller_name", "Acme Desk")  # as the cell gives it
        saved.looked()
        saved.write.click()
        assert 'caller_name: "Acme Desk"' in acme.read_text(encoding="utf-8")


def test_a_link_to_the_file_and_its_mode_stay(acme: Path, home: Path) -> None:
    kept = home / "elsewhere.yaml"
    acme.rename(kept)
    kept.chmod(0o640)
    acme.symlink_to(kept)
    folder = start.begin_from(acme)
    with ExitStack() as runs:
        run = opened(folder, runs)
        run.inputs().note("genesys.caller_name", "Acme Line")
        saved = Saved(run)
        saved.looked()
        saved.write.click()
    assert "Acme Line" in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o640


def test_a_file_that_changed_meanwhile_is_not_overwritten(acme: Path) -> None:
    folder = start.begin_from(acme)
    with ExitStack() as runs:
        run = opened(folder, runs)
        run.inputs().note("genesys.caller_name", "Acme Line")
        saved = Saved(run)
        saved.looked()
        acme.write_text(changed := ACME + "keep_media: false\n", encoding="utf-8")
        saved.write.click()
        assert "has changed since it was shown here" in saved.shown.value
        assert acme.read_text(encoding="utf-8") == changed
        saved.looked()
        saved.write.click()
        assert load_file(acme).platform.caller_name == "Acme Line"


def test_a_secret_typed_into_another_field_is_not_written(acme: Path) -> None:
    folder = start.begin_from(acme)
    with ExitStack() as runs:
        run = opened(folder, runs)
        form = run.inputs()
        form.note("sip.password", "typed-s3cr3t-of-acme")
        form.note("genesys.caller_name", "typed-s3cr3t-of-acme")
        saved = Saved(run)
        assert "One of the inputs holds a secret" in saved.looked()
        assert "s3cr3t" not in saved.shown.value
        assert not saved.can_write


def test_a_run_without_a_file_gets_one(home: Path) -> None:
    folder = start.begin(GUIDES["genesys"], "Contoso", "testbed")
    with ExitStack() as runs:
        run = opened(folder, runs)
        form = run.inputs()
        form.note("genesys.caller_name", "Contoso Desk")
        form.note("sip.password", "typed-s3cr3t-of-acme")
        saved = Saved(run)
        saved.looked()
        assert saved.write.description == "Write contoso-genesys-rehearsal.yaml"
        saved.write.click()
        file = home / "contoso-genesys-rehearsal.yaml"
        loaded = load_file(file)
        assert (loaded.customer, loaded.platform.caller_name) == ("Contoso", "Contoso Desk")
        assert loaded.run_name == folder.name
        assert "s3cr3t" not in file.read_text(encoding="utf-8")
        assert "has these inputs already" in saved.looked()


def test_the_files_that_are_here_are_offered_and_one_opens(
    acme: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "parameters").mkdir()
    (home / "parameters" / "other.yml").write_text(LIVE, encoding="utf-8")
    (home / "blank.yaml").write_text("target: live\ncustomer: ''\ngenesys: {}\n")
    (home / "broken.yaml").write_text("target: [")
    (home / "list.yaml").write_text("- 1\n")
    monkeypatch.setattr(opening.ParametersFile, "chosen", {"file": ""})
    displayed: list[Any] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    file = opening.ParametersFile()
    assert "No parameters file is chosen" in str(file.notebooks())
    file._ipython_display_()
    [chooser] = displayed
    assert isinstance(chooser, ipywidgets.Dropdown)
    assert [words for words, _ in chooser.options] == [
        "–",
        "acme.yaml: Acme, testbed",
        "parameters/other.yml: Northwind, live",
    ]
    chooser.value = "acme.yaml"
    assert "runs/acme-genesys/runbook/01-prerequisites.ipynb" in file.notebooks().html
    monkeypatch.setenv(person.HEADLESS, "1")
    file._ipython_display_()
    assert "A person chooses" in displayed[-1].text


def test_a_journal_that_names_no_file_and_one_that_is_gone(home: Path, acme: Path) -> None:
    folder = start.begin_from(acme)
    acme.unlink()
    assert look(folder).file == "acme.yaml"
    assert parameters_file.of_run(folder) is None
    with closing(Journal(home / "runs" / "other" / JOURNAL)):
        assert parameters_file.of_run(home / "runs" / "other") is None
    assert places.home() == home
