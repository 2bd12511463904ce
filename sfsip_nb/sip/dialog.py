"""Dialogs: whom in-dialog requests name, and the way they take (RFC 3261 §12)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sipmessage import Request, Response

from .digest import AUTHORIZATION, Answerer
from .fields import ExtraHeaders, add_headers, cseq, header, name_addr, parse_uri, uri_parts, values
from .headers import IndexedHeaders
from .hops import ForStrictRouter, Hops
from .messages import set_body
from .serving import Incoming
from .stack import Stack
from .wire import Peer


@dataclass
class Dialog:
    """State of a dialog, early or confirmed. `local` and `remote` are From/To with their tags."""

    stack: Stack
    answerer: Answerer
    flow: Peer
    """Whom the request that made the dialog was sent to, or came from."""
    call_id: str
    local: str
    remote: str
    target: str
    user: str
    """User part of our Contact: the number called, or our own when we called."""
    ours: bool
    """Whether the Call-ID is of our making."""
    routes: list[str] = field(default_factory=list)
    local_seq: int = 0
    remote_seq: int = -1

    @classmethod
    def of_caller(
        cls, stack: Stack, answerer: Answerer, flow: Peer, request: Request, response: Response
    ) -> "Dialog":
        """The dialog that a response makes for the caller (RFC 3261 §12.1.2)."""
        local = header(request, "From")
        return cls(
            stack,
            answerer,
            flow,
            call_id=header(request, "Call-ID"),
            local=local,
            remote=header(response, "To"),
            target=_contact_of(response) or str(request.uri),
            user=uri_parts(name_addr(local).uri).user,
            ours=True,
            routes=values(response.headers, "Record-Route")[::-1],
            local_seq=cseq(request)[0],
        )

    @classmethod
    def of_callee(cls, stack: Stack, answerer: Answerer, incoming: Incoming) -> "Dialog":
        """The dialog of the called side (RFC 3261 §12.1.1)."""
        request = incoming.request
        return cls(
            stack,
            answerer,
            incoming.peer,
            call_id=header(request, "Call-ID"),
            local=f"{header(request, 'To')};tag={incoming.to_tag}",
            remote=header(request, "From"),
            target=_contact_of(request) or name_addr(header(request, "From")).uri,
            user=uri_parts(str(request.uri)).user,
            ours=False,
            routes=values(request.headers, "Record-Route"),
            remote_seq=cseq(request)[0],
        )

    @property
    def remote_tag(self) -> str:
        """The peer's tag."""
        return name_addr(self.remote).tag

    @property
    def contact(self) -> str:
        """Our Contact in this dialog."""
        return self.stack.transport.contact(self.user, self.flow)

    def request(
        self, method: str, sequence: int | None = None, headers: ExtraHeaders | None = None
    ) -> Request:
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
        request.headers.setlist("Route", routes)
        request.headers.set("From", self.local)
        request.headers.set("To", self.remote)
        request.headers.set("Call-ID", self.call_id)
        request.headers.set("CSeq", f"{sequence} {method}")
        add_headers(request, headers)
        return request

    async def send(
        self,
        method: str,
        headers: ExtraHeaders | None = None,
        body: bytes = b"",
        content_type: str = "",
    ) -> Response | None:
        """Send a request; its answer as of `ask`."""
        request = self.request(method, headers=headers)
        set_body(request, body, content_type)
        return await self.ask(request)

    async def ask(self, request: Request, timeout: float | None = None) -> Response | None:
        """The final response to a request of this dialog, None if nothing was heard in time."""
        try:
            return await self.stack.transact(
                request, self.answerer, timeout=timeout, flow=self.flow, next_seq=self.next_seq
            )
        except OSError:
            return None

    async def acknowledge(
        self, invite: Request, ready: Callable[[Peer], None] = lambda peer: None
    ) -> tuple[Request, Peer]:
        """Send the ACK for a 2xx, along the route set (RFC 3261 §13.2.2.4). Raises OSError.

        `ready` is told just before to whom it goes, as what follows in the dialog does.
        """
        ack = self.request("ACK", cseq(invite)[0])
        for name in AUTHORIZATION.values():  # RFC 3261 §22.1
            ack.headers.setlist(name, list(invite.headers.getlist(name)))
        peer = await Hops(self.stack.transport, ack, flow=self.flow).first()
        ready(peer)
        self.stack.transport.transmit(ack, peer)
        return ack, peer

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
        self.target = _contact_of(message) or self.target


def _contact_of(message: Request | Response) -> str:
    """URI of the first Contact, empty if there is none."""
    found = values(message.headers, "Contact")
    return name_addr(found[0]).uri if found else ""
