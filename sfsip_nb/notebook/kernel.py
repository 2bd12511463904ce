"""The kernels of a replay: `python -m sfsip_nb.notebook.kernel`, which forks them.

It loads ipykernel and the package once. Each line of its standard input, a list in JSON, holds the
arguments of one kernel, which begins as a copy of this process; its process id is answered. It ends
with its input. With arguments of its own, `-f CONNECTION_FILE`, it is one kernel itself: for
systems on which a copy is not safe.

The kernel is ipykernel's own, without the debugger, which nobody can attach. Source:
ipykernel_launcher.
"""

import gc
import json
import os
import signal
import sys


def _forked() -> list[str]:
    """The arguments of a kernel, in that kernel; this process answers and goes on until the end."""
    # Nobody here asks how a kernel ended, so that it leaves nothing behind.
    reaping = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        if kernel := os.fork():
            print(kernel, flush=True)
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, reaping)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):
            os.dup2(nothing, stream)
        os.close(nothing)
        # A kernel ends when its parent does.
        return [*json.loads(line), f"--IPKernelApp.parent_handle={os.getppid()}"]
    sys.exit()


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

    sys.argv[1:] = sys.argv[1:] or _forked()
    kernelapp.launch_new_instance()
