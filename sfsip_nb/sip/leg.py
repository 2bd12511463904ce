"""What can be read of a call, and waited for. `call.Call` adds what can be done with it."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sipmessage import Headers, Request

from .fields import header, name_addr, uri_parts
from .media.rtp import Audio
from .sdp import Sdp
from .session import MediaSession
from .trace import Address, TraceEntry, Transport
from .transport import Peer

if TYPE_CHECKING:
    from .agent import UserAgent

State = Literal["trying", "ringing", "answered", "ended", "failed"]


def now() -> datetime:
    """Aware UTC time."""
    return datetime.now(UTC)


class Leg:
    """The facts of one call: who, when, over what, and how it ended."""

    def __init__(
        self,
        agent: "UserAgent",
        direction: Literal["in", "out"],
        invite: Request,
        peer: Peer,
        local_tag: str,
    ) -> None:
        self.agent, self.direction, self.invite = agent, direction, invite
        self.local_tag = local_tag
        self.met(peer)
        self.call_id = header(invite, "Call-ID")
        self.request_uri = str(invite.uri)
        self.remote_headers: Headers = invite.headers if direction == "in" else Headers()
        self.bye_headers = Headers()
        """Of the BYE or CANCEL that came."""
        self.session = MediaSession()
        self.state: State = "trying"
        self.code, self.phrase = 0, ""
        self.failure: OSError | None = None
        """Why the INVITE could not be sent, or what became of its connection."""
        self.send_error: OSError | None = None
        """Why the latest request inside the dialog could not be sent."""
        self.codes: list[int] = []
        self.started_at = now()
        self.ringing_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.ended_by: Literal["", "local", "remote", "timeout"] = ""
        self.end_reason = ""
        self.bye_code: int | None = None
        self.retransmitted_200 = self.challenges = self.reinvites = self.updates = 0
        self.decided = asyncio.Event()
        self.ringing = asyncio.Event()
        self.over = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Call {self.direction} {self.call_id} {self.state} {self.code}>"

    def met(self, peer: Peer) -> None:
        """The INVITE came from there, or is sent there."""
        self.peer = peer
        self.transport: Transport = peer.transport
        self.source: Address = peer.remote

    @property
    def key(self) -> tuple[str, str]:
        """Call-ID and our own tag: the dialog as this side finds it (RFC 3261 §12)."""
        return self.call_id, self.local_tag

    @property
    def from_uri(self) -> str:
        """URI of the From header."""
        return name_addr(header(self.invite, "From")).uri

    @property
    def user(self) -> str:
        """User part of the Request-URI: the number called."""
        return uri_parts(self.request_uri).user

    @property
    def caller(self) -> str:
        """User part of From: the number calling."""
        return uri_parts(self.from_uri).user

    @property
    def caller_name(self) -> str:
        """Display name of From; text of a stranger."""
        return name_addr(header(self.invite, "From")).name

    @property
    def ok(self) -> bool:
        """Whether the call was answered."""
        return self.answered_at is not None

    @property
    def audio(self) -> Audio | None:
        """The audio; of an outgoing call from the INVITE on, of an incoming one once described."""
        return self.session.audio

    @property
    def offer(self) -> Sdp | None:
        """The first offer, of whichever side; None if the INVITE had none."""
        return self.session.offer

    @offer.setter
    def offer(self, offer: Sdp | None) -> None:
        self.session.offer = offer

    @property
    def answer_sdp(self) -> Sdp | None:
        """The latest answer to an offer of ours, or our answer to the first offer."""
        return self.session.answer

    @property
    def trace(self) -> list[TraceEntry]:
        """Messages of this Call-ID."""
        return self.agent.trace.for_call(self.call_id)

    def header(self, name: str, default: str = "") -> str:
        """First value of one of the peer's headers."""
        return self.remote_headers.get(name) or default

    async def wait_ended(self, timeout: float | None = None) -> bool:
        """Whether the call is over within the time-out."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self.over.wait()
        return self.over.is_set()

    def answered(self, code: int, phrase: str) -> None:
        """The call stands."""
        self.code, self.phrase = code, phrase
        self.state, self.answered_at = "answered", now()

    def unreachable(self, error: OSError, doing: str = "") -> None:
        """A message could not be sent, which counts as a 503 (RFC 3261 §8.1.3.1)."""
        self.failure = error
        said = str(error) or "connection timed out"
        self.end("failed", "local", code=503, phrase=f"{doing}{said}")

    def end(
        self,
        state: Literal["ended", "failed"],
        by: Literal["local", "remote", "timeout"],
        *,
        code: int = 0,
        phrase: str = "",
    ) -> None:
        """Mark the call as over, once."""
        if self.over.is_set():
            return
        self.state, self.ended_by, self.ended_at = state, by, now()
        if code:
            self.code, self.phrase = code, phrase
        self.decided.set()
        self.over.set()
        self.session.close()

    def drop(self) -> None:
        """Release what the call holds, without a word to the peer."""
        self.session.close()
