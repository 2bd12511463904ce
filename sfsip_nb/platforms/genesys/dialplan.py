"""Genesys Cloud number plans and outbound routes, read offline.

An approximation of the Call Simulator, which has no public API: the matching rules are those of
the Genesys help page "Number plan information". What that page leaves open (several
normalization passes, dialing prefixes) is not imitated: one pass, in list order.

Plans and routes have the shape in which ``…/edges/sites/{siteId}/numberplans`` and
``…/outboundroutes`` return them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfsip_nb.sip.shown import counted

Plan = Mapping[str, Any]
Route = Mapping[str, Any]

_LONGEST = 64  # digits and signs of a number that any plan is asked about


@dataclass(frozen=True)
class PlanMatch:
    """The first number plan that takes a number."""

    plan_name: str
    classification: str
    normalized: str


@dataclass(frozen=True)
class PlanFault:
    """A number plan that cannot do what it says."""

    plan_name: str
    text: str


def classify(plans: Sequence[Plan], number: str, country_code: str = "1") -> PlanMatch | None:
    """Which plan takes `number` as dialed, and what it makes of it; None when none does.

    The order of the list is the priority. `country_code` is that of the site, without ``+``.
    """
    if not number or len(number) > _LONGEST:
        return None
    for plan in plans:
        matcher = _MATCHERS.get(str(plan.get("matchType", "")))
        normalized = matcher(plan, number, country_code) if matcher else None
        if normalized is not None:
            name = str(plan.get("name", ""))
            return PlanMatch(name, str(plan.get("classification") or name), normalized)
    return None


def outbound_route(routes: Sequence[Route], classification: str) -> Route | None:
    """The enabled outbound route of a site that takes `classification`, or None."""
    for route in routes:
        if route.get("enabled", True) and classification in (
            route.get("classificationTypes") or ()
        ):
            return route
    return None


def plan_faults(plans: Iterable[Plan]) -> list[PlanFault]:
    """Regex plans that do not compile, or whose result names a group that the match lacks.

    Such a plan still takes inbound caller ids, and Genesys then records ``ani=unknown`` for the
    whole organization.
    """
    found = []
    for plan in plans:
        if plan.get("matchType") != "regex":
            continue
        name, match = str(plan.get("name", "")), str(plan.get("match") or "")
        wanted = max(
            map(int, re.findall(r"\$(\d+)", str(plan.get("normalizedFormat") or ""))), default=0
        )
        try:
            groups = re.compile(match).groups
        except re.error as error:
            found.append(PlanFault(name, f"its match expression is not a valid one: {error}"))
            continue
        if wanted > groups:
            found.append(
                PlanFault(
                    name,
                    f"its result uses ${wanted}, but its match expression {match} has"
                    f" {counted(groups, 'capture group')}: inbound caller ids become unknown",
                )
            )
    return found


def _in_ranges(plan: Plan, number: str) -> str | None:
    """`number` if one of the plan's ranges holds it; a range counts numbers of one length."""
    for entry in plan.get("numbers") or ():
        start = str(entry.get("start") or "")
        end = str(entry.get("end") or start)
        if number == start or (
            _sign(number) == _sign(start) == _sign(end)
            and len(number) == len(start) == len(end)
            and all(text.lstrip("+").isdecimal() for text in (number, start, end))
            and int(start) <= int(number) <= int(end)
        ):
            return number
    return None


def _sign(number: str) -> bool:
    return number.startswith("+")


def _number_list(plan: Plan, number: str, _country: str) -> str | None:
    return _in_ranges(plan, number)


def _e164_number_list(plan: Plan, number: str, _country: str) -> str | None:
    return _in_ranges(plan, number) if _sign(number) else None


def _digit_length(plan: Plan, number: str, _country: str) -> str | None:
    low, high = _lengths(plan, 4, 6)
    return number if number.isdecimal() and low <= len(number) <= high else None


def _intra_country(plan: Plan, number: str, country: str) -> str | None:
    digits = number.lstrip("+")
    if not digits.isdecimal():
        return None
    if (
        digits.startswith(country)
        and 10 <= len(digits) <= 15
        and (_sign(number) or len(digits) > 10)
    ):
        return "+" + digits
    low, high = _lengths(plan, 7, 10)
    return f"+{country}{digits}" if not _sign(number) and low <= len(digits) <= high else None


def _inter_country(plan: Plan, number: str, country: str) -> str | None:
    digits = number[1:]
    if not _sign(number) or not digits.isdecimal() or not 10 <= len(digits) <= 15:
        return None
    codes = [str(entry.get("start") or "").lstrip("+") for entry in plan.get("numbers") or ()]
    taken = (
        any(digits.startswith(code) for code in codes) if codes else not digits.startswith(country)
    )
    return number if taken else None


def _regex(plan: Plan, number: str, _country: str) -> str | None:
    try:
        match = re.search(str(plan.get("match") or r"\Z\A"), number)
    except re.error:
        return None
    if match is None:
        return None
    result = str(plan.get("normalizedFormat") or "") or number
    groups = (match.group(0), *match.groups(""))
    return re.sub(
        r"\$(\d+)",
        lambda use: groups[int(use[1])] if int(use[1]) < len(groups) else "unknown",
        result,
    )


def _lengths(plan: Plan, low: int, high: int) -> tuple[int, int]:
    """The plan's ``digitLength`` (numbers as strings), with the documented defaults."""
    stated = plan.get("digitLength") or {}
    return int(stated.get("start") or low), int(stated.get("end") or high)


_MATCHERS: dict[str, Callable[[Plan, str, str], str | None]] = {
    "numberList": _number_list,
    "e164NumberList": _e164_number_list,
    "digitLength": _digit_length,
    "intraCountryCode": _intra_country,
    "interCountryCode": _inter_country,
    "regex": _regex,
}
