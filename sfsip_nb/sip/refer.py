"""Transfer: REFER and the NOTIFYs that report on it (RFC 3515, RFC 6665)."""

import asyncio
import contextlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .dialog import Dialog
from .fields import cseq, name_addr, parameters, uri_parts
from .messages import PHRASES
from .serving import Incoming


@dataclass
class ReferResult:
    """What became of a REFER. Codes are 0 where nothing was heard.

    Many peers never notify, or end the subscription without a body; both leave `final_code` 0,
    which says nothing about the transfer itself.
    """

    accepted_code: int = 0
    notified: list[tuple[datetime, int, str]] = field(default_factory=list)

    over: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    """Set when nothing more is to be reported."""

    @property
    def final_code(self) -> int:
        """Final code that the peer's new call got, by its own report."""
        return next((code for _, code, _ in reversed(self.notified) if code >= 200), 0)

    @property
    def terminated(self) -> bool:
        """Whether the peer ended its reports."""
        return self.over.is_set()

    def heard(self, incoming: Incoming) -> None:
        """Take a report. Neither its media type nor a body is insisted on."""
        body = incoming.request.body.decode("utf-8", "replace")
        if match := re.match(r"\s*SIP/2\.0 +(\d{3}) ?([^\r\n]*)", body):
            self.notified.append((datetime.now(UTC), int(match[1]), match[2]))
        state = incoming.header("Subscription-State").lower()
        if state.startswith("terminated") or self.final_code:
            self.over.set()


class Subscriptions:
    """REFERs that this side sent in one dialog, and their NOTIFYs."""

    def __init__(self) -> None:
        self._sent: dict[int, ReferResult] = {}

    async def refer(self, dialog: Dialog, refer_to: str, timeout: float) -> ReferResult:
        """Send REFER and wait until its subscription ends, or for `timeout` seconds."""
        extra = {
            "Refer-To": refer_to if "<" in refer_to else f"<{refer_to}>",
            "Referred-By": f"<{name_addr(dialog.local).uri}>",
        }
        result = ReferResult()
        # Known by its CSeq before the answer comes; a challenge only makes the number rise.
        self._sent[dialog.local_seq + 1] = result
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                response = await dialog.send("REFER", extra)
                result.accepted_code = response.code if response else 0
                if 200 <= result.accepted_code < 300:
                    await result.over.wait()
        return result

    async def notified(self, incoming: Incoming) -> None:
        """A NOTIFY came; it may come before the answer to REFER (RFC 3515 §2.4.4)."""
        event, _, rest = incoming.header("Event").partition(";")
        if event.strip().lower() != "refer":
            await incoming.respond(489, headers={"Allow-Events": "refer"})
            return
        subscription = self._find(parameters(";" + rest).get("id", ""))
        if subscription is None:
            await incoming.respond(481)
            return
        await incoming.respond(200)
        subscription.heard(incoming)

    def _find(self, identity: str) -> ReferResult | None:
        """The REFER that an `id` means: its CSeq, or that of a try of it that was challenged."""
        number = int(identity) if identity.isdigit() and len(identity) < 12 else None
        known = [seq for seq in self._sent if number is None or seq <= number]
        return self._sent[max(known)] if known else None


class Referral:
    """A REFER received: where the peer wants to be sent."""

    def __init__(self, dialog: Dialog, incoming: Incoming) -> None:
        self.dialog, self._incoming = dialog, incoming
        self.request = incoming.request
        self.source, self.transport = incoming.source, incoming.transport
        uri = name_addr(incoming.header("Refer-To")).uri
        self.target = uri.partition("?")[0]
        self.headers = dict(uri_parts(uri).headers)
        self._event = f"refer;id={cseq(self.request)[0]}"

    async def accept(self) -> None:
        """202, and at once the NOTIFY that RFC 3515 §2.4.4 asks for."""
        await self._incoming.respond(202, headers={"Contact": self.dialog.contact})
        await self.notify(100)

    async def reject(self, code: int = 603, phrase: str = "") -> None:
        """Refuse the transfer."""
        await self._incoming.respond(code, phrase)

    async def notify(self, code: int, phrase: str = "") -> int:
        """Report a code of the new call; the answer to the NOTIFY (0: none)."""
        state = "terminated;reason=noresource" if code >= 200 else "active;expires=60"
        body = f"SIP/2.0 {code} {phrase or PHRASES.get(code, '')}".rstrip() + "\r\n"
        response = await self.dialog.send(
            "NOTIFY",
            {"Event": self._event, "Subscription-State": state},
            body.encode(),
            "message/sipfrag;version=2.0",
        )
        return response.code if response else 0
