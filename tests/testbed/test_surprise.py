"""A fault to find out: its name is nowhere until somebody has named it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.testbed import life, surprise
from sfsip_nb.testbed.faults import faults
from sfsip_nb.testbed.running import TestbedRefusal


@pytest.fixture
def testbed(tmp_path: Path) -> Iterator[life.RunningTestbed]:
    yield life.ensure(tmp_path)
    life.stop(tmp_path)


def begin(testbed: life.RunningTestbed, seed: int = 3) -> list[str]:
    found = testbed.control("POST", "/surprise", {"guide": "talkdesk", "seed": seed})
    assert (found["on"], found["named"]) == (True, False)
    return list(found["choices"])


def test_it_is_told_to_nobody_who_has_not_named_it(testbed: life.RunningTestbed) -> None:
    choices = begin(testbed)
    assert len(set(choices)) == surprise.CHOICES
    assert not [f for f in testbed.control("GET", "/faults") if f["on"]]
    assert testbed.control("GET", "/")["faults"] == []
    assert set(testbed.control("GET", "/surprise")) == {"on", "choices", "named"}
    with pytest.raises(TestbedRefusal, match="A surprise is on already"):
        begin(testbed)
    with pytest.raises(TestbedRefusal, match="none of the choices"):
        testbed.control("PUT", "/surprise", {"said": "the moon"})

    told = testbed.control("PUT", "/surprise", {"said": choices[0]})
    assert told["effect"] in choices
    assert told["right"] == (choices[0] == told["effect"])
    assert [f["name"] for f in testbed.control("GET", "/faults") if f["on"]] == [told["fault"]]
    other = next(choice for choice in choices if choice != choices[0])
    again = testbed.control("PUT", "/surprise", {"said": other})
    assert again["said"] == choices[0], "the first word counts"


def test_the_same_seed_draws_the_same(testbed: life.RunningTestbed) -> None:
    first = begin(testbed)
    testbed.control("DELETE", "/surprise")
    assert begin(testbed) == first
    testbed.control("DELETE", "/surprise")
    assert any(begin_and_end(testbed, seed) != first for seed in range(5))


def begin_and_end(testbed: life.RunningTestbed, seed: int) -> list[str]:
    choices = begin(testbed, seed)
    testbed.control("DELETE", "/surprise")
    return choices


def test_switched_off_it_leaves_what_is_set_up_as_it_was(testbed: life.RunningTestbed) -> None:
    before = testbed.control("GET", "/state")
    kinds = set()
    for seed in range(12):
        choices = begin(testbed, seed)
        told = testbed.control("PUT", "/surprise", {"said": choices[0]})
        kinds.add(faults()[told["fault"]].group)
        assert testbed.control("DELETE", "/surprise") == {"on": False}
        assert testbed.control("GET", "/state") == before, told
        assert testbed.control("GET", "/")["faults"] == []
    assert kinds == {"set-up", "calls"}


def test_a_testbed_that_starts_again_goes_on_with_it(
    testbed: life.RunningTestbed, tmp_path: Path
) -> None:
    choices = begin(testbed)
    life.stop(tmp_path)
    again = life.ensure(tmp_path)
    assert again.control("GET", "/surprise")["choices"] == choices
    told = again.control("PUT", "/surprise", {"said": choices[0]})
    assert [f["name"] for f in again.control("GET", "/faults") if f["on"]] == [told["fault"]]
    assert told["fault"].encode() not in (tmp_path / "testbed" / "state.sealed").read_bytes()
    assert told["fault"] not in (tmp_path / "testbed" / "testbed.log").read_text()


def test_without_one_there_is_nothing_to_name(testbed: life.RunningTestbed) -> None:
    assert testbed.control("GET", "/surprise") == {"on": False}
    with pytest.raises(TestbedRefusal, match="No surprise is on"):
        testbed.control("PUT", "/surprise", {"said": "anything"})
    with pytest.raises(
        TestbedRefusal, match="no fault to surprise somebody with in the guide moon"
    ):
        testbed.control("POST", "/surprise", {"guide": "moon"})
    assert json.dumps(testbed.control("GET", "/surprise")) == '{"on": false}'
