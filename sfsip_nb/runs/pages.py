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


_FRAME = re.compile(r'\A(<div>\s*)<style scoped>.*?</style>\s*<table[^>]*class="dataframe">', re.S)
"""How the HTML of a pandas DataFrame begins."""


class _Exporter(HTMLExporter):
    """The stock one parses each page twice again, for texts and focus that our template gives."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        return super(HTMLExporter, self).from_notebook_node(nb, resources, **options)


@cache
def _exporter() -> HTMLExporter:
    exporter = _Exporter(  # type: ignore[no-untyped-call]  # nbconvert has no types
        template_name="sfsip",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_anchor_links=True,
        default_preprocessors=[],
    )
    exporter.environment.filters.update(visible=visible, svg_uri=svg_uri)
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
        if cell.cell_type == "code":
            cell.outputs = [_plain(output) for output in cell.outputs if not _is_widget(output)]
    look = {
        "css": style.PAGE_CSS + style.NOTEBOOK,
        "csp": style.CSP,
        "title": _title(nb, notebook.stem),
    }
    body, _ = _exporter().from_notebook_node(nb, resources={"sfsip": look})
    return str(body)


def _is_widget(output: Any) -> bool:
    """A widget needs a script to be seen; its static twin stands beside it."""
    return "application/vnd.jupyter.widget-view+json" in output.get("data", {})


def _plain(output: Any) -> Any:
    """The output without a style sheet of its own: the page has one, for a DataFrame too."""
    if "text/html" in output.get("data", {}):
        html = output.data["text/html"].replace(STYLE, "")
        output.data["text/html"] = _FRAME.sub(r'\1<table class="sf">', html)
    return output


def _title(nb: Any, fallback: str) -> str:
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source.splitlines()[0][2:].strip())
    return fallback
