"""What a contact center remembers of a call: its legs. Each vendor tells it in its own shape."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sfsip_nb.sip import Call

Object = Mapping[str, Any]


@dataclass
class Participant:
    """One participant's part. A flow and a queue have no call of their own."""

    purpose: str  # customer, ivr, acd, agent or external
    ani: str
    dnis: str
    direction: str = "inbound"
    name: str = ""
    call: Call | None = None
    trunk: Object | None = None
    queue_id: str = ""
    error: str = ""
    disconnect: str = ""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def end(self, disconnect: str, error: str = "") -> None:
        """Close the leg; the first reason stands."""
        if self.ended is None:
            self.ended = datetime.now(UTC)
            self.disconnect, self.error = disconnect, error or self.error


@dataclass
class Conversation:
    """Everything that one call became inside the contact center."""

    direction: str  # of its beginning: inbound or outbound
    legs: list[Participant] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def add(self, leg: Participant) -> Participant:
        """Add a participant; returns it."""
        self.legs.append(leg)
        return leg

    @property
    def ended(self) -> datetime:
        """When its last leg ended; its start, while none has."""
        return max((leg.ended for leg in self.legs if leg.ended), default=self.started)
