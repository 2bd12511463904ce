"""The Talkdesk stand-in over HTTP: who gets in, pages, reports, flows."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.platforms.talkdesk.standin import STAND_IN
from tests.testbed.testbed_bench import Bench

PATHS = STAND_IN.paths
SCOPES = [
    "queues:read",
    "data-reports:read",
    "data-reports:write",
]

QUEUES = "/ccaas/queues"
JOBS = "/data/reports/calls/jobs"
DAY = {"from": "2026-11-21T00:00:00.000Z", "to": "2026-11-22T00:00:00.000Z"}


def token(
    bench: Bench,
    region: str = talkdesk_samples.REGION,
    account: str = talkdesk_samples.ACCOUNT,
    secret: str = "",
    **form: str,
) -> httpx.Response:
    return bench.client(PATHS["login"].format(region=region, account=account)).post(
        "/oauth/token",
        data={"grant_type": "client_credentials", **form},
        auth=(
            talkdesk_samples.CLIENT_ID,
            secret or samples.testbed_secret("talkdesk-client-secret"),
        ),
    )


def client(bench: Bench, region: str = talkdesk_samples.REGION, **form: str) -> httpx.Client:
    made = bench.client(PATHS["api"].format(region=region))
    made.headers["Authorization"] = f"Bearer {token(bench, **form).json()['access_token']}"
    return made


@pytest.fixture
def api(bench: Bench) -> httpx.Client:
    return client(bench)


def error(response: httpx.Response) -> tuple[int, str]:
    assert set(response.json()) == {"code", "message", "description", "fields"}
    return response.status_code, response.json()["code"]


def test_a_token_lists_every_granted_scope_unless_some_are_asked_for(bench: Bench) -> None:
    every = token(bench).json()
    assert every["scope"].split() == SCOPES
    assert token(bench, scope="queues:read").json()["scope"] == "queues:read"
    refused = token(bench, scope="users:write")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


def test_wrong_secret_account_region_and_grant_are_told_apart(bench: Bench) -> None:
    answers = [
        token(bench, secret="no"),
        token(bench, account="another"),
        token(bench, region="eu"),
        token(bench, grant_type="password"),
    ]
    assert [(a.status_code, a.json()["error"]) for a in answers] == [
        (401, "invalid_client"),
        (404, "not_found"),
        (404, "not_found"),
        (400, "unsupported_grant_type"),
    ]


def test_an_account_is_unknown_to_the_other_regions(bench: Bench) -> None:
    assert error(client(bench, region="ca").get(QUEUES)) == (401, "unauthorized")


def test_tokens_of_one_vendor_are_worth_nothing_at_the_other(
    bench: Bench, api: httpx.Client
) -> None:
    theirs = {"Authorization": bench.genesys.headers["Authorization"]}
    assert api.get(QUEUES, headers=theirs).status_code == 401
    ours = {"Authorization": api.headers["Authorization"]}
    assert bench.genesys.get("/api/v2/flows", headers=ours).status_code == 401


def test_an_expired_token_is_refused(bench: Bench, api: httpx.Client) -> None:
    assert api.get(QUEUES).status_code == 200
    for known in bench.world.tokens.values():
        known["until"] = time.time() - 1
    assert error(api.get(QUEUES)) == (401, "unauthorized")


def test_each_endpoint_wants_its_scope(bench: Bench) -> None:
    poor = client(bench, scope="queues:read")
    assert poor.get(QUEUES).status_code == 200
    for asked in (
        poor.post(JOBS, json={}),
        poor.get(f"{JOBS}/x"),
    ):
        assert error(asked) == (403, "forbidden")


def test_queues_are_the_ring_groups_page_by_page(bench: Bench, api: httpx.Client) -> None:
    for n in range(60):
        group = {"id": f"g{n}", "name": f"Extra {n:02}", "members": 0}
        bench.world.systems["talkdesk"]["ring_groups"][f"g{n}"] = group
    first = api.get(QUEUES).json()
    assert (first["total"], first["count"], first["total_pages"]) == (63, 50, 2)
    second = api.get(first["_links"]["next"]["href"]).json()
    assert (second["page"], second["count"], "next" in second["_links"]) == (2, 13, False)
    assert second["_links"]["prev"]["href"] == first["_links"]["self"]["href"]
    params = {"name": "extra", "order_by": "name:desc", "per_page": 1}
    last = api.get(QUEUES, params=params).json()
    assert [queue["name"] for queue in last["_embedded"]["queues"]] == ["Extra 59"]
    assert error(api.get(QUEUES, params={"page": 0})) == (400, "validation_error")
    assert error(api.get(QUEUES, params={"per_page": 101})) == (400, "validation_error")


def call(call_id: str, start: str) -> dict[str, Any]:
    return {"call_id": call_id, "start_at": start, "type": "inbound", "_leg": "hidden"}


def test_a_report_is_a_job_and_then_a_file(bench: Bench, api: httpx.Client) -> None:
    for entry in (call("in", "2026-11-21T10:00:00.000Z"), call("out", "2026-11-23T10:00:00.000Z")):
        bench.on_loop(bench.world.keep, "talkdesk_calls", entry["call_id"], entry)
    made = api.post(JOBS, json={"format": "json", "timespan": DAY})
    assert (made.status_code, made.json()["job"]["status"]) == (202, "created")
    url = made.json()["_links"]["self"]["href"]
    job = bench.world.records["reports"][made.json()["job"]["id"]]
    seen = {}
    for seconds in (5, 13, 17):
        job["_created"] = time.time() - seconds / bench.world.time_scale
        seen[seconds] = api.get(url)
    assert seen[5].json()["job"]["status"] == "processing"
    assert seen[13].json()["job"]["status"] == "uploading"
    assert seen[17].status_code == 303
    file = api.get(seen[17].headers["Location"]).json()
    assert [entry["call_id"] for entry in file["entries"]] == ["in"]
    assert "_leg" not in file["entries"][0]
    assert bench.world.writes == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"format": "csv", "timespan": DAY},
        {"format": "json"},
        {"format": "json", "timespan": {"from": "yesterday", "to": DAY["to"]}},
        {"format": "json", "timespan": {"from": DAY["to"], "to": DAY["from"]}},
        {"format": "json", "timespan": {"from": "2026-09-01T00:00:00Z", "to": DAY["to"]}},
    ],
)
def test_a_report_without_a_sensible_span_is_refused(api: httpx.Client, body: object) -> None:
    assert error(api.post(JOBS, json=body)) == (400, "validation_error")


def test_unknown_jobs_files_and_paths_are_not_found(api: httpx.Client) -> None:
    for asked in (
        api.get(f"{JOBS}/none"),
        api.get("/data/reports/calls/files/none"),
        api.get("/sip-trunks"),
    ):
        assert error(asked) == (404, "not_found")


def test_the_rate_limit_says_when_to_come_back(bench: Bench, api: httpx.Client) -> None:
    assert {api.get(QUEUES).status_code for _ in range(10)} == {200}
    bench.world.set_fault("talkdesk.rate-limit")
    limited = [a for a in (api.get(QUEUES) for _ in range(10)) if a.status_code == 429]
    assert [a.headers["Retry-After"] for a in limited] == ["1", "1"]


def test_a_missing_scope_is_not_in_new_tokens(bench: Bench) -> None:
    bench.world.set_fault("talkdesk.missing-scope")
    assert "queues:read" not in token(bench).json()["scope"].split()
    assert error(client(bench).get(QUEUES)) == (403, "forbidden")


def test_a_stuck_report_never_gets_done(bench: Bench, api: httpx.Client) -> None:
    made = api.post(JOBS, json={"format": "json", "timespan": DAY}).json()
    bench.world.records["reports"][made["job"]["id"]]["_created"] = 0
    assert api.get(made["_links"]["self"]["href"]).status_code == 303
    bench.world.set_fault("talkdesk.report-stuck")
    again = api.get(made["_links"]["self"]["href"])
    assert again.json()["job"]["status"] == "processing"
