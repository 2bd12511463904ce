"""Talkdesk: what it is to everything below its guide. The guide itself is in `guide`."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Platform
from sfsip_nb.platforms.talkdesk import samples
from sfsip_nb.platforms.talkdesk.parameters import Talkdesk, contradictions

PLATFORM = Platform(
    name="talkdesk",
    title="Talkdesk",
    package=__name__,
    block=Talkdesk,
    about="Talkdesk account and trunk",
    decides="talkdesk.account and talkdesk.region",
    administrator_steps=samples.ADMINISTRATOR_STEPS,
    transfer_number=samples.RING_GROUP_NUMBER,
    secrets=samples.SECRETS,
    identifying=samples.IDENTIFYING,
    contradictions=contradictions,
)
