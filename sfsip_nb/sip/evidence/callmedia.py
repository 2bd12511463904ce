"""What of an answered call in a capture can be measured: its sound, as far as that is G.711."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..media.sampling import PAYLOAD_TYPES
from .calls import CallTrace
from .sound import Stream


@dataclass(frozen=True)
class CallMedia:
    """The streams by the side that they go to, and the payload types that are G.711."""

    answered: datetime
    ended: datetime
    to: Mapping[str, tuple[Stream, ...]]
    codecs: Mapping[int, str]
    secure: bool

    @classmethod
    def of(cls, talk: CallTrace) -> "CallMedia | None":
        """Of a call; None where it was not answered."""
        if talk.answer is None:
            return None
        described = [row.sdp for row in talk.rows if row.sdp is not None]
        codecs = {number: name for name, number in PAYLOAD_TYPES.items()} | {
            number: name
            for one in described
            for name, number in one.payloads.items()
            if name in PAYLOAD_TYPES
        }
        byes = [bye.first.at for bye in talk.of("BYE")]
        streams = {side: tuple(found) for side, found in talk.media.items()}
        last = [stream.last for found in streams.values() for stream in found]
        answer = talk.answer.sdp
        secure = answer is not None and (answer.secure or bool(answer.crypto))
        return cls(talk.answer.at, min(byes or [max([*last, talk.ended])]), streams, codecs, secure)

    def chosen(self, to: str) -> list[Stream]:
        """The G.711 streams to a side: of those at one time, the one with the most packets."""
        kept: list[Stream] = []
        for stream in sorted(self.to[to], key=lambda each: -each.packets):
            if stream.main_payload_type in self.codecs and not any(
                stream.first < other.last and other.first < stream.last for other in kept
            ):
                kept.append(stream)
        return kept

    @property
    def why_not(self) -> str:
        """Why nothing of it can be measured; empty if something can."""
        if not any(self.to.values()):
            return "There is no RTP of this call here, so how it answered cannot be measured."
        if not any(self.chosen(to) for to in self.to):
            return "Its sound is not G.711 (PCMU, PCMA), so how it answered cannot be measured."
        return ""
