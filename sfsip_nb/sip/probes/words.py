"""What an answer means and where to mend it: "403 Forbidden" alone helps nobody."""

from collections.abc import Callable

from .reach import clean

_SPEAKING = ("X-Twilio-Error", "Warning", "Reason", "X-Reason", "X-Asterisk-HangupCause")
"""Headers in which a peer says why, the most telling first."""

_MEANING = {
    400: "The peer does not read this request, or (some SBCs) shares no codec: compare the offers",
    401: "User name, password or realm are not those of the trunk: compare both sides",
    403: "The credentials are wrong, or this address or caller number may not call: look at the"
    " trunk's login, allow list and caller ID",
    404: "Nobody has this number there: compare its form (with or without +), import and routing",
    405: "The peer does not take this method",
    407: "User name, password or realm are not those of the trunk: compare both sides",
    408: "The peer got no answer from behind it in time",
    480: "Nobody is registered or free behind the number, or its account is at its limit",
    482: "The call goes round in a circle: look at what the number is routed to",
    483: "The call goes round in a circle: look at what the number is routed to",
    484: "The number is incomplete for the peer: compare its form",
    486: "Busy, or the peer's limit of calls is reached",
    488: "The audio as offered is refused: compare codecs, and SRTP with the trunk's transport",
    500: "The peer failed within itself: its log says why",
    503: "The peer is overloaded, at its limit of calls, or out of service: try again, then ask it",
    603: "The called side, or a block on the way, declines the call",
}


def said(code: int, phrase: str, header: Callable[[str], str]) -> str:
    """Code, phrase and whatever the peer says of its reasons, from its headers."""
    reasons = (f"{name}: {clean(header(name))}" for name in _SPEAKING if header(name))
    return "; ".join([f"{code} {clean(phrase)}".strip(), *reasons])


def meaning(code: int) -> str:
    """What a refusal commonly means, as a sentence; empty where the code says nothing more."""
    return f"{_MEANING[code]}." if code in _MEANING else ""
