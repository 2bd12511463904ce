"""What a refused request held of that which the refusal speaks of: its numbers, caller, offer."""

from ...fields import header, name_addr, number, uri_parts, values
from ...shown import plain, where
from ..calls import CallTrace, TracedMessage, Transaction

FEW_HOPS = 10
"""Max-Forwards below this is set too small, and no loop uses it up (RFC 3261 §8.1.1.6: 70)."""


def beyond(
    conversation: CallTrace, last: Transaction, final: TracedMessage, rule: str, meaning: str
) -> tuple[str, str, str]:
    """Rule and meaning of a refusal in the light of its request, and what to do, if that tells."""
    if not last.requests:
        return rule, meaning, ""
    request = last.requests[0]
    if rule == "dialog.timer":
        return rule, *timer(request, final)
    if rule == "registration.expires":
        least, asked = final.header("Min-Expires"), _expires(request)
        remedy = f"Register for at least {plain(least, 12)} s." if least else ""
        return rule, f"{meaning}: {asked}", remedy
    if final.code == 420:
        lacking = ", ".join(values(final.message.headers, "Unsupported"))
        named = f"“{plain(lacking, 80)}”" if lacking else "an extension in Require"
        return rule, f"the peer lacks {named}, which the request demands", ""
    if final.code == 483:
        return _hops(conversation, request, meaning)
    if rule == "access.caller":
        return rule, f"{meaning}; {_caller(request)}", ""
    if rule.startswith("media."):
        return *_offer(last, rule, meaning), ""
    return rule, meaning, ""


def timer(request: TracedMessage, final: TracedMessage) -> tuple[str, str]:
    """A 422: both numbers, and what to ask for (RFC 4028 §6)."""
    asked = number(request.header("Session-Expires").partition(";")[0])
    least = number(final.header("Min-SE").partition(";")[0])
    said = "no Session-Expires" if asked is None else f"a Session-Expires of {asked} s"
    if least is None:
        return (
            f"{where(final.entry.source)} takes a longer session timer than {said}, and does not "
            "say in Min-SE how long",
            "",
        )
    return (
        f"{said} was asked for, and the peer takes no less than {least} s (Min-SE)",
        f"Ask for a Session-Expires of at least {least} s at {where(request.entry.source)} "
        "(RFC 4028 §6).",
    )


def _expires(request: TracedMessage) -> str:
    contact = name_addr(request.header("Contact")).params.get("expires", "")
    asked = contact or request.header("Expires")
    return f"{plain(asked, 12)} s were asked for" if asked else "it names no time"


def hops(request: TracedMessage) -> int | None:
    """The Max-Forwards of a request, None where it has none that can be read."""
    return number(header(request.message, "Max-Forwards"))


def _hops(conversation: CallTrace, request: TracedMessage, meaning: str) -> tuple[str, str, str]:
    """A 483: set too small, or used up by a loop (RFC 3261 §8.1.1.6, §16.3)."""
    sent = [
        (left, row)
        for row in conversation.rows
        if row.is_request and row.method == request.method and (left := hops(row)) is not None
    ]
    if not sent:
        return "route.loop", meaning, ""
    least, row = min(sent, key=lambda pair: pair[0])
    most = max(left for left, _ in sent)
    way = f"{where(row.entry.source)} to {where(row.entry.destination)}"
    if most < FEW_HOPS:
        passed = len(values(row.message.headers, "Via"))
        whose = "its sender set" if passed < 3 else f"{passed} hops have left"
        return "message.hops", f"it went from {way} with Max-Forwards {least}: all that {whose}", ""
    there = plain(uri_parts(request.uri).user, 40)
    spent = f"{most} at first, {least} from {way}" if least < most else f"{most} from {way}"
    said = f"its Max-Forwards ({spent}) was used up: behind that {there} is routed in a loop"
    return "route.loop", said, ""


def _caller(request: TracedMessage) -> str:
    uri = uri_parts(name_addr(request.header("From")).uri)
    said = f"From names “{plain(uri.user or uri.host, 40)}”"
    if asserted := request.header("P-Asserted-Identity"):
        said += f", P-Asserted-Identity “{plain(name_addr(asserted).uri, 60)}”"
    return said


def _offer(transaction: Transaction, rule: str, meaning: str) -> tuple[str, str]:
    """The answer to a 488 stands in the offer: what did it hold?"""
    offer = next((row.sdp for row in transaction.requests if row.sdp), None)
    if offer is None:
        body = any(row.message.body for row in transaction.requests)
        what = "the offer has no audio" if body else "the INVITE carries no offer"
        return rule, f"{meaning}; {what}"
    codecs = ", ".join(offer.codecs[:6]) or "no codec with a name"
    first = next(iter(values(transaction.requests[0].message.headers, "Via")), "")
    tls = transaction.first.entry.transport == "tls" or "/TLS" in first.upper()
    if not offer.port:
        return rule, f"{meaning}; the offer's audio has port 0, which means: none"
    if offer.profile.upper() not in ("RTP/AVP", "RTP/SAVP"):
        return "media.srtp", f"{meaning}; the offer is {offer.profile}, as browsers send it"
    if tls and not offer.secure and rule == "media.refused":
        return (
            "media.srtp",
            f"{meaning}; the offer is plain {offer.profile} over TLS signaling, where the peer "
            "may demand SRTP (RTP/SAVP)",
        )
    if not {"PCMU", "PCMA"} & set(offer.codecs):
        return "media.codec", f"{meaning}; the offer has no G.711, only {codecs}"
    return rule, f"{meaning}; the offer is {offer.profile} with {codecs}"
