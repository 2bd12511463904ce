"""What comes with the package for people to open and edit: the notebooks and the sample parameters.

In a checkout they are its top-level folders; a wheel carries copies of those (pyproject.toml,
"tool.hatch.build.targets.wheel").
"""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_CARRIED = _PACKAGE / "shipped"

CHECKOUT = None if _CARRIED.is_dir() else _PACKAGE.parent
"""The project's checkout where the package runs from one, else None."""

NOTEBOOKS = (CHECKOUT or _CARRIED) / "notebooks"
"""`start.ipynb`, and a folder for each guide that comes with the package."""

PARAMETERS = (CHECKOUT or _CARRIED) / "parameters"
"""For each of these guides the sample customer, and a file to be filled in."""
