"""A dead man's switch: a process that ends a call once the process that placed it is gone.

A call that costs money must end whatever becomes of us. Whoever places it starts a `Switch`: a
process of its own session, at the other end of a pipe, that is told how the call could be ended.
The pipe closes when the caller's process ends, by SIGKILL too; then the switch hangs up, and so it
does when the call's time is over and nobody has said that the call is. Where the switch is gone as
well (a power failure), the far end drops the call: it has not been acknowledged (RFC 3261
§13.3.1.4), or is not refreshed any more (RFC 4028 §10).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from .addresses import local_ip
from .agent import UserAgent
from .dialog import Dialog
from .digest import Answerer, Credentials
from .dns import NextHop
from .standing import Standing
from .trace import Transport

ENDING = 12.0
"""Seconds that ending a call may take."""

_OVER = "over"
_AHEAD = 1000
"""How far the sequence number of our BYE is ahead of what the caller is known to have sent."""

_REPEATS = (0.5, 1.0, 2.0)
"""Seconds between copies of a CANCEL over UDP; whether it was heard is not waited for."""

_REASON = 'SIP;cause=408;text="the caller is gone"'


class Switch:
    """The caller's end: a context in which a call is placed.

    `note` is told how the call could be ended. Leaving by an exception ends it, if it still stands.
    What the process did is written to `report`, which is missing where it had nothing to do.
    `cafile` is what a TLS server's certificate is checked with besides the public authorities.
    """

    def __init__(
        self, report: Path, seconds: float, logins: Sequence[Credentials], cafile: str | None
    ) -> None:
        told = {
            "until": time.time() + seconds,
            "cafile": cafile,
            "logins": [[known.username, _revealed(known), known.realm] for known in logins],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(report)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # who ends the kernel's group does not end this
        )
        self._tell(json.dumps(told))

    def note(self, standing: Standing) -> None:
        """How the call could be ended, from now on."""
        self._tell(str(standing))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._tell(_OVER)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it is gone: the call goes on all the same
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()


def _revealed(known: Credentials) -> str:
    return known.password if isinstance(known.password, str) else known.password()


class _Only:
    """The resolver that knows one hop."""

    def __init__(self, hop: NextHop) -> None:
        self._hop = hop

    async def candidates(
        self, host: str, port: int | None, transport: Transport | None
    ) -> list[NextHop]:
        """The hop, whatever is asked for: the caller has found it already."""
        return [self._hop]


async def end(standing: Standing, logins: Sequence[Credentials], tls_client: ssl.SSLContext) -> str:
    """End a call as a process that did not place it; what was sent and answered, in words.

    Raises OSError.
    """
    async with UserAgent(
        "sfsip-nb",
        host=local_ip(standing.hop.address),
        resolver=_Only(standing.hop),
        tls_client=tls_client,
    ) as agent:
        if standing.cancel:
            peer = await agent.transport.wire.peer(standing.hop, standing.name)
            pauses = _REPEATS if peer.transport == "udp" else ()
            for pause in (*pauses, 0.0):
                agent.transport.wire.send(standing.cancel.encode(), peer)
                await asyncio.sleep(pause)
            return "CANCEL, before it was answered"
        dialog = Dialog(
            agent.stack,
            Answerer(logins),
            standing.peer,
            call_id=standing.call_id,
            local=standing.local,
            remote=standing.remote,
            target=standing.target,
            user=standing.user,
            ours=True,
            routes=list(standing.routes),
            local_seq=standing.sequence + _AHEAD,
        )
        response = await dialog.send("BYE", {"Reason": _REASON})
        return f"BYE {response.code}" if response else "BYE, unanswered"


def main(report: Path) -> None:
    """Wait for the pipe's end or the call's; end the call, and write what was done."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    lines: list[str] = []
    closed = threading.Event()

    def read() -> None:
        for line in sys.stdin:
            lines.append(line)
            if line.strip() == _OVER:
                break
        closed.set()

    threading.Thread(target=read, daemon=True).start()
    until = time.time() + ENDING
    while not closed.wait(1.0) and time.time() < until:  # the clock on the wall goes on in sleep
        if lines:
            until = json.loads(lines[0])["until"]
    whole = [line.strip() for line in list(lines) if line.endswith("\n")]
    if len(whole) < 2 or whole[-1] == _OVER:
        return
    told, standing = json.loads(whole[0]), Standing.parse(whole[-1])
    tls_client = ssl.create_default_context()
    if told["cafile"]:
        tls_client.load_verify_locations(told["cafile"])
    logins = [Credentials(*login) for login in told["logins"]]
    why = "the caller's process ended" if closed.is_set() else "the call's time was over"
    try:
        done = asyncio.run(asyncio.wait_for(end(standing, logins, tls_client), ENDING))
    except OSError as error:
        done = f"nothing could be sent: {str(error) or 'no answer in time'}"
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    text = json.dumps({"at": at, "why": why, "sent": done})
    fresh = report.with_name(f"{report.name}.new")
    with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    os.replace(fresh, report)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
