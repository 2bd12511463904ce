"""Clients and stand-ins speak as the vendors' own API descriptions say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import pytest

from tests.conformance.descriptions import Descriptions, Row

KNOWN = {
    ("GET /calls", "response .response.calls[].telephony_start"): "a moment, described as a day",
    ("GET /calls", "response .response.calls[].telephony_end"): "a moment, described as a day",
}
"""Where a stand-in deviates on purpose, by operation and place, and why."""

_EDGES = "/api/v2/telephony/providers/edges"
NOT_OURS = "no client asks for it"
UNUSED = {
    f"GET {_EDGES}/sites/{{siteId}}": NOT_OURS,
    f"GET {_EDGES}/trunkbasesettings/availablemetabases": NOT_OURS,
    f"GET {_EDGES}/trunks/{{trunkId}}": NOT_OURS,
    f"GET {_EDGES}/trunks/{{trunkId}}/metrics": NOT_OURS,
    f"GET {_EDGES}/trunks/metrics": NOT_OURS,
    "GET /api/v2/telephony/sipmessages/conversations/{conversationId}": NOT_OURS,
    "GET /api/v2/telephony/sipmessages/conversations/{conversationId}/headers": NOT_OURS,
    "GET /api/v2/tokens/me": NOT_OURS,
}
"""Operations that neither recording has, and why."""

UNDESCRIBED = {
    r"^/oauth/token$": "Genesys: the login has no description",
    r"/edges/mediastatistics/conversations/": "Genesys: a preview method, in the SDK alone",
    r"^/genesys-files/": "Genesys: a file at a signed address of another host",
    r"/routing/queues/[^/]+/members$": "Genesys: not among the operations that are kept",
    r"/v2/prepare_inbound$": "Synthflow: on its pages, not in its description",
    r"^/talkdesk(-id)?/": "Talkdesk: there is no description",
}
"""Requests that no description has, by path, and why."""


def outside(described: Descriptions, rows: Iterable[Row]) -> set[str]:
    """The requests that no description has, without those that are known to have none."""
    return {
        f"{row['method']} {path}"
        for row in rows
        if not described.operation(row)
        and not any(re.search(known, (path := urlsplit(row["url"]).path)) for known in UNDESCRIBED)
    }


@pytest.fixture(params=["provisioned", "replayed"])
def rows(request: pytest.FixtureRequest) -> list[Row]:
    found: list[Row] = request.getfixturevalue(request.param)
    return found


def test_clients_ask_as_described(described: Descriptions, rows: list[Row]) -> None:
    found = described.deviations(rows)
    assert [deviation for deviation in found if deviation.side == "client"] == []
    assert outside(described, rows) == set()


def test_stand_ins_answer_as_described(described: Descriptions, rows: list[Row]) -> None:
    found = [d for d in described.deviations(rows) if d.side != "client"]
    assert [d for d in found if (d.operation, d.where) not in KNOWN] == []


def test_no_reason_is_out_of_date(
    described: Descriptions, provisioned: list[Row], replayed: list[Row]
) -> None:
    rows = [*provisioned, *replayed]
    assert KNOWN.keys() == {
        (d.operation, d.where) for d in described.deviations(rows) if d.side != "client"
    }
    paths = {urlsplit(row["url"]).path for row in rows if not described.operation(row)}
    assert [p for p in UNDESCRIBED if not any(re.search(p, path) for path in paths)] == []


def test_the_descriptions_are_used(
    described: Descriptions, provisioned: list[Row], replayed: list[Row]
) -> None:
    used = {described.operation(row) for row in (*provisioned, *replayed)}
    assert described.names - used == UNUSED.keys()
