"""The audio of an answered call, each direction judged by its own evidence."""

from typing import Any, Literal

from ..addresses import is_private
from ..call import Call
from ..evidence.finding import Verdict
from ..media.figures import came, measured
from ..media.rtp import Audio
from .listening import Listening

BAD_LOSS = 5.0
"""Percent of lost packets from which speech suffers whatever conceals it (ITU-T G.107, G.113)."""

_GRAVE = ("keys", "codec", "stopped")
"""Troubles with which a stream does not do its work; the others are worth telling."""

Half = dict[str, str]


def directions(leg: Call, script: Listening) -> dict[Literal["to_us", "to_peer"], Half]:
    """What is known of either direction: verdict and sentence."""
    assert leg.audio is not None
    us, peer = _to_us(leg, leg.audio, script), _to_peer(leg.audio)
    return {
        "to_us": {"verdict": us[0], "sentence": us[1]},
        "to_peer": {"verdict": peer[0], "sentence": peer[1]},
    }


def quality(audio: Audio) -> dict[str, Any]:
    """Numbers of the stream from the peer; the MOS is ITU-T G.107's for G.711.

    It assumes default G.107 values, concealment of losses, and no delay beyond half the round trip
    that RTCP measured (none where there is no RTCP). Without a stream there are none.
    """
    stream = measured(audio)
    return {
        "mos": audio.mos,
        "loss_percent": stream and round(stream.loss_percent, 2),
        "jitter_ms": stream and round(stream.jitter_ms, 1),
        "rtt_ms": audio.rtt_ms,
        "troubles": [trouble.sentence for trouble in audio.troubles()],
    }


def _to_us(leg: Call, audio: Audio, script: Listening) -> tuple[Verdict, str]:
    troubles = {trouble.name: trouble.sentence for trouble in audio.troubles()}
    grave = [troubles[name] for name in ("keys", "codec", "private", "one_way") if name in troubles]
    if not script.heard:
        wanted = "audio" if script.expect_hz is None else f"{script.expect_hz:g} Hz"
        sentence = f"No {wanted} was heard ({came(audio)})."
        behind_nat = is_private(audio.local[0]) and not is_private(leg.source[0])
        if not audio.packets_received and behind_nat:
            sentence += (
                f" This machine is behind NAT ({audio.local[0]}), so whether any was sent is not"
                " known: probe from a machine with a public address."
            )
            return "inconclusive", sentence
        remedy = (
            "Set the peer's external media address."
            if "private" in troubles
            else "Open RTP both ways, and compare the media addresses on both lists."
        )
        return "fail", " ".join([sentence, *grave[:2], remedy])
    if worst := [troubles[name] for name in _GRAVE if name in troubles]:
        return "fail", worst[0]
    stream = measured(audio)
    if stream is None:
        sentence = f"Only {came(audio)}. Whether speech gets through is not known."
        return "inconclusive", sentence
    lost = stream.loss_percent
    if lost >= BAD_LOSS:
        return "fail", f"{lost:.1f} % of the audio from the peer is lost."
    if "silence" in troubles and script.expect_hz is None:
        return "inconclusive", f"{troubles['silence']} Whether speech gets through is not known."
    return (
        "pass",
        f"Audio came, {lost:.1f} % of it lost, MOS {audio.mos:.1f}.",
    )


def _to_peer(audio: Audio) -> tuple[Verdict, str]:
    reported = audio.control.reported
    if audio.control.hears is False:
        return "fail", (
            "The peer reports that it hears nothing of us (RTCP). Open RTP toward it, and put this"
            " side's media address on its list."
        )
    if reported is None:
        return "inconclusive", "What the peer hears is not known: it sent no RTCP report."
    lost = reported.loss_percent
    sentence = f"The peer reports {lost:.1f} % of our audio lost (RTCP)."
    return ("fail" if lost >= BAD_LOSS else "pass"), sentence
