"""Loaded by each worker of a local cluster, as Dask does it (its option `preload`).

Ctrl-C reaches every process of a terminal; whether the workers end is for the command to say.
"""

import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """A handler of Python's own, not SIG_IGN, which the kernels would inherit."""
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
