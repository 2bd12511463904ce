"""What the tests of verdicts share: crafted calls judged, and the login headers of a call."""

from collections.abc import Iterable

from sfsip_nb.sip.evidence.capture import Capture
from sfsip_nb.sip.evidence.diagnose import CallReport, Diagnosis, diagnosed
from sfsip_nb.sip.evidence.sound import Streams
from sfsip_nb.sip.media.packets import MediaPacket
from tests.sip.crafted import CALLER, Talk, sdp

AUTH = 'Authorization: Digest username="u", realm="r", nonce="n", uri="{}", response="0123"'
ASKED = 'WWW-Authenticate: Digest realm="r", nonce="n{}"'


def judge(*talks: Talk, media: Iterable[MediaPacket] = (), until: float = 0.0) -> Diagnosis:
    entries = [entry for talk in talks for entry in talk.entries]
    if until:  # something else is seen later, so that the capture went on
        other = Talk("later", caller=("192.0.2.9", 5060), callee=("192.0.2.8", 5060), at=until)
        entries += other.ask(0, "OPTIONS").say(0.1, "200 OK", "OPTIONS").entries
    return diagnosed(Capture(entries, Streams(media)))


def first(*talks: Talk, media: Iterable[MediaPacket] = (), until: float = 0.0) -> CallReport:
    return judge(*talks, media=media, until=until).reports[0]


def told(report: CallReport) -> str:
    return " | ".join(f"{f.verdict} {f.rule}: {f.sentence} → {f.remedy}" for f in report.findings)


def rules(report: CallReport) -> dict[str, str]:
    return {f.rule: f.verdict for f in report.findings if not f.advisory}


def refused(status: str, *headers: str, offer: str = "", **how: str) -> Talk:
    talk = Talk(**how).ask(0, "INVITE", body=offer or sdp(CALLER[0]))  # type: ignore[arg-type]
    return talk.say(0.02, status, "INVITE", 1, *headers).ask(
        0.03, "ACK", branch=f"INVITE1{talk.call_id}", tagged=True
    )
