"""Commands that bring a person to the notebooks: copy them into a folder, open them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from sfsip_nb.cli.common import app, become, paragraphs, say
from sfsip_nb.inputs import extras, shipped
from sfsip_nb.inputs.errors import InputError

_START = Path("notebooks", "start.ipynb")


@app.command()
def start(
    folder: Annotated[Path, typer.Argument(help="the folder to work in", metavar="DIR")],
) -> None:
    """Copy the notebooks and sample parameters into a folder; existing files stay as they are."""
    with paragraphs():
        say(f"{folder}: {_copy(folder)}. Open them: cd {folder} && sfsip jupyter")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def jupyter(more: typer.Context) -> None:
    """Open the notebooks in JupyterLab; with a parameters file, its run's own ones.

    sfsip jupyter [PARAMETERS] [-- OPTIONS]: options go to JupyterLab (-- --no-browser).
    """
    with paragraphs():
        extras.need("lab", "sfsip jupyter")
        file, options = _file_of(more.args)
        if file:
            from sfsip_nb.inputs.opened import from_file

            from_file(file)  # before anything is copied
        root = _root(of_run=file is not None)
        first = _first_notebook(file).relative_to(root) if file else _START
        settings = Path(__file__).parents[1] / "notebook" / "jupyter"
        paths = [str(settings), os.environ.get("JUPYTER_CONFIG_PATH", "")]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
        os.environ.setdefault("PYTHONSTARTUP", str(settings / "startup.py"))  # of each kernel
        become(
            "sfsip_nb.notebook.lab",
            f"--ServerApp.root_dir={root}",  # the runs' notebooks are below it too
            f"--LabApp.default_url=/lab/tree/{quote(first.as_posix())}",
            "--KernelManager.transport_encryption=required",
            *options,
        )


def _file_of(words: Sequence[str]) -> tuple[Path | None, Sequence[str]]:
    """The parameters file that the arguments begin with, if they do, and the other ones."""
    if words and Path(words[0]).suffix in (".yaml", ".yml") and not words[0].startswith("-"):
        return Path(words[0]), words[1:]
    return None, words


def _first_notebook(file: Path) -> Path:
    """The first notebook of the run of a parameters file, made where it is not there."""
    from sfsip_nb.notebook.start import begin_from
    from sfsip_nb.runs.status import RUNBOOK

    return min((begin_from(file) / RUNBOOK).glob("*.ipynb"))


def _root(of_run: bool = False) -> Path:
    """The folder upwards that holds the notebooks, else the checkout, else copies in this one.

    Not the checkout to open a run: a replay keeps that beside this folder, or one upwards.
    """
    here = Path.cwd()
    for place in (here, *here.parents):
        if (place / _START).is_file():
            return place
    if shipped.CHECKOUT and not of_run:
        return shipped.CHECKOUT
    say(f"{here}: {_copy(here)}.")
    return here


def _copy(folder: Path) -> str:
    """Copy what is not there yet; in words, how much that was."""
    from sfsip_nb.sip.shown import counted

    missing = [(source, folder / name) for source, name in _files() if not (folder / name).exists()]
    try:
        for source, target in missing:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(source.read_bytes())
    except OSError as error:
        raise InputError(
            "DIR", f"{folder} cannot be written to ({error.strerror}). Name another folder."
        ) from None
    return f"{counted(len(missing), 'file')} of notebooks and sample parameters copied"


def _files() -> Iterator[tuple[Path, Path]]:
    """What a person opens and edits, each with its place below the folder."""
    from sfsip_nb.platforms import guides

    yield shipped.NOTEBOOKS / _START.name, _START
    for guide in guides.ALL.values():
        for notebook in guides.shipped_notebooks(guide):
            yield notebook, Path("notebooks", guide.name, notebook.name)
    for sample in sorted(shipped.PARAMETERS.glob("*.yaml")):
        yield sample, Path("parameters", sample.name)
