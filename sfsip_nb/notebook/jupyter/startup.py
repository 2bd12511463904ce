"""Runs as a kernel starts: a cell that comes before its run is open is told what to do first.

Python's own trace would stand there, as the notebook's `run` is not known yet, or is still the
parameter of that name. Nothing is imported before that happens.
"""

from contextlib import suppress


# IPython's own signature, which has no types
def _early(shell, kind, error, trace, tb_offset=None):  # type: ignore[no-untyped-def]
    unknown = isinstance(error, NameError) and error.name in ("run", "new", "file")
    parameter = isinstance(error, AttributeError) and isinstance(error.obj, str)
    if not (unknown or (parameter and error.obj is shell.user_ns.get("run"))):
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return
    from IPython.display import display

    from sfsip_nb.notebook.errors import not_open

    display(not_open())


with suppress(NameError):  # in a terminal's Python there is no shell of that kind
    # IPython puts the name there
    get_ipython().set_custom_exc((NameError, AttributeError), _early)  # type: ignore[name-defined]  # noqa: F821
