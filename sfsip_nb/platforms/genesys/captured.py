"""Genesys Cloud's own capture of a call's SIP messages, fetched and read as any other capture.

Unverified, and never a reason to fail: how long a capture takes, in what form it comes, and
whether it holds more than the traces do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from sfsip_nb.api import download
from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.clock import until
from sfsip_nb.engine.context import Context
from sfsip_nb.platforms.genesys.platform import genesys
from sfsip_nb.sip import TraceEntry
from sfsip_nb.sip import evidence as wire

_PATIENCE = 15.0  # seconds; what the capture shows, the traces show too
_EARLIEST = 0.1  # seconds: no capture is made sooner
_NOT_YET = (403, 404)
"""A signed address may be named before the file is there (the API answers 202 with one)."""


@dataclass(frozen=True)
class Captured:
    """The messages of one call in Genesys's capture, masked; ``unread`` is why there are none."""

    entries: Sequence[TraceEntry] = ()
    unread: str = ""


def of_call(ctx: Context, call_id: str, start: datetime, end: datetime) -> Captured:
    """Have a call's messages captured, by its Call-ID, and read them."""
    client, why = genesys(ctx), "it was not ready in time"

    def fetched() -> bytes:
        nonlocal why
        address = client.capture_address(wanted)
        if not address:
            return b""
        ctx.redactor.add(address)
        try:
            return download.fetch("Genesys Cloud", address, here=not ctx.live)
        except ApiError as error:
            if error.status not in _NOT_YET:
                raise
            why = str(error)
            return b""

    try:
        wanted = client.request_capture(start, end, callId=call_id)
        what = "Genesys's capture of the call"
        file = until(fetched, bool, _PATIENCE, what, first=_EARLIEST)
        if not file:
            return Captured(unread=why)
        found = wire.capture.read(BytesIO(file)).entries
    except ApiError as error:
        return Captured(unread=f"{error} {error.advice}".strip())
    except wire.NotACapture as what:
        return Captured(unread=f"what came cannot be read: it is {what}")
    entries = [entry for entry in found if entry.call_id == call_id]
    return Captured(entries, "" if entries else "it has no message of the call")
