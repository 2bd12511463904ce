"""Hosts are reached once for each time that connections are opened, and what needs none goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sfsip_nb.engine import hosts
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.hosts import STEP, Unreachable
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.verdicts import Check
from sfsip_nb.platforms.shared.origin import origin
from tests.api.listener import Listener, listening
from tests.engine import world
from tests.sip.peers.lab import free_port


def _needs(name: str) -> Step:
    def look(ctx: Context) -> list[Check]:
        origin(ctx, name)
        return []

    return Step(f"needs.{name}", "01", f"Needs {name}", check=look)


STEPS = (_needs("genesys.api"), _needs("synthflow"), Step("alone", "01", "Needs nobody"))


@pytest.fixture
def there() -> Iterator[Listener]:
    with listening(lambda *_: (401, {}, {})) as made:
        yield made


def engine(folder: Path, platform: str, synthflow: str) -> Engine:
    made = world.engine(folder, steps=STEPS)
    origins = {"genesys.api": platform, "synthflow": synthflow}
    made.ctx.surroundings = replace(made.ctx.surroundings, origins=origins)
    return made


def test_they_are_reached_once_until_the_connections_are_closed(
    tmp_path: Path, there: Listener
) -> None:
    made = engine(tmp_path, there.origin, there.origin)
    made.reach()
    for step in STEPS:
        made.run(step.id)
    assert len(there.asked) == 1
    made.ctx.release()
    made.run("needs.synthflow")
    assert len(there.asked) == 2
    assert STEP not in made.ctx.journal.steps(), "nothing is told of it here"


def test_what_needs_a_lost_host_does_not_begin_and_what_does_not_goes_on(
    tmp_path: Path, there: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = free_port()
    made = engine(tmp_path, f"http://127.0.0.1:{gone}", there.origin)
    monkeypatch.setattr(hosts, "SECONDS", 20.0)
    said = "Cannot reach 127.0.0.1: the port refuses connections."
    for _ in range(2):
        with pytest.raises(Unreachable) as stopped:
            made.run("needs.genesys.api")
        assert str(stopped.value) == said
    rows = made.ctx.journal.steps()
    assert rows["needs.genesys.api"].verdict == "blocked"
    assert rows["needs.genesys.api"].reason == f"Not begun: {said}"
    assert [(c.id, c.verdict) for c in rows[STEP].checks] == [
        (f"{STEP}/host/genesys.api", "inconclusive"),
        (f"{STEP}/host/synthflow", "pass"),
    ]
    assert f"port {gone} of 127.0.0.1" in rows[STEP].checks[0].seen
    asked = len(there.asked)
    assert made.run("needs.synthflow").reason == ""
    assert made.run("alone").reason == ""
    assert len(there.asked) == asked, "it was reached already"
    with pytest.raises(Unreachable, match="port refuses"):
        made.reach()


def test_a_host_that_came_back_is_used_at_once(tmp_path: Path, there: Listener) -> None:
    made = engine(tmp_path, f"http://127.0.0.1:{free_port()}", there.origin)
    with pytest.raises(Unreachable):
        made.reach()
    origins = dict.fromkeys(made.ctx.surroundings.origins, there.origin)
    made.ctx.surroundings = replace(made.ctx.surroundings, origins=origins)
    made.reach()
