"""What was sent: by it, and not by what was raised, the fate of a write is judged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from sfsip_nb.api.errors import UNPROVEN


class Sent:
    """The writes sent while something was carried out, each with the status of its answer.

    One request may have been sent several times. ``statuses`` holds 0 where no answer came.
    """

    def __init__(self) -> None:
        self.statuses: list[int] = []

    @property
    def refused(self) -> bool:
        """Whether it is proved that nothing was carried out.

        Nothing was sent, or the first and only sending was refused with a 4xx. 408 and 425 prove
        nothing (RFC 9110 §15.5.9, RFC 8470 §5.2), nor does any refusal of a request sent again:
        it may be the first sending that stands in the way.
        """
        if not self.statuses:
            return True
        [status] = self.statuses if len(self.statuses) == 1 else [0]
        return 400 <= status < 500 and status not in UNPROVEN


_sent: ContextVar[Sent | None] = ContextVar("sent", default=None)


@contextlib.contextmanager
def sending() -> Iterator[Sent]:
    """Note every write that is sent in here, by whichever client."""
    sent = Sent()
    token = _sent.set(sent)
    try:
        yield sent
    finally:
        _sent.reset(token)


def note(status: int) -> None:
    """A write was sent and answered with `status` (0: no answer)."""
    if (sent := _sent.get()) is not None:
        sent.statuses.append(status)
