"""Queues, which took the place of ring groups, and the users in them; read only.

Source: docs.talkdesk.com/docs/migrating-from-ring-groups-to-queues-api, /docs/paging-results.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json

from .errors import invalid

_PER_PAGE = 50
_MOST_PER_PAGE = 100


def _queues(asked: ApiRequest) -> Json:
    wanted = asked.query.get("name", "").lower()
    groups = asked.objects["ring_groups"].values()
    found = [{"id": g["id"], "name": g["name"]} for g in groups if wanted in g["name"].lower()]
    if asked.query.get("order_by", "").startswith("name"):
        found.sort(
            key=lambda queue: queue["name"], reverse=asked.query["order_by"].endswith("desc")
        )
    return _page(asked, "queues", found)


def _page(asked: ApiRequest, name: str, found: Sequence[Json]) -> Json:
    """A HAL page. Raises 400 for page numbers and sizes that are none."""
    page, size = _count(asked, "page", 1), _count(asked, "per_page", _PER_PAGE)
    if size > _MOST_PER_PAGE:
        raise invalid("per_page", f"must not be greater than {_MOST_PER_PAGE}")
    pages = max(1, -(-len(found) // size))
    path = asked.url.partition("?")[0]

    def link(number: int) -> dict[str, str]:
        query = {**asked.query, "page": number, "per_page": size}
        return {"href": f"{path}?{urlencode(query)}"}

    links = {"self": link(page), "first": link(1), "last": link(pages)}
    if page < pages:
        links["next"] = link(page + 1)
    if page > 1:
        links["prev"] = link(page - 1)
    shown = found[(page - 1) * size : page * size]
    return {
        "total": len(found),
        "count": len(shown),
        "page": page,
        "per_page": size,
        "total_pages": pages,
        "_embedded": {name: shown},
        "_links": links,
    }


def _count(asked: ApiRequest, name: str, default: int) -> int:
    given = asked.query.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        raise invalid(name, "must be a positive number")
    return int(given)


ENDPOINTS = [
    Endpoint("GET", "/ccaas/queues", _queues, ("queues:read",)),
]
