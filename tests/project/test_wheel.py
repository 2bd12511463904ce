"""The wheel alone, in another folder: it carries what it runs, and replays both guides."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest

from sfsip_nb._version import __version__
from sfsip_nb.replay.loaded import SAFE
from tests.project.project_files import ROOT

SHIPPED = ("notebooks", "parameters")


def _run(cwd: Path, *words: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env=os.environ | env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and unpacked by pip without a look at any index."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = ("-m", "pip", "--disable-pip-version-check", "--no-input")
    offline = ("--no-index", "--no-deps")
    build = (*offline, "--no-build-isolation", "--wheel-dir", folder / "dist", ROOT)
    built = _run(folder, *pip, "wheel", *build)
    assert built.returncode == 0, built.stderr
    [wheel] = (folder / "dist").glob("*.whl")
    installed = _run(folder, *pip, "install", *offline, "--target", folder / "site", wheel)
    assert installed.returncode == 0, installed.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def desk(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder made by `sfsip start`."""
    folder = tmp_path_factory.mktemp("desk") / "work"
    done = _sfsip(site, folder.parent, "start", "work")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "work: 19 files of notebooks and sample parameters copied."
        " Open them: cd work && sfsip jupyter\n"
    )
    return folder


def _sfsip(site: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _run(cwd, "-m", "sfsip_nb", *words, PYTHONPATH=str(site))


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for name in SHIPPED
        for path in (folder / name).rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }


def test_it_carries_the_notebooks_and_samples_of_the_checkout(site: Path) -> None:
    assert _files(site / "sfsip_nb" / "shipped") == _files(ROOT)


def test_it_carries_what_a_test_caller_says(site: Path) -> None:
    words = Path("sfsip_nb") / "sip" / "media" / "caller"
    shipped = {path.name: path.read_bytes() for path in (site / words).iterdir()}
    assert "hello.wav" in shipped
    assert shipped == {path.name: path.read_bytes() for path in (ROOT / words).iterdir()}


def test_it_is_the_package_that_runs(site: Path, tmp_path: Path) -> None:
    found = _run(tmp_path, "-c", "import sfsip_nb; print(sfsip_nb.__file__)", PYTHONPATH=str(site))
    assert Path(found.stdout.strip()).is_relative_to(site)
    assert _sfsip(site, tmp_path, "--version").stdout == f"sfsip {__version__}\n"


def test_start_copies_what_a_person_edits_and_never_writes_over_it(site: Path, desk: Path) -> None:
    assert _files(desk) == _files(ROOT)
    edited, gone = desk / "parameters" / "genesys.example.yaml", desk / "notebooks" / "start.ipynb"
    edited.write_text("mine")
    gone.unlink()
    again = _sfsip(site, desk, "start", ".")
    assert again.stdout.startswith(".: 1 file of notebooks and sample parameters copied.")
    assert edited.read_text() == "mine"
    assert _files(desk) | {"parameters/genesys.example.yaml": b""} == _files(ROOT) | {
        "parameters/genesys.example.yaml": b""
    }


def test_jupyter_opens_the_copies_of_its_folder_and_makes_them_first(
    site: Path, tmp_path: Path
) -> None:
    done = _sfsip(site, tmp_path, "jupyter", "--", "--version")
    assert done.stdout.splitlines() == [
        f"{tmp_path}: 19 files of notebooks and sample parameters copied.",
        version("jupyterlab"),
    ]
    assert _files(tmp_path) == _files(ROOT)
    inside = _sfsip(site, tmp_path / "notebooks" / "genesys", "jupyter", "--", "--version")
    assert inside.stdout == f"{version('jupyterlab')}\n", "nothing is copied below them"


def test_start_says_where_it_cannot_write(site: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    done = _sfsip(site, tmp_path, "start", "taken")
    assert done.returncode == 2
    assert done.stderr == "taken cannot be written to (Not a directory). Name another folder.\n"


@pytest.mark.parametrize(
    ("guide", "words", "code"), [("genesys", (), 0), ("talkdesk", ("--only", "01"), 3)]
)
def test_it_replays_the_sample_customer(
    site: Path, desk: Path, guide: str, words: tuple[str, ...], code: int
) -> None:
    done = _sfsip(site, desk, "replay", f"parameters/{guide}.testbed.yaml", *words)
    assert done.returncode == code, done.stdout + done.stderr
    [record] = (desk / "runs").glob(f"*-{guide}/attempts/*/record.html")
    assert str(record) in done.stdout


ORIGIN = "import sys; print('forked:', 'sfsip_nb.notebook.kernel' in sys.orig_argv)"


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (("papermill", "-k", "sfsip", "one.ipynb", "two.ipynb"), "two.ipynb"),
        (
            (
                *("nbconvert", "--execute", "--to", "notebook", "--output", "two.ipynb"),
                *("--ExecutePreprocessor.kernel_name=sfsip", "one.ipynb"),
            ),
            "two.ipynb",
        ),
        (("pytest", "--nbval", "--nbval-kernel-name=sfsip", "one.ipynb"), "one.ipynb"),
    ],
    ids=["papermill", "nbconvert", "nbval"],
)
def test_its_kernelspec_has_any_tool_fork_kernels(
    site: Path, tmp_path: Path, words: tuple[str, ...], result: str
) -> None:
    cell = nbformat.v4.new_code_cell(ORIGIN)
    cell.outputs = [nbformat.v4.new_output("stream", text=f"forked: {SAFE}\n")]
    cell.execution_count = 1
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, tmp_path / "one.ipynb")
    paths = {"PYTHONPATH": str(site), "JUPYTER_PATH": str(site / "share" / "jupyter")}
    done = _run(tmp_path, "-m", *words, **paths)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"forked: {SAFE}" in nbformat.read(tmp_path / result, 4).cells[-1].outputs[0].text
