"""A caller who says recordings, each as a turn: when the agent has finished, or while it speaks."""

import time
from collections.abc import Sequence

from ..call import Call
from ..media.recordings import Recording
from ..media.rtp import Audio

QUIET_S = 1.0
"""Seconds of silence after which the agent has finished."""

PATIENCE_S = 6.0
"""Seconds that are waited for the agent to speak at all."""

INTO_S = 1.0
"""Seconds that the agent has spoken when it is interrupted."""

_STEP_S = 0.1


async def converse(leg: Call, audio: Audio, says: Sequence[Recording], barge_in: bool) -> None:
    """Say each recording after what the agent says, or with `barge_in` into it.

    Returns when the call ends, or after the agent has replied to the last one. The audio has to
    `find_speech`.
    """
    audio.play(None)
    since = time.time()
    greeted = audio.started_at
    for recording in says:
        if not await _cue(leg, audio, greeted, since, barge_in):
            return
        await audio.say(recording)
        greeted = since = time.time()
    await _cue(leg, audio, greeted, since, False)


async def _cue(leg: Call, audio: Audio, began: float, since: float, barge_in: bool) -> bool:
    """Wait for the moment to speak; False where the call ended before.

    What the agent began to say before `began` it had begun before our own turn.
    """
    while leg.state == "answered":
        now = time.time()
        heard = audio.speech_heard(began)
        replies = [one for one in heard if one.start >= began]
        quiet = now - heard[-1].end if heard else now - since
        if barge_in and replies and quiet < QUIET_S and now - replies[0].start >= INTO_S:
            return True
        if quiet >= QUIET_S and (replies or now - since >= PATIENCE_S):
            return True
        await leg.wait_ended(_STEP_S)
    return False
