"""Captures rebuilt from public reports: each gets verdict, kind and words of an engineer."""

import os
from pathlib import Path

import pytest

from sfsip_nb.platforms.shared import captures
from sfsip_nb.sip.evidence.diagnose import diagnosed

CASES = {
    "A02-no-ack-private-contact": ("fail", "dialog.contact", ("172.17.0.2", "container", "ACK")),
    "A03-422-min-se": ("fail", "dialog.timer", ("90 s", "at least 120 s")),
    "A04-refresh-refused-60s": (
        "fail",
        "dialog.refresh",
        ("re-INVITE", "488 Not Acceptable Here", "the refusal ended the call"),
    ),
    "A05-dtmf-wrong-payload": (
        "fail",
        "media.dtmf",
        ("The callee", "payload type 101", "gives 96", "the caller does not hear them"),
    ),
    "A07-answer-savp-no-key": (
        "fail",
        "media.answer",
        ("the callee (203.0.113.40:5060) is RTP/SAVP", "RTP/AVP was offered", "no key"),
    ),
    "A08-rtp-timeout-bye": (
        "fail",
        "media.stopped",
        ("from the caller", "stopped after 5.0 s", "RTP Timeout"),
    ),
    "A09-loop-b2bua-503": (
        "fail",
        "route.loop",
        ("loops between", "6 INVITEs", "#1 to #6", "routed back"),
    ),
    "A10-200-no-contact": ("fail", "dialog.contact", ("203.0.113.40:5060 has no Contact",)),
    "A12-403-caller-id-phrase": ("fail", "access.caller", ("trunkuser", "owns", "E.164")),
    "A14-one-way-after-resume": ("fail", "media.path", ("the caller hears nothing",)),
    "A15-bye-answered-by-bye": (
        "fail",
        "dialog.bye",
        ("11 times", "never answered by the caller"),
    ),
    "A17-rtp-to-other-port": (
        "fail",
        "media.port",
        ("198.51.100.21:31000", "says 198.51.100.21:30000", "nobody listens there"),
    ),
    "A19-answer-not-in-offer": (
        "fail",
        "media.answer",
        ("answer of the callee", "names PCMU, which was not offered"),
    ),
    "C1-captured-on-proxy-direct-media": (
        "inconclusive",
        "capture.point",
        ("no packet between these two hosts", "Capture at 198.51.100.10 or 198.51.100.20"),
    ),
    "C3-cancel-only": ("inconclusive", "capture.begins", ("only 5 CANCELs", "INVITE is not in it")),
    "C4-bye-500-out-of-order": ("pass", "call.good", ("audio both ways",)),
    "C6-no-ack-80s": ("fail", "dialog.ack", ("no ACK", "79.8 s", "32 s")),
    "C7-dead-fork-then-voicemail": ("pass", "call.good", ("Answered after 14.1 s",)),
    "C9-audio-stops-after-0.6s": (
        "inconclusive",
        "media.stopped",
        ("stopped after 0.6 s", "Silence suppression", "sender reports"),
    ),
}

NOTES = {
    "A15-bye-answered-by-bye": ("dialog.bye", "481", "harmless"),
    "C4-bye-500-out-of-order": ("dialog.bye", "500 Request out of order", "both sides had hung up"),
    "C7-dead-fork-then-voicemail": ("route.dead", "14.1 s in silence", "198.51.100.99:5060"),
}
"""What stands beside the verdict."""


@pytest.mark.parametrize("name", CASES)
def test_a_capture_from_the_wild_is_told_as_its_report_has_it(name: str) -> None:
    folder = os.environ.get("SFSIP_SIP_TORTURE")
    if not folder:
        pytest.skip("SFSIP_SIP_TORTURE names no folder with captures")
    verdict, rule, words = CASES[name]
    diagnosis = diagnosed(captures.load(Path(folder) / "wild" / f"{name}.pcap"))
    calls = [report for report in diagnosis.reports if report.kind == "call"]
    found = next((r.findings[0] for r in calls if r.findings[0].rule == rule), None)
    assert found is not None, [report.sentence for report in calls]
    assert found.verdict == verdict
    for word in words:
        assert word in found.text
    # Nothing else in the capture is said to be broken, but for the turns of one loop.
    assert {r.findings[0].rule for r in calls if r.verdict == "fail"} <= {rule}
    if name in NOTES:
        kind, *words_beside = NOTES[name]
        beside = next(f for r in calls for f in r.findings if f.advisory and f.rule == kind)
        for word in words_beside:
            assert word in beside.sentence
