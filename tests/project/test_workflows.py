"""The workflows run only actions that cannot change under their name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.project_files import ROOT, load_yaml

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_by_its_commit_with_the_version_beside_it(path: Path) -> None:
    used = [line.strip() for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    for line in used:
        assert re.fullmatch(r"- uses: [\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line), line


def test_an_action_is_pinned_at_one_commit_everywhere() -> None:
    pins = {p for path in WORKFLOWS for p in re.findall(r"uses: (\S+@\S+)", path.read_text())}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


def test_dependabot_watches_the_actions_and_the_bounds() -> None:
    watched = load_yaml(".github/dependabot.yml")["updates"]
    assert {entry["package-ecosystem"] for entry in watched} == {"github-actions", "pip"}
