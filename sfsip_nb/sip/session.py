"""The media of a call: offers, answers, keys and the audio they lead to (RFC 3264)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from . import sdp
from .media.rtp import Audio
from .media.srtp import Crypto, Protection
from .sdp import Agreed, Description, Sdp, SdpRefusal, Srtp

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]


class MediaSession:
    """Both descriptions of one call.

    `offer` and `answer` are the peer's first ones; `offering` says that an offer of ours waits
    for its answer, when no other may be made or taken (RFC 3264 §4).
    """

    def __init__(self) -> None:
        self.audio: Audio | None = None
        self.offer: Sdp | None = None
        self.answer: Sdp | None = None
        self.crypto: Crypto | None = None
        self.direction: Direction = "sendrecv"
        """What we last agreed to do: other than sendrecv, we hold the peer (RFC 3264 §8.4)."""
        self.offering = False
        self.settled = False
        self.body = b""
        self._description: Description | None = None
        self._codecs: Sequence[str] = ()
        self._srtp: Srtp = "off"
        self._keys: tuple[Crypto, Crypto] | None = None

    async def open(self, host: str, codecs: Sequence[str], srtp: Srtp) -> None:
        """Bind the port for RTP; `codecs` and `srtp` are what this side is ready for."""
        self.audio = await Audio.open(host)
        self._description = Description(self.audio.local)
        self._codecs, self._srtp = codecs, srtp

    def make_offer(self, direction: str = "") -> bytes:
        """Our description as an offer; later ones keep the codec and the key of the first."""
        assert self._description is not None
        assert self.audio is not None
        if self._srtp != "off" and self.crypto is None and not self.settled:
            self.crypto = Crypto.new()
        srtp: Srtp = self._srtp
        if self.settled and not self.audio.secure:
            srtp = "off"
        crypto = self.crypto if srtp != "off" else None
        self.body = self._description.offer(
            self._codecs, srtp, crypto, direction=direction or self.direction
        )
        self.offering = True
        return self.body

    def take_answer(self, answer: Sdp | None) -> bool:
        """Take an answer, early or final; False if it is none to our offer (RFC 3264 §6)."""
        agreed = sdp.negotiate(answer, self._codecs, self._srtp) if answer is not None else None
        self.offering = False
        if answer is None or agreed is None or isinstance(agreed, SdpRefusal):
            return False
        self.answer, self.settled = answer, True
        self._start(answer, agreed)
        return True

    def make_answer(self, offer: Sdp) -> bytes | SdpRefusal:
        """Our description as an answer, and the audio that follows from it (RFC 3264 §8).

        The codec in use is kept where the peer still offers it, and SRTP is not given up.
        """
        if self.audio is None or self._description is None:
            return SdpRefusal(304, "Media type not available")
        secure = self.audio.secure
        srtp: Srtp = self._srtp if not self.settled else "optional" if secure else "off"
        agreed = sdp.negotiate(offer, [self.audio.codec], srtp) if self.settled else None
        if agreed is None or isinstance(agreed, SdpRefusal):
            agreed = sdp.negotiate(offer, self._codecs, srtp)
        if not isinstance(agreed, SdpRefusal) and secure and agreed.crypto is None:
            agreed = SdpRefusal(302, "Secure SIP transport required")
        if isinstance(agreed, SdpRefusal):
            return agreed
        offer = replace(offer, direction=_common(offer.direction, self.direction))
        if agreed.crypto is not None and self.crypto is None:
            self.crypto = Crypto.new(agreed.crypto.tag, agreed.crypto.suite)
        self.body = self._description.answer(offer, agreed, self.crypto)
        if not self.settled:
            self.answer = sdp.parse(self.body)
        self.settled = True
        self._start(offer, agreed)
        return self.body

    def close(self) -> None:
        """Stop the audio; its numbers stay."""
        if self.audio is not None:
            self.audio.close()

    def _start(self, remote: Sdp, agreed: Agreed) -> None:
        """Send to what the peer described; keys are set up when both are known."""
        assert self.audio is not None
        assert self._description is not None
        protection = None
        ours = self._description.key(agreed.crypto) if agreed.crypto else None
        if agreed.crypto is not None and ours is not None:
            keys = ours, agreed.crypto
            if keys != self._keys:
                protection, self._keys = Protection(*keys), keys
        self.audio.sender.held = remote.direction in ("sendonly", "inactive")
        self.audio.start(remote.remote, agreed, remote.payloads[agreed.codec], protection)


def _common(theirs: str, ours: str) -> str:
    """What is left of the peer's direction, as the peer sees it, while we hold it."""
    sends, receives = "send" in theirs and "recv" in ours, "recv" in theirs and "send" in ours
    names = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}
    return names.get((sends, receives), "inactive")
