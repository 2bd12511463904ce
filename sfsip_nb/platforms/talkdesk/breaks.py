"""How somebody's hand breaks what is set up in Talkdesk, screen by screen.

Each function changes the stand-in's stored objects, the same however often it is called. What is
meant are the trunk that leads to Synthflow, and the routings that transfer callers over a trunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sfsip_nb.inputs import facts
from sfsip_nb.inputs.platform import Systems
from sfsip_nb.platforms.synthflow.breaks import calls_from, foreign_host, older
from sfsip_nb.platforms.talkdesk import samples

Json = dict[str, Any]
Break = Callable[[Systems], None]


def trunk(change: Callable[[Json, Systems], Json]) -> Break:
    """Sets the fields of the trunk that `change` gives."""
    hosts = {known.sip for known in facts.synthflow_regions().values()}

    def breaks(systems: Systems) -> None:
        for each in systems["talkdesk"]["trunks"].values():
            if each["server"] in hosts:
                each.update(change(each, systems))

    return breaks


def _other_transport(trunk: Json) -> str:
    """TLS instead of UDP or TCP, or the reverse: the port still tells what was meant."""
    return "udp" if trunk["port"] == facts.synthflow_port("tls") else "tls"


port = trunk(lambda each, _: {"port": 5060})
transport = trunk(lambda each, _: {"transport": _other_transport(each)})
host = trunk(lambda each, systems: {"server": foreign_host(systems)})
address = trunk(
    lambda each, systems: {
        "allowed_ips": [ip for ip in each["allowed_ips"] if ip != calls_from(systems)]
    }
)
user = trunk(lambda each, _: {"username": older(each["username"])})


def _transferring(systems: Systems) -> Iterator[tuple[str, Json]]:
    """Each number with its routing, where that transfers callers over a trunk."""
    own = systems["talkdesk"]
    for number, entry in own["numbers"].items():
        routing = own["routings"].get(entry["_routing"])
        if routing and routing["kind"] == "sip_transfer":
            yield number, routing


def destination(systems: Systems) -> None:
    """The last digit of the destination is not that of the number."""
    for number, routing in _transferring(systems):
        routing["destination"] = number[:-1] + ("1" if number.endswith("0") else "0")


def transfer(**fields: Any) -> Break:
    """Sets fields of the routings that transfer callers over a trunk."""

    def breaks(systems: Systems) -> None:
        for _, routing in _transferring(systems):
            routing.update(fields)

    return breaks


def other_ring_group(systems: Systems) -> None:
    """The number of the live agents rings a ring group that is neither theirs nor the fallback."""
    own = systems["talkdesk"]
    used = (samples.RING_GROUP, samples.FALLBACK)
    other = next(g["name"] for g in own["ring_groups"].values() if g["name"] not in used)
    routing = own["routings"].get(own["numbers"][samples.RING_GROUP_NUMBER]["_routing"])
    if routing:
        routing["ring_group"] = other


def no_ring_group(systems: Systems) -> None:
    """The number of the live agents is assigned to nothing."""
    systems["talkdesk"]["numbers"][samples.RING_GROUP_NUMBER]["_routing"] = ""
