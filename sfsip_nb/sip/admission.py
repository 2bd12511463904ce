"""What is wrong with a request before anybody looks at its meaning (RFC 3261 §8.2)."""

from sipmessage import Request

from .fields import header, name_addr, quoted, uri_parts, values
from .messages import ALLOW, SDP, SUPPORTED
from .reading import CUT, Reading
from .serving import Incoming, ServerTransaction

Objection = tuple[int, str, dict[str, str | list[str]]]
"""Code, phrase ("" for the usual one) and headers of a refusal."""

_ALLOWED = frozenset(ALLOW.split(", "))
_KNOWN = _ALLOWED | {"REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE"}
_EXTENSIONS = frozenset(SUPPORTED.split(", "))
_SCHEMES = ("sip", "sips", "tel")


def objection(
    incoming: Incoming, reading: Reading, earlier: ServerTransaction | None, sent_by: str
) -> Objection | None:
    """Why a request is refused, None if it is not. `earlier`: it came before by another way;
    `sent_by`: who refuses it."""
    request = incoming.request
    if fault := reading.refused:
        # On a stream, only what was too long to be waited for comes without its body.
        cut = incoming.transport != "udp" and fault.rule == CUT
        said = f"399 {sent_by} {quoted(fault.text)}"
        return (513, "", {}) if cut else (fault.code, "", {"Warning": said})
    if request.method not in _KNOWN:
        return 501, "", {"Allow": ALLOW}
    if uri_parts(str(request.uri)).scheme not in _SCHEMES:
        return 416, "", {}
    if request.method == "CANCEL":
        return None
    tagged = bool(name_addr(header(request, "To")).tag)
    if earlier is not None and not tagged and not _challenged(earlier):
        return 482, "", {}
    required = {option.lower() for option in values(request.headers, "Require")}
    if unknown := sorted(required - _EXTENSIONS):
        return 420, "", {"Unsupported": ", ".join(unknown)}
    return _body(request) or _answer(request)


def _answer(request: Request) -> Objection | None:
    """An INVITE to which no answer would be welcome (RFC 3261 §8.2.3, §21.4.7)."""
    accepted = values(request.headers, "Accept") if request.method == "INVITE" else []
    kinds = {value.partition(";")[0].strip().lower() for value in accepted}
    if kinds and not kinds & {SDP, "application/*", "*/*"}:
        return 406, "", {"Accept": SDP}
    return None


def _challenged(earlier: ServerTransaction) -> bool:
    """Some send a request with credentials under the CSeq of the one that was challenged."""
    return earlier.last is not None and earlier.last.code in (401, 407)


def _body(request: Request) -> Objection | None:
    """A body that only an INVITE or UPDATE cannot do without understanding (RFC 3261 §8.2.3)."""
    if not request.body or request.method not in ("INVITE", "UPDATE", "PRACK"):
        return None
    if header(request, "Content-Encoding", "identity").lower() != "identity":
        return 415, "", {"Accept-Encoding": "identity"}
    kind = header(request, "Content-Type", SDP).lower().replace(" ", "")
    optional = "handling=optional" in header(request, "Content-Disposition").lower()
    if optional or kind.startswith((SDP, "multipart/")):
        return None
    return 415, "", {"Accept": SDP}
