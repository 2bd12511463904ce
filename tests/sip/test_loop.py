"""The background loop, seen by those who call it."""

import asyncio
import os

import pytest

from sfsip_nb.sip import loop


async def _answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_it_runs_coroutines_for_callers_without_a_loop() -> None:
    assert loop.run(_answer(), 5) == 42
    with pytest.raises(TimeoutError):
        loop.run(asyncio.sleep(5), 0.05)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_child_has_a_loop_of_its_own() -> None:
    loop.run(_answer(), 5)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if loop.run(_answer(), 5) == 42 else 1)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
