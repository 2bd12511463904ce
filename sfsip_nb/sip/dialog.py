"""Dialogs: whom in-dialog requests name, and the way they take (RFC 3261 §12)."""

from dataclasses import dataclass, field

from sipmessage import Request, Response

from .fields import cseq, header, name_addr, parse_uri, uri_parts, values
from .headers import IndexedHeaders
from .trace import Transport


class ForStrictRouter(Request):
    """A request that goes to its Request-URI, whatever its Route says (RFC 3261 §8.1.2)."""


@dataclass
class Dialog:
    """State of a dialog, early or confirmed. `local` and `remote` are From/To with their tags."""

    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str] = field(default_factory=list)
    local_seq: int = 0
    remote_seq: int = -1
    transport: Transport = "udp"

    @classmethod
    def of_caller(cls, request: Request, response: Response, transport: Transport) -> "Dialog":
        """The dialog that a response makes for the caller (RFC 3261 §12.1.2)."""
        return cls(
            call_id=header(request, "Call-ID"),
            local=header(request, "From"),
            remote=header(response, "To"),
            target=contact(response) or str(request.uri),
            routes=values(response.headers, "Record-Route")[::-1],
            local_seq=cseq(request)[0],
            transport=transport,
        )

    @classmethod
    def of_callee(cls, request: Request, local: str, transport: Transport) -> "Dialog":
        """The dialog of the called side (RFC 3261 §12.1.1). `local` is To with our tag."""
        return cls(
            call_id=header(request, "Call-ID"),
            local=local,
            remote=header(request, "From"),
            target=contact(request) or name_addr(header(request, "From")).uri,
            routes=values(request.headers, "Record-Route"),
            remote_seq=cseq(request)[0],
            transport=transport,
        )

    @property
    def remote_tag(self) -> str:
        """The peer's tag."""
        return name_addr(self.remote).tag

    def request(self, method: str, sequence: int | None = None) -> Request:
        """A request along the route set to the remote target (RFC 3261 §12.2.1.1)."""
        if sequence is None:
            sequence = self.next_seq()
        routes = list(self.routes)
        if routes and "lr" not in uri_parts(name_addr(routes[0]).uri).params:
            # A strict router takes its own URI as Request-URI, the target goes last.
            request: Request = ForStrictRouter(method, parse_uri(name_addr(routes[0]).uri))
            routes = [*routes[1:], f"<{self.target}>"]
        else:
            request = Request(method, parse_uri(self.target))
        request.headers = IndexedHeaders()
        if routes:
            request.headers.setlist("Route", routes)
        request.headers.set("From", self.local)
        request.headers.set("To", self.remote)
        request.headers.set("Call-ID", self.call_id)
        request.headers.set("CSeq", f"{sequence} {method}")
        return request

    def next_seq(self) -> int:
        """The sequence number of our next request (RFC 3261 §12.2.1.1)."""
        self.local_seq += 1
        return self.local_seq

    def confirm(self, response: Response) -> None:
        """A 2xx: the route set is taken from it, whatever a 1xx said before (§13.2.2.4)."""
        self.refresh(response)
        self.routes = values(response.headers, "Record-Route")[::-1]

    def refresh(self, message: Request | Response) -> None:
        """Take a new remote target from a re-INVITE, an UPDATE or its 2xx (RFC 3261 §12.2)."""
        self.target = contact(message) or self.target


def contact(message: Request | Response) -> str:
    """URI of the first Contact, empty if there is none."""
    found = values(message.headers, "Contact")
    return name_addr(found[0]).uri if found else ""


def next_hop(request: Request) -> str:
    """The URI whose host a request is sent to: first Route, else Request-URI (§8.1.2)."""
    routes = values(request.headers, "Route")
    if isinstance(request, ForStrictRouter) or not routes:
        return str(request.uri)
    if "lr" in uri_parts(name_addr(routes[0]).uri).params:
        return name_addr(routes[0]).uri
    return str(request.uri)
