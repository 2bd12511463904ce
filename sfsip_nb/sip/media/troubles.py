"""What is wrong with the sound of a call, in sentences that name direction and cause."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..addresses import is_private
from ..shown import counted, where
from . import figures
from .levels import FLOOR

if TYPE_CHECKING:
    from .rtp import Audio

_LOSS_PERCENT = 1.0
"""From here on loss is worth a sentence; G.711 without concealment crackles."""


@dataclass(frozen=True)
class Trouble:
    """One finding. `name` is stable: keys one_way codec private source stopped loss silence."""

    name: str
    sentence: str


def troubles(audio: "Audio") -> list[Trouble]:
    """Everything found, the likeliest cause first; empty for a healthy stream."""
    return [*_keys(audio), *_codec(audio), *_address(audio), *_one_way(audio), *_quality(audio)]


def _keys(audio: "Audio") -> Iterator[Trouble]:
    """SRTP that cannot be read (RFC 4568 §5.1, RFC 3711 §3.3)."""
    for reason, count in audio.srtp_failures.items():
        if "replay" in reason:
            continue  # Duplicates and late packets: counted, no trouble.
        sentence = f"{counted(count, 'SRTP packet')} from the peer could not be read ({reason}): "
        if audio.unencrypted > count / 2:
            sentence += "they have the length of plain RTP, so the peer does not encrypt."
        else:
            sentence += "the peer uses another key than its a=crypto line, or a lost roll-over."
        yield Trouble("keys", sentence)


def _codec(audio: "Audio") -> Iterator[Trouble]:
    """Another payload type than the one agreed (RFC 3264 §6.1)."""
    foreign = audio.receiver.foreign
    if sum(foreign.values()) > audio.packets_received / 10:
        name, count = foreign.most_common(1)[0]
        yield Trouble(
            "codec",
            f"{audio.codec} was agreed, but {counted(count, 'packet')} came as {name}: "
            "the peer sends another codec than its SDP names.",
        )


def _address(audio: "Audio") -> Iterator[Trouble]:
    """Packets from elsewhere than the SDP says (RFC 4961), or an SDP that nobody can follow."""
    said, source = audio.described[0], audio.receiver.source
    if is_private(said) and (source is None or source[0] != said):
        came = f"its packets come from {source[0]}" if source else "no packet came"
        yield Trouble(
            "private",
            f"The peer's SDP names {said}, an address of a private network, and {came}: "
            "what is sent there is lost unless something on the way rewrites it.",
        )
    elif source is not None and source[0] != said and said:
        yield Trouble(
            "source",
            f"The peer's SDP names {said}, but its packets come from {source[0]} "
            f"(packets still go to {said}).",
        )


_DEAD: Mapping[figures.OneWay, tuple[str, str]] = {
    "nothing received": ("from the peer to us", "none came back"),
    "peer hears nothing (RTCP)": (
        "from us to the peer",
        "but its RTCP reports that none arrive",
    ),
    "nothing either way (RTCP)": (
        "in either direction",
        "its RTCP reports that none arrive, and none came back",
    ),
}
"""Which direction is dead, and what became of our packets."""


def _one_way(audio: "Audio") -> Iterator[Trouble]:
    if dead := figures.one_way(audio):
        direction, fate = _DEAD[dead]
        yield Trouble(
            "one_way",
            f"No sound {direction}: {counted(audio.sender.packets, 'packet')} went to "
            f"{where(audio.destination)}, {fate}.",
        )


def _quality(audio: "Audio") -> Iterator[Trouble]:
    if (stopped := figures.stopped_after_s(audio)) is not None:
        sentence = f"The peer's sound stopped after {stopped:.1f} s: {figures.came(audio)}."
        yield Trouble("stopped", sentence)
    stream = figures.measured(audio)
    if stream and (loss := stream.loss_percent) >= _LOSS_PERCENT:
        yield Trouble("loss", f"{loss:.1f} % of the packets from the peer to us were lost.")
    reported = audio.control.reported
    if reported is not None and reported.loss_percent >= _LOSS_PERCENT:
        yield Trouble(
            "loss",
            f"{reported.loss_percent:.1f} % of the packets from us to the peer were lost, "
            "as its RTCP reports.",
        )
    listener = audio.listener
    if listener.seconds >= 1 and listener.loudest_dbov < FLOOR:
        sentence = f"Packets came, but {listener.seconds:.1f} s of them hold only silence."
        yield Trouble("silence", sentence)
