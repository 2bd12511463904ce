"""Numbers that one request puts on their call route, and how many requests many numbers take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.api.exchanges import noted
from sfsip_nb.engine.model import Refused
from sfsip_nb.inputs import ranges, samples
from sfsip_nb.platforms.genesys import numbers
from sfsip_nb.platforms.genesys.call_routes import MOST_NUMBERS
from tests.fates.harness import Inputs, Place, Run

FQDN = "genesys.inbound_fqdn=synthflow-acme.byoc.usw2.pure.cloud"
ROUTING = ("routing.inbound",)
SET_UP = ("trunk.create", "trunk.site", *ROUTING, "number.add", "assistant.attach")
_ID = re.compile(r"[0-9a-f-]{36}|[0-9]{8,}")
_PAGES = 4
"""Lists come by the hundred, so that fifty numbers more are sometimes a page more of each."""
NUMBERS = ranges.expand("+15551231000..9")


def run_of(
    place: Place, folder: Path, numbers: str, *sets: str, steps: Sequence[str] = ROUTING
) -> Run:
    inputs = Inputs("genesys", (f"numbers={numbers}", FQDN, *sets), steps)
    return Run(place, inputs, folder)


@pytest.fixture(autouse=True)
def _untouched(place: Place) -> None:
    place.standins.restore(place.untouched)
    place.begin()


def call_routes(place: Place) -> dict[str, Any]:
    ivrs = place.standins.world.systems["genesys"]["ivrs"].values()
    return {ivr["name"]: ivr for ivr in ivrs}


def own(place: Place) -> dict[str, Any]:
    return call_routes(place)[f"{samples.TRUNK_NAME}: callers"]


def other(place: Place) -> dict[str, Any]:
    return next(ivr for name, ivr in call_routes(place).items() if samples.TRUNK_NAME not in name)


def written(place: Place) -> list[str]:
    """The writes to call routes, without their ids."""
    return [sent.method for sent in place.proxy.sent if "/architect/ivrs" in sent.path]


def test_one_request_puts_them_on_their_call_route(place: Place, tmp_path: Path) -> None:
    run = run_of(place, tmp_path, '["+15551231000..9"]')
    assert run.attempt().failed == []
    assert (own(place)["dnis"], written(place)) == (NUMBERS, ["POST", "PUT"])
    place.begin()
    assert (run.attempt().failed, written(place)) == ([], []), "they stay the same objects"
    undone = run.rollback()
    assert undone.ok, undone.named
    assert f"{samples.TRUNK_NAME}: callers" not in call_routes(place)


def test_numbers_that_do_not_follow_each_other_are_one_request_too(
    place: Place, tmp_path: Path
) -> None:
    apart = '["+15551231000", "+15551231004", "+15551231100..101"]'
    assert run_of(place, tmp_path, apart).attempt().failed == []
    assert (len(own(place)["dnis"]), written(place)) == (4, ["POST", "PUT"])


@pytest.mark.parametrize(("to_another", "seen"), [(True, "Acme"), (False, "(empty)")])
def test_a_number_that_somebody_took_away_is_named_alone(
    place: Place, tmp_path: Path, to_another: bool, seen: str
) -> None:
    run = run_of(place, tmp_path, '["+15551231000..9"]')
    assert run.attempt().failed == []
    own(place)["dnis"].remove(NUMBERS[3])
    if to_another:
        other(place)["dnis"].append(NUMBERS[3])
    [failed] = run.attempt("verify").failed
    assert failed.number == NUMBERS[3]
    assert seen in failed.seen


def test_one_in_production_waits_for_adoption_and_is_then_moved_by_itself(
    place: Place, tmp_path: Path
) -> None:
    other(place)["dnis"].append(NUMBERS[3])
    came = run_of(place, tmp_path / "a", '["+15551231000..9"]').attempt()
    [waits] = [check for check in came.checks if check.verdict == "waiting"]
    assert f'"genesys.did:{NUMBERS[3]}"' in waits.reason
    assert NUMBERS[3] in other(place)["dnis"]

    place.standins.restore(place.untouched)
    other(place)["dnis"].append(NUMBERS[3])
    place.begin()
    adopt = f'adopt=["genesys.did:{NUMBERS[3]}"]'
    run = run_of(place, tmp_path / "b", '["+15551231000..9"]', adopt)
    assert run.attempt().failed == []
    assert sorted(own(place)["dnis"]) == NUMBERS
    assert written(place) == ["POST", "PUT", "PUT", "PUT"], "the others, off, on"
    undone = run.rollback()
    assert undone.ok, undone.named
    assert NUMBERS[3] in other(place)["dnis"]


def test_a_run_grows_by_numbers_of_the_same_call_route(place: Place, tmp_path: Path) -> None:
    assert run_of(place, tmp_path, '["+15551231000..4"]').attempt().failed == []
    place.begin()
    grown = run_of(place, tmp_path, '["+15551231000..9"]')
    assert grown.attempt().failed == []
    assert (own(place)["dnis"], written(place)) == (NUMBERS, ["PUT"])
    undone = grown.rollback()
    assert undone.ok, undone.named


def test_numbers_on_their_call_routes_stay_there_when_others_have_room(
    place: Place, tmp_path: Path
) -> None:
    run = run_of(place, tmp_path, f'["+15551231000..{MOST_NUMBERS + 9:02}"]')
    assert run.attempt().failed == []
    del own(place)["dnis"][:5]
    place.begin()
    failed = {check.number for check in run.attempt("verify").failed}
    assert failed == {""}, "five numbers that follow each other are on nothing: one check of them"
    assert run.attempt("plan").failed == []
    assert run.attempt().failed == []
    assert sorted(own(place)["dnis"]) == ranges.expand(f"+15551231000..{MOST_NUMBERS - 1}")


@pytest.fixture(scope="module")
def counted(place: Place, tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """What runs of several sizes take: requests by kind, and checks, of apply and of verify."""
    found: dict[int, dict[str, Any]] = {}
    for count in (50, 100, 150):
        place.standins.restore(place.untouched)
        place.begin()
        folder = tmp_path_factory.mktemp("counted")
        run = run_of(place, folder, f'["+15551231000..{count - 1:03}"]', steps=SET_UP)
        for mode in ("apply", "verify"):
            with noted() as asked:
                came = run.attempt(mode)
            assert (came.failed, came.broke) == ([], "")
            kinds = Counter(f"{one.method} {_ID.sub('#', one.path)}" for one in asked)
            found.setdefault(count, {})[mode] = kinds, len(came.checks)
    return found


@pytest.mark.parametrize("mode", ["apply", "verify"])
def test_requests_and_rows_grow_with_the_numbers_and_no_faster(
    counted: dict[int, dict[str, Any]], mode: str
) -> None:
    few, more, most = (counted[count][mode] for count in (50, 100, 150))
    later, earlier = most[0].total() - more[0].total(), more[0].total() - few[0].total()
    assert abs(later - earlier) <= _PAGES
    assert most[1] - more[1] == more[1] - few[1]


def test_a_number_takes_one_write_and_one_look_at_it(counted: dict[int, dict[str, Any]]) -> None:
    """Beside these two of Synthflow, what is sent grows by call routes only, and by pages."""
    each = {
        "apply": {"POST /custom-numbers": 1, "GET /numbers/#": 1},
        "verify": {"GET /numbers/#": 1},
    }
    for mode, most in (("apply", 30), ("verify", 3)):
        few, many = (counted[count][mode][0] for count in (50, 150))
        assert {kind: many[kind] / 150 for kind in each[mode]} == each[mode]
        rest = {kind: many[kind] - few[kind] for kind in many.keys() - each[mode].keys()}
        routes = 100 // MOST_NUMBERS
        assert sum(rest.values()) <= most * routes, rest


def test_a_site_without_room_for_a_number_plan_is_told_before_anything_is_written(
    place: Place, tmp_path: Path
) -> None:
    for site in place.standins.world.systems["genesys"]["number_plans"].values():
        site["plans"] += [{"name": f"Plan {n}"} for n in range(200 - len(site["plans"]))]
    came = run_of(
        place, tmp_path, '["+15551231000"]', steps=("trunk.create", "trunk.site")
    ).attempt()
    assert came.verdicts["trunk.create"] == "fail"
    assert "takes 200 at most" in came.failed[0].seen
    assert place.proxy.sent == []


def test_number_plans_too_long_for_one_request_are_refused_with_their_size() -> None:
    apart = {numbers.NUMBERS: [f"+49301{n:010}" for n in range(0, 20_000, 2)]}
    plans: list[dict[str, Any]] = [{"name": "Emergency"}, {"name": "Ours", "numbers": []}]
    numbers.refuse_beyond_limits(plans, "Ours", {numbers.NUMBERS: apart[numbers.NUMBERS][:9_000]})
    with pytest.raises(Refused, match=r"would be 5\d\d,\d{3} bytes.*takes 512,000.*10000 ranges"):
        numbers.refuse_beyond_limits(plans, "Ours", apart)
