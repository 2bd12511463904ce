"""The testbed customer's Talkdesk account: every value that only it has."""

from __future__ import annotations

ACCOUNT = "acme-testbed"
REGION = "us"
CLIENT_ID = "7e57bed07a1c4000800000000000c1"
SBC = "sbc.acme-testbed.example"
RING_GROUP = "Acme Support Agents"
RING_GROUP_NUMBER = "+15551230091"  # reaches the live agents
FALLBACK = "Acme Voicemail"

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
        ACCOUNT,
        CLIENT_ID,
        SBC,
        RING_GROUP,
        RING_GROUP_NUMBER,
        FALLBACK,
    }
)
