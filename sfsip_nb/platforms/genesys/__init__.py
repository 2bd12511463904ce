"""Genesys Cloud: what it is to everything below its guide. The guide itself is in `guide`."""

from __future__ import annotations

from sfsip_nb.inputs.platform import Platform
from sfsip_nb.inputs.samples import TRANSFER_NUMBER
from sfsip_nb.platforms.genesys import samples
from sfsip_nb.platforms.genesys.parameters import Genesys

PLATFORM = Platform(
    name="genesys",
    title="Genesys Cloud",
    package=__name__,
    block=Genesys,
    about="Genesys Cloud organization and trunk",
    decides="genesys.region",
    administrator_steps=samples.ADMINISTRATOR_STEPS,
    transfer_number=TRANSFER_NUMBER,
    secrets=samples.SECRETS,
    identifying=samples.IDENTIFYING,
)
