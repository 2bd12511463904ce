"""The regions of Genesys Cloud, and where each answers."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sfsip_nb.inputs import facts
from sfsip_nb.inputs.fields import host_of
from sfsip_nb.inputs.meant import choice


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


def region_of(text: str) -> str:
    """The region that `text` plainly names, by its name or by a host in it; else `text`.

    A host is what the browser shows of Genesys Cloud, a trunk's FQDN, or the short name that both
    have (``usw2``).
    """
    name = choice(text, regions())
    host = host_of(text.strip()).casefold()
    for region in regions().values():
        short = region.voice.split(".")[1]
        hosts = (region.domain, region.byoc, region.voice)
        if host == short or any(h and f".{host}".endswith(f".{h}") for h in hosts):
            return region.name
    return name
