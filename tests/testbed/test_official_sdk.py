"""Genesys' own SDK drives the stand-in: paths, field names, models and errors are the vendor's.

One module, because the SDK takes seconds to import.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.testbed import life

METABASE = "external_sip_pcv_byoc_carrier.json"
SITE = genesys_samples.SITE_ID


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The SDK, logged in by client credentials at a testbed in its own process."""
    run_dir = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(run_dir))  # it would read and watch a file there
        module = pytest.importorskip("PureCloudPlatformClientV2")
        testbed = life.ensure(run_dir)
        module.configuration.host = testbed.info["genesys"]["api"]
        client = module.api_client.ApiClient(host=testbed.info["genesys"]["api"])
        client.get_client_credentials_token(
            genesys_samples.CLIENT_ID, samples.testbed_secret("genesys-client-secret")
        )
        module.testbed_client = client
        yield module
        life.stop(run_dir)


@pytest.fixture(scope="module")
def edge(sdk: Any) -> Any:
    return sdk.TelephonyProvidersEdgeApi(sdk.testbed_client)


def eventually(do: Callable[[], Any], status: int = 404) -> Any:
    """What `do` returns once it is no longer refused with `status`: new objects appear late."""
    limit = time.monotonic() + 5
    while True:
        try:
            return do()
        except Exception as error:
            if getattr(error, "status", None) != status or time.monotonic() > limit:
                raise
            time.sleep(0.02)


def refused(sdk: Any, do: Callable[[], Any]) -> tuple[int, str]:
    """Status and code of the vendor's error body, as the SDK carries it."""
    with pytest.raises(sdk.rest.ApiException) as caught:
        do()
    return caught.value.status, json.loads(caught.value.body)["code"]


def new_trunk(sdk: Any, edge: Any, name: str) -> Any:
    template = edge.get_telephony_providers_edges_trunkbasesettings_template(METABASE)
    properties = template.properties
    for key, value in {
        "trunk_label": name,
        "trunk_transport_serverProxyList": ["sip.us.synthflow.ai:32681"],
        "trunk_sip_termination_uri": name.lower().replace(" ", "-"),
        "trunk_calling_id_priority": ["Source", "Trunk"],
    }.items():
        properties[key]["value"]["instance"] = value
    trunk = sdk.TrunkBase()
    trunk.name, trunk.trunk_type, trunk.properties = name, "EXTERNAL", properties
    trunk.trunk_metabase = sdk.DomainEntityRef()
    trunk.trunk_metabase.id = METABASE
    trunk.inbound_site = sdk.DomainEntityRef()
    trunk.inbound_site.id = SITE
    return trunk


def test_login_and_who_we_are(sdk: Any) -> None:
    token = sdk.TokensApi(sdk.testbed_client).get_tokens_me()
    assert token.organization.name == genesys_samples.ORG_NAME
    assert token.o_auth_client.id == genesys_samples.CLIENT_ID
    organization = sdk.OrganizationApi(sdk.testbed_client).get_organizations_me()
    assert (organization.default_site_id, organization.third_party_org_name) == (SITE, "acme")
    products = sdk.AuthorizationApi(sdk.testbed_client).get_authorization_products()
    assert "byoc" in {product.id for product in products.entities}


def test_a_wrong_secret_fails(sdk: Any) -> None:
    other = sdk.api_client.ApiClient(host=sdk.testbed_client.host)
    with pytest.raises(sdk.rest.ApiException) as caught:
        other.get_client_credentials_token(genesys_samples.CLIENT_ID, "wrong")
    assert caught.value.status == 401


def test_trunk_from_its_template_through_its_life(sdk: Any, edge: Any) -> None:
    made = edge.post_telephony_providers_edges_trunkbasesettings(new_trunk(sdk, edge, "Sdk One"))
    seen = eventually(lambda: edge.get_telephony_providers_edges_trunkbasesetting(made.id))
    assert (seen.version, seen.inbound_site.id, seen.state) == (1, SITE, "active")
    assert seen.properties["trunk_transport_serverProxyList"]["value"]["instance"] == [
        "sip.us.synthflow.ai:32681"
    ]
    seen.description = "changed"
    after = edge.put_telephony_providers_edges_trunkbasesetting(made.id, seen)
    assert (after.version, after.description) == (2, "changed")
    stale = refused(sdk, lambda: edge.put_telephony_providers_edges_trunkbasesetting(made.id, seen))
    assert stale == (409, "general.conflict")
    again = new_trunk(sdk, edge, "Sdk One")
    twice = refused(sdk, lambda: edge.post_telephony_providers_edges_trunkbasesettings(again))
    assert twice == (400, "duplicate.value")
    listed = edge.get_telephony_providers_edges_trunkbasesettings(name="sdk*")
    assert [trunk.id for trunk in listed.entities] == [made.id]
    edge.delete_telephony_providers_edges_trunkbasesetting(made.id)
    gone = refused(sdk, lambda: edge.get_telephony_providers_edges_trunkbasesetting(made.id))
    assert gone == (404, "not.found")


