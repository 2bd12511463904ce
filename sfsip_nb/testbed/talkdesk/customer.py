"""The testbed customer's Talkdesk account before anybody runs a guide.

It is in use: a support line rings its agents, and of everything that a card has made there is one
made by hand.
"""

from __future__ import annotations

from typing import Any

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples

from ..world import Json, World

SCOPES = (
    "queues:read",
    "queues-users:read",
    "data-reports:read",
    "data-reports:write",
    "flows-interactions:start",
)
SUPPORT_ROUTING = "Acme Support Line"
DIAL_FLOW = "Acme Dial Out"  # a published Studio flow of the type API request


def settle(world: World) -> None:
    """Fill `world` with the account."""

    def by_id(*things: dict[str, Any]) -> dict[str, Json]:
        made = [{"id": world.new_id(), **thing} for thing in things]
        return {str(thing["id"]): thing for thing in made}

    routings = by_id(
        {
            "name": SUPPORT_ROUTING,
            "kind": "ring_group",
            "destination": "",
            "trunk": "",
            "timeout_seconds": 60,
            "fallback": "",
            "ring_group": talkdesk_samples.RING_GROUP,
            "active": True,
            "passes_ani": True,
        }
    )
    routed = {samples.SUPPORT_DID: next(iter(routings))}
    names = {
        samples.DID: "Acme Reception",
        samples.SPARE_DID: "Acme Spare",
        samples.SUPPORT_DID: SUPPORT_ROUTING,
        talkdesk_samples.RING_GROUP_NUMBER: "Acme Agents",
    }
    world.systems["talkdesk"] = {
        "accounts": by_id(
            {
                "name": talkdesk_samples.ACCOUNT,
                "region": talkdesk_samples.REGION,
                "sip_trunking": True,
                "byo_ai": True,
            }
        ),
        "clients": by_id(
            {
                "id": talkdesk_samples.CLIENT_ID,
                "name": "Runbook client",
                "_scopes": list(SCOPES),
            }
        ),
        "numbers": {
            number: {"number": number, "name": name, "_routing": routed.get(number, "")}
            for number, name in names.items()
        },
        "trunks": by_id(
            {
                "name": "Acme PBX, made by hand",
                "server": "pbx.acme-testbed.example",
                "port": 5060,
                "transport": "udp",
                "authentication": "ip",
                "username": "",
                "_password": "",
                "max_concurrent_calls": 30,
                "allowed_ips": ["198.51.100.7"],
                "path": "external_trunk",
                "active": True,
            }
        ),
        "routings": routings,
        "ring_groups": by_id(
            {"name": talkdesk_samples.RING_GROUP, "members": 3},
            {"name": talkdesk_samples.FALLBACK, "members": 1},
            {"name": "Acme Sales", "members": 2},
        ),
        "flows": by_id({"name": DIAL_FLOW, "type": "api_request", "published": True}),
    }
