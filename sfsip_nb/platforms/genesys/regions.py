"""The regions of Genesys Cloud, and where each answers."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sfsip_nb.inputs import facts


@dataclass(frozen=True)
class GenesysRegion:
    """A Genesys Cloud region. `disputed` where sources give different BYOC suffixes."""

    name: str
    domain: str
    byoc: str
    """Suffix of a legacy BYOC trunk's FQDN; empty where none is known."""
    voice: str
    """Suffix of a Dynamic Cloud Voice trunk's FQDN."""
    disputed: bool = False
    note: str = ""

    @property
    def api(self) -> str:
        """Base URL of the platform API."""
        return f"https://api.{self.domain}"

    @property
    def login(self) -> str:
        """Base URL of the OAuth server."""
        return f"https://login.{self.domain}"

    def derived_fqdn(self, termination_identifier: str) -> str:
        """The inbound FQDN of a legacy BYOC trunk, derived; "" where sources disagree."""
        known = self.byoc and not self.disputed
        return f"{termination_identifier}.{self.byoc}" if known else ""


@functools.cache
def regions() -> dict[str, GenesysRegion]:
    """The regions by AWS name."""
    return {entry["name"]: GenesysRegion(**entry) for entry in facts.of("genesys")["regions"]}
