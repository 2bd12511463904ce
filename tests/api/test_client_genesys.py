"""The Genesys Cloud client: paging, odd shapes, and the testbed's own answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted
from sfsip_nb.api.transport import stamp
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.testbed import life
from tests.api.scripted import Script

MakeGenesys = Callable[..., GenesysClient]
METABASE = "external_sip_pcv_byoc_carrier.json"


def listing(*names: str, **more: object) -> httpx.Response:
    return httpx.Response(200, json={"entities": [{"name": name} for name in names], **more})


def names(found: list[dict[str, object]]) -> list[object]:
    return [entity["name"] for entity in found]


@pytest.mark.parametrize(
    "pages",
    [
        [listing("a", "b", pageCount=2), listing("c", pageCount=2)],
        [listing("a", "b", nextUri="/2"), listing("c")],
        [listing("a", "b", nextUri="/2"), listing("c", nextUri="/3"), listing()],
        [listing("a", "b", pageCount=2), httpx.Response(200, json=[{"name": "c"}])],
    ],
)
def test_all_pages_are_read_however_the_list_ends(
    genesys: MakeGenesys, pages: list[httpx.Response]
) -> None:
    script = Script(*pages)
    assert names(genesys(script).flows()) == ["a", "b", "c"]
    assert [request.url.params["pageNumber"] for request in script.asked] == [
        str(number) for number in range(1, len(pages) + 1)
    ]


def test_a_list_that_never_ends_is_an_error(genesys: MakeGenesys) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "a-token-of-the-test"})
        return listing("again", nextUri="/more")

    with pytest.raises(ApiError, match="more than 200 pages"):
        genesys(Script(by=answer)).queues()


@pytest.mark.parametrize("body", [{}, {"entities": None}, {"entities": {"id": "1"}}, "text", None])
def test_a_list_of_another_shape_is_empty(genesys: MakeGenesys, body: object) -> None:
    if isinstance(body, dict):
        assert genesys(Script(httpx.Response(200, json=body))).sites() == []
    assert genesys(Script(httpx.Response(200, json=body))).number_plans("s") == []


def test_ids_cannot_reach_into_other_paths(genesys: MakeGenesys) -> None:
    script = Script(httpx.Response(200, json={}))
    genesys(script).trunk("../organizations/me?x=")
    assert script.asked[0].url.raw_path.endswith(b"/..%2Forganizations%2Fme%3Fx%3D")


def test_deleting_what_is_gone_is_no_error(genesys: MakeGenesys) -> None:
    script = Script(httpx.Response(404, json={"code": "not.found"}), httpx.Response(204))
    genesys(script).delete_trunk("t")
    genesys(Script(httpx.Response(204))).delete_trunk("t")


def test_times_are_sent_in_utc() -> None:
    east = datetime(2026, 11, 20, 3, 0, tzinfo=UTC) + timedelta(microseconds=1234)
    assert stamp(east) == "2026-11-20T03:00:00.001Z"
    with pytest.raises(ValueError, match="time zone"):
        stamp(datetime(2026, 11, 20))


def test_the_testbeds_organisation_is_read(platform: GenesysClient) -> None:
    organization = platform.organization()
    assert organization["id"] == genesys_samples.ORG_ID
    assert organization["name"] == genesys_samples.ORG_NAME
    assert "byoc" in [product["id"] for product in platform.products()]
    assert genesys_samples.SITE in names(platform.sites())
    assert genesys_samples.TRANSFER_QUEUE in names(platform.queues())
    assert platform.number_plans(genesys_samples.SITE_ID)[0]["name"] == "Emergency"
    assert len(platform.dids()) == 300
    assert platform.calls_metrics()["concurrentCallCount"] == 0


def test_a_trunk_is_made_changed_and_deleted_on_the_testbed(platform: GenesysClient) -> None:
    template = platform.trunk_template(METABASE)
    properties = template["properties"]
    properties["trunk_sip_termination_uri"]["value"]["instance"] = "client-test"
    properties["trunk_transport_serverProxyList"]["value"]["instance"] = ["sip.example.com:32681"]
    made = platform.create_trunk(
        {
            "name": "Client test",
            "trunkType": "EXTERNAL",
            "trunkMetabase": {"id": METABASE},
            "properties": properties,
            "inboundSite": {"id": genesys_samples.SITE_ID},
        }
    )
    seen = _soon(platform, made["id"])
    changed = platform.update_trunk(made["id"], seen | {"description": "changed"})
    assert changed["description"] == "changed"
    with pytest.raises(ApiError) as caught:
        platform.update_trunk(made["id"], seen)
    assert (
        "does not match the current version" in caught.value.message or caught.value.status == 409
    )
    platform.delete_trunk(made["id"])


def _soon(platform: GenesysClient, id: str) -> dict[str, object]:
    for _ in range(100):  # a new object answers 404 for a moment
        try:
            return platform.trunk(id)
        except ApiError as error:
            if error.status != 404:
                raise
    raise AssertionError("the trunk never became visible")


def test_records_of_no_calls_are_empty_lists(platform: GenesysClient) -> None:
    now = datetime.now(UTC)
    assert platform.siptraces(now - timedelta(minutes=1), now) == []
    assert platform.conversation_details(now - timedelta(minutes=1), now) == []


@pytest.mark.parametrize("fault", ["genesys.rate-limit", "genesys.unavailable"])
def test_a_stumbling_platform_is_got_through(
    testbed: life.RunningTestbed, platform: GenesysClient, fault: str
) -> None:
    testbed.control("PUT", f"/faults/{fault}")
    try:
        with noted() as sent:
            for _ in range(6):
                platform.organization()
    finally:
        testbed.control("DELETE", f"/faults/{fault}")
    assert {429, 503}.intersection(one.status for one in sent)
    assert all(one.correlation for one in sent)


def test_a_revoked_token_is_worth_nothing(
    testbed: life.RunningTestbed, platform: GenesysClient
) -> None:
    platform.organization()
    assert platform._tokens.token is not None
    old = platform._tokens.token.reveal()
    platform.revoke()
    url = testbed.info["genesys"]["api"] + "/api/v2/tokens/me"
    assert httpx.get(url, headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert platform.organization()["name"] == genesys_samples.ORG_NAME
