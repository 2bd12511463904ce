"""Clients and stand-ins speak as the vendors' own API descriptions say."""

from __future__ import annotations

from typing import NamedTuple

from tests.conformance.descriptions import Descriptions, Row


class Known(NamedTuple):
    """A deviation of a stand-in that stays, and why."""

    operation: str
    where: str
    reason: str


KNOWN: tuple[Known, ...] = ()

UNDESCRIBED = {
    "/oauth/token": "no description has the login",
}


def test_provisioning(described: Descriptions, provisioned: list[Row]) -> None:
    for d in sorted(described.deviations(provisioned), key=str):
        print(d)
    print(sorted({described.operation(r) for r in provisioned}))


def test_replays(described: Descriptions, replayed: list[Row]) -> None:
    for d in sorted(described.deviations(replayed), key=str):
        print(d)
    print(sorted({described.operation(r) for r in replayed}))
