"""Executed notebooks as offline HTML pages."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter

from sfsip_nb.present import style
from sfsip_nb.present.html import svg_uri
from sfsip_nb.present.tables import STYLE
from sfsip_nb.present.text import visible

_TO_NOTEBOOK = re.compile(r"(\]\([^)\s]*)\.ipynb(#[^)\s]*)?\)")


@cache
def _exporter() -> HTMLExporter:
    exporter = HTMLExporter(
        template_name="sfsip",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_anchor_links=True,
    )
    exporter.register_filter("visible", visible)
    exporter.register_filter("svg_uri", svg_uri)
    return exporter


def notebook_page(notebook: Path) -> str:
    """The notebook as one page: code folded, tables in the common look, no script, no request.

    Links to other notebooks lead to their pages.
    """
    nb = nbformat.read(notebook, as_version=4)
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _TO_NOTEBOOK.sub(r"\1.html\2)", cell.source)
        for output in cell.get("outputs", []):
            _plain(output)
    look = {"css": style.PAGE_CSS, "csp": style.CSP, "title": _title(nb, notebook.stem)}
    body, _ = _exporter().from_notebook_node(nb, resources={"sfsip": look})
    return str(body)


def _plain(output: Any) -> None:
    """Leave out what needs a script (a widget has its static twin), and the repeated style."""
    data = output.get("data")
    if data is None:
        return
    if "application/vnd.jupyter.widget-view+json" in data:
        output["data"] = {}
    elif "text/html" in data:
        data["text/html"] = data["text/html"].replace(STYLE, "")


def _title(nb: Any, fallback: str) -> str:
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source.splitlines()[0][2:].strip())
    return fallback
