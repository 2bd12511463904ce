"""Genesys Cloud's numbers as the runbook changes them: plans, DID pools, call routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.waits import tries
from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.genesys.pools import holding
from sfsip_nb.platforms.genesys.resources import LATE, by_name, find_flow, find_site, ids_of

# Plans that stay untouched and ahead of every other (docs/safety.md).
PROTECTED = ("Emergency", "Suicide Prevention")
# Default plans that ours goes in front of; they would take the number first.
_BROAD = ("National", "International")

NUMBERS = "Numbers"
CLASSIFICATION = "Classification"
POSITION = "Behind Emergency, in front of National"
HOLDS = "Number in a DID pool"


class NumberPlan(Resource):
    """A number plan of the site. ``PUT`` replaces the list, so every plan is sent again.

    The API keeps no version of the list: it is read just before the write and just after it,
    and a clash with a second operator is reported, not overwritten.
    """

    kind = "genesys.number_plan"

    def __init__(self, client: GenesysClient, site: str) -> None:
        self._client = client
        self._site_name = site

    @property
    def _site(self) -> str:
        return str(find_site(self._client, self._site_name)["id"])

    def read(self, key: str) -> Seen | None:
        """The plan of that name, and whether it stands where it should."""
        plans = self._client.number_plans(self._site)
        plan = by_name(plans, key)
        if plan is None:
            return None
        fields: Fields = {
            NUMBERS: sorted(_span(n) for n in plan.get("numbers") or []),
            CLASSIFICATION: plan.get("classification"),
            POSITION: _well_placed(plans, key),
        }
        return Seen(str(plan.get("id") or key), fields)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Put the plan behind the protected ones and in front of National."""
        plan = {"name": key, "matchType": "e164NumberList"} | _body(fields)
        made = by_name(self._put(lambda plans: _placed(plans, plan)), key) or {}
        return str(made.get("id") or "")

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Change the plan in place, or move it where it belongs."""

        def changed(plans: list[dict[str, Any]]) -> list[dict[str, Any]]:
            mine = by_name(plans, key)
            if mine is None:
                raise Refused(f"The number plan “{key}” disappeared while it was being changed.")
            others = [p for p in plans if p is not mine]
            new = mine | _body(fields)
            if POSITION in fields:
                return _placed(others, new)
            return [new if p is mine else p for p in plans]

        self._put(changed)

    def delete(self, key: str, seen: Seen) -> None:
        """Take the plan out of the list; all others are sent again."""
        self._put(lambda plans: [p for p in plans if p.get("name") != key])

    def _put(self, change: Any) -> list[dict[str, Any]]:
        site = self._site
        before = self._client.number_plans(site)
        self._client.put_number_plans(site, change(before))
        after = self._client.number_plans(site)
        if protected(before) != protected(after):
            raise Refused(
                "An Emergency or Suicide Prevention number plan is not as it was before the write.",
                "Look at the site's number plans at once; somebody else may be changing it.",
            )
        return after


def spans(numbers: Iterable[str]) -> list[str]:
    """Numbers as a plan's list has them: ranges with a hyphen, one number alone."""
    return sorted(a if a == b else f"{a}-{b}" for a, b in ranges.spans(numbers))


def _span(numbers: dict[str, Any]) -> str:
    start, end = str(numbers.get("start")), str(numbers.get("end") or numbers.get("start"))
    return start if start == end else f"{start}-{end}"


def _body(fields: Fields) -> Fields:
    body: Fields = {}
    if NUMBERS in fields:
        body["numbers"] = [
            {"start": n.split("-")[0], "end": n.split("-")[-1]} for n in fields[NUMBERS]
        ]
    if CLASSIFICATION in fields:
        body["classification"] = fields[CLASSIFICATION]
    return body


