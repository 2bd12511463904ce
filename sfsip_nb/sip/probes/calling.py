"""A call: signalling and audio, judged apart."""

import ssl
import time
from collections.abc import Sequence
from typing import Any

from ..call import Call
from ..digest import Credentials
from ..dns import Resolver
from ..fields import ExtraHeaders
from ..sdp import Srtp
from ..trace import Transport
from .reach import ProbeResult, Reach, Verdict, clean


async def call(
    uri: str,
    *,
    from_: str,
    credentials: Sequence[Credentials] = (),
    send_hz: float | None = 1004.0,
    expect_hz: float | None = None,
    seconds: float = 3.0,
    codecs: Sequence[str] = ("PCMU", "PCMA"),
    srtp: Srtp = "off",
    headers: ExtraHeaders | None = None,
    proxy: str = "",
    answer_within: float = 30.0,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Call, send a tone, listen, hang up. Signalling and audio are judged apart.

    Passes if the call is answered, the audio expected is heard (any RTP where `expect_hz` is
    None), BYE gets 200 and no 200 was repeated, which would say that our ACK got lost.
    """
    reach = Reach("call", proxy or uri, transport, resolver, tls_client)
    async with reach.agent() as agent:
        if agent is None:
            return reach.result
        leg = await agent.invite(
            uri,
            from_=from_,
            headers=headers,
            codecs=codecs,
            srtp=srtp,
            credentials=credentials,
            transport=transport,
            proxy=proxy,
        )
        await leg.outcome(answer_within)
        heard: bool | None = None
        if leg.state == "answered" and leg.audio is not None:
            leg.audio.play(send_hz)
            heard = await _listen(leg, expect_hz, seconds)
            await leg.bye()
        seen = reach.seen | _call_facts(leg)
        if expect_hz is not None:
            seen["expected_hz"], seen["heard"] = expect_hz, heard
        verdict, sentence = _judge(leg, heard, expect_hz, reach.where)
        return ProbeResult("call", verdict, sentence, seen, list(agent.trace))


async def _listen(leg: Call, expect_hz: float | None, seconds: float) -> bool:
    assert leg.audio is not None
    if expect_hz is None:
        await leg.wait_ended(seconds)
        return leg.audio.packets_received > 0
    began = time.monotonic()
    heard = await leg.audio.heard(expect_hz, seconds)
    # The peer has to hear us for the whole time, however soon we heard it.
    await leg.wait_ended(max(0.0, seconds - (time.monotonic() - began)))
    return heard


def _judge(
    leg: Call, heard: bool | None, expect_hz: float | None, where: str
) -> tuple[Verdict, str]:
    said = f"{leg.code} {clean(leg.phrase)}".strip()
    if not leg.ok:
        if not leg.codes:
            return "inconclusive", f"{where}: the INVITE was not answered ({said})."
        if leg.ended_by == "timeout":
            return "inconclusive", f"{where} took the INVITE but the call was not answered in time."
        return "fail", f"{where} refused the call with {said}."
    if not heard:
        tone = "audio" if expect_hz is None else f"{expect_hz:g} Hz"
        packets = leg.audio.packets_received if leg.audio else 0
        return "fail", f"The call was answered, but no {tone} was heard ({packets} RTP packets)."
    if leg.bye_code != 200:
        return "fail", f"Audio is good, but BYE was answered with {leg.bye_code or 'silence'}."
    if leg.retransmitted_200:
        count = leg.retransmitted_200
        return "fail", f"Audio is good, but the 200 came {count} times again: the ACK is lost."
    return "pass", "The call was answered, audio came, and BYE ended it with 200."


def _call_facts(leg: Call) -> dict[str, Any]:
    return {
        "call_id": leg.call_id,
        "codes": list(leg.codes),
        "code": leg.code,
        "phrase": clean(leg.phrase),
        "challenges": leg.challenges,
        "warning": clean(leg.header("Warning")),
        "reason": clean(leg.header("Reason") or leg.end_reason),
        "bye": leg.bye_code,
        "ended_by": leg.ended_by,
        "retransmitted_200": leg.retransmitted_200,
        "audio": leg.audio.stats() if leg.audio else None,
    }
