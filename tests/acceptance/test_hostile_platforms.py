"""What platforms say in words is hostile, over real HTTP and SIP: it is shown, and only that."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sfsip_nb.replay.series import replay
from sfsip_nb.runs import session
from tests import hostile_testbed
from tests.acceptance.acceptance_tools import PARAMETERS, PROJECT, Done, Run
from tests.acceptance.test_hostile_names import Page
from tests.present.hostile import HOSTILE, UNSEEN
from tests.sip.peers.lab import need

SECTION = "05-verification"
CELLS = (
    *("parameters", "open-run", "look"),
    *("step-verify-inbound", "step-probe-acl", "step-probe-header"),
    "step-access-platform",
)
"""Of sections 01 and 05 the cells that meet what platforms and peers say, in one notebook."""


@dataclass(frozen=True)
class Met:
    """A run that met them: the command first, which an API stops; then its steps and calls."""

    run: Run
    stopped: Done


def abridged(folder: Path) -> Path:
    """A folder with a notebook of those cells of the guide's."""
    own, more = (
        json.loads((PROJECT / "notebooks" / "genesys" / f"{name}.ipynb").read_text("utf-8"))
        for name in (SECTION, "01-prerequisites")
    )
    known = {cell["id"]: cell for cell in (*more["cells"], *own["cells"])}
    target = folder / "genesys" / f"{SECTION}.ipynb"
    target.parent.mkdir()
    target.write_text(json.dumps(own | {"cells": [known[id_] for id_ in CELLS]}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    run = Run(tmp_path_factory.mktemp("hostile"))
    notebooks = abridged(tmp_path_factory.mktemp("abridged"))
    with hostile_testbed.started(run.folder) as testbed:
        sets = [word for given in hostile_testbed.SETS for word in ("--set", given)]
        stopped = run.replay("--only", "02", "--fault", "genesys.no-permission-call-routes", *sets)
        testbed.control("DELETE", "/faults/genesys.no-permission-call-routes")
        prepared = session.prepare(PARAMETERS, hostile_testbed.SETS, out=run.folder)
        hostile_testbed.provision(prepared)
        testbed.control("PUT", "/faults/genesys.no-permission-traces")
        replay(prepared, notebooks, lambda event: None, [SECTION[:2]])
        yield Met(run, stopped)


def checks(attempt: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for step in attempt["steps"] for check in step["checks"]}


def test_the_hostile_texts_are_met(met: Met) -> None:
    seen = {id_: check["seen"] for id_, check in checks(met.run.record()).items()}
    assert HOSTILE["attribute"] in seen["verify.inbound/flow"]
    assert HOSTILE["script"] in seen["verify.inbound/assistant"]
    assert HOSTILE["long"] in seen["probe.header/round-trip"]
    assert HOSTILE["SQL"] in seen["probe.header/round-trip"]
    assert f"403 Forbidden{HOSTILE['script']}" in seen["probe.acl/refused"]
    assert HOSTILE["script"] in seen["access.platform/telephony:pcap:view"]
    assert HOSTILE["script"] in met.run.record(1)["broke_off"]
    # They decide nothing: what fails is the permission that was taken away.
    assert [i for i, v in met.run.verdicts().items() if v == "fail"] == ["access.platform"]


def test_pages_show_them_and_can_run_and_fetch_nothing(met: Met) -> None:
    pages = sorted((met.run.folder / "attempts").rglob("*.html"))
    assert len(pages) == 4  # of each attempt the record and a notebook
    for path in pages:
        page, text = Page(path), path.read_text(encoding="utf-8")
        assert not {"script", "iframe", "object", "link"} & page.tags, path
        # A card's button for copying a value is ours; the page's policy lets nothing run.
        assert set(page.acting) <= {"onclick"}, path
        assert "<style>@import" not in text, path
        assert "<img src=https" not in text, path
        assert not UNSEEN & set(text), path
        assert HOSTILE["script"] in page.text, path


def test_a_long_text_is_folded_on_a_page(met: Met) -> None:
    page = Page(met.run.attempts[-1] / "notebooks" / f"{SECTION}.html")
    assert re.search(r"… \(\d{5} characters\)", page.text)
    assert HOSTILE["long"] in page.text


def test_record_json_and_junit_can_be_read(met: Met) -> None:
    for attempt in met.run.attempts:
        text = (attempt / "record.json").read_text(encoding="ascii")
        json.loads(text)
        assert "\\ud83d " not in text  # half a pair, which some readers refuse
        report = ET.parse(attempt / "junit.xml").getroot()
        said = " ".join(item for element in report.iter() for item in element.attrib.values())
        said += "".join(report.itertext())
        assert HOSTILE["script"] in said
        assert not UNSEEN & set(said)
    assert met.run.command("record", str(met.run.folder), "--check").code == 0


def test_the_terminal_gets_words_only(met: Met) -> None:
    assert met.stopped.code == 4
    assert f"[routing:callRoute:view]{HOSTILE['script']}" in met.stopped.out
    summary = met.run.command("record", str(met.run.folder)).out
    assert HOSTILE["script"] in summary
    assert not UNSEEN & set(met.stopped.out + met.stopped.err + summary)
    assert max(map(len, summary.splitlines())) < 1_000


def test_they_stand_as_text_in_the_pdf(met: Met, tmp_path: Path) -> None:
    need("chromium")
    need("pdftotext")
    target = tmp_path / "record.pdf"
    done = met.run.command("record", str(met.run.folder), "--pdf", str(target))
    assert done.code == 0, done.err
    command = ["pdftotext", "-raw", str(target), "-"]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    joined = "".join(said.split())
    assert HOSTILE["script"] in joined
    assert "".join(HOSTILE["SQL"].split()) in joined
    # A vast value stays folded, for it would fill pages of its own.
    assert re.search(r"…\(\d{5}characters\)", joined)
    full = [page for page in said.split("\f") if page.count("x") > 0.8 * len(page)]
    assert full == []
    assert not UNSEEN & set(said)
