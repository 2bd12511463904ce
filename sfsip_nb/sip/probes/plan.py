"""A request as it is to be sent, and its variants: the same with one difference.

What is wrong with a call that fails is the difference with which it works.
"""

import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ..digest import Credentials
from ..dns import Resolver
from ..fields import ExtraHeaders, uri_parts
from ..sdp import Srtp
from ..trace import Transport

Kind = Literal["unreached", "silent", "refused", "unfit", "unheard", "unclean"]
"""How a call failed, the worst first: no connection; no answer at all; a refusal; a refusal of the
audio as it was offered; answered but no audio heard; heard but with a lost ACK or BYE."""

ORDER: Sequence[Kind | None] = (*get_args(Kind), None)
"""How far a call came; None is a call that works."""

Leave = Callable[[], Mapping[str, str] | None]
"""Leave to place one more call: headers that mark it, or None where no more are allowed.

It may block (a rate is kept), so it is called in a thread.
"""


_ADDRESS = re.compile(r"(?:sips?:)?((?:[^@]*@)?(?:\[[^\]]*\]|[^:;?]*))(?::(\d{1,5}))?(.*)$", re.S)
"""User and host, port, and the rest of a SIP URI."""


def transport_of(uri: str, transport: Transport | None = None) -> Transport:
    """What a URI is reached over: its scheme and parameter first, then `transport`, else UDP."""
    parts = uri_parts(uri)
    named = parts.params.get("transport", "").lower()
    if parts.scheme == "sips" or named == "tls":
        return "tls"
    if named in ("udp", "tcp"):
        return "tcp" if named == "tcp" else "udp"
    return transport or "udp"


@dataclass(frozen=True)
class CallPlan:
    """One call. `transport` counts where neither `uri` nor `proxy` names one.

    `marks` are headers that tell a test call from others; no variant leaves them out. Audio is kept
    as evidence only with `keep`.
    """

    uri: str
    from_: str = ""
    transport: Transport | None = None
    srtp: Srtp = "off"
    proxy: str = ""
    codecs: Sequence[str] = ("PCMU", "PCMA")
    headers: ExtraHeaders = field(default_factory=dict)
    marks: ExtraHeaders = field(default_factory=dict)
    credentials: Sequence[Credentials] = ()
    keep: bool = False
    resolver: Resolver | None = None
    tls_client: ssl.SSLContext | None = None

    @property
    def towards(self) -> str:
        """The URI that decides where it goes first (RFC 3261 §8.1.2)."""
        return self.proxy or self.uri

    @property
    def kind(self) -> Transport:
        """The transport to the next hop."""
        return transport_of(self.towards, self.transport)

    def over(self, transport: Transport) -> "CallPlan":
        """The same over another transport. TLS has the port after that of UDP and TCP."""
        bare = re.sub(r";transport=\w+", "", self.towards, flags=re.I)
        match = _ADDRESS.match(bare)
        assert match is not None  # the pattern takes any text
        head, port, tail = match.groups()
        shift = (transport == "tls") - (self.kind == "tls")
        number = f":{int(port) + shift}" if port else ""
        uri = f"sip:{head}{number};transport={transport}{tail}"
        if self.proxy:
            return replace(self, proxy=uri, transport=transport)
        return replace(self, uri=uri, transport=transport)


@dataclass(frozen=True)
class Variant:
    """One difference. `change` gives None where the plan has nothing of the kind."""

    name: str
    fits: frozenset[Kind]
    change: Callable[[CallPlan], CallPlan | None]
    meaning: str


def _over(old: Transport, new: Transport) -> Callable[[CallPlan], CallPlan | None]:
    return lambda plan: plan.over(new) if plan.kind == old else None


def _srtp(old: Sequence[Srtp], new: Srtp) -> Callable[[CallPlan], CallPlan | None]:
    return lambda plan: replace(plan, srtp=new) if plan.srtp in old else None


VARIANTS = (
    Variant(
        "with SRTP",
        frozenset({"unfit"}),
        _srtp(["off"], "required"),
        "the peer wants encrypted audio. Turn on SRTP on this side of the trunk",
    ),
    Variant(
        "without SRTP",
        frozenset({"unfit", "unheard"}),
        _srtp(["optional", "required"], "off"),
        "the peer does not accept SRTP as offered. Turn it on there, or off on this side",
    ),
    Variant(
        "over TCP",
        frozenset({"unreached", "silent", "unclean"}),
        _over("udp", "tcp"),
        "UDP on port {port} is blocked, or the request is too large for it. Set the trunk to TCP,"
        " or let UDP through",
    ),
    Variant(
        "over UDP",
        frozenset({"unreached", "silent"}),
        _over("tcp", "udp"),
        "TCP on port {port} is blocked or closed. Set the trunk to UDP, or let TCP through",
    ),
    Variant(
        "without TLS",
        frozenset({"unreached", "silent", "unclean"}),
        _over("tls", "tcp"),
        "TLS on port {port} is what fails: certificate, protocol or firewall. `sfsip probe tls`"
        " says which",
    ),
    Variant(
        "without the proxy",
        frozenset({"unreached", "silent", "refused", "unfit", "unheard", "unclean"}),
        lambda plan: replace(plan, proxy="") if plan.proxy else None,
        "the outbound proxy is in the way. Leave it empty unless the platform asks for one",
    ),
    Variant(
        "without the extra headers",
        frozenset({"silent", "refused"}),
        lambda plan: replace(plan, headers={}) if plan.headers else None,
        "the extra headers are refused, or make the request too large. Send fewer or shorter ones",
    ),
)
"""In the order in which they are tried."""


def variants(plan: CallPlan, kind: Kind) -> list[tuple[Variant, CallPlan]]:
    """What is worth trying after a failure of that kind."""
    changed = ((variant, variant.change(plan)) for variant in VARIANTS if kind in variant.fits)
    return [(variant, other) for variant, other in changed if other is not None]


def meaning(variant: Variant, plan: CallPlan) -> str:
    """What it says about `plan` that it works with this difference."""
    port = uri_parts(plan.towards).port
    return variant.meaning.format(port=port or "5060 or 5061")
