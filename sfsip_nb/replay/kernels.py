"""The papermill engine of a replay: secrets are masked before anything is stored.

Kernels run this very Python, talk over encrypted loopback sockets and boot one ahead: the next
notebook's kernel starts while the present one runs. Where it is safe, all are forked from one
process, which loads the package once.
"""

import asyncio
import logging
import math
import os
import queue
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import nbformat
import papermill
from ipykernel.kernelspec import get_kernel_dict, make_ipkernel_cmd
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets import Type

from sfsip_nb.api.waits import waiting
from sfsip_nb.inputs import private
from sfsip_nb.replay.forking import Forked
from sfsip_nb.replay.loaded import KERNEL, SAFE, loaded
from sfsip_nb.runs.errors import NotebookError
from sfsip_nb.runs.prepared import Redacting
from sfsip_nb.runs.waiting import KIND, Show, Wait

CELL_TIMEOUT = 900
"""Seconds that one cell may take before the replay breaks off."""

MEMORY = 4 * 1024**3
"""Bytes that one kernel may take for its data, where it is forked: more, and its cell fails."""

_START_TIMEOUT = 90

_END_TIMEOUT = 45
"""Seconds for a cell that was interrupted: settling a write takes 15 (`engine.effects`)."""


class _ThisPython(KernelSpecManager):
    """Every kernel is the interpreter that runs the replay, whatever is installed elsewhere."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        native = get_kernel_dict()
        native["argv"] = make_ipkernel_cmd(
            KERNEL, extra_arguments=["--HistoryManager.hist_file=:memory:"]
        )
        return KernelSpec(**native)


class _Connected(AsyncKernelClient):
    """Is ready as soon as the kernel answers; the stock one then listens for 0.2 s more."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Until the kernel has answered where it replies and where it publishes.

        Raises RuntimeError where it has ended, or `timeout` seconds have passed.
        """
        try:
            async with asyncio.timeout(timeout):
                while not await self._answered():
                    if not await self._async_is_alive():
                        raise RuntimeError("it died before it answered")
        except TimeoutError:
            raise RuntimeError(f"it did not answer within {timeout} s") from None

    async def _answered(self) -> bool:
        """False too where what it published got lost, for this client was not connected there."""
        self.kernel_info()
        with suppress(queue.Empty):
            reply = await self.get_shell_msg(timeout=1)
            await self.get_iopub_msg(timeout=0.2)
            self._handle_kernel_info_reply(reply)
            return True
        return False


class _Manager(AsyncKernelManager):
    """Notices a kernel's end when it ends: the stock one looks ten times a second."""

    client_factory = Type(_Connected)

    async def _async_wait(self, pollinterval: float = 0.1) -> None:
        if self.provisioner is not None:
            await self.provisioner.wait()


class Kernels:
    """Hands out fresh kernels, the next one already booting."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = {**os.environ, **env}
        self._next: AsyncKernelManager | None = None
        if SAFE:
            loaded()

    def take(self, another: bool) -> AsyncKernelManager:
        """A kernel of its own for one notebook; `another`: start the following one now."""
        kernel, self._next = self._next or self._start(), None
        if another:
            self._next = self._start()
        return kernel

    def close(self) -> None:
        """End the kernel that nobody took."""
        if self._next is not None:
            run_sync(self._next.shutdown_kernel)(now=True)
            self._next = None

    def _start(self) -> AsyncKernelManager:
        kernel = _Manager(
            kernel_name="python3",
            kernel_spec_manager=_ThisPython(),
            transport_encryption="required",
        )
        if SAFE:
            kernel.provisioner = Forked(
                kernel_id=kernel.kernel_id, kernel_spec=kernel.kernel_spec, parent=kernel
            )
            kernel.provisioner.memory = MEMORY
        # What a kernel writes past its sockets is unmasked, so it goes nowhere.
        run_sync(kernel.start_kernel)(env=self._env, stdout=DEVNULL, stderr=DEVNULL)
        return kernel


class _Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
    """Masks secrets in every message of the kernel, and again in each cell's joined outputs."""

    def __init__(
        self,
        manager: Any,
        redactor: Redacting,
        take: Callable[[], AsyncKernelManager],
        show: Show,
        **more: Any,
    ) -> None:
        super().__init__(manager, km=take(), **more)
        self._redactor, self._take, self._show = redactor, take, show

    def start_new_kernel_client(self) -> Any:
        """A kernel that dies before it answers is replaced once.

        Jupyter chooses its ports and lets them go again; another process can be faster than it.
        """
        with waiting("the notebook's kernel to start", _START_TIMEOUT):
            try:
                return super().start_new_kernel_client()
            except RuntimeError:
                self.km = self._take()
                return super().start_new_kernel_client()

    def process_message(self, msg: dict[str, Any], *args: Any, **options: Any) -> Any:
        msg["content"] = self._redactor.data(msg["content"])
        if wait := msg["content"].get("data", {}).get(KIND):
            return self._show(Wait(**wait))
        return super().process_message(msg, *args, **options)

    def execute_cell(self, cell: Any, *args: Any, **options: Any) -> Any:
        try:
            return super().execute_cell(cell, *args, **options)
        except (KeyboardInterrupt, CellTimeoutError):
            self._interrupt()
            raise
        finally:  # a secret may have come in two messages, which stand joined only now
            if cell.get("outputs"):
                clean = self._redactor.data(cell["outputs"])
                cell["outputs"] = nbformat.from_dict(clean)

    def _interrupt(self) -> None:
        """Let the cell end in order before its kernel is ended: it may have to put something right.

        Another client asks whether it has: this one still waits for the cell's answer.
        """
        asking = self.km.client()
        asking.start_channels()
        try:
            with suppress(RuntimeError, queue.Empty):  # it has ended, or does not end
                run_sync(self.km.interrupt_kernel)()
                asking.kernel_info()  # answered only when the cell is over
                with waiting("the interrupted cell to end", _END_TIMEOUT):
                    run_sync(asking.get_shell_msg)(timeout=_END_TIMEOUT)
        finally:
            asking.stop_channels()


