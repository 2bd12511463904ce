"""What both ends say of their streams by RTCP (RFC 3550 §6.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ..media.rtcp import RtcpReport
from ..trace import Address

MAX_REPORTED: Final = 5_000
"""Senders and listeners of which reports are kept."""


@dataclass(frozen=True)
class SenderCount:
    """What a sender says that it has sent, and how much of it had been seen by then."""

    at: datetime
    sent: int
    seen: int


@dataclass(frozen=True)
class Counted:
    """A sender's first and latest report of one SSRC."""

    first: SenderCount
    latest: SenderCount

    @property
    def sent(self) -> int:
        """Packets that it sent: between both reports, or up to the only one."""
        return self.latest.sent - (self.first.sent if self.first is not self.latest else 0)

    @property
    def seen(self) -> int:
        """Packets of these that were seen."""
        return self.latest.seen - (self.first.seen if self.first is not self.latest else 0)

    @property
    def unseen(self) -> int:
        """Packets that were sent and not seen."""
        return max(0, self.sent - self.seen)


class Reports:
    """Collects reports; memory is bounded by their number."""

    def __init__(self) -> None:
        self.hearing: dict[Address, datetime] = {}
        """When each address last reported that it gets something."""
        self.highest: dict[int, int] = {}
        """The highest sequence number, with its wraps, that a listener reports of an SSRC."""
        self._counted: dict[tuple[str, int], Counted] = {}

    def add(self, at: datetime, source: Address, report: RtcpReport, seen: int) -> None:
        """Take a report; `seen` packets of its sender's SSRC were seen so far."""
        if report.blocks and len(self.hearing) < MAX_REPORTED:
            self.hearing[source] = at
        for block in report.blocks:
            if len(self.highest) < MAX_REPORTED:
                self.highest[block.ssrc] = max(block.highest, self.highest.get(block.ssrc, 0))
        if report.sender is None:
            return
        count = SenderCount(at, report.sender.packets, seen)
        key = source[0], report.ssrc
        if before := self._counted.get(key):
            self._counted[key] = Counted(before.first, count)
        elif len(self._counted) < MAX_REPORTED:
            self._counted[key] = Counted(count, count)

    @property
    def any(self) -> bool:
        """Whether any sender reported."""
        return bool(self._counted)

    def of(self, host: str, ssrc: int | None = None) -> Counted | None:
        """What a host says that it sent: of an SSRC, or of the one of which it sent most."""
        found = [
            counted
            for (source, named), counted in self._counted.items()
            if source == host and ssrc in (None, named)
        ]
        return max(found, key=lambda counted: counted.sent, default=None)
