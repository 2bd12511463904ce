"""A small platform in a file, and a guide over it: enough for the engine, without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sfsip_nb.engine.context import Context, Surroundings
from sfsip_nb.engine.engine import Engine
from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.model import Ask, Card, Desired, Fields, Guide, Resource, Section, Seen, Step
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.sip import MapResolver


class Platform:
    """Objects by name in one JSON file: a killed process leaves what it wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_text())) if self.path.exists() else {}

    def save(self, objects: dict[str, Any]) -> None:
        self.path.write_text(json.dumps(objects))


class Things(Resource):
    """Objects with free fields; ``secret`` is never read back; every create is counted."""

    kind = "toy.thing"
    write_only = frozenset({"secret"})
    marked = True

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def read(self, key: str) -> Seen | None:
        thing = self.platform.load().get(key)
        if thing is None:
            return None
        fields = {n: v for n, v in thing["fields"].items() if n != "secret"}
        return Seen(thing["id"], fields, thing["marker"], owner="somebody else")

    def create(self, key: str, fields: Fields, marker: str) -> str:
        objects = self.platform.load()
        assert key not in objects, "made twice"
        thing = {"id": f"{key}-1", "fields": _plain(fields), "marker": marker}
        self.platform.save(objects | {key: thing})
        return f"{key}-1"

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        objects = self.platform.load()
        objects[key]["fields"] |= _plain(fields)
        self.platform.save(objects)

    def delete(self, key: str, seen: Seen) -> None:
        objects = self.platform.load()
        del objects[key]
        self.platform.save(objects)


def _plain(fields: Fields) -> Fields:
    return {n: v.reveal() if hasattr(v, "reveal") else v for n, v in fields.items()}


def _wants(key: str, **fields: Any) -> Any:
    def desired(ctx: Context) -> list[Desired]:
        return [Desired(Things.kind, key, dict(fields), "It is wanted.")]

    return desired


def _card(ctx: Context) -> Card:
    return Card(
        step="three",
        system="toy",
        title="Look at the panel",
        path=("Panel",),
        why="Only a person sees it.",
        look_for="a word",
        asks=(Ask("word", "The word"),),
    )


def _secret(ctx: Context) -> list[Desired]:
    fields = {"colour": "blue", "secret": ctx.secrets["sip.password"]}
    return [Desired(Things.kind, "b", fields, "It is wanted.")]


# The journals of a test's engines; each test closes its own at its end.
OPENED: list[Journal] = []

STEPS = (
    Step("one", "01", "One", desired=_wants("a", colour="red")),
    Step("two", "01", "Two", needs=("one",), desired=_secret),
    Step("three", "01", "Three", card=_card),
    Step("four", "01", "Four", needs=("two", "three"), desired=_wants("a", size=2)),
)


def guide(platform: Platform, steps: tuple[Step, ...] = STEPS) -> Guide:
    return Guide(
        name="genesys",
        title="A toy",
        sections=(Section("01", "Only section"),),
        steps=steps,
        resources=lambda ctx: {Things.kind: Things(platform)},
        lines=list,
        origins=lambda parameters: {},
    )


def engine(
    run_dir: Path,
    mode: str = "apply",
    steps: tuple[Step, ...] = STEPS,
    live: bool = False,
    **inputs: Any,
) -> Engine:
    """A new attempt of the toy guide in ``run_dir``; the platform lies beside its journal."""
    answers = {"three": {"done_by": "Ann", "done_at": "2026-11-20", "values": {"word": "yes"}}}
    values = {"target": "testbed", "mode": mode, "people": answers} | inputs
    parameters = from_namespace("genesys", values)
    if live:
        parameters = parameters.model_copy(update={"target": "live"})
    secrets = parameters.secrets()
    redactor = Redactor([s.reveal() for s in secrets.values()])
    journal = Journal(run_dir / "journal.sqlite3", redactor.data)
    OPENED.append(journal)
    facts = AttemptFacts(customer="c", run="r")
    return Engine(
        Context(
            guide=guide(Platform(run_dir / "platform.json"), steps),
            parameters=parameters,
            mode=mode,
            journal=journal,
            attempt=journal.begin(mode, "replay", facts),
            run_dir=run_dir,
            secrets=secrets,
            redactor=redactor,
            surroundings=Surroundings(origins={}, resolver=MapResolver({})),
        )
    )


def run_all(made: Engine) -> dict[str, str]:
    """Every step in order; the verdicts by step."""
    return {s.id: made.run(s.id).verdict.value for s in made.ctx.guide.steps}