def test_number_plan_and_outbound_route(sdk: Any, edge: Any) -> None:
    trunk = edge.post_telephony_providers_edges_trunkbasesettings(new_trunk(sdk, edge, "Sdk Two"))
    before = edge.get_telephony_providers_edges_site_numberplans(SITE)
    plan = sdk.NumberPlan()
    plan.name = plan.classification = "Sdk"
    plan.match_type = "e164NumberList"
    number = sdk.Number()
    number.start = number.end = samples.DID
    plan.numbers = [number]
    edge.put_telephony_providers_edges_site_numberplans(SITE, [plan, *before])
    route = sdk.OutboundRouteBase()
    route.name, route.classification_types, route.enabled = "Sdk", ["Sdk"], True
    route.distribution = "SEQUENTIAL"
    base = sdk.DomainEntityRef()
    base.id = trunk.id
    route.external_trunk_bases = [base]
    made = edge.post_telephony_providers_edges_site_outboundroutes(SITE, route)
    used = refused(sdk, lambda: edge.put_telephony_providers_edges_site_numberplans(SITE, before))
    assert used == (400, "number.plan.in.use")
    referenced = refused(
        sdk, lambda: edge.delete_telephony_providers_edges_trunkbasesetting(trunk.id)
    )
    assert referenced == (400, "delete.referenced.entity")
    eventually(lambda: edge.get_telephony_providers_edges_site_outboundroute(SITE, made.id))
    edge.delete_telephony_providers_edges_site_outboundroute(SITE, made.id)
    after = edge.put_telephony_providers_edges_site_numberplans(SITE, before)
    assert [p.to_dict() for p in after] == [p.to_dict() for p in before]


def test_pool_call_route_and_the_number_they_share(sdk: Any, edge: Any) -> None:
    architect = sdk.ArchitectApi(sdk.testbed_client)
    pool = sdk.DIDPool()
    pool.name = "By the SDK"
    pool.start_phone_number, pool.end_phone_number = "+15551250000", "+15551250029"
    pool.description, pool.provider = "by the SDK", "PURE_CLOUD"
    made = edge.post_telephony_providers_edges_didpools(pool)
    overlap = refused(sdk, lambda: edge.post_telephony_providers_edges_didpools(pool))
    assert overlap == (409, "general.conflict")
    flows = architect.get_flows(type=["inboundcall"], name=genesys_samples.INBOUND_FLOW)
    ivr = sdk.IVR()
    ivr.name, ivr.dnis = "Sdk", ["+15551250001"]
    ivr.open_hours_flow = sdk.DomainEntityRef()
    ivr.open_hours_flow.id = flows.entities[0].id
    owner = eventually(lambda: architect.post_architect_ivrs(ivr), 400)  # DID_POOL_REQUIRED
    did = edge.get_telephony_providers_edges_didpools_dids(
        "ASSIGNED", number_match="+1555125"
    ).entities[0]
    assert (did.number, did.owner.id, did.did_pool.id) == ("+15551250001", owner.id, made.id)
    in_use = refused(sdk, lambda: edge.delete_telephony_providers_edges_didpool(made.id))
    assert in_use == (409, "general.conflict")
    architect.delete_architect_ivr(owner.id)
    edge.delete_telephony_providers_edges_didpool(made.id)


def test_paging_to_the_end(edge: Any) -> None:
    numbers: list[str] = []
    for page_number in range(1, 10):
        page = edge.get_telephony_providers_edges_didpools_dids(
            "ASSIGNED_AND_UNASSIGNED",
            number_match="+1555123",
            page_size=40,
            page_number=page_number,
        )
        numbers += [did.number for did in page.entities]
        if not page.next_uri:
            break
    assert (len(numbers), len(set(numbers)), page.total) == (300, 300, 300)


def test_records_have_the_vendors_shape(sdk: Any) -> None:
    telephony = sdk.TelephonyApi(sdk.testbed_client)
    traces = telephony.get_telephony_siptraces(
        "2026-11-20T10:00:00.000Z", "2026-11-20T11:00:00.000Z"
    )
    assert traces.count == 0
    wanted = sdk.SIPSearchPublicRequest()
    wanted.date_start = datetime(2026, 11, 20, 10, tzinfo=UTC)
    wanted.date_end = datetime(2026, 11, 20, 11, tzinfo=UTC)
    download = telephony.post_telephony_siptraces_download(wanted).download_id
    assert telephony.get_telephony_siptraces_download_download_id(download).id == download
    query = sdk.ConversationQuery()
    query.interval = "2026-11-20T10:00:00.000Z/2026-11-20T11:00:00.000Z"
    answer = sdk.ConversationsApi(sdk.testbed_client)
    found = answer.post_analytics_conversations_details_query(query)
    assert (found.total_hits, found.conversations) == (0, None)
    assert telephony.get_telephony_calls_metrics().max_call_capacity == 300
    call = sdk.CreateCallRequest()
    call.phone_number = samples.DID
    nobody = refused(sdk, lambda: answer.post_conversations_calls(call))
    assert nobody == (400, "not.a.user")
