"""Number plans and outbound routes: lists that replace, classifications that belong to one."""

from typing import Any

from sfsip_nb.inputs import samples
from tests.testbed.testbed_bench import EDGES, SITE, Bench, code

PLANS = f"{SITE}/numberplans"
ROUTES = f"{SITE}/outboundroutes"
OURS = {
    "name": "Synthflow AI",
    "matchType": "e164NumberList",
    "numbers": [{"start": samples.DID, "end": samples.DID}],
    "classification": "Synthflow AI",
}
NAMES = ["Emergency", "Suicide Prevention", "Extension", "National", "International", "Network"]


def plans(bench: Bench) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = bench.genesys.get(PLANS).json()
    return listed


def test_default_plans_are_there_in_order(bench: Bench) -> None:
    assert [plan["name"] for plan in plans(bench)] == NAMES


def test_put_replaces_the_list_and_keeps_ids(bench: Bench) -> None:
    before = plans(bench)
    wanted = [*before[:3], OURS, *before[3:]]
    assert bench.genesys.put(PLANS, json=wanted).status_code == 200
    after = plans(bench)
    assert [p["name"] for p in after] == [*NAMES[:3], "Synthflow AI", *NAMES[3:]]
    assert [p for p in after if p["name"] != "Synthflow AI"] == before
    assert bench.genesys.put(PLANS, json=before).json() == before


def test_a_plan_left_out_is_gone_unless_a_route_uses_it(bench: Bench) -> None:
    before = plans(bench)
    kept = [p for p in before if p["name"] != "Network"]
    assert bench.genesys.put(PLANS, json=kept).status_code == 200
    assert "Network" not in [p["name"] for p in plans(bench)]
    refused = bench.genesys.put(PLANS, json=[p for p in kept if p["name"] != "National"])
    assert code(refused) == (400, "number.plan.in.use")
    assert "National" in [p["name"] for p in plans(bench)]


def test_plans_that_are_refused(bench: Bench) -> None:
    before = plans(bench)
    many = [{**OURS, "name": f"P{n}"} for n in range(201)]
    assert code(bench.genesys.put(PLANS, json=many)) == (400, "error.updating.number.plans")
    twice = bench.genesys.put(PLANS, json=[*before, OURS, OURS])
    assert code(twice) == (400, "duplicate.number.plan.name")
    for wrong in (
        {"numbers": [{"start": "5551230001", "end": "5551230001"}]},
        {"matchType": "exact"},
        {"matchType": "regex", "match": "("},
        {"id": "elsewhere"},
    ):
        refused = bench.genesys.put(PLANS, json=[*before, OURS | wrong])
        assert code(refused) == (400, "error.updating.number.plans"), wrong
    assert plans(bench) == before


def test_a_route_needs_a_classification_of_its_own(bench: Bench) -> None:
    route = {"name": "Synthflow AI", "classificationTypes": ["Synthflow AI"]}
    unknown = bench.genesys.post(ROUTES, json=route)
    assert code(unknown) == (400, "address.classification.type.does.not.exist\t")
    bench.genesys.put(PLANS, json=[OURS, *plans(bench)])
    bench.created(ROUTES, route)
    second = bench.genesys.post(ROUTES, json=route | {"name": "Other"})
    assert code(second) == (400, "number.plan.type.usage.must.be.unique")
    default = bench.genesys.post(ROUTES, json=route | {"name": "Default Outbound Route"})
    assert code(default) == (400, "duplicate.value")


def test_managed_site_is_read_only(bench: Bench) -> None:
    listed = bench.genesys.get(f"{EDGES}/sites", params={"managed": "true"}).json()["entities"]
    path = f"{EDGES}/sites/{listed[0]['id']}"
    for refused in (
        bench.genesys.put(f"{path}/numberplans", json=[OURS]),
        bench.genesys.post(f"{path}/outboundroutes", json={"name": "x"}),
    ):
        assert code(refused) == (403, "managed.property.not.allowed")
