"""What the Talkdesk account says of the inputs while they are typed."""

from __future__ import annotations

from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.platforms.shared import lookup
from sfsip_nb.platforms.shared.lookup import among, resolves
from sfsip_nb.platforms.talkdesk.platform import talkdesk


def _queues(ctx: Context) -> list[Any]:
    return [q.get("name") for q in talkdesk(ctx).queues()]


LOOKS = (
    among("talkdesk.ring_group", _queues, "queues"),
    resolves("talkdesk.sbc"),
    lookup.NUMBERS,
    *lookup.SYNTHFLOW,
)
