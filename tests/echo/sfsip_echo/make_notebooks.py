"""``python -m sfsip_echo.make_notebooks``: Echo's notebooks, beside this module."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from sfsip_echo.guide import GUIDE
from sfsip_nb.inputs.load import parameters_cell

_OPEN = 'from sfsip_nb import open_run\n\nrun = open_run("echo", "{}", globals())'
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

folder = Path(__file__).with_name("notebooks")
folder.mkdir()
for section in GUIDE.sections:
    steps = [f'run.step("{step.id}")' for step in GUIDE.of_section(section.notebook)]
    sources = [_OPEN.format(section.notebook), "run.plan()", *steps, "run.verdict()"]
    parameters = new_code_cell(parameters_cell("echo"), metadata={"tags": ["parameters"]})
    cells = [parameters, *map(new_code_cell, sources)]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": _KERNEL})
    nbformat.write(notebook, folder / f"{section.notebook}.ipynb")
