"""One run through its whole life, made once and looked at by several modules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.testbed import life
from tests.acceptance.acceptance_tools import Done, Run

SIP_PASSWORD = "SFSIP_ACCEPTANCE_SIP_PASSWORD"

CANARIES = {
    "SFSIP_TESTBED_SYNTHFLOW_API_KEY": "canary-synthflow/A\"b&c<d>+'e\\f=%41",
    "SFSIP_TESTBED_GENESYS_CLIENT_SECRET": "canary genesys/G\"h&i<j>+'k\\l=é?#",
    "SFSIP_TESTBED_TALKDESK_CLIENT_SECRET": "canary-talkdesk/M\"n&o<p>+'q\\r=ß",
    SIP_PASSWORD: "canary-sip/S\"t&u<v>+'w\\x=ø:@",
}
"""Secrets with every character that some encoding writes differently; a bearer token is ASCII."""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A fresh run."""
    made = Run(tmp_path / "run")
    yield made
    life.stop(made.folder)


@dataclass(frozen=True)
class Moment:
    """One command of the story: how it ended, and what the testbed held after it."""

    done: Done
    attempt: int
    state: Any
    writes: int
    calls: int
    plan: Any
    files: dict[str, bytes]


@dataclass
class Story:
    """One run: planned, applied, applied again, spoilt, mended, rolled back."""

    run: Run
    before: Any
    by_hand: str = ""
    moments: dict[str, Moment] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Moment:
        return self.moments[name]

    def steps(self, name: str) -> dict[str, dict[str, Any]]:
        """The steps of the attempt which that command made."""
        return self.run.steps(self[name].attempt)

    def tell(self, name: str, *words: str) -> None:
        """Run the next command of the story and look around."""
        command = self.run.replay if words[0].startswith("--") else self.run.command
        done = command(*words)
        calls, plan = self.run.control("GET", "/calls"), self.run.folder / "plan.json"
        self.moments[name] = Moment(
            done,
            len(self.run.attempts),
            self.run.control("GET", "/state"),
            self.run.writes(),
            sum(len(side) for side in calls.values()),
            json.loads(plan.read_text()) if plan.is_file() else None,
            {str(p): p.read_bytes() for p in self.run.attempts[0].rglob("*") if p.is_file()},
        )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The whole story, told once; the tests judge what was seen on the way."""
    run = Run(tmp_path_factory.mktemp("story") / "run", CANARIES)
    try:
        with pytest.MonkeyPatch.context() as patch:  # later tests meet the usual secrets again
            for name, canary in CANARIES.items():
                patch.setenv(name, canary)
            life.ensure(run.folder)
            told = _tell(Story(run, run.control("GET", "/state")))
        yield told
    finally:
        life.stop(run.folder)


def _tell(story: Story) -> Story:
    run = story.run
    inputs = ("--set", f"sip.password=env:{SIP_PASSWORD}")
    configuration = ("--only", "02")
    story.tell("plan", *inputs, "--mode", "plan")
    story.tell("apply", *inputs)
    story.tell("again", *inputs, "--only", "02,03")

    story.by_hand = run.control("POST", "/state/genesys/queues", {"name": "Made by hand"})["id"]
    run.control("PATCH", f"/state/genesys/trunks/{trunk_of(run)}", SPOILT)
    story.tell("verify", *inputs, *configuration, "--mode", "verify")
    story.tell("older plan", *inputs, *configuration)
    story.tell("new plan", *inputs, *configuration, "--mode", "plan")
    story.tell("mended", *inputs, *configuration)
    story.tell("rollback", "rollback", str(run.folder))
    return story


def trunk_of(run: Run) -> str:
    trunks = run.control("GET", "/state")["genesys"]["trunks"]
    return next(str(id_) for id_, trunk in trunks.items() if trunk["name"] == "Synthflow AI")


SPOILT = {
    "properties": {"trunk_outboundIdentity_callingAddress": {"value": {"instance": "+15551230077"}}}
}
