"""Names asked for at a platform: what its answer, or its silence, is worth as a check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.engine import fitting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import InputLookup, LookupResult
from sfsip_nb.engine.verdicts import Verdict, Weight
from tests.engine.world import engine


def _site(key: str, answer: LookupResult | ApiError, proved_by: str = "") -> InputLookup:
    def see(ctx: Context) -> LookupResult:
        if isinstance(answer, ApiError):
            raise answer
        return answer

    return InputLookup(key, see, "one/site", "The site exists", f"Correct {key}.", proved_by)


def _trouble(status: int, code: str = "") -> ApiError:
    return ApiError("Toy", "GET", "/sites", status, Problem(code))


@pytest.mark.parametrize(
    "trouble", [_trouble(0, "timeout"), _trouble(503), _trouble(403)], ids=lambda e: str(e.status)
)
def test_silence_and_a_refusal_say_nothing_of_a_name_and_hold_no_plan_up(
    tmp_path: Path, trouble: ApiError
) -> None:
    made = engine(tmp_path)
    look = _site("genesys.site", trouble)
    check = fitting.check(made.ctx, look)
    assert (check.verdict, check.weight) == (Verdict.INCONCLUSIVE, Weight.REQUIRED)
    assert str(trouble) in check.seen
    assert check.reason == trouble.advice != ""
    made.ctx.guide = replace(made.ctx.guide, looks=(look,))
    assert made.plan().changes


def test_what_a_later_step_proves_is_advisory_only_where_the_platform_refuses(
    tmp_path: Path,
) -> None:
    ctx = engine(tmp_path).ctx
    refused = fitting.check(ctx, _site("genesys.site", _trouble(403), proved_by="two"))
    assert (refused.weight, refused.reason[:14]) == (Weight.ADVISORY, "two proves it.")
    silent = fitting.check(ctx, _site("genesys.site", _trouble(503), proved_by="two"))
    assert silent.weight is Weight.REQUIRED


def test_a_spelling_holds_for_the_run_until_something_else_is_typed(tmp_path: Path) -> None:
    typed = "acme main site"
    told = LookupResult(True, "there", spelled="Acme Main Site")
    genesys = engine(tmp_path).ctx.typed.platform.model_dump() | {"site": typed}
    first = engine(tmp_path, genesys=genesys).ctx
    fitting.check(first, _site("genesys.site", told))
    assert (first.parameters.platform.site, first.typed.platform.site) == ("Acme Main Site", typed)
    assert engine(tmp_path, genesys=genesys).ctx.parameters.platform.site == "Acme Main Site"
    other = engine(tmp_path, genesys=genesys | {"site": "Berlin"}).ctx
    assert other.parameters.platform.site == "Berlin"
