"""Genesys Cloud's numbers as the runbook changes them: number plans and DID pools."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.genesys.pools import Pools, holders
from sfsip_nb.platforms.genesys.resources import SiteResource, by_name
from sfsip_nb.sip.shown import counted

# Plans that stay untouched and ahead of every other (docs/safety.md).
PROTECTED = ("Emergency", "Suicide Prevention")
# Default plans that ours goes in front of; they would take the number first.
_BROAD = ("National", "International")

MOST_PLANS = 200
"""Number plans of a site: the API gives the first 200 and takes no more (SDK 269, number plans)."""

LARGEST_REQUEST = 512_000
"""Bytes of a request (`request.bytes.max` in Genesys's list of limits, read 2026-11)."""

NUMBERS = "Numbers"
CLASSIFICATION = "Classification"
POSITION = "Behind Emergency, in front of National"
HOLDS = "Number in a DID pool"


class NumberPlan(SiteResource):
    """A number plan of the site. ``PUT`` replaces the list, so every plan is sent again.

    The API keeps no version of the list: it is read just before the write and just after it,
    and a clash with a second operator is reported, not overwritten.
    """

    kind = "genesys.number_plan"

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


def refuse_beyond_limits(plans: list[dict[str, Any]], key: str, fields: Fields) -> None:
    """Raise ``Refused`` where a plan among those of its site is more than Genesys takes.

    All of them are sent in one request, so it has to be known before anything is written.
    """
    mine = by_name(plans, key)
    after = [plan for plan in plans if plan is not mine] + [(mine or {"name": key}) | _body(fields)]
    if len(after) > MOST_PLANS:
        raise Refused(
            f"The site has {len(plans)} number plans, and Genesys Cloud takes {MOST_PLANS} at most:"
            f" there is no room for “{key}”.",
            "Remove a number plan that nothing needs, or choose another site.",
        )
    size = len(json.dumps(after, ensure_ascii=False, separators=(",", ":")).encode())
    if size > LARGEST_REQUEST:
        raise Refused(
            f"The site's number plans, sent as one request, would be {size:,} bytes, and Genesys"
            f" Cloud takes {LARGEST_REQUEST:,} at most: “{key}” would have"
            f" {counted(len(fields[NUMBERS]), 'range')} of numbers.",
            "Give numbers that follow each other, which are one range, or fewer of them.",
        )


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


def by_pool(pools: Pools, numbers: Iterable[str]) -> list[str]:
    """Numbers (E.164) as ranges, cut where a DID pool begins or ends."""
    holding, held = holders(pools), dict[str, list[str]]()
    for number in numbers:
        held.setdefault(str((holding(number) or {}).get("id", "")), []).append(number)
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
        pool = holders(self._client.did_pools())(first)
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
