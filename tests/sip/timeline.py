"""One direction of a call as packets in virtual time: speech where a test puts it, a network that a
seed decides."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sfsip_nb.sip import Recording, Speech, SpeechMeter
from sfsip_nb.sip.media import g711
from sfsip_nb.sip.media.packets import Rtp
from sfsip_nb.sip.media.sampling import PAYLOAD_TYPES, RATE

AT = 1_795_000_000.0
"""Unix seconds of the first packet."""

Sent = tuple[float, Rtp]
"""A packet, and when it arrives."""


@dataclass(frozen=True)
class Network:
    """What becomes of packets. `jitter_s`: each is up to so much later, by itself."""

    loss: float = 0.0
    jitter_s: float = 0.0
    transit_s: float = 0.04
    seed: int = 1

    def carried(self, packets: Iterable[Sent]) -> list[Sent]:
        """The packets that arrive, in the order of their arrival."""
        chance = random.Random(self.seed)
        arrived = [
            (at + self.transit_s + chance.uniform(0, self.jitter_s), packet)
            for at, packet in packets
            if chance.random() >= self.loss
        ]
        return sorted(arrived, key=lambda one: one[0])


def sound(seconds: float, said: Iterable[tuple[float, Recording]]) -> g711.Samples:
    """So many seconds of sound, with recordings that begin at times."""
    samples = np.zeros(round(seconds * RATE), np.int16)
    for at, recording in said:
        place = round(at * RATE)
        part = samples[place : place + len(recording.samples)]
        part[:] = recording.samples[: len(part)]
    return samples


def packets(
    samples: g711.Samples,
    codec: str = "PCMU",
    *,
    at: float = AT,
    each: int = 160,
    ssrc: int = 7,
    sequence: int = 65_000,
    timestamp: int = (1 << 32) - 4000,
    drift: float = 0.0,
) -> Iterator[Sent]:
    """A sound as packets of `each` samples; numbers and timestamps wrap on the way.

    `drift`: by how much the sender's clock is slow, such as 1e-4.
    """
    payload = g711.encode(codec, samples)
    for number, place in enumerate(range(0, len(payload) - each + 1, each)):
        yield (
            at + place / RATE * (1 + drift),
            Rtp(
                PAYLOAD_TYPES[codec],
                number == 0,
                (sequence + number) % (1 << 16),
                (timestamp + place) % (1 << 32),
                ssrc,
                payload[place : place + each],
            ),
        )


def heard(arrived: Iterable[Sent], codec: str = "PCMU") -> list[Speech]:
    """Speech in packets as they arrive."""
    meter = SpeechMeter()
    for at, packet in arrived:
        meter.take(codec if packet.payload_type != 13 else "", packet, at)
    meter.close()
    return meter.speech()


def spoken(
    said: Iterable[tuple[float, Recording]], transit_s: float = 0.04
) -> list[tuple[float, float]]:
    """Where speech of recordings is, by the receiver's clock."""
    return [(AT + at + one.begins + transit_s, AT + at + one.ends + transit_s) for at, one in said]
