"""A process that has the package loaded, and copies of it in place of processes that tests start.

Python takes most of a second to import the package. What tests and the package start as `sfsip`, or
as `python -m` of one of `MODULES`, is forked instead where that is safe: with the arguments, the
environment, the folder and the streams that it was given, a process id and an exit code of its own.
`python -m tests.loaded FD` is what it is a copy of. It takes requests at the socket FD, and ends
with its standard input.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SAFE = sys.platform == "linux"
"""As it is for kernels (`sfsip_nb.replay.loaded`)."""

MODULES = {
    "sfsip_nb",
    "sfsip_nb.notebook.kernel",
    "sfsip_nb.testbed",
    "tests.hostile_testbed",
}
LOADED = (
    "sfsip_nb.cli",  # first: it keeps needless imports away
    "sfsip_nb.notebook.run",
    "sfsip_nb.replay.series",
    "sfsip_nb.runs.pages",
    "sfsip_nb.testbed.server",
    "ipykernel.kernelapp",
    # what is imported on first use
    "cryptography.hazmat.backends.openssl",
    "httpcore",
    "numpy.random",
    "psutil",
    "uvicorn.protocols.http.auto",
)
SFSIP = str(Path(sys.executable).with_name("sfsip"))
Stock = subprocess.Popen
"""What starts a process as usual."""

_REQUEST = 1 << 18
"""Bytes: more than arguments and an environment take."""


def _imports(env: Mapping[str, str]) -> dict[str, str]:
    """What decides what Python imports, and how it reads and writes text."""
    return {name: env[name] for name in env if name.startswith(("PYTHON", "LANG", "LC_"))}


_OWN = _imports(os.environ)


@contextmanager
def process() -> Iterator[str]:
    """The address of a loaded process, which loads from now on and ends with this."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind("")  # a free name that is no file's
        listener.listen(64)
        started = Stock(
            [sys.executable, "-m", "tests.loaded", str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            cwd=Path(__file__).parents[1],
            start_new_session=True,  # Ctrl-C is the tests'
        )
        address = listener.getsockname().decode()
    with started:
        yield address


class Forked(Stock):
    """Has a process forked where it is one of those, and starts any other as usual.

    Python's own class is in all else what it was; these three methods are the same in each Python
    that the package supports.
    """

    address: Callable[[], str]
    """The loaded process's."""

    _line: socket.socket | None = None

    # fmt: off
    def _execute_child(
        self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo,
        creationflags, shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,
        restore_signals, gid, gids, uid, umask, start_new_session, process_group,
    ):
        # fmt: on
        told = dict(os.environ if env is None else env)
        if not _is_meant(args, told) or pass_fds or preexec_fn:
            return super()._execute_child(
                args, executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo,
                creationflags, shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite,
                restore_signals, gid, gids, uid, umask, start_new_session, process_group,
            )  # fmt: skip
        wanted = {
            "arguments": [str(word) for word in args],
            "env": told,
            "cwd": str(cwd or os.getcwd()),
            "session": start_new_session,
        }
        given = (p2cread, c2pwrite, errwrite)
        streams = [usual if fd == -1 else fd for usual, fd in enumerate(given)]
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(type(self).address())
        socket.send_fds(self._line, [json.dumps(wanted).encode()], streams)
        self.pid = int(self._line.recv(_REQUEST))
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)

    def _internal_poll(self, *given: Any, **more: Any) -> int | None:
        if self._line is None:
            return super()._internal_poll(*given, **more)
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """As `os.waitpid`: the process is no child of this one, whose parent says how it ended."""
        if self._line is None:
            return super()._try_wait(wait_flags)
        self._line.setblocking(wait_flags != os.WNOHANG)
        try:
            status = self._line.recv(_REQUEST)
        except BlockingIOError:
            return 0, 0
        self._line.close()
        return self.pid, int(status)


def _is_meant(command: Any, env: Mapping[str, str]) -> bool:
    """Whether the process would import what the loaded one has."""
    if not isinstance(command, list) or _imports(env) != _OWN:
        return False
    if command[:2] == [sys.executable, "-m"]:
        # The loaded process has no debugger, without which ipykernel loads faster.
        return command[2] in MODULES and "--debugger" not in command
    return str(command[0]) == SFSIP


def _serve(listener: socket.socket) -> dict[str, Any]:
    """What one process is to be, in that process; this one goes on until the end."""
    reaping = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        if sys.stdin in select.select([sys.stdin, listener], [], [])[0]:
            sys.exit()
        line, _ = listener.accept()
        if not os.fork():
            break
        line.close()
    # The parent of the one process, which tells its id and how it ended.
    signal.signal(signal.SIGCHLD, reaping)
    listener.close()
    request, fds, *_ = socket.recv_fds(line, _REQUEST, 3)
    if pid := os.fork():
        for fd in fds:
            os.close(fd)
        # Whoever reads what the tests print need not wait for the one process's end.
        nothing = os.open(os.devnull, os.O_RDWR)
        for usual in range(3):
            os.dup2(nothing, usual)
        line.send(str(pid).encode())
        status = os.waitpid(pid, 0)[1]
        with suppress(OSError):  # who asked for it may have ended first
            line.send(str(status).encode())
        os._exit(0)
    line.close()
    for usual, fd in enumerate(fds):
        os.dup2(fd, usual)
        os.close(fd)
    return dict(json.loads(request))


def _become(wanted: Mapping[str, Any]) -> None:
    """Be the process that was asked for, to its end."""
    if wanted["session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(wanted["env"])
    os.chdir(wanted["cwd"])
    sys.modules["numpy.random"].seed()  # Python's own numbers are seeded anew by the fork
    try:
        if wanted["arguments"][0] == SFSIP:
            sys.argv = wanted["arguments"]
            runpy.run_path(SFSIP, run_name="__main__")
        else:
            sys.path[0] = wanted["cwd"]
            sys.argv = wanted["arguments"][2:]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _ended.append(end.code or 0)
        raise
    _ended.append(0)


_ended: list[int] = []


def _leave() -> None:
    """Without freeing all that is loaded, which takes longer than to fork it."""
    if _ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ended[0])


if __name__ == "__main__":
    atexit.register(_leave)  # before anything else registers: it comes last
    sys.modules["debugpy"] = None  # as sfsip_nb.notebook.kernel has it
    gc.disable()
    for name in LOADED:
        importlib.import_module(name)
    from sfsip_nb.notebook.ahead import portions
    from sfsip_nb.present.html import environment
    from sfsip_nb.testbed.standin import stand_ins
    from tests import loaded

    stand_ins()
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)
    for _ in portions():
        pass
    gc.freeze()
    gc.enable()

    taken = socket.socket(fileno=int(sys.argv[1]))
    # What a copy starts is one too.
    loaded.Forked.address = taken.getsockname().decode
    subprocess.Popen = loaded.Forked
    _become(_serve(taken))
