"""Every way to run a notebook says the same: which tools go red over what, and with which words."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.load import parameters_cell
from sfsip_nb.notebook.run import open_run
from sfsip_nb.runs import person
from sfsip_nb.testbed import life
from tests.notebooks.forked import forked_kernels
from tests.notebooks.notebook_tools import FOLDER, PROJECT, is_parameters, read

FILE = PROJECT / "parameters" / "genesys.testbed.yaml"
LITERAL = "Tr0ub4dor-and-3"
PATIENCE = 400.0


@dataclass(frozen=True)
class Case:
    """A notebook, its inputs where they differ from the sample's, and what a tool says of it.

    `only` are the cells of the notebook that are run, where not all are. `replayed` are the exit
    code of `sfsip replay`, the section that it runs, and what it says.
    """

    stem: str
    inputs: Mapping[str, Any]
    says: str
    replayed: tuple[int, str, str]
    only: tuple[str, ...] = ()

    @property
    def red(self) -> bool:
        return bool(self.says)


SAMPLE = sample_values("genesys")
FAULT = SAMPLE["testbed"] | {"faults": ["synthflow.rtp-blackhole"]}
INBOUND = ("parameters", "open-run", "step-verify-inbound", "verdict")
CASES = {
    "healthy": Case("01-prerequisites", {"run": "prepared"}, "", (0, "", "✔ pass")),
    "audio fault": Case(
        "05-verification",
        {"run": "prepared", "testbed": FAULT},
        "✖ fail: verify.inbound",
        (1, "05", "✖ fail verify.inbound"),
        INBOUND,
    ),
    "wrong site": Case(
        "01-prerequisites",
        {"run": "misfit", "genesys": SAMPLE["genesys"] | {"site": "Acme Mian Site"}},
        "✖ fail: access.platform",
        (1, "01", "did you mean “Acme Main Site”?"),
    ),
    "wrong site, later": Case(
        "02-genesys-configuration",
        {"run": "elsewhere", "genesys": SAMPLE["genesys"] | {"site": "No Such Site"}},
        "No Such Site",
        (1, "02", "No Such Site"),
    ),
    "blocked alone": Case(
        "05-verification",
        {"run": "alone"},
        "⊘ blocked: verify.inbound",
        (3, "05", "⊘ blocked"),
        INBOUND,
    ),
    "bad parameter": Case(
        "01-prerequisites",
        {"mode": "aply"},
        "is 'aply'. Use one of: empty, plan, apply",
        (2, "01", "is 'aply'. Use one of"),
    ),
    "literal secret": Case(
        "01-prerequisites",
        {"sip": SAMPLE["sip"] | {"password": LITERAL}},
        "change the secret",
        (2, "01", "sip.password (--set sip) holds a plaintext secret"),
    ),
}


@dataclass
class Bench:
    """A folder with the runbook, one notebook a case, and runs as far as the cases need them."""

    folder: Path
    nbval: dict[str, tuple[bool, str]] = field(default_factory=dict)

    def notebook(self, name: str, given: bool) -> Path:
        """The notebook of a case; `given`: its inputs stand in its parameters cell."""
        case = CASES[name]
        made = read(FOLDER / "genesys" / f"{case.stem}.ipynb")
        if case.only:
            made["cells"] = [c for c in made["cells"] if c["id"] in case.only]
        for cell in made["cells"]:
            if given and is_parameters(cell):
                cell["source"] = parameters_cell("genesys", SAMPLE | dict(case.inputs))
        path = self.folder / f"{name.replace(' ', '-')}-{'given' if given else 'plain'}.ipynb"
        path.write_text(json.dumps(made), encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("bench"))
    shutil.copytree(FOLDER, made.folder / "notebooks")
    with pytest.MonkeyPatch.context() as patch, forked_kernels():
        patch.chdir(made.folder)
        yield made
        for folder in (made.folder / "runs").iterdir():
            life.stop(folder)


@pytest.fixture(scope="module")
def prepared(bench: Bench) -> tuple[int, str]:
    """A healthy run, and one of which the first section passed."""
    first = open_run("genesys", "01-prerequisites", SAMPLE | {"run": "elsewhere"})
    with closing(first.workspace):
        for step in ("access.platform", "access.synthflow", "access.number", "access.network"):
            first.step(step)
    return replayed(bench, "prepared", "--set", "run=prepared")


def replayed(bench: Bench, run: str, *more: str) -> tuple[int, str]:
    """`sfsip replay` as its user has it: the exit code and all that it said."""
    command = [sys.executable, "-m", "sfsip_nb", "replay", str(FILE)]
    command += ["--out", str(bench.folder / "runs" / run), "--keep-testbed", *more]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=bench.folder
    )
    return done.returncode, done.stdout + done.stderr


# -- the tools: whether each went red, and what it said ---------------------------------


def papermill_cli(bench: Bench, name: str) -> tuple[bool, str]:
    from click.testing import CliRunner
    from papermill.cli import papermill

    source = bench.notebook(name, given=False)
    target = source.with_name(f"{source.stem}-cli.ipynb")
    words = ["-y", json.dumps(CASES[name].inputs), "--no-progress-bar"]
    done = CliRunner().invoke(papermill, [str(source), str(target), *words])
    return done.exit_code != 0, f"{done.output}\n{done.exception}"


def papermill_api(bench: Bench, name: str) -> tuple[bool, str]:
    """What Airflow's papermill operator runs, with the arguments that it gives."""
    import papermill

    source = bench.notebook(name, given=False)
    target = source.with_name(f"{source.stem}-api.ipynb")
    try:
        papermill.execute_notebook(
            str(source),
            str(target),
            parameters=dict(CASES[name].inputs),
            progress_bar=False,
            report_mode=True,
        )
    except papermill.PapermillExecutionError as error:
        return True, str(error)
    return False, ""


