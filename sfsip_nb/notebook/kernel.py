"""Starts one kernel of a replay: `python -m sfsip_nb.notebook.kernel -f CONNECTION_FILE`.

It is ipykernel's own kernel, without the debugger, which nobody can attach, and with the package
loaded before its notebook's turn comes. Source: ipykernel_launcher.
"""

import gc
import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:  # the current folder, until IPython adds it for the cells
        del sys.path[0]
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # ipykernel copes without it

    # What is imported stays: the collector would look through it again and again.
    gc.disable()
    from ipykernel import kernelapp

    from sfsip_nb.notebook import run  # noqa: F401

    gc.freeze()
    gc.enable()

    kernelapp.launch_new_instance()
