"""The list of platforms: built-in ones first, installed ones after them, and one that is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.inputs import platform as platforms
from sfsip_nb.inputs.errors import InputError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two packages on the path: one lacks what it promises, one takes a built-in name."""
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = "[sfsip.platforms]\nacme = no_such_package\ngenesys = no_such_package\n"
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    platforms._packages.cache_clear()
    yield
    platforms._packages.cache_clear()


@pytest.mark.usefixtures("installed")
def test_an_installed_platform_comes_after_the_built_in_ones_and_replaces_none() -> None:
    assert platforms.names() == ("genesys", "talkdesk", "acme")
    assert platforms.platform("genesys").title == "Genesys Cloud"


@pytest.mark.usefixtures("installed")
def test_a_package_that_does_not_load_is_named() -> None:
    with pytest.raises(InputError, match="platform acme cannot be loaded: its package no_such_pac"):
        platforms.platform("acme")
    with pytest.raises(KeyError):
        platforms.platform("nobody")
