"""A telephone outside of the contact centre, as the person holds it whom a card asks to call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sfsip_nb.inputs import samples
from sfsip_nb.sip import MapResolver, UserAgent
from sfsip_nb.testbed import life

SPEECH_HZ = 1004.0
LONGEST = 40.0
"""Seconds after which the person hangs up whatever happens."""


async def _call(testbed: life.RunningTestbed, until: threading.Event) -> int:
    info = testbed.info
    names = info["sip"] | {name: at for name, at in info["pstn"].items() if "/" in name}
    async with UserAgent("telephone", resolver=MapResolver(names)) as phone:
        call = await phone.invite(
            f"sip:{samples.DID}@pstn.test", from_=f"<sip:{samples.CALLER}@pstn.test>"
        )
        code = await call.outcome(10)
        if call.audio is not None:
            call.audio.play(SPEECH_HZ)
            await asyncio.sleep(2.5)  # a few words
            await asyncio.to_thread(until.wait, LONGEST)
        await call.hangup()
        return code


@contextmanager
def calling(run_dir: Path, until: threading.Event) -> Iterator[None]:
    """While it is entered somebody calls the AI's number and speaks; they hang up at ``until``."""
    testbed = life.find(run_dir)
    assert testbed is not None
    with ThreadPoolExecutor(1) as person:
        call = person.submit(lambda: asyncio.run(_call(testbed, until)))
        try:
            yield
        finally:
            until.set()
        assert call.result(LONGEST) == 200


def call_once(run_dir: Path) -> None:
    """Call the AI's number, say a few words and hang up."""
    with calling(run_dir, threading.Event()):
        pass