class _Engine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        names = nb_man.nb.metadata.papermill
        for key in ("input_path", "output_path"):
            names[key] = Path(names[key]).name
        client = _Client(
            nb_man,
            options["redactor"],
            options["take"],
            options["show"],
            kernel_name=kernel_name,
            timeout_func=options["seconds_for"],
            startup_timeout=_START_TIMEOUT,
            # All cells are done. ipykernel's own end can wait for itself, and is killed then too.
            shutdown_kernel="immediate",
            store_widget_state=False,
        )
        # Saved when it ended, however: before and after each cell papermill writes all of it again.
        target, nb_man.output_path = nb_man.output_path, None
        try:
            client.execute(cleanup_kc=True)
        finally:
            nb_man.output_path = target


papermill_engines.register("sfsip", _Engine)


def _of_note(record: logging.LogRecord) -> bool:
    """Not that an interrupted cell, which nobody waits for any more, finds its kernel gone."""
    return not (record.exc_info and isinstance(record.exc_info[1], DeadKernelError))


logging.getLogger("asyncio").addFilter(_of_note)


def run_notebook(
    source: Path,
    target: Path,
    values: Mapping[str, Any],
    take: Callable[[], AsyncKernelManager],
    redactor: Redacting,
    show: Show,
    cell_timeout: int = CELL_TIMEOUT,
    until: float = math.inf,
) -> None:
    """Execute one notebook with the given parameters and save it, outputs and all.

    `take` gives a fresh kernel, `show` is told what takes long, `until` is when it has to be over
    (`time.monotonic`).
    Raises NotebookError where a cell raised, took too long or lost its kernel.
    """

    def seconds_for(_cell: Any) -> int:
        return max(1, math.ceil(min(cell_timeout, until - time.monotonic())))

    private.file(target)
    try:
        papermill.execute_notebook(
            _literal(source),
            _literal(target),
            parameters=dict(values),
            engine_name="sfsip",
            progress_bar=False,
            autosave_cell_every=0,
            redactor=redactor,
            take=take,
            show=show,
            seconds_for=seconds_for,
        )
    except PapermillExecutionError as error:
        why = f"cell {error.exec_count} raised {error.ename}: {error.evalue}"
        if error.ename.endswith("MemoryError"):  # NumPy's has a name of its own
            why = f"cell {error.exec_count} wanted more memory than a kernel may take"
            why += f" ({MEMORY / 1024**3:g} GiB)"
        raise NotebookError(why) from None
    except CellTimeoutError:
        why = f"a cell took more than {cell_timeout} s and was interrupted"
        if time.monotonic() >= until:
            why = "the time for the replay was over, and the cell was interrupted"
        raise NotebookError(why) from None
    except (DeadKernelError, RuntimeError) as error:
        raise NotebookError(f"its kernel ended: {redactor.text(str(error))}") from None


def _literal(path: Path) -> str:
    """papermill formats paths with the parameters; braces in a folder's name are to stay."""
    return str(path).replace("{", "{{").replace("}", "}}")
