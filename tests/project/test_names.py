"""A name means one thing in the whole package."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.project.project_files import ROOT


def test_no_two_public_classes_have_one_name() -> None:
    modules = defaultdict(list)
    for path in sorted((ROOT / "sfsip_nb").rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in modules.items() if len(where) > 1} == {}
