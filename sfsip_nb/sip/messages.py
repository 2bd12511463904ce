"""Building messages: requests, ACK, bodies, reason phrases."""

import email
from collections.abc import Mapping

from sipmessage import Request, Response

from . import fields
from .fields import ExtraHeaders, cseq, header
from .headers import IndexedHeaders
from .shown import bracketed

PHRASES: Mapping[int, str] = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress",
    200: "OK", 202: "Accepted", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
    407: "Proxy Authentication Required", 408: "Request Timeout", 413: "Request Entity Too Large",
    415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
    422: "Session Interval Too Small", 423: "Interval Too Brief", 469: "Bad Info Package",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
    486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
    491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
    503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported",
    513: "Message Too Large", 603: "Decline",
}  # fmt: skip
"""Reason phrases of RFC 3261 §21 and its extensions; free text, which never decides anything."""

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY, PRACK, UPDATE, INFO"
"""Methods that the user agent knows (RFC 3261 §20.5)."""

SUPPORTED = "100rel, timer"
"""Extensions that the user agent knows (RFC 3262, RFC 4028)."""

ABILITIES: ExtraHeaders = {"Allow": ALLOW, "Supported": SUPPORTED}

SDP = "application/sdp"


def new_request(method: str, uri: str) -> Request:
    """A request that is still empty."""
    request = Request(method, fields.parse_uri(uri))
    request.headers = IndexedHeaders()
    return request


def set_body(message: Request | Response, body: bytes, content_type: str) -> None:
    """Body, Content-Type and Content-Length (RFC 3261 §20.14)."""
    message.body = body
    if body:
        message.headers.set("Content-Type", content_type)
    message.headers.set("Content-Length", str(len(body)))


def session_body(message: Request | Response) -> bytes:
    """The session description in a body, also in one of several parts (RFC 5621 §3.2)."""
    kind = header(message, "Content-Type").lower()
    if not kind.startswith("multipart/"):
        return message.body if not kind or kind.startswith(SDP) else b""
    head = f"Content-Type: {header(message, 'Content-Type')}\r\n\r\n".encode()
    for part in email.message_from_bytes(head + message.body).walk():
        if part.get_content_type() == SDP and isinstance(
            found := part.get_payload(decode=True), bytes
        ):
            return found
    return b""


def build(
    method: str,
    uri: str,
    host: str,
    from_: str = "",
    to: str = "",
    headers: ExtraHeaders | None = None,
    proxy: str = "",
) -> Request:
    """A request that begins something (RFC 3261 §8.1.1). `host` stands in an empty From."""
    request = new_request(method, uri)
    if proxy:
        loose = proxy if "lr" in fields.uri_parts(proxy).params else f"{proxy};lr"
        request.headers.set("Route", f"<{loose}>")
    parts = fields.uri_parts(uri)
    from_value = from_ or f"sip:{bracketed(host)}"
    user = f"{parts.user}@" if parts.user else ""
    to_value = to or f"sip:{user}{bracketed(parts.host)}"
    from_value, to_value = (v if "<" in v else f"<{v}>" for v in (from_value, to_value))
    request.headers.set("From", f"{from_value};tag={fields.token(5)}")
    request.headers.set("To", to_value)
    request.headers.set("Call-ID", fields.token(12))
    request.headers.set("CSeq", f"1 {method}")
    fields.add_headers(request, headers)
    return request


def copied(request: Request, method: str, *names: str) -> Request:
    """A request with the URI, the number and the named headers of another, without a body."""
    made = new_request(method, str(request.uri))
    for name in names:
        made.headers.setlist(name, list(request.headers.getlist(name)))
    made.headers.set("CSeq", f"{cseq(request)[0]} {method}")
    made.headers.set("Content-Length", "0")
    return made


def ack_for(request: Request, response: Response) -> Request:
    """The ACK for a final response of 300 or more: same branch (RFC 3261 §17.1.1.3)."""
    ack = copied(request, "ACK", "Via", "Route", "From", "Call-ID", "Max-Forwards")
    ack.headers.set("To", header(response, "To"))
    return ack
