"""Real captures get the sentence of an engineer; another program is asked for its opinion."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb.cli import app
from sfsip_nb.platforms.shared import captures
from sfsip_nb.sip.evidence import pcap
from sfsip_nb.sip.evidence.diagnose import Diagnosis, diagnosed
from sfsip_nb.sip.media.packets import MediaPacket
from tests.sip.crafted import CALLEE, CALLER, Talk, both_ways, rtp, sdp


def real(name: str) -> Path:
    folder = os.environ.get("SFSIP_SIP_TORTURE")
    if not folder:
        pytest.skip("SFSIP_SIP_TORTURE names no folder with captures")
    return Path(folder) / "pcaps" / name


def read(name: str) -> Diagnosis:
    return diagnosed(captures.load(real(name)))


def test_a_demonstration_of_three_calls() -> None:
    diagnosis = read("sip-ladder-demo-call-flow.pcap")
    assert [(r.caller, r.called, r.verdict) for r in diagnosis.reports] == [
        ("alice", "bob", "pass"),
        ("carol", "bob", "inconclusive"),
        ("dave", "eve", "inconclusive"),
    ]
    good, redirected, transferred = (report.sentence for report in diagnosis.reports)
    assert good.startswith("Answered after 3.0 s; 17.0 s of talk, ended by the caller")
    assert "302 Moved Temporarily" in redirected
    assert "sip:bob@bob-new.example" in redirected
    assert "accepted (202), but no NOTIFY tells how it went" in transferred
    assert any("no RTP" in note for note in diagnosis.notes)


def test_a_registration_refused_after_the_login() -> None:
    registration, presence = read("sipnab-sip-auth-failure.pcapng").reports
    assert (registration.kind, registration.verdict) == ("registration", "fail")
    assert "403 Forbidden" in registration.sentence
    assert "a login was sent and refused" in registration.sentence
    assert "user name, password and realm" in registration.remedy
    assert presence.kind == "other"  # it fails for the same reason, and decides nothing


def test_a_call_over_tcp_with_comfort_noise() -> None:
    (report,) = read("sipnab-sip-over-tcp.pcap").reports
    assert report.verdict == "pass"
    assert report.sentence == (
        "Answered after 4.3 s; 2.2 s of talk, ended by the callee (Q.850 cause 16 Normal call "
        "clearing (“local”)); audio both ways (42 RTP packets to the caller, 24 to the callee, "
        "with comfort noise in pauses)."
    )


def test_calls_to_a_number_that_does_not_exist() -> None:
    diagnosis = read("sipnab-sip-routing-error.pcapng")
    calls = [report for report in diagnosis.reports if report.kind == "call"]
    assert [(call.caller, call.called) for call in calls] == [
        ("telephone2", "telephone1"),
        ("telephone1", "telephone2"),
    ]
    for call in calls:
        assert call.verdict == "fail"
        assert call.findings[0].rule == "route.number"
        assert "404 Not Found – nobody has this number there" in call.sentence
    registrations = [report for report in diagnosis.reports if report.kind == "registration"]
    assert {report.verdict for report in registrations} == {"pass"}
    assert diagnosis.verdict == "fail"


def test_a_content_length_that_is_no_number() -> None:
    (report,) = read("zeek-sip-invalid-content-length.pcap").reports
    assert report.verdict == "inconclusive"
    assert "the capture ends" in report.sentence
    said = [f for f in report.findings if f.rule == "message.malformed"]
    assert "'bad'" in said[0].sentence
    assert "'xyz'" in said[0].sentence
    assert said[0].source == "RFC 3261 §20.14"


def test_junk_before_a_request_that_lacks_its_headers() -> None:
    (report,) = read("zeek-sip-junk-before-request.pcap").reports
    assert (report.kind, report.verdict) == ("registration", "inconclusive")
    assert "was not answered in the" in report.sentence
    assert "Via header field is missing" in report.sentence


def test_messages_of_nineteen_kilobytes_over_udp() -> None:
    (report,) = read("zeek-sip-long-paths.pcap").reports
    assert (report.kind, report.verdict) == ("options", "pass")
    assert any("9563 bytes over UDP" in finding.sentence for finding in report.findings)


# -- a second opinion ---------------------------------------------------------------------


def doctor(file: Path) -> dict[str, str]:
    """What sip-doctor says of each Call-ID: error, warn, or fine."""
    program = Path(sys.executable).with_name("sip-doctor")
    done = subprocess.run(
        [program, "read", file, "--json", "--all"], capture_output=True, timeout=60, check=False
    )
    found = {}
    for dialog in json.loads(done.stdout)["dialogs"]:
        severities = {finding["severity"] for finding in dialog["findings"]}
        word = next((w for w in ("error", "warn") if w in severities), "fine")
        found[dialog["call_id"]] = word
    return found


AGREES = {"fail": "error", "pass": "fine"}


def disagreements(file: Path) -> dict[str, tuple[str, str]]:
    """Calls, registrations and OPTIONS of which both say something else: (theirs, ours)."""
    theirs = doctor(file)
    reports = diagnosed(captures.load(file)).reports
    ours = {r.entries[0].call_id: r for r in reports if r.entries[0].call_id}
    assert set(ours) <= set(theirs)
    return {
        call_id: (theirs[call_id], report.verdict)
        for call_id, report in ours.items()
        if report.kind != "other" and AGREES.get(report.verdict) != theirs[call_id]
    }


REAL = {
    "sip-ladder-demo-call-flow.pcap": {
        # Redirected, and nobody in the capture follows: whether the call came about is open.
        "demo-2-redirect@chicago.example": ("fine", "inconclusive"),
        # 202 to REFER is a promise; without NOTIFY nobody knows whether it was kept.
        "demo-3-transfer@atlanta.example": ("fine", "inconclusive"),
    },
    "sipnab-sip-auth-failure.pcapng": {},
    "sipnab-sip-over-tcp.pcap": {
        # It takes pauses filled with comfort noise (RFC 3389) for dropouts, at a MOS of 4.4.
        "158936656982201062716@10.33.6.100": ("warn", "pass"),
    },
    "sipnab-sip-routing-error.pcapng": {},
    "zeek-sip-invalid-content-length.pcap": {
        # The capture ends with the 200: an ACK, which would make it a call, is not in it.
        "a84b4c76e66710@10.0.0.1": ("fine", "inconclusive"),
    },
    "zeek-sip-junk-before-request.pcap": {},  # no Call-ID, and so no dialog to compare
    "zeek-sip-long-paths.pcap": {
        # It was answered, so the size did no harm; here that is a remark beside the verdict.
        "path-growth@example.com": ("warn", "pass"),
    },
}


@pytest.mark.parametrize("name", REAL)
def test_sip_doctor_agrees_on_real_captures_or_the_difference_is_known(name: str) -> None:
    assert disagreements(real(name)) == REAL[name]


@dataclass
class Case:
    """A capture of ours, and how sip-doctor differs on it, if it does, with the reason."""

    talk: Talk
    media: Iterable[MediaPacket] = ()
    differs: tuple[str, str] | None = None
    because: str = ""


def _refused(status: str) -> Talk:
    return Talk().ask(0, "INVITE", body=sdp(CALLER[0])).say(0.1, status)


def _ack_lost() -> Talk:
    talk = Talk().answered()
    for at in (2.5, 3.5, 5.5, 9.5):
        talk.say(at, "200 OK", body=sdp(CALLEE[0], 50_000))
    return talk.bye()


def _silent() -> Talk:
    talk = Talk()
    for count in range(7):
        talk.ask(0.5 * (2**count - 1), "INVITE", body=sdp(CALLER[0]))
    return talk


CASES = {
    "good": Case(Talk().answered().bye(), both_ways()),
    "not found": Case(_refused("404 Not Found")),
    "forbidden": Case(_refused("403 Forbidden")),
    "no codec": Case(_refused("488 Not Acceptable Here")),
    "overload": Case(_refused("503 Service Unavailable")),
    "one way": Case(
        Talk().answered().bye(), [*rtp((CALLER[0], 40_000), (CALLEE[0], 50_000), 2.1, 9.8)]
    ),
    "ACK lost": Case(
        _ack_lost(),
        both_ways(),
        ("fine", "fail"),
        "it does not look at repeated 200s; such a call is dropped after 32 s",
    ),
    "BYE refused": Case(
        Talk().answered().ask(12, "BYE", 2, tagged=True).say(12.1, "481 Gone", "BYE", 2),
        both_ways(),
        ("warn", "fail"),
        "the other leg stands on, and its caller hears nothing for a minute",
    ),
    "silent": Case(
        _silent(),
        (),
        ("error", "inconclusive"),
        "nothing of that host is in the capture, which may see one direction only",
    ),
    "busy": Case(
        _refused("486 Busy Here"),
        (),
        ("warn", "fail"),
        "it never rang: a trunk that says busy at once refuses the call, not a person",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_sip_doctor_agrees_on_written_captures_or_the_difference_is_known(
    name: str, tmp_path: Path
) -> None:
    case = CASES[name]
    file = tmp_path / "call.pcapng"
    pcap.write(file, case.talk.entries, case.media)
    found = disagreements(file)
    assert found == ({"call-1": case.differs} if case.differs else {}), case.because


# -- the command --------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["diagnose", *arguments])
    return result.exit_code, result.output


def written(folder: Path, talk: Talk, media: Iterable[MediaPacket] = ()) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "call.pcapng"
    pcap.write(file, talk.entries, media)
    return file


def test_the_command_tells_calls_and_leaves_with_the_worst(tmp_path: Path) -> None:
    code, output = run(str(written(tmp_path, Talk().answered().bye(), both_ways())))
    assert code == 0
    assert "✔ pass: Answered after 2.0 s" in output
    code, output = run(str(written(tmp_path, _refused("404 Not Found"))))
    assert code == 1
    assert "✖ fail" in output
    assert "→ Compare the form of the number" in output
    assert run(str(written(tmp_path, Talk().ask(0, "INVITE"))))[0] == 3
    assert run(str(written(tmp_path, Talk())))[0] == 3


def test_a_runs_folder_is_read_by_its_captures(tmp_path: Path) -> None:
    written(tmp_path / "captures", _refused("404 Not Found"))
    code, output = run(str(tmp_path))
    assert code == 1
    assert "captures/call.pcapng" in output
    code, output = run(str(tmp_path / "nowhere"))
    assert code == 2
    assert "There is no run and no capture at" in output


def test_the_ladders_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    file, page = written(tmp_path, _refused("404 <b>Not</b> Found")), tmp_path / "ladder.html"
    assert run(str(file), "--ladder", str(page))[0] == 1
    text = page.read_text(encoding="utf-8")
    assert "data:image/svg+xml" in text
    assert "<b>Not</b>" not in text
    assert "<script" not in text
    assert run(str(file), "--ladder", str(tmp_path / "no" / "where.html"))[0] == 2


def test_hostile_text_is_made_harmless_on_the_terminal(tmp_path: Path) -> None:
    talk = (
        Talk().ask(0, "INVITE").say(0.1, "404 \x1b[2J\u202egnp", "INVITE", 1, "X-Reason: \x07\x00")
    )
    talk.from_ = "<sip:\x1b]0;pwned@x>;tag=a"
    _, output = run(str(written(tmp_path, talk)))
    assert not {"\x1b", "\u202e", "\x07", "\x00"} & set(output)
