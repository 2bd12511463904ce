"""Agreements on audio (RFC 3264), each for the time that it held: until the next, or the end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ... import sdp
from ..calls import OTHER, CallTrace, TracedMessage, Transaction
from ..finding import Observed


@dataclass(frozen=True)
class Agreement:
    """An offer and its answer, and what both say of the stream that the answer takes."""

    offer: TracedMessage
    answer: TracedMessage
    offered: sdp.Sdp
    answered: sdp.Sdp

    @property
    def rows(self) -> tuple[TracedMessage, TracedMessage]:
        """Both messages."""
        return self.offer, self.answer


@dataclass(frozen=True)
class Window:
    """An agreement while it held. `by`: the description by each side, caller and callee."""

    began: datetime
    ended: datetime
    by: dict[str, sdp.Sdp]
    rows: tuple[TracedMessage, TracedMessage]
    """The offer and its answer."""

    @property
    def seconds(self) -> float:
        """How long it held."""
        return (self.ended - self.began).total_seconds()

    @property
    def both(self) -> bool:
        """Whether it allows audio both ways."""
        return all(side.port and side.direction == "sendrecv" for side in self.by.values())


def of(conversation: CallTrace, world: Observed) -> list[Window]:
    """The windows of a call, in order; what only repeats an agreement begins no new one."""
    found: list[Window] = []
    for window in _windows(conversation, world):
        if found and found[-1].by == window.by:
            last = found.pop()
            window = Window(last.began, window.ended, last.by, last.rows)
        found.append(window)
    return found


def _windows(conversation: CallTrace, world: Observed) -> Iterator[Window]:
    # A transfer and a re-INVITE to another medium, as T.38, end the audio as well as a BYE does.
    byes = [t.first.at for t in conversation.of("BYE")]
    byes += [t.first.at for t in conversation.of("REFER") if t.code < 300]
    other = [t.first.at for t in conversation.of("INVITE") if t.in_dialog and _no_audio(t)]
    ends = [*byes, *other, *([world.ended] if world.ended else [])]
    agreed = agreements(conversation)
    for index, pair in enumerate(agreed):
        began = pair.answer.at
        following = [later.answer.at for later in agreed[index + 1 :][:1]]
        until = min((end for end in (*ends, *following) if end > began), default=began)
        side = conversation.side(pair.offer)
        by = {side: pair.offered, OTHER[side]: pair.answered}
        yield Window(began, until, by, pair.rows)


def agreements(conversation: CallTrace) -> list[Agreement]:
    """Offers with their answers, in order; a delayed offer stands in the 200 (RFC 3261 §13.2.1)."""
    agreed: list[Agreement] = []
    hop: tuple[str, str] | None = None
    for transaction in conversation.of("INVITE", "UPDATE"):
        offers = [row for row in transaction.requests if row.sdp]
        answers = [row for row in transaction.responses if 200 <= row.code < 300 and row.sdp]
        acks = [row for row in transaction.acks if row.sdp]
        pair = (offers[:1] + answers[:1]) if offers else (answers[:1] + acks[:1])
        ends = sorted((transaction.client[0], transaction.server[0]))
        hop = hop or (ends[0], ends[1])
        # Hops behind the first carry the same agreement again, with other addresses.
        if len(pair) == 2 and (ends[0], ends[1]) == hop:
            agreed.append(_agreement(*pair))
    return sorted(agreed, key=lambda pair: pair.answer.at)


def _agreement(offer: TracedMessage, answer: TracedMessage) -> Agreement:
    offered, answered = offer.sdp, answer.sdp
    assert offered is not None
    assert answered is not None
    if offered.index != answered.index:
        # Of two streams offered, such as with and without SRTP, the answer refused the first.
        session, *streams = re.split(rb"(?m)^(?=m=)", offer.message.body)
        taken = streams[answered.index : answered.index + 1]
        offered = sdp.parse(b"".join([session, *taken])) or offered
    return Agreement(offer, answer, offered, answered)


def _no_audio(transaction: Transaction) -> bool:
    """Whether it agreed on a session without audio."""
    bodies = [row for row in transaction.requests if row.message.body]
    return bool(bodies) and 200 <= transaction.code < 300 and not any(row.sdp for row in bodies)


def hosts(conversation: CallTrace) -> set[str]:
    """Who exchanges the signaling."""
    entries = conversation.entries
    return {end[0] for entry in entries for end in (entry.source, entry.destination)}


def moved(conversation: CallTrace) -> bool:
    """Whether a re-INVITE moved the audio of a side to another host (direct media)."""
    seen: dict[tuple[str, str], set[str]] = {}
    for row in conversation.rows:
        if row.sdp is not None and row.sdp.port and row.sdp.address not in ("", "0.0.0.0", "::"):
            side = conversation.side(row), row.entry.source[0]
            seen.setdefault(side, set()).add(row.sdp.address)
    return any(len(addresses) > 1 for addresses in seen.values())
