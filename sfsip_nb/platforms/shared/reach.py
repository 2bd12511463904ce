"""What each check of a test call shows of its way: how far it came, and what it lacked."""

from __future__ import annotations

from collections.abc import Mapping

from sfsip_nb.engine.callpath import CallPath, Shows, Strength
from sfsip_nb.engine.model import CallFlow

_AUDIO_TO, _SPEECH, _AUDIO_FROM = "audio/to-ai", "audio/to-ai/speech", "audio/from-ai"

_CALL: Mapping[str, Shows] = {
    "platform": Shows("number", Strength.RECORD),
    "flow": Shows("flow", Strength.RECORD),
    "transfer": Shows("trunk", Strength.RECORD, until="agent"),
    "trunk": Shows("trunk", Strength.RECORD, until="sip"),  # no media, or no leg at all
    "leg": Shows("sip", Strength.CODE, until="agent"),
    "digest": Shows("sip", Strength.CODE),
    "from": Shows("caller", Strength.CODE, after="trunk"),  # as sent, whatever came of it
    "messages": Shows("dialog", Strength.CODE),
    "synthflow": Shows("sip", Strength.RECORD, until="agent"),
    "joined": Shows("sip", Strength.RECORD),
    # The contact center itself takes the call before it sends it on: a 200 says no more than that.
    "answer": Shows("number", Strength.CODE, until="agent"),
    "fallback": Shows("sip", Strength.RECORD, until="agent"),
    "assistant": Shows("agent", Strength.RECORD),
    "action": Shows("sip-back", Strength.RECORD, until="queue"),
    "refer": Shows("sip-back", Strength.CODE, until="queue"),
    "queue": Shows("queue", Strength.RECORD),
    "agent": Shows("live-agent", Strength.RECORD),
    "heard/AI-agent": Shows(_AUDIO_FROM, Strength.SOUND),
    "heard/live-agent": Shows("audio/live-agent", Strength.SOUND, after="live-agent"),
    "heard/caller": Shows(_AUDIO_TO, Strength.SOUND),
    "rtp": Shows("audio", Strength.SOUND),
    "transcript": Shows(_SPEECH, Strength.SOUND),
    "caller-id/the-AI-agent": Shows("caller", Strength.RECORD),
    "caller-id/*": Shows("caller-back", Strength.RECORD, after="queue"),
    "bye": Shows("dialog", Strength.CODE),
}

LACKS: Mapping[str, str] = {
    "audio": "Audio",
    _AUDIO_TO: "Audio to the AI agent",
    _SPEECH: "What the AI agent understands",
    _AUDIO_FROM: "Audio from the AI agent",
    "caller": "The caller's number, as the AI agent sees it",
    "caller-back": "The caller's number, as the live agents see it",
    "dialog": "Requests within the call",
    "headers": "Custom headers",
}
"""What a call lacks that arrived, by the property that a cause is about."""

_FROM_HERE: Mapping[str, Mapping[str, Shows]] = {
    "probe.options": {"options": Shows("sip", Strength.CODE)},
    "probe.digest": {"right": Shows("sip", Strength.CODE)},
    "probe.codec": {"PCM*": Shows("audio", Strength.CODE)},
    "probe.header": {
        "round-trip": Shows("headers", Strength.RECORD),
        "heard/caller": Shows(_AUDIO_TO, Strength.SOUND),
        "transcript": Shows(_SPEECH, Strength.SOUND),
        "transfer": Shows("transfer", Strength.RECORD),
    },
}
_BACK: Mapping[str, Shows] = {
    "listed": Shows("sip-back", Strength.CODE, until="queue"),
    "queue": Shows("queue", Strength.RECORD),
}


def paths(flows: tuple[CallFlow, ...], platform: str) -> tuple[CallPath, ...]:
    """The ways of a guide's test calls, from its call flows; ``platform`` is the contact center."""
    hops = {flow.step: tuple(hop.at for hop in flow.hops if hop.at) for flow in flows}
    inbound, transfer = hops.get("flow.inbound", ()), hops.get("flow.transfer", ())
    # The caller asks for the transfer aloud: an agent that does not hear it makes none.
    after = (_AUDIO_TO, _SPEECH, *(at for at in transfer if at not in inbound))
    there = tuple(at for at in inbound if at in ("sip", "agent"))
    asking = {"probe.header": (_AUDIO_TO, _SPEECH, "transfer")}
    back = transfer[transfer.index("sip-back") :] if "sip-back" in transfer else ()
    return (
        CallPath("verify.inbound", inbound, _CALL),
        CallPath("verify.transfer", (*inbound, *after), _CALL),
        CallPath("verify.outbound", hops.get("flow.outbound_platform", ()), _CALL),
        *(
            CallPath(test, (*there, *asking.get(test, ())), shows, platform)
            for test, shows in _FROM_HERE.items()
        ),
        CallPath("probe.acl", back, _BACK),
        CallPath("diagnose", (), {"capture/*": Shows("capture", Strength.CODE)}),
    )
