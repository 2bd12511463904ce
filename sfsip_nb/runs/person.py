"""Whether a person is at the notebook: they get forms, and nothing stops them at an open section.

Decided here alone. Documented in docs/unattended.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

HEADLESS = "SFSIP_HEADLESS"
"""1: nobody is there. 0: somebody is. Not set: what the cell's own request says."""


def is_there() -> bool:
    """Whether somebody can be asked while this cell runs.

    Each request to run a cell says whether its sender can take an answer from a person
    (``allow_stdin``, Jupyter's messaging protocol, "execute_request"): JupyterLab, Notebook and
    VS Code can; papermill, nbclient with all that is built on it, and nbval cannot. Without a
    kernel, in a Python prompt, somebody has called.
    """
    if said := os.environ.get(HEADLESS):
        return said == "0"
    content = request().get("content", {})
    return not isinstance(content, Mapping) or bool(content.get("allow_stdin", True))


def request() -> Mapping[str, Any]:
    """The message that asked for the running cell; empty without a kernel."""
    from IPython import get_ipython

    shell = get_ipython()
    if (parent := getattr(shell, "get_parent", None)) is None:
        return {}
    asked = parent()
    return asked if isinstance(asked, Mapping) else {}
