"""What the Talkdesk account says of the inputs while they are typed."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.platforms.shared import lookup
from sfsip_nb.platforms.shared.lookup import named, resolves, usable
from sfsip_nb.platforms.talkdesk.platform import talkdesk


def _queues(ctx: Context) -> dict[str, str]:
    return usable((queue.get("name"), "") for queue in talkdesk(ctx).queues())


RING_GROUP = named(
    "talkdesk.ring_group",
    _queues,
    "queues",
    check="access.platform/queue",
    title="The queue or ring group exists",
    advice="Correct talkdesk.ring_group. Ring groups are queues in the API since 2026-07-31.",
    # Talkdesk documents its Queues API for user tokens: whether ours may read it is tried.
    proved_by="verify.transfer/queue",
)
SBC = resolves(
    "talkdesk.sbc",
    check="access.network/sbc",
    title="The SBC's name has an address",
    advice="Correct talkdesk.sbc: the gateway's host or address, from Talkdesk.",
)
LOOKS = (RING_GROUP, SBC, lookup.NUMBERS, *lookup.SYNTHFLOW)
