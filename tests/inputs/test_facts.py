"""The dated facts are complete, and what is disputed or doubtful is never used as certain."""

from __future__ import annotations

import ipaddress
from datetime import date

import pytest

from sfsip_nb.inputs import facts, samples
from sfsip_nb.inputs.schema import GUIDES, parameters_model, sample
from sfsip_nb.platforms.genesys import regions as genesys
from sfsip_nb.platforms.talkdesk import regions as talkdesk


def test_every_genesys_region_has_its_hosts() -> None:
    regions = genesys.regions()
    assert len(regions) == 18
    oregon = regions["us-west-2"]
    assert oregon.api == "https://api.usw2.pure.cloud"
    assert oregon.login == "https://login.usw2.pure.cloud"
    assert oregon.derived_fqdn("synthflow-acme") == "synthflow-acme.byoc.usw2.pure.cloud"
    assert regions["eu-west-1"].derived_fqdn("x") == "x.byoc.mypurecloud.ie"


@pytest.mark.parametrize("region", ["us-east-1", "mx-central-1"])
def test_no_fqdn_is_derived_where_sources_disagree_or_none_is_known(region: str) -> None:
    assert genesys.regions()[region].derived_fqdn("synthflow") == ""


def test_synthflow_regions_have_hosts_and_global_is_retiring() -> None:
    regions = facts.synthflow_regions()
    assert {name for name, region in regions.items() if region.retiring} == {"global"}
    assert regions["us"].sip == "sip.us.synthflow.ai"
    assert [facts.synthflow_port(t) for t in ("udp", "tcp", "tls")] == [32681, 32681, 32682]
    assert (facts.rtp_ports()[0], facts.rtp_ports()[-1]) == (10000, 60000)


@pytest.mark.parametrize("region", ["us", "eu", "global"])
@pytest.mark.parametrize("kind", ["signalling", "media"])
def test_published_addresses_carry_source_and_date(region: str, kind: str) -> None:
    published = facts.synthflow_addresses(region, kind)
    assert published
    for entry in published:
        assert ipaddress.ip_address(entry.address).is_global
        assert entry.source.startswith("docs.synthflow.ai/")
        assert date.fromisoformat(entry.as_of)


def test_the_doubtful_address_is_marked_and_not_confirmed_in_the_sample() -> None:
    doubtful = [e.address for e in facts.synthflow_addresses("us") if e.doubt]
    assert doubtful == ["4.138.180.50"]
    values = sample(parameters_model("genesys"), "genesys")
    confirmed = values["synthflow"]["signalling_addresses"]["addresses"]
    assert confirmed
    assert not set(doubtful) & set(confirmed)


@pytest.mark.parametrize("region", ["us", "eu", "ca"])
def test_talkdesk_regions_have_hosts(region: str) -> None:
    found = talkdesk.regions()[region]
    assert found.api.startswith("https://api.talkdeskapp")
    assert found.login("acme").startswith("https://acme.talkdeskid")


@pytest.mark.parametrize("guide", GUIDES)
def test_changes_since_the_guide_are_dated_and_sourced(guide: str) -> None:
    changes = facts.changes(guide)
    assert len(changes) >= 5
    assert len({change.id for change in changes}) == len(changes)
    for change in changes:
        assert date.fromisoformat(change.date)
        assert change.text
        assert change.source
        assert change.heading


def test_sample_secrets_are_long_and_change_when_escaped() -> None:
    for name in samples.secret_names():
        secret = samples.testbed_secret(name)
        assert len(secret) >= 16
        assert {'"', "&", "<", "\\"} <= set(secret)
        assert secret.isascii()
        assert secret.isprintable()
