"""What is said of a trunk's health, by what Genesys Cloud lists of its live trunks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.engine.verdicts import Check, Weight
from sfsip_nb.platforms.genesys import health

SERVER = "sip.us.synthflow.ai:32681"


def live(answers: bool = True, **more: Any) -> dict[str, Any]:
    option = {"proxyAddress": SERVER, "optionState": answers}
    if not answers:
        option["errorInfo"] = {"code": "408", "text": "No response"}
    return {
        "inService": True,
        "optionsStatus": [option],
        "registersStatus": [],
        "ipStatus": {"address": "203.0.113.10"},
        "proxyAddressList": [SERVER],
    } | more


def judged(monkeypatch: pytest.MonkeyPatch, *trunks: Any) -> list[Check]:
    def instances(id: str) -> list[Any]:
        for trunk in trunks:
            if isinstance(trunk, Exception):
                raise trunk
        return list(trunks)

    client = SimpleNamespace(
        trunks=lambda: [{"id": "base", "name": "Synthflow AI"}], trunk_instances=instances
    )
    monkeypatch.setattr(health, "genesys", lambda ctx: client)
    ctx: Any = SimpleNamespace(parameters=SimpleNamespace(trunk_name="Synthflow AI"))
    return health.checks(ctx)


REGISTER = [{"proxyAddress": SERVER, "registerState": False, "errorInfo": {"text": "405"}}]
REFUSED = ApiError("Genesys Cloud", "GET", "/trunks", 403, Problem("missing", "not permitted"))


@pytest.mark.parametrize(
    ("trunk", "verdict", "seen"),
    [
        (live(), "pass", f"in service at 203.0.113.10, {SERVER} answers OPTIONS"),
        (
            live(answers=False),
            "inconclusive",
            f"in service at 203.0.113.10, {SERVER} does not answer OPTIONS (408: No response)",
        ),
        (
            live(inService=False, optionsStatus=[]),
            "fail",
            f"out of service at 203.0.113.10, {SERVER} not asked",
        ),
        (
            live(inService=False, ipStatus={"errorInfo": {"text": "no address"}}),
            "fail",
            f"out of service (no address), {SERVER} answers OPTIONS",
        ),
        (
            live(registersStatus=REGISTER),
            "inconclusive",
            f"in service at 203.0.113.10, {SERVER} answers OPTIONS,"
            f" {SERVER} does not answer REGISTER (405)",
        ),
        (REFUSED, "inconclusive", str(REFUSED)),
    ],
)
def test_health_is_told_and_never_changes_the_steps_verdict(
    monkeypatch: pytest.MonkeyPatch, trunk: Any, verdict: str, seen: str
) -> None:
    [check] = judged(monkeypatch, trunk)
    assert (check.id, check.verdict, check.seen) == ("trunk.create/health", verdict, seen)
    assert check.weight is Weight.ADVISORY


def test_one_trunk_of_several_that_is_out_of_service_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [check] = judged(monkeypatch, live(), live(inService=False))
    assert check.verdict == "fail"


def test_byoc_cloud_may_list_none(monkeypatch: pytest.MonkeyPatch) -> None:
    [check] = judged(monkeypatch)
    assert (check.verdict, check.seen) == ("skipped", "not listed for BYOC Cloud")
