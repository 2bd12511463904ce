"""How causes are found: the fewest that explain what failed, and none that a call got past."""

from __future__ import annotations

from typing import Any

from sfsip_nb.engine.callpath import CallPath, Shows, Strength
from sfsip_nb.engine.causes import KnownCause
from sfsip_nb.engine.diagnosis import Explanation, Reasoning
from sfsip_nb.engine.rows import CheckRow

PATH = CallPath(
    "call",
    ("number", "trunk", "agent", "queue"),
    {
        "number": Shows("number", Strength.RECORD),
        "trunk": Shows("trunk", Strength.CODE, until="agent"),
        "agent": Shows("agent", Strength.RECORD),
        "queue": Shows("queue", Strength.RECORD),
        "heard": Shows("audio/from-ai", Strength.SOUND),
        "rtp": Shows("audio", Strength.SOUND),
    },
)


def check(id: str, verdict: str = "fail", seen: str = "", number: str = "") -> CheckRow:
    return CheckRow(
        id=id,
        title=id,
        expected="",
        seen=seen,
        verdict=verdict,
        vantage="here",
        weight="required",
        evidence=[],
        number=number,
    )


def cause(id: str, at: str = "", **more: Any) -> KnownCause:
    about = dict.fromkeys(("side", "object", "field", "says", "path"), id)
    return KnownCause.model_validate({"id": id, "at": at, "signs": [], **about, **more})


def on(check: str, seen: str = "", verdict: str = "fail") -> dict[str, str]:
    return {"check": check, "seen": seen, "verdict": verdict}


LOGIN = cause("login", "trunk", signs=[on("call/trunk", "403")])
CODEC = cause("codec", "agent", signs=[on("call/trunk", "488")])
SILENT = cause("silent", "audio/from-ai", signs=[on("call/heard")])
LOST = cause("lost", "audio/from-ai", signs=[on("call/heard")], tell="Listen at the other end.")
PORT = cause("port", "trunk", signs=[on("step/port")])
NAME = cause("name", signs=[on("step/name")])
QUEUE = cause("queue", "queue", signs=[on("call/queue")])


def explain(*checks: CheckRow, causes: tuple[KnownCause, ...]) -> Explanation:
    return Reasoning(causes, [PATH], checks).explanation()


def names(found: Explanation) -> list[str]:
    return [one.cause.id for one in found.named]


def test_what_failed_behind_the_broken_hop_needs_no_cause_of_its_own() -> None:
    failed = [check(f"call/{own}") for own in ("agent", "queue", "heard", "rtp")]
    found = explain(check("call/trunk", seen="403"), *failed, causes=(SILENT, QUEUE, LOGIN))
    assert names(found) == ["login"]
    assert len(found.named[0].explains) == 5
    assert found.unexplained == []


def test_a_call_that_got_past_a_hop_clears_what_stands_there() -> None:
    late = cause("late", "trunk", signs=[on("call/queue")])
    found = explain(check("call/agent", "pass"), check("call/queue"), causes=(late, QUEUE))
    assert names(found) == ["queue"]
    assert [(out.cause.id, out.by.id) for out in found.ruled_out] == [("late", "call/agent")]


def test_a_field_that_differs_comes_before_a_code_and_explains_it() -> None:
    found = explain(check("step/port"), check("call/trunk", seen="403"), causes=(LOGIN, PORT))
    assert names(found) == ["port"]


def test_a_field_that_stops_no_call_stands_beside_the_one_that_does() -> None:
    found = explain(check("step/name"), check("call/trunk", seen="403"), causes=(NAME, LOGIN))
    assert names(found) == ["login", "name"]


def test_two_faults_on_different_legs_are_two_causes() -> None:
    found = explain(
        check("call/agent", "pass"),
        check("call/heard"),
        check("call/queue"),
        causes=(SILENT, QUEUE),
    )
    assert names(found) == ["queue", "silent"]


def test_causes_that_fit_equally_are_said_to_be_so() -> None:
    found = explain(check("call/agent", "pass"), check("call/heard"), causes=(SILENT, LOST))
    assert names(found) == ["silent"]
    assert [other.cause.id for other in found.named[0].equals] == ["lost"]


def test_what_is_ruled_out_by_another_check_is_told_with_that_check() -> None:
    own = cause("own", "trunk", signs=[on("call/trunk")], unless=[on("probe", verdict="pass")])
    found = explain(check("call/trunk", seen="x"), check("probe", "pass"), causes=(own,))
    assert names(found) == []
    assert [(out.cause.id, out.by.id) for out in found.ruled_out] == [("own", "probe")]
    assert [left.id for left in found.unexplained] == ["call/trunk"]


def test_a_cause_needs_all_that_has_to_be_seen_with_it() -> None:
    own = cause("own", "trunk", signs=[on("call/trunk")], also=[on("probe", verdict="pass")])
    assert names(explain(check("call/trunk"), causes=(own,))) == []
    assert names(explain(check("call/trunk"), check("probe", "pass"), causes=(own,))) == ["own"]


def test_a_refusal_that_the_agent_decides_is_told_by_its_code() -> None:
    found = explain(check("call/trunk", seen="488"), check("call/agent"), causes=(LOGIN, CODEC))
    assert names(found) == ["codec"]


def test_the_consequence_of_a_named_cause_is_explained_by_it() -> None:
    gone = cause("gone", signs=[on("step/gone")])
    field = cause("field", signs=[on("step/field")], follows=["gone"])
    found = explain(check("step/gone"), check("step/field"), causes=(field, gone))
    assert names(found) == ["gone"]
    assert [c.id for c in found.named[0].explains] == ["step/gone", "step/field"]


def test_of_what_nothing_explains_only_the_first_on_the_way_is_left() -> None:
    found = explain(check("call/number"), check("call/agent"), check("call/heard"), causes=())
    assert [left.id for left in found.unexplained] == ["call/number"]


def test_a_number_that_works_clears_nothing_of_another_one() -> None:
    one, two = "+15551230001", "+15551230002"
    found = explain(
        check(f"call/trunk/{one}", "pass", number=one),
        check(f"call/agent/{one}", "pass", number=one),
        check(f"call/trunk/{two}", seen="403", number=two),
        check(f"call/agent/{two}", number=two),
        causes=(LOGIN,),
    )
    assert names(found) == ["login"]
    assert [c.number for c in found.named[0].explains] == [two, two]


def test_nothing_failed_so_there_is_no_cause() -> None:
    found = explain(check("call/trunk", "pass"), causes=(LOGIN, SILENT))
    assert (found.named, found.unexplained) == ([], [])


def test_a_call_that_does_not_touch_a_side_is_not_explained_by_it() -> None:
    probe = CallPath("probe", ("trunk", "agent"), {"x": Shows("headers", Strength.RECORD)}, "login")
    stripped = cause("stripped", "headers", signs=[on("probe/x")])
    checks = [check("call/trunk", seen="403"), check("probe/x")]
    found = Reasoning((LOGIN, stripped), [PATH, probe], checks).explanation()
    assert names(found) == ["login", "stripped"]
