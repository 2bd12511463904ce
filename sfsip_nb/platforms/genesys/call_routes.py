"""Genesys Cloud's call routes (IVRs), and which of them some numbers ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.waits import tries
from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.genesys.resources import LATE, by_name, find_flow, ids_of

MOST_NUMBERS = 50
"""Numbers of one call route, as few as Terraform's provider sends in one request."""

CALL_ROUTE = "Call route"

_BLOCK = 2
"""Last digits of the numbers that are asked for at once, by the hundred: one page of answers."""


class CallRoute(Resource):
    """A call route (IVR): which flow takes calls in open hours. Its numbers: see ``Did``."""

    kind = "genesys.call_route"
    marked = True
    late = LATE

    def __init__(self, client: GenesysClient) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        """The call route of that name."""
        ivr = by_name(self._client.ivrs(), key)
        if ivr is None:
            return None
        flow = (ivr.get("openHoursFlow") or {}).get("id")
        names = {f["id"]: f["name"] for f in self._client.flows(lasting=True)}
        fields: Fields = {"Open-hours flow": names.get(flow, flow or "")}
        return Seen(ivr["id"], fields, str(ivr.get("description") or ""))

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Make the call route, still without numbers."""
        flow = find_flow(self._client, fields["Open-hours flow"])
        body = {
            "name": key,
            "description": marker,
            "dnis": [],
            "openHoursFlow": {"id": flow["id"]},
        }
        return str(self._client.create_ivr(body)["id"])

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Change the flow."""
        ivr = self._client.ivr(seen.id)
        flow = find_flow(self._client, fields["Open-hours flow"])
        self._client.update_ivr(seen.id, ivr | {"openHoursFlow": {"id": flow["id"]}})

    def delete(self, key: str, seen: Seen) -> None:
        """Remove the call route, unless it has numbers: they would ring nowhere."""
        if numbers := self._client.ivr(seen.id).get("dnis"):
            raise Refused(
                f"Call route “{key}” still has {', '.join(numbers)}, so it is not deleted.",
                "Move its numbers to the call routes that they belong to, then run it again.",
            )
        self._client.delete_ivr(seen.id)


def owners(client: GenesysClient, numbers: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Of each number in a DID pool, what it rings: a name, empty for nothing, and that in words.

    The lists of call routes tell it of most. What they leave out is asked for (`pooled`).
    """
    wanted = dict.fromkeys(numbers)
    routes = {n: str(ivr["name"]) for ivr in client.ivrs() for n in ivr.get("dnis") or []}
    found = {n: (routes[n], f"call route “{routes[n]}”") for n in wanted if n in routes}
    others = pooled(client, [number for number in wanted if number not in found])
    return found | {number: _other(did) for number, did in others.items()}


def pooled(client: GenesysClient, numbers: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Of some numbers those that are in a DID pool, as it lists them."""
    wanted = set(numbers)
    found = (did for block in sorted({n[:-_BLOCK] for n in wanted}) for did in client.dids(block))
    return {number: did for did in found if (number := str(did.get("number"))) in wanted}


def _other(did: Mapping[str, Any]) -> tuple[str, str]:
    """Who has a number that no call route lists."""
    if not (owner := did.get("owner")):
        return "", ""
    name = f"{did.get('ownerType', 'owner')}: {owner.get('name', owner.get('id'))}"
    return name, name


class NotInPoolYet(Exception):
    """Genesys does not see a fresh DID pool yet (``DID_POOL_REQUIRED``)."""


class Did(Resource):
    """Which call route some numbers ring: filling empty ones is free, moving one is adoption.

    The key names them, as ranges with commas. One request puts all of them on a call route, so that
    they are on the same one before it, or on none.
    """

    kind = "genesys.did"
    at_risk = "The number may ring nowhere until it is back on a call route."

    def __init__(self, client: GenesysClient) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        """The call route that has the numbers, or whoever else owns them."""
        numbers = ranges.found_in(key)
        found = owners(self._client, numbers)
        if len(found) < len(numbers):
            return None
        by_owner: dict[tuple[str, str], list[str]] = {}
        for number in numbers:
            by_owner.setdefault(found[number], []).append(number)
        if len(by_owner) == 1:
            [(name, said)] = by_owner
        else:
            name = said = "; ".join(
                f"{said or 'nothing'} ({', '.join(ranges.compact(own))})"
                for (_, said), own in by_owner.items()
            )
        return Seen(key, {CALL_ROUTE: name}, owner=said, shared=True)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """A number comes with its pool."""
        raise Refused(
            f"{key} is not in any DID pool of this organization.",
            "Check genesys and numbers: the number must be one of this customer's.",
        )

    def stages(self, seen: Seen, fields: Fields) -> list[Fields]:
        """Off their present call route, then onto the wanted one: Genesys has no single request."""
        moves = seen.fields[CALL_ROUTE] and fields[CALL_ROUTE]
        return [{CALL_ROUTE: ""}, fields] if moves else [fields]

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Put free numbers on the wanted call route; none: take them off their present one."""
        old, new = seen.fields[CALL_ROUTE], fields[CALL_ROUTE]
        routes = ids_of(self._client.ivrs, [name for name in (old, new) if name])
        if old and old not in routes:
            raise Refused(
                f"{key} belongs to {old}, which is not a call route.",
                "Release the number in Genesys first.",
            )
        if new and new not in routes:
            raise Refused(f"Genesys has no call route “{new}”.")
        ivr, own = self._client.ivr(routes[new or old]), ranges.found_in(key)
        others = [n for n in ivr.get("dnis") or [] if n not in own]
        if new:
            self._add(ivr | {"dnis": [*others, *own]})
        else:
            self._client.update_ivr(ivr["id"], ivr | {"dnis": others})

    def delete(self, key: str, seen: Seen) -> None:
        """Never: the number is the customer's."""
        raise Refused("The runbook never deletes a number.")

    def _add(self, ivr: dict[str, Any]) -> None:
        """Put numbers on the call route; a pool just made takes a moment to count."""
        for attempt in tries(on=NotInPoolYet, attempts=6, wait_initial=0.2):
            with attempt:
                try:
                    self._client.update_ivr(ivr["id"], ivr)
                except ApiError as error:
                    if "DID_POOL_REQUIRED" in str(error.details):
                        raise NotInPoolYet from None
                    raise
