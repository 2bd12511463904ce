"""What the Talkdesk account says of the inputs while they are typed."""

from __future__ import annotations

from typing import Any

from sfsip_nb.guides import looking
from sfsip_nb.guides.looking import among, resolves
from sfsip_nb.guides.talkdesk.platform import talkdesk
from sfsip_nb.runbook.context import Context


def _queues(ctx: Context) -> list[Any]:
    return [q.get("name") for q in talkdesk(ctx).queues()]


LOOKS = (
    among("talkdesk.ring_group", _queues, "queues"),
    resolves("talkdesk.sbc"),
    looking.NUMBERS,
    *looking.SYNTHFLOW,
)
