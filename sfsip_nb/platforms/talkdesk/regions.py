"""The regions of Talkdesk, and where each answers."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from sfsip_nb.inputs import facts


@dataclass(frozen=True)
class TalkdeskRegion:
    """A Talkdesk region with the host names of its API and its login server."""

    name: str
    api_host: str
    login_domain: str

    @property
    def api(self) -> str:
        """Base URL of the API."""
        return f"https://{self.api_host}"

    def login(self, account: str) -> str:
        """Base URL of the OAuth server of `account`."""
        return f"https://{account}.{self.login_domain}"


@functools.cache
def regions() -> dict[str, TalkdeskRegion]:
    """The regions by name."""
    return {
        entry["name"]: TalkdeskRegion(entry["name"], entry["api"], entry["login"])
        for entry in facts.of("talkdesk")["regions"]
    }
