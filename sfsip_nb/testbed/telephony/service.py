"""All stand-ins of the telephone world together, with one start and one stop."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from sfsip_nb.sip import UserAgent
from sfsip_nb.testbed.standin import stand_ins
from sfsip_nb.testbed.world import World

from .caller import Caller
from .center import ContactCenter
from .certificates import Certificates
from .element import SipElement
from .net import Net
from .pstn import HOST, TelephoneNetwork

HANGUP_SECONDS = 2.0


class Telephony:
    """The telephone network, the contact centers, and Synthflow's servers.

    `directory` takes ``ca.pem``, the certificate that the stand-ins' TLS is signed by.
    """

    def __init__(self, world: World, directory: Path) -> None:
        self._authority = directory / "ca.pem"
        self.net = Net()
        self._certificates = Certificates()
        self.elements: dict[str, SipElement] = {}
        for own in stand_ins().values():
            self.elements |= own.elements(world, self.net, self._certificates)
        self.centers = {n: e for n, e in self.elements.items() if isinstance(e, ContactCenter)}
        self.network = TelephoneNetwork(self.net, tuple(self.centers.values()))
        self.caller = Caller(world, self.network)
        self._all = (self.network, *self.elements.values())

    async def start(self) -> dict[str, Any]:
        """Bind every socket; the addresses by public name, for the ready line."""
        self._certificates.write(self._authority)
        for element in self._all:
            await element.start()
        names = self.net.sip_map()
        pstn = {name: at for name, at in names.items() if name.startswith(HOST)}
        return {"sip": names, "pstn": {**pstn, "address": HOST}, "ca": str(self._authority)}

    async def stop(self) -> None:
        """Hang up all calls and close every socket, within a few seconds."""
        calls = [call for agent in self._agents() for call in list(agent.calls.values())]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANGUP_SECONDS):
                await asyncio.gather(*(call.hangup() for call in calls))
        await asyncio.gather(*(element.stop() for element in self._all))

    def errors(self) -> list[BaseException]:
        """Exceptions of the stand-ins' own handlers: none, unless the testbed is at fault."""
        return [error for agent in self._agents() for error in agent.errors]

    def _agents(self) -> list[UserAgent]:
        return [agent for element in self._all for agent in element.agents]
