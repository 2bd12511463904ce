"""Calls at once from one number, over real sockets: each side's record finds that of the other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.engine import calls
from sfsip_nb.engine.joining import Wanted, match
from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import verify
from sfsip_nb.platforms.shared import watch
from sfsip_nb.testbed.world import World
from tests.telephony.telephony_world import Running, running

AT_ONCE = 12


def over(testbed: Running) -> tuple[set[str], set[str]]:
    """The ids of the calls that are over, at Genesys Cloud and at Synthflow."""
    rows = {row["call_id"] for row in testbed.rows() if row.get("telephony_end")}
    return {call["conversationId"] for call in testbed.conversations()}, rows


def talking(testbed: Running) -> int:
    """How many calls the AI agent is in."""
    return sum(row["call_status"] == "in-progress" for row in testbed.rows())


async def test_calls_at_once_from_one_number_are_joined_each_with_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = datetime.now(UTC)
    async with running(world) as testbed:
        standing = await asyncio.gather(*(testbed.call() for _ in range(AT_ONCE)))
        assert [call.code for call in standing] == [200] * AT_ONCE
        await testbed.until(lambda: talking(testbed) == AT_ONCE, 10)
        ended: dict[str, str] = {}
        for call in reversed(standing):  # one after the other, which tells what belongs together
            await call.bye()
            there = await testbed.until(lambda: over(testbed)[0] - ended.keys())
            here = await testbed.until(lambda: over(testbed)[1] - {*ended.values()})
            assert len(there) == len(here) == 1
            ended[there.pop()] = here.pop()
        conversations, rows = testbed.conversations(), testbed.rows()

    ctx: Any = SimpleNamespace(parameters=SimpleNamespace(assistant_of=lambda number: "m"))
    genesys = SimpleNamespace(conversation_details=lambda since, until: conversations)
    synthflow = SimpleNamespace(calls=lambda *asked: rows)
    monkeypatch.setattr(verify, "genesys", lambda ctx: genesys)
    monkeypatch.setattr(watch, "synthflow", lambda ctx: synthflow)
    monkeypatch.setattr(watch, "listed_assistant", lambda client, wanted: {"model_id": "m"})
    theirs, ours = (
        calls.fitting(source, samples.DID, since)
        for source in (verify.conversations(ctx), watch.synthflow_calls(ctx, samples.DID))
    )
    assert len(theirs) == len(ours) == AT_ONCE
    for there, here in ended.items():
        rest = [call for call in theirs if call.id == there]
        found = match(rest, ours, Wanted(samples.CALLER))
        assert (found.there, found.here) == (rest[0], next(c for c in ours if c.id == here))
        assert found.by == "x-inin-cnv"
    blind = [watch.seen(row | {"telephony_sip_headers": {}}) for row in rows]
    assert len(match(theirs, blind, Wanted(samples.CALLER)).rivals) == 2 * AT_ONCE
