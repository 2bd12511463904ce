"""What it takes to end a call from another process: where the next request goes, and its dialog.

A call whose process is gone has nobody left to send its BYE or its CANCEL. Nothing in here is
secret: it holds no credentials.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from .dns import NextHop
from .wire import Peer

if TYPE_CHECKING:
    from .dialog import Dialog
    from .trace import Transport


@dataclass(frozen=True)
class Standing:
    """One call of ours as it stands. `cancel` is a whole CANCEL, empty once it is answered.

    `name` is what a TLS certificate is checked for; the rest is a `Dialog`'s.
    """

    transport: str
    ip: str
    port: int
    name: str = ""
    cancel: str = ""
    call_id: str = ""
    local: str = ""
    remote: str = ""
    target: str = ""
    user: str = ""
    routes: tuple[str, ...] = ()
    sequence: int = 0

    @classmethod
    def unanswered(cls, peer: Peer, cancel: bytes) -> Standing:
        """A call that is still being set up, by the CANCEL of its INVITE (RFC 3261 §9.1)."""
        return cls(peer.transport, *peer.remote, peer.name, cancel=cancel.decode("utf-8"))

    @classmethod
    def answered(cls, peer: Peer, dialog: Dialog) -> Standing:
        """A call that stands, by its dialog, whose requests go to `peer`."""
        return cls(
            *(peer.transport, *peer.remote, peer.name, ""),
            call_id=dialog.call_id,
            local=dialog.local,
            remote=dialog.remote,
            target=dialog.target,
            user=dialog.user,
            routes=tuple(dialog.routes),
            sequence=dialog.local_seq,
        )

    @classmethod
    def parse(cls, text: str) -> Standing:
        """What `str` gave."""
        data = json.loads(text)
        return cls(**data | {"routes": tuple(data["routes"])})

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    @property
    def hop(self) -> NextHop:
        """Where its next request goes."""
        return NextHop(self.ip, self.port, cast("Transport", self.transport))

    @property
    def peer(self) -> Peer:
        """The same as a peer to which no connection is open."""
        return Peer(self.hop.transport, ("", 0), self.hop.address, name=self.name)
