"""The package's optional parts (pyproject.toml), and what is said where one is missing."""

from importlib.util import find_spec

from sfsip_nb.inputs.errors import InputError

MODULES = {
    "lab": ("jupyterlab", "ipywidgets"),
    "fleet": ("distributed", "pyarrow"),
    "testbed": ("starlette", "uvicorn", "trustme"),
    "speech": ("faster_whisper",),
}
"""The modules of each extra of pyproject.toml that the program itself imports."""


def need(extra: str, what: str, *modules: str) -> None:
    """Raises InputError, with the line for pip, where `extra` is missing and `what` needs it.

    `modules` are those of it that are needed; all of them where none is named.
    """
    missing = [name for name in modules or MODULES[extra] if find_spec(name) is None]
    if missing:
        raise InputError(
            extra,
            f"{what} needs {' and '.join(missing)}, not installed here. Install what is missing"
            f" with: pip install 'sfsip-nb[{extra}]'",
        )
