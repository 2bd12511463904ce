"""Verdict and sentence for each call of a trace, live or captured: one engine for both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ..media.packets import MediaPacket
from ..shown import counted, plain
from ..trace import Address, TraceEntry
from . import ladder, legs
from .callmedia import CallMedia
from .calls import CallTrace, conversations
from .capture import Capture
from .causes import reasons
from .finding import WORST_FIRST, Finding, Observed, Verdict, seconds, worst
from .rules import (
    acknowledging,
    audio,
    calling,
    flows,
    general,
    hanging_up,
    loops,
    refreshing,
    transfer,
    waiting,
    windows,
)
from .sound import Stream, Streams

_DRAWN, _TOLD = 12, 500
"""Ladders drawn and reports told of one trace."""


@dataclass(frozen=True)
class CallReport:
    """One call, registration or other exchange, with what was found of it.

    `findings` begin with the one that decides; `verdict` and `sentence` are its own.
    """

    number: int
    kind: str
    """`call`, `registration`, `options` or `other`."""
    caller: str
    called: str
    began: datetime
    findings: tuple[Finding, ...]
    entries: tuple[TraceEntry, ...] = field(repr=False)
    streams: tuple[Stream, ...] = ()
    legs: tuple[int, ...] = ()
    """Numbers of other reports that are legs of the same call."""
    media: CallMedia | None = field(default=None, repr=False)
    """Its sound, if it is a call that was answered."""

    @property
    def verdict(self) -> Verdict:
        """pass, fail or inconclusive."""
        return self.findings[0].verdict

    @property
    def sentence(self) -> str:
        """What an engineer would say of it."""
        return self.findings[0].sentence

    @property
    def remedy(self) -> str:
        """What to do about it, and where."""
        return self.findings[0].remedy

    @property
    def name(self) -> str:
        """Number, kind, time and both ends, as one line."""
        legs = "".join(f", with #{number}" for number in self.legs)
        between = f"{self.caller} → {self.called}"
        return f"#{self.number} {self.kind}, {self.began:%H:%M:%S} UTC, {between}{legs}"

    @property
    def told(self) -> tuple[Finding, ...]:
        """The findings that are worth telling: not what is in order beside the calls."""
        beside = self.kind == "other"
        return tuple(f for f in self.findings if not (beside and f.verdict == "pass"))

    def picture(self) -> str:
        """The ladder, as SVG."""
        title = f"#{self.number} {self.caller} → {self.called}: {self.sentence}"
        return ladder.svg(self.entries, title=title, streams=self.streams)


@dataclass(frozen=True)
class Diagnosis:
    """All reports in the order of time. `notes` say what limits them."""

    reports: tuple[CallReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of calls, registrations and OPTIONS; without any of them inconclusive."""
        return worst(report.verdict for report in self.reports if report.kind != "other")

    @property
    def drawn(self) -> list[CallReport]:
        """The reports whose ladders are worth a look, the failed ones first; bounded."""
        worth = [report for report in self.reports if report.kind != "other"]
        return sorted(worth, key=lambda r: (WORST_FIRST.index(r.verdict), r.number))[:_DRAWN]

    def rows(self) -> list[dict[str, str]]:
        """A JSON-like row for each finding worth telling, for tables and the journal."""
        return [
            {
                "call": report.name if place == 0 else f"#{report.number}",
                "verdict": "" if finding.advisory else finding.verdict,
                "rule": finding.rule,
                "sentence": finding.sentence,
                "remedy": finding.remedy if finding.verdict != "pass" else "",
                "messages": ", ".join(map(str, finding.evidence)),
            }
            for report in self.reports[:_TOLD]
            for place, finding in enumerate(report.told)
        ]


def findings(entries: Iterable[TraceEntry], media: Iterable[MediaPacket] = ()) -> list[Finding]:
    """What a live trace shows: all findings, those that decide and fail first."""
    reports = diagnosed(Capture(list(entries), Streams(media))).reports
    return sorted((found for report in reports for found in report.findings), key=_weight)


def decisive(entries: Iterable[TraceEntry]) -> Finding | None:
    """What decides against the messages of one call or request; None if nothing does."""
    first = next(iter(findings(entries)), None)
    return None if first is None or first.advisory or first.verdict == "pass" else first


def _weight(finding: Finding) -> tuple[bool, int]:
    return finding.advisory, WORST_FIRST.index(finding.verdict)