def protected(plans: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """The plans that no run may change, with their places, without their versions."""
    return [
        (place, {name: value for name, value in plan.items() if name != "version"})
        for place, plan in enumerate(plans)
        if plan.get("name") in PROTECTED
    ]


def _placed(plans: list[dict[str, Any]], plan: dict[str, Any]) -> list[dict[str, Any]]:
    last_protected = max((i for i, p in enumerate(plans) if p.get("name") in PROTECTED), default=-1)
    broad = min((i for i, p in enumerate(plans) if p.get("name") in _BROAD), default=len(plans))
    place = max(last_protected + 1, min(broad, len(plans)))
    return [*plans[:place], plan, *plans[place:]]


def _well_placed(plans: list[dict[str, Any]], name: str) -> bool:
    names = [p.get("name") for p in plans]
    mine = names.index(name)
    return all(names.index(p) < mine for p in PROTECTED if p in names) and all(
        mine < names.index(p) for p in _BROAD if p in names and not _trapped(names, p)
    )


def _trapped(names: list[Any], broad: str) -> bool:
    """Whether a broad plan stands in front of a protected one, where ours may never go."""
    return any(names.index(broad) < names.index(p) for p in PROTECTED if p in names)


def by_pool(pools: Iterable[Mapping[str, Any]], numbers: Iterable[str]) -> list[str]:
    """Numbers (E.164) as ranges, cut where a DID pool begins or ends."""
    listed = list(pools)
    held: dict[str, list[str]] = {}
    for number in numbers:
        held.setdefault(str((holding(listed, number) or {}).get("id", "")), []).append(number)
    return [span for group in held.values() for span in ranges.compact(group)]


class DidPool(Resource):
    """The DID pool that holds a number or a range; one of its own where no pool holds it."""

    kind = "genesys.did_pool"
    marked = True

    def __init__(self, client: GenesysClient) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        """The pool that the numbers lie in."""
        first, last = _ends(key)
        pool = holding(self._client.did_pools(), first)
        if pool is None or int(last) > int(pool["endPhoneNumber"]):
            return None
        return Seen(pool["id"], {HOLDS: key}, str(pool.get("description") or ""))

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """A pool of just these numbers, as for numbers of an own carrier."""
        first, last = _ends(key)
        body = {
            "name": key,
            "startPhoneNumber": first,
            "endPhoneNumber": last,
            "description": marker,
            "provider": "PURE_CLOUD",
        }
        return str(self._client.create_did_pool(body)["id"])

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """A pool that holds the numbers needs no change."""

    def delete(self, key: str, seen: Seen) -> None:
        """Remove the pool; Genesys refuses while a number of it is assigned."""
        self._client.delete_did_pool(seen.id)


def _ends(key: str) -> tuple[str, str]:
    numbers = ranges.expand(key)
    return numbers[0], numbers[-1]


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
        names = {f["id"]: f["name"] for f in self._client.flows()}
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


class NotInPoolYet(Exception):
    """Genesys does not see a fresh DID pool yet (``DID_POOL_REQUIRED``)."""


class Did(Resource):
    """Which call route a number rings: filling an empty one is free, moving one is adoption."""

    kind = "genesys.did"
    at_risk = "The number may ring nowhere until it is back on a call route."

    def __init__(self, client: GenesysClient) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        """The call route that has the number, or whoever else owns it."""
        did = next((d for d in self._client.dids(key) if d.get("number") == key), None)
        if did is None:
            return None
        route = next((i for i in self._client.ivrs() if key in (i.get("dnis") or [])), None)
        owner = did.get("owner") or {}
        if route is not None:
            name = route["name"]
            said = f"call route “{name}”"
        elif owner:
            name = f"{did.get('ownerType', 'owner')}: {owner.get('name', owner.get('id'))}"
            said = name
        else:
            name = said = ""
        return Seen(key, {"Call route": name}, owner=said, shared=True)

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """A number comes with its pool."""
        raise Refused(
            f"{key} is not in any DID pool of this organization.",
            "Check genesys and numbers: the number must be one of this customer's.",
        )

    def stages(self, seen: Seen, fields: Fields) -> list[Fields]:
        """Off its present call route, then onto the wanted one: Genesys knows no single request."""
        moves = seen.fields["Call route"] and fields["Call route"]
        return [{"Call route": ""}, fields] if moves else [fields]

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Put a free number on the wanted call route; none: take it off its present one."""
        old, new = seen.fields["Call route"], fields["Call route"]
        routes = ids_of(self._client.ivrs, [new or old])
        if old and old not in routes:
            raise Refused(
                f"{key} belongs to {old}, which is not a call route.",
                "Release the number in Genesys first.",
            )
        if new and new not in routes:
            raise Refused(f"Genesys has no call route “{new}”.")
        ivr = self._client.ivr(routes[new or old])
        numbers = [n for n in ivr.get("dnis") or [] if n != key]
        if new:
            self._add(ivr | {"dnis": [*numbers, key]})
        else:
            self._client.update_ivr(ivr["id"], ivr | {"dnis": numbers})

    def delete(self, key: str, seen: Seen) -> None:
        """Never: the number is the customer's."""
        raise Refused("The runbook never deletes a number.")

    def _add(self, ivr: dict[str, Any]) -> None:
        """Put the number on the call route; a pool just made takes a moment to count."""
        for attempt in tries(on=NotInPoolYet, attempts=6, wait_initial=0.2):
            with attempt:
                try:
                    self._client.update_ivr(ivr["id"], ivr)
                except ApiError as error:
                    if "DID_POOL_REQUIRED" in str(error.details):
                        raise NotInPoolYet from None
                    raise
