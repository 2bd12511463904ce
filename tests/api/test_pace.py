"""A share of a platform's requests a minute: what waits, and for how long."""

from __future__ import annotations

import httpx
import pytest

from sfsip_nb.api import pace
from sfsip_nb.api.errors import Problem
from sfsip_nb.api.transport import Api
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.genesys.client import GenesysClient


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_requests_begin_a_fixed_time_apart_in_no_burst() -> None:
    time = Time()
    paced = pace.Pace(60, time.clock, time.sleep)
    at = []
    for pause in (0.0, 0.0, 10.0, 0.0, 0.25):
        time.now += pause
        paced()
        at.append(time.now)
    assert at == [100.0, 101.0, 111.0, 112.0, 113.0]


def test_without_a_share_nothing_waits() -> None:
    time = Time()
    paced = pace.Pace(0, time.clock, time.sleep)
    paced(), paced()
    assert time.now == 100.0


def test_each_sending_is_paced_repeated_ones_too() -> None:
    answers = iter([httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(200, json=1)])
    paced: list[int] = []
    api = Api(
        "Acme",
        "http://127.0.0.1",
        read_problem=lambda _: Problem("", ""),
        pace=lambda: paced.append(1),
        http=httpx.Client(transport=httpx.MockTransport(lambda _: next(answers))),
    )
    assert api.call("GET", "/x") == 1
    assert len(paced) == 2


def test_a_kernel_keeps_to_the_share_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(pace.time, "sleep", slept.append)
    for name, value in pace.written("genesys", 75).items():
        monkeypatch.setenv(name, value)
    made = pace.Pace(75, lambda: 0.0, slept.append)
    monkeypatch.setattr(pace, "Pace", {75.0: made}.__getitem__)
    pace.of.cache_clear()
    try:
        client = GenesysClient(
            "id",
            Secret("secret-of-it"),
            api="http://127.0.0.1",
            login="http://127.0.0.1",
            http=httpx.Client(
                transport=httpx.MockTransport(
                    lambda _: httpx.Response(200, json={"access_token": "a-token-of-it"})
                )
            ),
        )
        client.organization()
    finally:
        pace.of.cache_clear()
    assert slept == [0.8], "the token first, the organization 60/75 s later"
    assert pace.written("genesys", 0) == {}