def diagnosed(capture: Capture) -> Diagnosis:
    """Sort messages into calls, and judge each."""
    talks = conversations(capture.entries)
    streams = capture.streams.found(_addresses(talks))
    flows.assign(talks, streams)
    world = Observed(capture, talks, streams)
    others = legs.joined(talks, world.circles)
    reports = []
    for index, talk in enumerate(talks):
        found = sorted(_found(talk, world), key=_weight)
        reports.append(
            CallReport(
                number=index + 1,
                kind=_KINDS.get(talk.kind, "other"),
                caller=plain(talk.party("From"), 40),
                called=plain(talk.party("To"), 40),
                began=talk.began,
                findings=tuple(found),
                entries=tuple(talk.entries),
                streams=tuple(s for found in talk.media.values() for s in found),
                legs=tuple(sorted(others.get(index, set()))),
                media=CallMedia.of(talk),
            )
        )
    limits = list(capture.notes)
    if any(talk.answer for talk in talks) and not streams:
        limits.append("There is no RTP here, so nothing is said about audio." + _past(talks, world))
    if not talks:
        limits.append("There is no readable SIP message here.")
    if len(talks) > _TOLD:
        limits.append(f"Only the first {_TOLD} of {len(talks)} calls and exchanges are shown.")
    return Diagnosis(tuple(reports), tuple(limits))


def _past(talks: Iterable[CallTrace], world: Observed) -> str:
    """Where audio goes that is not here because it passes the capture point by."""
    for talk in talks:
        for pair in windows.agreements(talk)[:1]:
            ends = pair.offered.address, pair.answered.address
            if not world.sees(*ends):
                return f" It goes directly between {' and '.join(ends)}: capture at one of them."
    return ""


_KINDS = {"INVITE": "call", "REGISTER": "registration", "OPTIONS": "options"}


def _found(talk: CallTrace, world: Observed) -> list[Finding]:
    found: list[Finding] = []
    if talk.kind == "INVITE":
        found += loops.turned(talk, world) or calling.outcome(talk, world)
        if talk.answer is not None or not talk.attempts:
            found += acknowledging.acknowledged(talk, world)
            found += refreshing.inside(talk, world)
            found += hanging_up.ended(talk, world, found)
            found += transfer.transfers(talk, world)
        if talk.answer is not None:
            found += audio.judged(talk, world)
        found += waiting.dead(talk)
        found += calling.caller_number(talk)
    elif talk.rows:
        found += general.exchange(talk, world)
    found += general.messages(talk)
    if not found or (talk.kind == "INVITE" and all(finding.advisory for finding in found)):
        found.insert(0, _summary(talk))
    return found


def _summary(talk: CallTrace) -> Finding:
    """The sentence for what is in order, or for what nothing decides about."""
    if talk.answer is None:
        return Finding(
            "inconclusive",
            "message.malformed" if not talk.rows else "peer.answers",
            "Nothing here can be read as a SIP message."
            if not talk.rows
            else f"{plain(talk.entries[0].summary, 60)}: nothing that affects a call.",
            evidence=(1,),
        )
    first, answer = talk.attempts[0].first, talk.answer
    took = seconds((answer.at - first.at).total_seconds())
    byes = [t.first for t in talk.of("BYE")[:1]]
    ending = "still up when the capture ends"
    for bye in byes:
        why = "".join(f" ({reason.words})" for reason in reasons(bye.message.headers)[:1])
        lasted = seconds((bye.at - answer.at).total_seconds())
        ending = f"{lasted} of talk, ended by the {talk.side(bye)}{why}"
    sentence = f"Answered after {took}; {ending}; {_audio(talk)}."
    return Finding.of("pass", "call.good", sentence, [first, answer, *byes])


def _audio(talk: CallTrace) -> str:
    streams = talk.media
    counts = {to: sum(stream.packets for stream in found) for to, found in streams.items()}
    if not any(counts.values()):
        return "its audio is not in this capture"
    quiet = any(stream.comfort_noise for found in streams.values() for stream in found)
    noise = ", with comfort noise in pauses" if quiet else ""
    if windows.moved(talk):
        noise += "; a re-INVITE moved it to another host, perhaps past the capture point"
    if all(counts.values()):
        to_caller = counted(counts["caller"], "RTP packet")
        said = f"{to_caller} to the caller, {counts['callee']} to the callee"
        return f"audio both ways ({said}{noise})"
    to = "caller" if counts["caller"] else "callee"
    return f"audio to the {to} only is in this capture ({counted(counts[to], 'RTP packet')}{noise})"


def _addresses(talks: Iterable[CallTrace]) -> set[Address]:
    return {row.sdp.remote for talk in talks for row in talk.rows if row.sdp is not None}
