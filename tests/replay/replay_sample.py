"""A tiny guide with tiny notebooks, as a replay meets it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sfsip_nb.engine.journal import AttemptFacts, Journal
from sfsip_nb.engine.model import Guide, Section, Step
from sfsip_nb.inputs.redaction import Redactor

SECRET = 'pa&ss w"ord-ünique/4711'


class Parameters(BaseModel):
    """What the tiny notebooks declare."""

    customer: str = "Acme"
    numbers: list[str] = ["+15551230001"]
    sip: dict[str, Any] = {"password": "env:X"}


def guide(*stems: str) -> Guide:
    """A guide with one step a notebook."""
    return Guide(
        name="genesys",
        title="Genesys Cloud CX",
        sections=tuple(Section(stem, f"Section {stem}") for stem in stems),
        steps=tuple(Step(f"{stem}.step", stem, f"Step of {stem}") for stem in stems),
        resources=lambda ctx: {},
        lines=list,
        origins=lambda parameters: {},
    )


@dataclass
class Run:
    """A prepared attempt of the tiny guide."""

    run_dir: Path
    guide: Guide
    redactor: Redactor = field(default_factory=lambda: Redactor([SECRET]))
    parameters: BaseModel = field(default_factory=Parameters)
    env: dict[str, str] = field(default_factory=dict)
    attempt: int = 1
    kind: str = "replay"
    closed: int = 0

    def __post_init__(self) -> None:
        self.run_dir.mkdir(parents=True, exist_ok=True)
        facts = AttemptFacts(customer="Acme", run="acme", inputs={"sip": {"password": "set"}})
        journal = self.journal()
        self.attempt = journal.begin("apply", self.kind, facts)
        journal.close()

    @property
    def attempt_name(self) -> str:
        return f"{self.attempt:04}-apply"

    def journal(self) -> Journal:
        """The run's journal, to be closed."""
        return Journal(self.run_dir / "journal.sqlite3", self.redactor.data)

    def judge(self, **verdicts: str) -> None:
        """Give steps (by number of their notebook) a verdict, as the notebooks would."""
        journal = self.journal()
        for step, verdict in zip(self.guide.steps, verdicts.values(), strict=True):
            row = journal.step_begins(self.attempt, step.id)
            journal.step_ends(row, verdict, "none", [], "because")
        journal.close()

    def reach(self) -> None:
        """The tiny notebooks need no host."""

    def close(self) -> None:
        self.closed += 1
        journal = self.journal()
        journal.end(self.attempt)
        journal.close()


def notebook(path: Path, *cells: str) -> Path:
    """Write a notebook: title, parameters cell, then the given code cells."""
    declared = 'customer: str = "x"\nnumbers: list = []\nsip: dict = {}'
    sources: list[tuple[str, str, list[str]]] = [
        ("markdown", f"# Title of {path.stem}\n\n[next](02-b.ipynb)", [])
    ]
    sources += [("code", declared, ["parameters"]), *(("code", cell, []) for cell in cells)]
    code: dict[str, Any] = {"outputs": [], "execution_count": None}
    made = [
        {"id": f"c{n}", "cell_type": kind, "source": source, "metadata": {"tags": tags}}
        | (code if kind == "code" else {})
        for n, (kind, source, tags) in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nb = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": made}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb), encoding="utf-8")
    return path
