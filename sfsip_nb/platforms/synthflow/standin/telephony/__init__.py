"""Synthflow on the phone: its regions, and the assistants behind their numbers."""

from __future__ import annotations

from sfsip_nb.inputs import facts
from sfsip_nb.testbed.telephony.certificates import Certificates
from sfsip_nb.testbed.telephony.net import Net
from sfsip_nb.testbed.world import Json, World

from .. import customer
from .region import SynthflowServers


def servers(world: World, net: Net, certificates: Certificates) -> dict[str, SynthflowServers]:
    """The servers of each region; those of the workspace's carry out ``POST /calls``."""
    regions = facts.synthflow_regions()
    made = {f"synthflow.{r}": SynthflowServers(r, world, net, certificates) for r in regions}

    def dial(row: Json) -> None:
        own = made[f"synthflow.{customer.region(world)}"]
        own.run(own.outbound(row))

    world.dials["synthflow"] = dial
    return made
