"""All stand-ins of the telephone world together, with one start and one stop."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from sfsip_nb.inputs import facts
from sfsip_nb.platforms.synthflow.standin.telephony.region import SynthflowServers
from sfsip_nb.sip import UserAgent
from sfsip_nb.testbed.standin import stand_ins
from sfsip_nb.testbed.world import World

from .certificates import Certificates
from .element import SipElement
from .net import Net
from .pstn import HOST, TelephoneNetwork

HANGUP_SECONDS = 2.0


class Telephony:
    """The telephone network, the contact centers, and Synthflow in each of its regions.

    `directory` takes ``ca.pem``, the certificate that the stand-ins' TLS is signed by.
    """

    def __init__(self, world: World, directory: Path) -> None:
        self._world, self._authority = world, directory / "ca.pem"
        self.net = Net()
        certificates = Certificates()
        self._certificates = certificates
        self.centers = {
            name: vendor.center(world, self.net, certificates)
            for name, vendor in stand_ins().items()
        }
        self.network = TelephoneNetwork(self.net, tuple(self.centers.values()))
        self.regions = {
            name: SynthflowServers(name, world, self.net, certificates)
            for name in facts.synthflow_regions()
        }
        self._stand_ins: tuple[SipElement, ...] = (
            self.network,
            *self.centers.values(),
            *self.regions.values(),
        )

    async def start(self) -> dict[str, Any]:
        """Bind every socket; the addresses by public name, for the ready line."""
        self._certificates.write(self._authority)
        for stand_in in self._stand_ins:
            await stand_in.start()
        self._world.dials |= {name: center.place for name, center in self.centers.items()}
        names = self.net.sip_map()
        pstn = {name: at for name, at in names.items() if name.startswith(HOST)}
        return {"sip": names, "pstn": {**pstn, "address": HOST}, "ca": str(self._authority)}

    async def stop(self) -> None:
        """Hang up all calls and close every socket, within a few seconds."""
        calls = [call for agent in self._agents() for call in list(agent.calls.values())]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANGUP_SECONDS):
                await asyncio.gather(*(call.hangup() for call in calls))
        await asyncio.gather(*(stand_in.stop() for stand_in in self._stand_ins))

    async def synthflow_call(self, row: dict[str, Any]) -> None:
        """Carry out ``POST /calls``; returns at once, the row is kept up to date."""
        region = self.regions[self._world.synthflow_region]
        region.run(region.outbound(row))

    def errors(self) -> list[BaseException]:
        """Exceptions of the stand-ins' own handlers: none, unless the testbed is at fault."""
        return [error for agent in self._agents() for error in agent.errors]

    def _agents(self) -> list[UserAgent]:
        return [agent for stand_in in self._stand_ins for agent in stand_in.agents]
