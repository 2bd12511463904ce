"""What every notebook keeps to, read from the files alone: no kernel, no testbed."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.inputs.load import parameters_cell
from sfsip_nb.inputs.schema import parameters_model, secret_keys
from sfsip_nb.inputs.secrets import is_reference
from tests.notebooks.notebook_tools import (
    FOLDER,
    NOTEBOOKS,
    PATHS,
    PROJECT,
    START,
    Notebook,
    cells,
    is_parameters,
    read,
    source,
)

LONGEST = 10
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:parameters|notebooks)/[\w./-]+)`")

each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
each_file = pytest.mark.parametrize("path", PATHS, ids=lambda p: str(p.relative_to(FOLDER)))


def test_every_notebook_belongs_to_a_section() -> None:
    assert sorted(FOLDER.rglob("*.ipynb")) == sorted(PATHS)


@each_notebook
def test_it_begins_with_the_sections_title(notebook: Notebook) -> None:
    first = notebook.cells[0]
    assert first["cell_type"] == "markdown"
    assert source(first).splitlines()[0] == f"# {notebook.title}"
    headings = [line for cell in notebook.cells[1:] for line in source(cell).splitlines()]
    assert not [line for line in headings if line.startswith("# ") and line[2:3].isupper()]


@each_notebook
def test_its_parameters_cell_is_the_generated_one(notebook: Notebook) -> None:
    tagged = [cell for cell in notebook.cells if is_parameters(cell)]
    assert [source(cell) for cell in tagged] == [parameters_cell(notebook.guide)]
    assert tagged[0]["metadata"]["jupyter"] == {"source_hidden": True}, "ninety lines, folded"


@each_notebook
def test_papermill_shows_every_parameter_with_type_and_help(notebook: Notebook) -> None:
    import papermill

    found = papermill.inspect_notebook(str(notebook.path))
    declared = parameters_model(notebook.guide).model_fields
    fields = {field.alias or name: field for name, field in declared.items()}
    assert list(found) == list(fields)
    for key, parameter in found.items():
        field = fields[key]
        assert parameter["help"] == field.description
        assert parameter["inferred_type_name"] in ("str", "bool", "int", "list", "dict")
        value = ast.literal_eval(parameter["default"])
        assert type(value).__name__ == parameter["inferred_type_name"]


@each_file
def test_every_call_is_preceded_by_markdown(path: Path) -> None:
    kinds = [cell["cell_type"] for cell in cells(path)]
    code = [place for place, kind in enumerate(kinds) if kind == "code"]
    assert code
    assert all(kinds[place - 1] == "markdown" for place in code)


@each_file
def test_code_cells_are_short_calls_without_logic(path: Path) -> None:
    for cell in cells(path):
        if cell["cell_type"] == "code" and not is_parameters(cell):
            assert len(source(cell).splitlines()) <= LONGEST
            for statement in ast.parse(source(cell)).body:
                assert _is_plain(statement), ast.unparse(statement)


def _is_plain(statement: ast.stmt) -> bool:
    """An import from the package, a name shown, or one call with literal arguments."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "sfsip_nb" and statement.level == 0
    if isinstance(statement, ast.Assign):
        called = _called(statement.value)
        return (ast.unparse(statement.targets[0]), called) in (
            ("run", "open_run"),
            ("new", "Beginning"),
            ("file", "ParametersFile"),
        )
    if isinstance(statement, ast.Expr):
        called = _called(statement.value)
        shown = ast.unparse(statement.value)
        known = ("run", "new", "file")
        ways = ("overview", "practice", *(f"{name}." for name in known))
        return shown in known or called.startswith(ways)
    return False


def _called(node: ast.expr) -> str:
    if not isinstance(node, ast.Call) or node.keywords:
        return ""
    given = [item for a in node.args for item in (a.elts if isinstance(a, ast.List) else [a])]
    plain = all(isinstance(a, ast.Constant) or ast.unparse(a) == "globals()" for a in given)
    return ast.unparse(node.func) if plain else ""


@each_notebook
def test_it_opens_its_own_run_once(notebook: Notebook) -> None:
    text = "\n".join(source(cell) for cell in notebook.code)
    opened = re.findall(r"open_run\((.*)\)", text)
    assert opened == [f'"{notebook.guide}", "{notebook.stem}", globals()']


@each_notebook
def test_every_step_of_the_section_is_called_once_and_in_order(notebook: Notebook) -> None:
    text = "\n".join(source(cell) for cell in notebook.code)
    assert re.findall(r'run\.step\("([^"]+)"\)', text) == notebook.steps
    assert text.count("run.step(") == len(notebook.steps)


@each_notebook
def test_it_ends_with_the_verdict_and_a_link_to_the_next(notebook: Notebook) -> None:
    assert source(notebook.code[-1]) == "run.verdict()"
    assert source(notebook.code[-1]) not in [source(cell) for cell in notebook.code[:-1]]
    last = notebook.cells[-1]
    assert last["cell_type"] == "markdown"
    [link] = LINK.findall(source(last))
    assert (notebook.path.parent / link).resolve() == notebook.following


@each_file
def test_links_resolve(path: Path) -> None:
    text = "\n".join(source(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    for link in LINK.findall(text):
        if re.match(r"https://[\w.-]+(/\S*)?$", link):
            continue
        assert (path.parent / link).is_file(), link
    for name in FILE.findall(text):
        assert (PROJECT / name).exists(), name


def test_the_start_leads_to_every_guide() -> None:
    text = "\n".join(source(cell) for cell in cells(START))
    first = {n.guide: n for n in reversed(NOTEBOOKS)}
    for notebook in first.values():
        assert f"({notebook.guide}/{notebook.stem}.ipynb)" in text


@each_file
def test_the_kernel_is_python_3_and_nothing_was_run(path: Path) -> None:
    notebook = read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= ({"tags", "jupyter"} if is_parameters(cell) else {"tags"})
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


@each_file
def test_ids_are_stable_words_and_unique(path: Path) -> None:
    ids = [cell["id"] for cell in cells(path)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", id_) for id_ in ids), "ids are words, not random"


@each_notebook
def test_what_all_notebooks_share_has_the_same_id_everywhere(notebook: Notebook) -> None:
    shared = {"title", "about-parameters", "parameters", "open-run", "verdict", "next"}
    assert shared <= {cell["id"] for cell in notebook.cells}
    for step in notebook.steps:
        [cell] = [c for c in notebook.cells if source(c) == f'run.step("{step}")']
        assert cell["id"] == "step-" + re.sub(r"[._]", "-", step)


@each_notebook
def test_no_secret_stands_in_it(notebook: Notebook) -> None:
    text = notebook.path.read_text(encoding="utf-8")
    assert not [s for s in samples.secret_names() if samples.testbed_secret(s) in text]
    for key in secret_keys(parameters_model(notebook.guide)):
        block, *inner = key.split(".")
        found = functools.reduce(dict.__getitem__, inner, _parameter(notebook, block))
        assert not found or is_reference(str(found))


def _parameter(notebook: Notebook, name: str) -> Any:
    [cell] = [cell for cell in notebook.cells if is_parameters(cell)]
    for statement in ast.parse(source(cell)).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name:
            assert statement.value is not None
            return ast.literal_eval(statement.value)
    raise AssertionError(f"no parameter {name}")
