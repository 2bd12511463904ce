"""Whatever a guide's step does, no call leaves it that `permit` did not let through.

Each step of each guide is carried out here without the engine, its card and what it needs. Calls
are counted where they leave: at the user agent's INVITE, and at the request by which a platform is
made to call. Nothing is there at the other end of either.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.transport import Api
from sfsip_nb.engine import approval, people
from sfsip_nb.engine.context import Context, Surroundings
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.model import Step
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.blocks import StandingApproval
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.inputs.numbers import dial_refusal
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.platforms.guides import ALL
from sfsip_nb.platforms.shared import ai_caller, header, testcall, watch
from sfsip_nb.sip import Transport
from sfsip_nb.sip.agent import UserAgent
from sfsip_nb.sip.dns import NextHop
from tests.inputs.test_caller import ACCOUNT

TODAY = datetime.now(UTC).date()
AGENT = samples.SYNTHFLOW_ASSISTANT_NAME

Placed = list[tuple[str, str]]
"""The steps that placed a call, each with the number."""


class Anywhere:
    """A resolver for which each host is a closed port of this machine."""

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[NextHop]:
        return [NextHop("127.0.0.1", 9, transport or "udp")]


class World:
    """Platforms that say yes to everything, and have no record of a call; a wire that is dead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.placed: Placed = []
        self.step = ""
        world = self

        async def noted(self: UserAgent, to: str, **how: Any) -> Any:
            world.note(re.split("[:@]", to)[1])
            raise ConnectionRefusedError

        async def refused(*_: object, **how: Any) -> Any:
            raise ConnectionRefusedError

        def asked(self: Api, method: str, path: str, **how: Any) -> Any:
            return world.answer(method, path, how)

        def at_once(ask: Any, *_: object) -> Any:
            return ask()

        monkeypatch.setattr(UserAgent, "invite", noted)
        monkeypatch.setattr(UserAgent, "request", refused)
        monkeypatch.setattr(Api, "call", asked)
        monkeypatch.setattr("sfsip_nb.engine.hosts.require", lambda *_: None)
        monkeypatch.setattr("sfsip_nb.api.origins.own", lambda name, url, live: url)
        monkeypatch.setattr(testcall, "_switch", lambda *_: nullcontext())
        for module in (header, ai_caller):
            monkeypatch.setattr(module, "until", at_once)
        monkeypatch.setattr(watch, "_TO_RECORD", 0.0)

    def note(self, number: str) -> None:
        self.placed.append((self.step, number))

    def answer(self, method: str, path: str, how: dict[str, Any]) -> Any:
        """Synthflow's; whoever else is asked has no answer."""
        match method, path.strip("/").split("/"):
            case "POST", ["calls"]:
                self.note(how["json"]["phone"])
                return {"response": {"call_id": f"call-{len(self.placed)}"}}
            case "GET", ["calls"]:
                return {"response": {"calls": []}}
            case "GET", ["calls", id]:
                row = {"call_id": id, "call_status": "completed", "start_time": 0}
                return {"response": {"calls": [row]}}
            case "GET", ["assistants", *id]:
                both = [{"model_id": t, "name": AGENT, "type": t} for t in ("inbound", "outbound")]
                return {"response": {"assistants": [a for a in both if {*id} <= {a["model_id"]}]}}
        raise ApiError("A platform", method, path, 404, Problem("not_found", "nobody is there"))

    def carry_out(self, ctx: Context, step: Step) -> None:
        """A step's own checks, whatever the engine would have held up."""
        self.step = step.id
        with suppress(Exception):  # what it makes of these platforms is no matter here
            if step.check:
                step.check(ctx)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patched:
        yield World(patched)


