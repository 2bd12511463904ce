"""Mode verify: what one look finds, or is refused, hides nothing of what another one finds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Desired, Refused, Step
from sfsip_nb.engine.verdicts import Check, Verdict
from tests.engine.test_engine import platform, spoil
from tests.engine.world import Things, engine


def wants(*pairs: tuple[str, str]) -> Any:
    def desired(ctx: Context) -> list[Desired]:
        return [
            Desired(Things.kind, key, {"colour": colour}, "It is wanted.") for key, colour in pairs
        ]

    return desired


def sees(id: str) -> Any:
    return lambda ctx: [Check(id, "It was looked at", "a look", "a look", Verdict.PASS)]


def refuses(ctx: Context) -> list[Check]:
    raise Refused("It may not be read.", "Ask for leave.")


MADE = (
    Step("made", "01", "Made", desired=wants(("a", "red"), ("b", "blue")), check=sees("made/look")),
    Step("after", "01", "After", needs=("made",), check=sees("after/look")),
    Step("call", "01", "Call", needs=("made",), check=sees("call/heard"), dials=True),
)


def seen(result: Any) -> dict[str, str]:
    return {check.id: check.verdict.value for check in result.checks}


def broken(run_dir: Path) -> None:
    made = engine(run_dir, steps=MADE)
    assert made.run("made").verdict is Verdict.PASS
    spoil(run_dir, "a", colour="green")
    platform(run_dir).save({"a": platform(run_dir).load()["a"]})


def test_the_first_difference_hides_nothing_behind_it(tmp_path: Path) -> None:
    broken(tmp_path)
    made = engine(tmp_path, "verify", MADE)
    result = made.run("made")
    assert result.verdict is Verdict.FAIL
    assert [check.verdict.value for check in result.checks] == ["fail", "fail", "pass"]
    assert seen(made.run("after")) == {"after/look": "pass"}


def test_a_call_waits_for_what_nobody_did_and_not_for_what_failed(tmp_path: Path) -> None:
    untouched = engine(tmp_path / "new", "verify", MADE)
    assert untouched.run("call").verdict is Verdict.BLOCKED
    broken(tmp_path)
    made = engine(tmp_path, "verify", MADE)
    made.run("made")
    assert seen(made.run("call")) == {"call/heard": "pass"}
    assert engine(tmp_path, steps=MADE).run("call").verdict is Verdict.BLOCKED


def test_what_may_not_be_read_loses_the_others_nothing(tmp_path: Path) -> None:
    broken(tmp_path)
    unreadable = (replace(MADE[0], check=refuses), replace(MADE[1], desired=refuses))
    made = engine(tmp_path, "verify", unreadable)
    result = made.run("made")
    assert seen(result)["made/api"] == "fail"
    assert len(result.checks) == 3
    assert seen(made.run("after")) == {"after/api": "fail", "after/look": "pass"}


def test_two_refusals_have_two_ids_and_the_same_one_is_told_once(tmp_path: Path) -> None:
    def refuses_too(ctx: Context) -> list[Check]:
        raise Refused("Nor may this.")

    twice = Step("made", "01", "Made", desired=refuses, check=refuses)
    other = Step("other", "01", "Other", desired=refuses, check=refuses_too)
    made = engine(tmp_path, "verify", (twice, other))
    assert seen(made.run("made")) == {"made/api": "fail"}
    assert seen(made.run("other")) == {"other/api": "fail", "other/api/2": "fail"}
