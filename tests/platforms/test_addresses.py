"""Synthflow's signalling addresses: what is confirmed, doubtful, published, and too many."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.engine.verdicts import Check, Verdict, Weight
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.shared import addresses
from sfsip_nb.sip import MapResolver
from tests.platforms.test_network import context

PUBLISHED = facts.synthflow_addresses("us")
SURE = [entry.address for entry in PUBLISHED if not entry.doubt]
DOUBTFUL = [entry.address for entry in PUBLISHED if entry.doubt]


def checks(confirmed: list[str], at_most: int = 150) -> dict[str, Check]:
    ctx: Any = context(MapResolver(), confirmed=tuple(confirmed))
    return {one.id.removeprefix("trunk.acl/"): one for one in addresses.checks(ctx, at_most)}


def test_an_unconfirmed_list_holds_no_doubtful_address_and_stays_open() -> None:
    ctx: Any = context(MapResolver())
    assert addresses.signalling(ctx) == SURE
    found = checks([])
    assert found["confirmed"].verdict == Verdict.INCONCLUSIVE
    assert "published list of 2026-11-20, unconfirmed" in found["confirmed"].seen
    assert "published" not in found


def test_a_doubtful_address_on_the_list_is_told_with_the_doubt() -> None:
    found = checks([*SURE, *DOUBTFUL])
    assert found["doubtful"].verdict == Verdict.INCONCLUSIVE
    assert "34.138.180.50" in found["doubtful"].reason
    assert found["published"].verdict == Verdict.PASS


@pytest.mark.parametrize(
    ("confirmed", "words"),
    [
        (SURE, f"only published: {DOUBTFUL[0]}. Either list may be out of date"),
        (
            [*SURE, *DOUBTFUL, "192.0.2.1"],
            "only confirmed: 192.0.2.1. Either list may be out of date",
        ),
    ],
)
def test_a_list_unlike_the_published_one_is_advice_with_both(
    confirmed: list[str], words: str
) -> None:
    one = checks(confirmed)["published"]
    assert (one.verdict, one.weight) == (Verdict.INCONCLUSIVE, Weight.ADVISORY)
    assert one.reason.startswith(words)
    assert "docs.synthflow.ai/sip-trunking-acl, read 2026-11-20" in one.expected
    assert one.seen == ", ".join(confirmed)


@pytest.mark.parametrize(("count", "verdict"), [(2, Verdict.PASS), (3, Verdict.FAIL)])
def test_a_list_longer_than_the_platform_takes_fails(count: int, verdict: Verdict) -> None:
    assert checks([f"192.0.2.{last}" for last in range(count)], 2)["size"].verdict == verdict
