"""Forked kernels for the tools of this process: a second and a half less for each notebook.

For pytest in a process of its own too: `-p tests.notebooks.forked`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from sfsip_nb.replay.forking import fork_stock_kernels
from sfsip_nb.replay.loaded import SAFE


@contextmanager
def forked_kernels() -> Iterator[None]:
    """Kernels of the stock kernelspec are forked in here, where that is safe."""
    if not SAFE:
        yield
        return
    factory = KernelProvisionerFactory.instance()
    usual = factory.default_provisioner_name
    loaded = fork_stock_kernels()
    try:
        yield
    finally:
        del factory.provisioners[factory.default_provisioner_name]
        factory.default_provisioner_name = usual
        loaded.close()


def pytest_configure(config: pytest.Config) -> None:
    """For as long as this pytest runs."""
    stack = ExitStack()
    stack.enter_context(forked_kernels())
    config.add_cleanup(stack.close)
