"""A replay's kernels and JupyterLab's: `python -m sfsip_nb.notebook.kernel`, which forks them.

It loads ipykernel and the package once, and goes on with what notebooks come to use while no kernel
is wanted. Each line of its standard input, an object in JSON, holds the arguments, the environment
and the folder of one kernel, and how many bytes its data may take. The kernel begins as a copy of
this process; its process id is answered. This process ends with its input. With arguments of its
own, `-f CONNECTION_FILE`, it is one kernel itself: for systems on which a copy is not safe.

The kernel is ipykernel's own. Only with `--debugger` has it the debugger, which nobody can attach
in a replay. Source: ipykernel_launcher.
"""

import gc
import json
import os
import select
import signal
import sys
from collections.abc import Iterator


def _forked(ahead: Iterator[None]) -> list[str]:
    """The arguments of a kernel, in that kernel; this process answers and goes on until the end."""
    # Nobody here asks how a kernel ended, so that it leaves nothing behind.
    reaping = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := _asked(ahead):
        if forked := os.fork():
            print(forked, flush=True)
            continue
        os.setsid()
        signal.signal(signal.SIGCHLD, reaping)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1):
            os.dup2(nothing, stream)
        os.close(nothing)
        kernel = json.loads(line)
        os.environ.clear()
        os.environ.update(kernel["env"])
        os.chdir(kernel["cwd"])
        if most := kernel["memory"]:
            import resource  # not on Windows, where nothing is forked either

            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        if numbers := sys.modules.get("numpy.random"):  # Python's own are seeded anew by the fork
            numbers.seed()
        # A kernel ends when its parent does.
        return [*kernel["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"]
    sys.exit()


def _asked(ahead: Iterator[None]) -> str:
    """The next line of the input, empty at its end; something is loaded as long as none comes."""
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            next(ahead)
        except Exception:  # all is loaded, or the notebook that wants it will tell what is not
            break
    return sys.stdin.readline()


if __name__ == "__main__":
    if not sys.flags.safe_path:  # the current folder, until IPython adds it for the cells
        del sys.path[0]
    if "--debugger" in sys.argv:
        sys.argv.remove("--debugger")
    else:  # ipykernel copes without it
        sys.modules["debugpy"] = None  # type: ignore[assignment]  # None: import raises

    # What is imported stays: the collector would look through it again and again.
    gc.disable()
    from ipykernel import kernelapp

    from sfsip_nb.notebook import run  # noqa: F401 - loaded for the kernels that are forked

    if not sys.argv[1:]:
        from sfsip_nb.notebook.ahead import portions

        ahead = portions()
        next(ahead)
        sys.argv[1:] = _forked(ahead)
    gc.freeze()
    gc.enable()
    kernelapp.launch_new_instance()