def inputs(
    guide: str, live: bool, number: str, transfer: str, calls: Mapping[str, Any]
) -> Parameters:
    """A customer whose account and assistant call; unchecked, as bad as a file never gets."""
    values = sample_values(guide)
    values["test_calls"] |= {"caller": ACCOUNT, "ai_caller": AGENT}
    checked = from_namespace(guide, values)
    (one,) = checked.each_number
    synthflow = checked.synthflow
    to = synthflow.transfer.model_copy(update={"number": transfer})
    parameters = checked.model_copy(
        update={
            "target": "live" if live else "testbed",
            "test_calls": checked.test_calls.model_copy(update={"per_minute": 60, **calls}),
            "synthflow": synthflow.model_copy(update={"transfer": to}),
            "answered": [one.model_copy(update={"number": number})],
        }
    )
    for made_of_it in ("each_number", "numbers", "assistants"):
        vars(parameters).pop(made_of_it, None)
    assert parameters.numbers == (number,)
    return parameters


def attempt(
    folder: Path,
    guide: str,
    live: bool = True,
    number: str = samples.DID,
    transfer: str = samples.TRANSFER_NUMBER,
    ears: bool = False,
    **calls: Any,
) -> Context:
    """A verify attempt in which nobody has said yes yet; with ``ears`` voices are known apart."""
    parameters = inputs(guide, live, number, transfer, calls)
    secrets = parameters.secrets()
    journal = Journal(folder / "journal.sqlite3")
    around = Surroundings(
        origins=defaultdict(lambda: "http://127.0.0.1:9"),
        resolver=Anywhere(),
        agent_ears=(lambda *_: None) if ears else None,
        time_scale=1e6,
    )
    return Context(
        guide=ALL[guide],
        parameters=parameters,
        mode="verify",
        journal=journal,
        attempt=journal.begin("verify", "replay", AttemptFacts()),
        run_dir=folder,
        secrets=secrets,
        redactor=Redactor([secret.reveal() for secret in secrets.values()]),
        surroundings=around,
    )


def yes(ctx: Context) -> None:
    """Somebody answers the card, at the step that shows it first."""
    people.answer(ctx, approval.card(ctx, "probe.digest"), "Ann")


def dialed(world: World, ctx: Context, *steps: Step) -> Placed:
    """What some steps have placed, or had placed, one after the other."""
    world.placed = []
    for step in steps:
        world.carry_out(ctx, step)
    return world.placed


def planned(ctx: Context, step: Step) -> int:
    calls = step.calls(ctx) if step.calls else ()
    return sum(each.count for each in calls)


@pytest.mark.parametrize("ears", [False, True])
@pytest.mark.parametrize("guide", ALL)
def test_what_is_approved_counts_every_call_of_every_step(
    world: World, tmp_path: Path, guide: str, ears: bool
) -> None:
    ctx = attempt(tmp_path, guide, ears=ears)
    yes(ctx)
    placed = Counter(step for step, _ in dialed(world, ctx, *ctx.guide.steps))
    assert placed == {s.id: planned(ctx, s) for s in ctx.guide.steps if planned(ctx, s)}
    assert {"verify.inbound", "verify.transfer", "probe.acl", "probe.codec"} <= set(placed)
    assert ("routing.inbound" in placed) is (ears and guide == "talkdesk")
    fields = {field.name: field.value for field in approval.card(ctx, "probe.acl").fields}
    assert fields["calls"].endswith(f"planned: {placed.total()}")
    rows = ctx.journal.dialled(ctx.attempt)
    assert (len(rows), {row.approved_by for row in rows}) == (placed.total(), {"Ann"})
    ctx.journal.close()


