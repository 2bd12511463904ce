"""Each decision of the routing alone, without a socket."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.platforms.genesys.standin.telephony import routing
from sfsip_nb.platforms.genesys.standin.telephony.routing import Organization
from sfsip_nb.platforms.genesys.standin.template import complete
from sfsip_nb.testbed.telephony.admission import Refusal, listed
from sfsip_nb.testbed.telephony.net import Target, name_addr

Json = dict[str, Any]
NATIONAL = {"name": "National", "matchType": "intraCountryCode", "classification": "National"}


def trunk(id_: str = "t", **properties: Any) -> Json:
    """A trunk in service with some settings."""
    settings = complete(
        {}, trunk_sip_termination_uri="acme", trunk_access_acl_allowList=["192.0.2.0/28"]
    )
    for key, value in properties.items():
        settings[key]["value"]["instance"] = value
    return {
        "id": id_,
        "name": id_,
        "state": "active",
        "inboundSite": {"id": "s"},
        "properties": settings,
    }


def organization(*trunks: Json, **more: Any) -> Organization:
    """An organization with one site, one DID pool."""
    pool = {"startPhoneNumber": "+15551230000", "endPhoneNumber": "+15551230099"}
    return Organization("byoc.example", "voice.example", "s", trunks, did_pools=[pool], **more)


@pytest.mark.parametrize(
    ("source", "deny", "code"),
    [
        ("192.0.2.7", [], 0),
        ("192.0.2.7", ["192.0.2.7"], 403),
        ("192.0.2.99", [], 403),
        ("", [], 403),
    ],
)
def test_the_access_lists_decide_by_address_and_deny_wins(
    source: str, deny: list[str], code: int
) -> None:
    org = organization(trunk(trunk_access_acl_denyList=deny))
    admitted = routing.admit(org, "acme.byoc.example", source)
    assert (admitted.code if isinstance(admitted, Refusal) else 0) == code


def test_entries_that_are_no_addresses_let_nobody_in() -> None:
    assert not listed("192.0.2.7", ["sip.example", "", "192.0.2.0/64"])


def test_the_name_of_a_trunk_depends_on_its_platform() -> None:
    assert routing.inbound_fqdn(organization(), trunk()) == "acme.byoc.example"
    modern = trunk(trunk_routing_outbound_higher_capacity=True)
    assert routing.inbound_fqdn(organization(), modern) == "acme.voice.example"
    assert isinstance(routing.trunk_of(organization(modern), "acme.byoc.example"), Refusal)


def test_a_name_in_capitals_is_the_same_name() -> None:
    assert not isinstance(routing.trunk_of(organization(trunk()), "ACME.byoc.example"), Refusal)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([], ("+15550100123", "Ada")),
        (["Source", "Trunk"], ("+15550100123", "Ada")),
        (["Trunk", "Source"], ("+15551230001", "Acme")),
        (["Site", "Trunk"], ("+15551230002", "Site")),
        (["Extension"], ("", "")),
    ],
)
def test_caller_selection_follows_its_order(order: list[str], expected: tuple[str, str]) -> None:
    made = trunk(
        trunk_calling_id_priority=order,
        trunk_outboundIdentity_callingAddress="+15551230001",
        trunk_outboundIdentity_callingName="Acme",
    )
    site = {"callerId": "+15551230002", "callerName": "Site"}
    assert routing.caller_id(made, site, "+15550100123", "Ada") == expected


def test_an_unknown_caller_shows_the_trunks_address() -> None:
    made = trunk(trunk_outboundIdentity_callingAddress="+15551230001")
    assert routing.caller_id(made, {}, "")[0] == "+15551230001"


def test_a_route_takes_its_first_trunk_that_is_in_service() -> None:
    servers = {"trunk_transport_serverProxyList": ["a.example:5070", "b.example"]}
    down = trunk("down", trunk_enabled=False, **servers)
    route = {"name": "R", "classificationTypes": ["National"], "enabled": True}
    org = organization(
        trunk("spare", **servers),
        trunk("wanted", **servers),
        down,
        number_plans={"s": [NATIONAL]},
        outbound_routes={
            "s": [{**route, "externalTrunkBases": [{"id": i} for i in ("down", "wanted", "spare")]}]
        },
    )
    way = routing.onward(org, "s", "+15551230001")
    assert isinstance(way, routing.Onward)
    assert (way.trunk["id"], way.plan, way.route) == ("wanted", "National", "R")
    assert routing.proxies(way.trunk) == [("a.example", 5070), ("b.example", 5060)]


def test_a_national_number_is_normalized_before_the_pool_is_asked() -> None:
    ivr = {"name": "I", "dnis": ["+15551230001"], "openHoursFlow": {"id": "f"}}
    org = organization(
        trunk(),
        number_plans={"s": [NATIONAL]},
        ivrs=[ivr],
        flows={"f": routing.ArchitectFlow("f", "F", queue_id="q")},
    )
    entry = routing.enter(org, org.trunks[0], "5551230001")
    assert isinstance(entry, routing.InboundRoute)
    without_site = trunk() | {"inboundSite": None}
    assert routing.enter(org, without_site, "5551230001") is None
    assert entry.number == "+15551230001"


def test_a_number_outside_the_pools_is_none_of_ours() -> None:
    assert routing.enter(organization(trunk()), trunk(), "+15559990000") is None


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("sip:+1555@host.example:5070;transport=TLS", Target("+1555", "host.example", 5070, "tls")),
        ("host.example", Target("", "host.example")),
        ("sip:host.example:32681;transport=tcp", Target("", "host.example", 32681, "tcp")),
        ("tel:+1555;phone-context=x", Target("+1555", "")),
        ("", Target("", "")),
    ],
)
def test_targets_are_read_leniently(uri: str, target: Target) -> None:
    assert Target.parse(uri) == target


def test_a_hostile_display_name_cannot_leave_its_quotes() -> None:
    shown = name_addr("+1555", "host.example", 'a" <sip:evil@x>\r\nX-Y: z\\')
    assert shown == '"a <sip:evil@x>X-Y: z" <sip:+1555@host.example>'
