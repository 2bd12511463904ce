"""Number plans and outbound routes, read as the vendor documents them."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.platforms.genesys.dialplan import PlanMatch, classify, outbound_route, plan_faults

Plan = dict[str, Any]


def numbers(*spans: str) -> list[dict[str, str]]:
    return [{"start": s.split("-")[0], "end": s.split("-")[-1]} for s in spans]


DEFAULTS: list[Plan] = [
    {"name": "Emergency", "matchType": "numberList", "numbers": numbers("911")},
    {
        "name": "Suicide Prevention",
        "matchType": "regex",
        "match": "^988$",
        "normalizedFormat": "+18002738255",
    },
    {"name": "Extension", "matchType": "digitLength", "digitLength": {"start": "4", "end": "6"}},
    {
        "name": "National",
        "matchType": "intraCountryCode",
        "digitLength": {"start": "7", "end": "10"},
    },
    {"name": "International", "matchType": "interCountryCode", "numbers": []},
    {
        "name": "Network",
        "matchType": "regex",
        "match": r"^([^@\:]+@)([^@ ]+)?$",
        "normalizedFormat": "sip:$1$2",
    },
]
OURS: Plan = {
    "name": "Synthflow AI",
    "matchType": "e164NumberList",
    "numbers": numbers("+15551230001-+15551230010", "+15551230090"),
    "classification": "AI",
}


@pytest.mark.parametrize(
    ("dialled", "plan", "normalized"),
    [
        ("911", "Emergency", "911"),
        ("988", "Suicide Prevention", "+18002738255"),
        ("4711", "Extension", "4711"),
        ("5551230001", "National", "+15551230001"),
        ("15551230001", "National", "+15551230001"),
        ("+15551230001", "National", "+15551230001"),
        ("+442079460000", "International", "+442079460000"),
        ("anna@example.com", "Network", "sip:anna@example.com"),
    ],
)
def test_the_default_plans_take_numbers_as_documented(
    dialled: str, plan: str, normalized: str
) -> None:
    assert classify(DEFAULTS, dialled) == PlanMatch(plan, plan, normalized)


@pytest.mark.parametrize("dialled", ["", "+911", "+4711", "12", "abc", "+1" + "5" * 70])
def test_what_no_plan_takes_has_no_match(dialled: str) -> None:
    assert classify(DEFAULTS, dialled) is None


def test_the_first_plan_in_the_list_wins() -> None:
    ahead, behind = (
        classify([OURS, *DEFAULTS], "+15551230001"),
        classify([*DEFAULTS, OURS], "+15551230001"),
    )
    assert ahead == PlanMatch("Synthflow AI", "AI", "+15551230001")
    assert behind is not None
    assert behind.plan_name == "National"


@pytest.mark.parametrize(
    ("dialled", "taken"),
    [
        ("+15551230001", True),
        ("+15551230010", True),
        ("+15551230011", False),
        ("+15551230090", True),
        ("15551230001", False),  # an E.164 list wants the plus
        ("+1555123000", False),  # a range counts numbers of one length
        ("+155512300011", False),
    ],
)
def test_an_e164_list_takes_its_numbers_and_ranges(dialled: str, taken: bool) -> None:
    assert (classify([OURS], dialled) is not None) is taken


def test_an_international_plan_may_name_countries() -> None:
    plan = {"name": "Europe", "matchType": "interCountryCode", "numbers": numbers("44", "49")}
    assert classify([plan], "+442079460000") is not None
    assert classify([plan], "+33142345678") is None


def test_the_sites_country_decides_what_is_national() -> None:
    match = classify(DEFAULTS, "+442079460000", country_code="44")
    assert match is not None
    assert match.plan_name == "National"


def test_unknown_and_broken_plans_take_nothing() -> None:
    plans: list[Plan] = [{"matchType": "new"}, {"matchType": "regex", "match": "("}, {}]
    assert classify(plans, "911") is None


def test_an_enabled_route_of_the_classification_is_found() -> None:
    routes: list[Plan] = [
        {"name": "off", "enabled": False, "classificationTypes": ["AI"]},
        {"name": "default", "enabled": True, "classificationTypes": ["National"]},
        {"name": "ai", "enabled": True, "classificationTypes": ["AI"]},
    ]
    assert outbound_route(routes, "AI") == routes[2]
    assert outbound_route(routes, "Network") is None
    assert outbound_route([{"classificationTypes": None}], "AI") is None


def test_a_plan_without_the_group_that_its_result_uses_is_a_fault() -> None:
    bad = {"name": "Short", "matchType": "regex", "match": r"^30\d{3}$", "normalizedFormat": "$1"}
    broken = {"name": "Broken", "matchType": "regex", "match": "(", "normalizedFormat": ""}
    faults = plan_faults([*DEFAULTS, OURS, bad, broken])
    assert [fault.plan_name for fault in faults] == ["Short", "Broken"]
    assert "uses $1" in faults[0].text
    match = classify([bad], "30123")
    assert match is not None
    assert match.normalized == "unknown"
