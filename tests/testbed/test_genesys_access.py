"""Who gets into the Genesys Cloud stand-in, and how far."""

import httpx

from sfsip_nb.platforms.genesys import samples as genesys_samples
from tests.testbed.testbed_bench import EDGES, Bench, code

TRUNKS = f"{EDGES}/trunkbasesettings"


def test_token_names_organisation_and_client(bench: Bench) -> None:
    seen = bench.genesys.get("/api/v2/tokens/me").json()
    assert seen["organization"]["name"] == genesys_samples.ORG_NAME
    assert seen["OAuthClient"]["id"] == genesys_samples.CLIENT_ID
    assert not [key for key in seen["OAuthClient"] if key.startswith("_")]


def test_wrong_secret_and_wrong_grant_are_told_apart(bench: Bench) -> None:
    secret, grant = bench.token(client_secret="no"), bench.token(grant_type="password")
    assert (secret.status_code, secret.json()["error"]) == (401, "invalid_client")
    assert (grant.status_code, grant.json()["error"]) == (400, "unsupported_grant_type")


def test_nothing_without_a_token_or_with_a_revoked_one(bench: Bench) -> None:
    assert code(bench.client("").get(TRUNKS)) == (401, "authentication.required")
    assert bench.genesys.delete("/api/v2/tokens/me").status_code == 200
    assert code(bench.genesys.get(TRUNKS)) == (401, "bad.credentials")


def test_a_missing_permission_is_named(bench: Bench) -> None:
    bench.control.post("/admin/genesys/permissions", json={"remove": ["routing:callRoute:add"]})
    refused = bench.genesys.post("/api/v2/architect/ivrs", json={"name": "x"})
    assert code(refused) == (403, "missing.any.permissions")
    assert "routing:callRoute:add" in refused.json()["message"]
    assert refused.headers["ININ-Correlation-Id"] == refused.json()["contextId"]
    assert bench.genesys.get("/api/v2/architect/ivrs").status_code == 200


def test_a_fault_takes_the_telephony_permission_away_and_gives_it_back(bench: Bench) -> None:
    bench.control.put("/faults/genesys.no-permission-telephony")
    assert bench.genesys.get(TRUNKS).status_code == 403
    bench.control.delete("/faults/genesys.no-permission-telephony")
    assert bench.genesys.get(TRUNKS).status_code == 200


def test_a_client_is_no_user_and_cannot_dial(bench: Bench) -> None:
    assert code(bench.genesys.get("/api/v2/users/me")) == (400, "not.a.user")
    dialed = bench.genesys.post("/api/v2/conversations/calls", json={"phoneNumber": "+15550100"})
    assert code(dialed) == (400, "not.a.user")


def test_byoc_is_a_product_that_may_be_missing(bench: Bench) -> None:
    def products() -> set[str]:
        listed = bench.genesys.get("/api/v2/authorization/products").json()["entities"]
        return {product["id"] for product in listed}

    assert "byoc" in products()
    bench.world.set_fault("genesys.no-byoc")
    assert "byoc" not in products()


def test_rate_limit_says_when_to_come_back_and_lets_most_through(bench: Bench) -> None:
    bench.world.set_fault("genesys.rate-limit")
    answers = [bench.genesys.get("/api/v2/flows") for _ in range(10)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert len(limited) == 2
    assert limited[0].headers["Retry-After"] == "1"
    assert code(limited[0]) == (429, "too.many.requests")


def test_unknown_paths_and_broken_bodies_get_an_error_body(bench: Bench) -> None:
    assert code(bench.genesys.get("/api/v2/nothing/here")) == (404, "not.found")
    broken: httpx.Response = bench.genesys.post(TRUNKS, content=b"{")
    assert code(broken) == (400, "bad.request")


def test_pages_link_to_each_other_and_hold_at_most_100(bench: Bench) -> None:
    dids = f"{EDGES}/didpools/dids"
    every = {"type": "ASSIGNED_AND_UNASSIGNED"}
    first = bench.genesys.get(dids, params=every | {"pageSize": 60}).json()
    assert (first["total"], first["pageCount"], len(first["entities"])) == (300, 5, 60)
    last = first
    for _ in range(4):
        last = bench.genesys.get(last["nextUri"]).json()
    assert len(last["entities"]) == 60
    assert "nextUri" not in last
    assert code(bench.genesys.get(dids, params=every | {"pageSize": 101})) == (400, "invalid.value")
