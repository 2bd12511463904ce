"""A capture in the run's folder is evidence: it is read, drawn, and names a cause."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.platforms.genesys import troubleshooting as genesys
from sfsip_nb.platforms.shared import captures
from sfsip_nb.platforms.shared.diagnosis import TroubleshootingRow
from sfsip_nb.platforms.talkdesk import troubleshooting as talkdesk
from sfsip_nb.sip.evidence import pcap
from tests.engine import world
from tests.sip.crafted import CALLEE, CALLER, Talk, rtp, sdp


def drop(run_dir: Path, talk: Talk, name: str = "call.pcapng") -> Path:
    folder = run_dir / "captures"
    folder.mkdir(exist_ok=True)
    only = rtp((CALLER[0], 40_000), (CALLEE[0], 50_000), 2.1, 9.8)
    pcap.write(folder / name, talk.entries, list(only))
    return folder / name


def one_way() -> Talk:
    return Talk().answered().bye()


def not_found() -> Talk:
    return Talk("b").ask(0, "INVITE", body=sdp(CALLER[0])).say(0.1, "404 Not Found")


@pytest.mark.parametrize("guide", [genesys, talkdesk])
@pytest.mark.parametrize(
    ("talk", "row"),
    [(one_way(), "audio"), (not_found(), {"genesys": "no-route", "talkdesk": "not-reaching"})],
)
def test_what_a_capture_shows_puts_its_row_first(
    guide: object, talk: Talk, row: str | dict[str, str], tmp_path: Path
) -> None:
    name = guide.__name__.rsplit(".", 2)[1]  # type: ignore[attr-defined]
    steps, rows = guide.STEPS, guide.ROWS  # type: ignore[attr-defined]
    drop(tmp_path, talk)
    made = world.engine(tmp_path, steps=tuple(replace(step, section="01") for step in steps))
    with closing(made.ctx.journal):
        result = made.run("diagnose")
        ranked = made.ctx.journal.get(f"diagnosis/{made.ctx.attempt}")
        named = made.ctx.journal.get(f"causes/{made.ctx.attempt}")["named"]
    assert result.verdict.value != "skipped", result.reason
    wanted = row if isinstance(row, str) else row[name]
    assert ranked[0]["id"] == wanted
    assert ranked[0]["certain"]
    assert ranked[0]["because"]
    assert "call.pcapng" in named[0]["object"]
    assert {item["id"] for item in ranked} == {item.id for item in rows}
    check = next(c for c in result.checks if c.id == "diagnose/capture-1")
    assert check.verdict.value == "fail"
    assert check.weight.value == "advisory"
    [ladder] = check.evidence
    assert (tmp_path / "evidence" / ladder).read_text(encoding="utf-8").startswith("<svg")


def test_a_file_that_is_no_capture_is_named_and_stops_nothing(tmp_path: Path) -> None:
    drop(tmp_path, one_way())
    (tmp_path / "captures" / "a.pcap").write_text("not a capture")
    first, second = captures.read(tmp_path)
    assert "cannot be read as a capture" in first.unread
    assert second.diagnosis.verdict == "fail"
    row = TroubleshootingRow("audio", "", "", ("diagnose/capture/media",))
    assert [s for s in captures.signs([first, second]) if s.id.startswith(row.shown_by)]


def test_an_uploaded_capture_is_copied_into_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, run_dir = tmp_path / "notebooks", tmp_path / "run"
    beside.mkdir()
    pcap.write(beside / "up.pcap", one_way().entries)
    monkeypatch.chdir(beside)
    captures.take(run_dir, ("up.pcap",))
    assert [item.name for item in captures.read(run_dir)] == ["up.pcap"]
    with pytest.raises(InputError, match="Upload the capture next to"):
        captures.take(run_dir, ("nowhere.pcap",))


def test_a_healthy_capture_speaks_against_no_row(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    pcap.write(folder / "good.pcapng", one_way().entries)  # its audio is not in the capture
    assert captures.signs(captures.read(tmp_path)) == []
