"""Every way to set the project up gives the same: pyproject, lock, conda, CI."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.project.project_files import (
    DEPENDENCIES,
    EVERYTHING,
    EXTRAS,
    PROJECT,
    PYTHONS,
    ROOT,
    load_yaml,
    lock,
)

ASKED_FOR = {"jupyterlab", "ipywidgets", "papermill", "httpx", "pandas", "nbval"}
SYSTEMS = [("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt")]


def test_conda_takes_the_packages_asked_for_with_the_bounds_of_pyproject() -> None:
    listed = load_yaml("environment.yml")["dependencies"]
    plain = [Requirement(item) for item in listed if isinstance(item, str)]
    bounds = {item.name: item.specifier for item in plain}
    assert bounds.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert bounds.pop("pip") == SpecifierSet()
    assert bounds == {name: DEPENDENCIES[canonicalize_name(name)].specifier for name in ASKED_FOR}


def test_conda_takes_the_rest_from_the_project_itself() -> None:
    environment = load_yaml("environment.yml")
    assert environment["channels"] == ["conda-forge"]
    assert [item for item in environment["dependencies"] if isinstance(item, dict)] == [
        {"pip": ["-e .[all]"]}
    ]


def test_all_is_every_extra_but_the_tests_tools_and_what_is_large() -> None:
    assert {name for text in EXTRAS["all"] for name in Requirement(text).extras} == (
        EXTRAS.keys() - {"all", "test", "fleet", "speech"}
    )
    shared = set(EXTRAS["fleet"]) & set(EXTRAS["test"])
    assert {Requirement(text).name for text in shared} == {"distributed"}, "the tests' own, in one"


def test_the_ways_that_are_told_install_what_was_asked_for() -> None:
    readme, makefile = ((ROOT / name).read_text() for name in ("README.md", "Makefile"))
    assert "pip install -e '.[all]'" in readme
    assert "conda env create -f environment.yml" in readme
    assert "--extra all --extra test" in makefile, "of which make installs the lock"
    assert {pin.name for pin in lock()[0]} >= ASKED_FOR


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system[1])
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_gives_each_dependency_one_version_inside_its_bounds(
    python: str, system: tuple[str, str, str]
) -> None:
    platform, name, os_name = system
    here = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": platform,
        "platform_system": name,
        "os_name": os_name,
        "platform_python_implementation": "CPython",
    }
    pins, _ = lock()
    chosen = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(here)]
    for wanted in EVERYTHING:
        found = [pin.version for pin in chosen if pin.name == wanted.name.lower()]
        assert len(found) == 1, f"{wanted.name}: {found}"
        assert found[0] in wanted.specifier, f"{wanted}: locked at {found[0]}"


def test_the_lock_holds_pins_with_hashes_and_nothing_else() -> None:
    pins, strange = lock()
    assert strange == [], "no address of an index, no option"
    assert [pin.name for pin in pins if not pin.hashes] == []
    assert "://" not in (ROOT / "requirements.lock").read_text()


def test_ci_runs_the_pythons_that_the_project_names() -> None:
    assert [p for p in PYTHONS if p in SpecifierSet(PROJECT["requires-python"])] == PYTHONS
    matrix = load_yaml(".github/workflows/checks.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS


def test_make_refuses_the_same_pythons_as_the_project() -> None:
    makefile = (ROOT / "Makefile").read_text()
    first, last = (tuple(map(int, python.split("."))) for python in (PYTHONS[0], PYTHONS[-1]))
    assert f"{first} <= sys.version_info[:2] <= {last}" in makefile
