"""The testbed customer's Talkdesk account, as far as inputs and administrator go."""

from __future__ import annotations

from sfsip_nb.inputs import samples

ADMINISTRATOR_STEPS = (
    "access.platform",
    "access.synthflow",
    "access.number",
    "trunk.create",
    "trunk.acl",
    "routing.inbound",
    "routing.transfer",
    "verify.outbound",
)

SECRETS = {"talkdesk-client-secret": "tcs-7e57bed0/K\"p&<y>+'n\\58="}

IDENTIFYING = frozenset(
    {
        samples.TALKDESK_ACCOUNT,
        samples.TALKDESK_CLIENT_ID,
        samples.TALKDESK_SBC,
        samples.TALKDESK_RING_GROUP,
        samples.TALKDESK_FALLBACK,
    }
)