def nbconvert(bench: Bench, name: str) -> tuple[bool, str]:
    from nbclient.exceptions import CellExecutionError
    from nbconvert.nbconvertapp import NbConvertApp

    source = bench.notebook(name, given=True)
    app = NbConvertApp()
    app.initialize(["--execute", "--to", "notebook", "--output", f"{source.stem}-nc", str(source)])
    try:
        app.start()
    except CellExecutionError as error:
        return True, str(error)
    return False, ""


def jupyter_execute(bench: Bench, name: str) -> tuple[bool, str]:
    from nbclient.cli import NbClientApp
    from nbclient.exceptions import CellExecutionError

    try:
        NbClientApp().initialize([str(bench.notebook(name, given=True))])
    except CellExecutionError as error:
        return True, str(error)
    return False, ""


def nbval(bench: Bench, name: str) -> tuple[bool, str]:
    """All cases in one go: a kernel for each, and one start of pytest."""
    if not bench.nbval:
        command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-v"]
        command += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(bench.folder)]
        command += ["-p", "tests.notebooks.forked"]
        paths = {case: bench.notebook(case, given=True) for case in CASES}
        done = subprocess.run(
            [*command, *map(str, paths.values())],
            cwd=bench.folder,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 1, done.stdout[-3000:]
        for case, path in paths.items():
            bench.nbval[case] = f"FAILED {path.name}" in done.stdout, done.stdout
    return bench.nbval[name]


Tool = Callable[[Bench, str], tuple[bool, str]]
TOOLS: dict[str, Tool] = {
    "papermill": papermill_cli,
    "papermill API": papermill_api,
    "nbval": nbval,
    "nbconvert": nbconvert,
    "jupyter execute": jupyter_execute,
}


@pytest.mark.parametrize(("case", "tool"), [(case, tool) for case in CASES for tool in TOOLS])
def test_a_tool_is_red_over_what_did_not_pass_and_says_why(
    bench: Bench, prepared: tuple[int, str], case: str, tool: str
) -> None:
    red, said = TOOLS[tool](bench, case)
    assert red == CASES[case].red, said
    assert CASES[case].says in said
    if tool != "nbval":  # which shows the cells of all cases in one
        assert LITERAL not in said
    assert "TraitError" not in said


@pytest.mark.parametrize("case", CASES)
def test_a_replay_goes_on_and_says_the_same(
    bench: Bench, prepared: tuple[int, str], case: str
) -> None:
    code, only, says = CASES[case].replayed
    found, said = prepared
    if only:
        inputs = dict(CASES[case].inputs)
        run = inputs.get("run", "refused")
        sets = [word for key in inputs for word in ("--set", f"{key}={json.dumps(inputs[key])}")]
        found, said = replayed(bench, str(run), "--only", only, *sets)
    assert found == code, said
    assert says in said
    assert LITERAL not in said


def test_what_ran_before_the_error_can_be_read_and_the_reason_comes_first(
    bench: Bench, prepared: tuple[int, str]
) -> None:
    import papermill

    source = bench.notebook("blocked alone", given=False)
    target = source.with_name("readable.ipynb")
    inputs = {"run": "alone", "on_open": "raise"}
    with pytest.raises(papermill.PapermillExecutionError) as stopped:
        papermill.execute_notebook(str(source), str(target), inputs, progress_bar=False)
    assert stopped.value.ename == "NotPassed"
    assert stopped.value.evalue.startswith("⊘ blocked: verify.inbound")
    verdict = read(target)["cells"][-1]
    assert [output["output_type"] for output in verdict["outputs"]] == ["display_data", "error"]
    assert "This section" in str(verdict["outputs"][0]["data"]["text/plain"])
    assert "".join(verdict["outputs"][1]["traceback"]).startswith("⊘ blocked: verify.inbound")


@pytest.mark.parametrize("inputs", [{"on_open": "report"}, {"mode": "plan"}], ids=str)
def test_a_report_and_a_plan_leave_steps_open(bench: Bench, inputs: dict[str, str]) -> None:
    import papermill

    source = bench.notebook("blocked alone", given=False)
    target = source.with_name("reported.ipynb")
    papermill.execute_notebook(
        str(source), str(target), inputs | {"run": "alone"}, progress_bar=False
    )


def test_a_person_is_told_the_same_and_nothing_is_raised(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import papermill

    monkeypatch.setenv(person.HEADLESS, "0")
    source = bench.notebook("blocked alone", given=False)
    target = source.with_name("read.ipynb")
    papermill.execute_notebook(str(source), str(target), {"run": "alone"}, progress_bar=False)


def test_the_sample_file_is_what_papermill_reads() -> None:
    assert yaml.safe_load(FILE.read_text(encoding="utf-8")).keys() == SAMPLE.keys()
