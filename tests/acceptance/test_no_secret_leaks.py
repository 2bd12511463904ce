"""Canary secrets, planted with every awkward character, are in nothing that a run leaves."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.acceptance_tools import Run, leaks
from tests.acceptance.conftest import CANARIES

HOOK = """
import os, sys

if "sfsip_nb.notebook.kernel" in sys.orig_argv:
    import base64
    from urllib.parse import quote
    from sfsip_nb.platforms.genesys import client as genesys

    def broken(self):
        secret = os.environ["SFSIP_TESTBED_GENESYS_CLIENT_SECRET"]
        basic = base64.b64encode(f"client:{secret}".encode()).decode()
        print("said", secret, file=sys.stderr)
        raise RuntimeError(f"POST /oauth?secret={quote(secret)} {basic} {secret!r}")

    genesys.GenesysClient.products = broken
"""


@pytest.mark.parametrize("secret", CANARIES.values(), ids=CANARIES)
def test_the_search_finds_a_secret_in_any_form(secret: str, tmp_path: Path) -> None:
    for place, text in enumerate(
        [
            f"x{secret}y",
            f"https://h/?s={quote(secret, safe='')}",
            *(base64.b64encode(f"{'u' * n}:{secret}\n".encode()).decode() for n in range(3)),
            json.dumps({"k": json.dumps([secret])}),
            repr({"k": secret}),
        ]
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        (folder / "file").write_text(text, encoding="utf-8")
        assert leaks(folder, {"it": secret}), text


def test_a_step_that_breaks_with_a_secret_in_its_mouth_keeps_it(run: Run, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    run.env = CANARIES | {"PYTHONPATH": str(hook)}
    done = run.replay("--only", "01")
    assert done.code == 4, done
    assert "access.platform stopped: RuntimeError" in done.out
    assert "same command" in done.out
    record = run.record()
    assert {"record.html", "record.json", "SHA256SUMS"} <= {
        p.name for p in run.attempts[0].iterdir()
    }
    assert record["steps"][0]["id"] == "access.platform"
    assert "POST /oauth?secret=" in json.dumps(record)
    assert leaks(run.folder, CANARIES) == []
    assert not [name for name, secret in CANARIES.items() if secret in done.out + done.err]
