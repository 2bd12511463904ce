"""What the documents tell people to type, click and grant is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from sfsip_nb._version import __version__
from sfsip_nb.cli import app
from sfsip_nb.inputs.load import from_namespace
from sfsip_nb.testbed.standin import settle
from sfsip_nb.testbed.world import World
from tests.browser import screenshots
from tests.project.project_files import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
README = (ROOT / "README.md").read_text()


def commands(text: str) -> list[str]:
    """Every `sfsip …` that stands in code, in a block or in a line."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`(sfsip [^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("sfsip ")] + inline


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_shown_exists_with_its_options(path: Path) -> None:
    for line in commands(path.read_text()):
        command: Any = typer.main.get_command(app)
        words = shlex.split(line, comments=True)[1:]
        while words and words[0][0] != "-" and hasattr(command, "commands"):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= known, line


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, heading = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w-]", "", t.lower().replace(" ", "-")) for t in titles}


def test_every_picture_is_shown_and_is_made_by_the_script() -> None:
    made = {f"{file}.png" for _, file, _, _ in screenshots.PICTURES}
    made |= {"record-light.png", "record-dark.png"}
    shown = re.findall(r"\]\(pictures/([\w-]+\.png)\)", (ROOT / "docs" / "tour.md").read_text())
    there = {path.name for path in screenshots.FOLDER.iterdir()}
    assert made == set(shown) == there


def test_the_role_in_the_readme_is_what_the_testbeds_client_gets_by_with(tmp_path: Path) -> None:
    table = README[README.index("| Permission") : README.index("`telephony:plugin:all` is all or")]
    found: set[str] = set()
    for row in table.splitlines()[2:]:
        names = re.findall(r"`([^`]+)`", row.split("|")[1]) if row else []
        stem = names[0].rpartition(":")[0] if names else ""
        found |= {stem + name if name.startswith(":") else name for name in names}
    world = World(tmp_path)
    settle(world)
    (client,) = world.systems["genesys"]["clients"].values()
    assert found == set(client["_permissions"])


def test_the_answer_in_the_readme_is_one_that_the_inputs_take() -> None:
    block = re.search(r"```yaml\n(people:.*?)```", README, re.DOTALL)
    assert block
    people = yaml.safe_load(block[1])["people"]
    answer = from_namespace("genesys", {"target": "testbed", "people": people}).people[
        "trunk.inbound"
    ]
    assert answer.done_by == "Your Name"


def test_the_changelog_speaks_of_this_version() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text()