@pytest.mark.parametrize("guide", ALL)
def test_before_a_yes_each_step_that_calls_waits_with_the_same_card(
    world: World, tmp_path: Path, guide: str
) -> None:
    ctx = attempt(tmp_path, guide)
    calling = [step for step in ctx.guide.steps if planned(ctx, step)]
    for step in calling:
        free = Step(step.id, step.section, step.title, (), card=step.card, check=step.check)
        with pytest.MonkeyPatch.context() as patched:  # without what it needs
            patched.setattr(type(ctx.guide), "step", lambda _, id, free=free: free)
            result = Engine(ctx).run(step.id)
        assert (step.id, result.verdict) == (step.id, "waiting")
        assert result.card == approval.card(ctx, step.id)
        assert [check.reason for check in result.checks] == [
            "For the person who answers for what the calls cost: decide, then say below it, or"
            " under test_calls.approved, who decided."
        ]
    assert len(calling) >= 6
    assert ctx.journal.dialled(ctx.attempt) == []
    yes(ctx)  # one for all of them
    assert [step.id for step in calling if step.card and step.card(ctx)] == []
    ctx.journal.close()


EMERGENCY = ["+1911", "+49112", "+1988", "911", "112", "+19005550123"]
LISTED = [samples.DID, samples.CALLEE, samples.TRANSFER_NUMBER, "+15551230100"]
EVERY = [*LISTED, *EMERGENCY]


def mostly(usual: Any, else_: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What lets calls through, so that each rule is met alone too."""
    return st.just(usual) | st.just(usual) | else_


@settings(
    max_examples=30,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example is too slow to be shrunk
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    guide=st.sampled_from(sorted(ALL)),
    live=mostly(True, st.just(False)),
    allowed=mostly(True, st.just(False)),
    destinations=mostly(EVERY, st.lists(st.sampled_from(EVERY), unique=True)),
    most=mostly(20, st.integers(0, 3)),
    ears=st.booleans(),
    approved=st.sampled_from(["no", "now", "standing", "expired"]),
    aims=st.tuples(*[st.sampled_from(LISTED) | st.sampled_from(EVERY)] * 2),
    data=st.data(),
)
def test_no_step_dials_past_the_gate_whatever_is_configured(
    world: World,
    guide: str,
    live: bool,
    allowed: bool,
    destinations: list[str],
    most: int,
    ears: bool,
    approved: str,
    aims: tuple[str, str],
    data: st.DataObject,
) -> None:
    with TemporaryDirectory() as folder:
        given: dict[str, Any] = {"allowed": allowed, "destinations": destinations, "max": most}
        if approved in ("standing", "expired"):
            until = TODAY + timedelta(days=1 if approved == "standing" else -1)
            given["approved"] = StandingApproval(by="Ann", until=until)
        ctx = attempt(Path(folder), guide, live, *aims, ears, **given)
        if approved == "now":
            yes(ctx)
        calling = [step for step in ctx.guide.steps if step.calls]
        placed = dialed(world, ctx, *data.draw(st.permutations(calling)))
        assert len(placed) <= most
        assert allowed or not placed
        assert not live or approved in ("now", "standing") or not placed
        assert not [n for _, n in placed if n not in destinations or dial_refusal(n)]
        rows = ctx.journal.dialled(ctx.attempt)
        assert [(row.step, row.number) for row in rows] == placed
        ctx.journal.close()


def test_a_step_that_dials_past_the_gate_is_caught(world: World, tmp_path: Path) -> None:
    """That the tests above can fail."""
    ctx = attempt(tmp_path, "genesys", live=True)

    def reckless(ctx: Context) -> list[Any]:
        from sfsip_nb.platforms.shared.checks import synthflow

        synthflow(ctx).place_call("caller", samples.DID, "no-mark")
        return []

    step = Step("probe.digest", "05", "Reckless", check=reckless)
    assert dialed(world, ctx, step) == [("probe.digest", samples.DID)]
    assert ctx.journal.dialled(ctx.attempt) == []
    ctx.journal.close()


def test_what_has_to_be_done_without_a_call_needs_no_yes() -> None:
    """A person's own call, and requests that ring nobody."""
    silent = {
        step.id for guide in ALL.values() for step in guide.steps if step.dials and not step.calls
    }
    assert silent == {"verify.outbound", "probe.options"}
