"""A notebook as a page of its own: a DataFrame in it looks as every other table."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd

from sfsip_nb.runs.pages import notebook_page


def test_a_dataframe_has_the_look_of_the_other_tables(tmp_path: Path) -> None:
    frame = pd.DataFrame({"number": ["<b>x"], "seconds": [1.5]})
    output = nbformat.v4.new_output(
        "execute_result",
        {"text/html": frame._repr_html_(), "text/plain": str(frame)},  # type: ignore[operator]
        execution_count=1,
    )
    cell = nbformat.v4.new_code_cell("frame", outputs=[output], execution_count=1)
    notebook = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), notebook)
    page = notebook_page(notebook)
    assert "<style scoped" not in page
    assert 'class="dataframe"' not in page
    assert '<table class="sf">' in page
    assert "&lt;b&gt;x" in page


def test_a_link_to_a_cell_leads_there(tmp_path: Path) -> None:
    path = tmp_path / "05-verification.ipynb"
    cell = nbformat.v4.new_code_cell("run.step('verify.inbound')", id="step-verify-inbound")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    assert '<div id="cell-id=step-verify-inbound">' in notebook_page(path)
