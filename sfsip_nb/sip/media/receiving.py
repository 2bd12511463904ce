"""The stream that comes: counted, timed, listened to, its digits read."""

from collections import Counter, deque

from ..sdp import EVENTS, STATIC
from ..trace import Address
from .events import Keypad
from .listening import Listener
from .packets import Rtp
from .quality import Arrivals
from .sampling import COMFORT_NOISE, PAYLOAD_TYPES
from .sending import Sender
from .speech import SpeechMeter

_MOST_DIGITS, _MOST_FOREIGN = 256, 8


class Receiver:
    """Takes the packets of one leg. `sender` is our own stream, to know its echo by."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.arrivals = Arrivals()
        self.listener = Listener()
        self.octets = 0
        self.source: Address | None = None
        """Where the latest packet came from."""
        self.foreign: Counter[str] = Counter()
        """Packets of payload types that were not agreed, by name."""
        self.digits = ""
        """The digits that the peer pressed, as RFC 4733 events; 256 at most."""
        self.paused = False
        """Whether the latest packet was comfort noise, after which a sender may pause."""
        self.round_trips: deque[float] = deque(maxlen=64)
        """Of packets of ours that came back as they were, in seconds."""
        self.speech: SpeechMeter | None = None
        """Finds speech in what comes, where that was asked for."""
        self._keypad = Keypad()
        self._kinds = {EVENTS: "event", COMFORT_NOISE: "noise"}
        self._kinds |= {number: name for name, number in PAYLOAD_TYPES.items()}

    def describe(self, codec: str, payload_type: int, events: int | None) -> None:
        """What was agreed. Static numbers and ours stay good beside those of the peer."""
        self._kinds = {COMFORT_NOISE: "noise"}
        if events is not None:
            self._kinds |= {EVENTS: "event", events: "event"}
        self._kinds |= {payload_type: codec, PAYLOAD_TYPES[codec]: codec}

    def kind(self, payload_type: int) -> str:
        """What packets of a payload type carry: a codec, event or noise; "" if not agreed."""
        return self._kinds.get(payload_type, "")

    def take(self, packet: Rtp, source: Address, at: float) -> bool:
        """Take a packet; False if it is of a payload type that was not agreed, or empty."""
        kind = self.kind(packet.payload_type)
        self.source = source
        if not kind or not packet.payload:
            self._odd(packet.payload_type)
            return False
        if kind == "event":
            self._event(packet, at)
            return True
        self.octets += len(packet.payload)
        heard_at = at
        if packet.ssrc == self._sender.ssrc:
            at = self._echo(packet.sequence, at)
        self.paused = kind == "noise"
        fresh = self.arrivals.add(packet.ssrc, packet.sequence, packet.timestamp, at)
        if fresh and self.paused:
            self.listener.hush(heard_at)
        elif fresh:
            self.listener.hear(kind, packet.payload, heard_at)
        if fresh and self.speech is not None:
            self.speech.take(kind, packet, heard_at)
        return True

    def close(self) -> None:
        """Nothing more comes."""
        if self.speech is not None:
            self.speech.close()

    def _odd(self, payload_type: int) -> None:
        name = STATIC.get(payload_type, f"payload type {payload_type}")
        if name in self.foreign or len(self.foreign) < _MOST_FOREIGN:
            self.foreign[name] += 1

    def _event(self, packet: Rtp, at: float) -> None:
        # Some gateways send their events under an SSRC of their own; those are not of the stream.
        if packet.ssrc == self.arrivals.ssrc and not self.arrivals.add(
            packet.ssrc, packet.sequence, packet.timestamp, at, timed=False
        ):
            return
        if self.speech is not None:
            self.speech.skip(packet)
        digit = self._keypad.take(packet.ssrc, packet.timestamp, packet.payload)
        if digit is not None and len(self.digits) < _MOST_DIGITS:
            self.digits += digit

    def _echo(self, sequence: int, at: float) -> float:
        """When our own packet would have come, had we sent it in time."""
        sent_at, late = self._sender.sent_at(sequence)
        if 0 <= at - sent_at < 10:
            self.round_trips.append(at - sent_at)
            return at - late
        return at
