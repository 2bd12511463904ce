"""Why a BYE says that the call ends (RFC 3326)."""

from dataclasses import dataclass

from ..calls import CallTrace, TracedMessage
from ..causes import Reason, ending, reasons


@dataclass(frozen=True)
class Ending:
    """A BYE whose Reason names a trouble."""

    side: str
    row: TracedMessage
    reason: Reason
    rule: str

    @property
    def words(self) -> str:
        """Which side hung up, and with which reason: `callee hung up with SIP cause 408`."""
        return f"{self.side} hung up with {self.reason.words}"


def named(conversation: CallTrace) -> list[Ending]:
    """The BYEs that name a trouble, each by the first of its reasons that does."""
    found = []
    for bye in conversation.of("BYE"):
        for reason in reasons(bye.first.message.headers):
            if rule := ending(reason):
                found.append(Ending(conversation.side(bye.first), bye.first, reason, rule))
                break
    return found


def of(conversation: CallTrace, rule: str) -> Ending | None:
    """The first BYE that names this kind of trouble."""
    return next((found for found in named(conversation) if found.rule == rule), None)
