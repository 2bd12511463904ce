"""A registration that is kept up: refreshed in time, removed at the end (RFC 3261 §10.2)."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from sipmessage import Response

from .digest import Answerer, Credentials
from .fields import cseq, header, name_addr, number, values
from .messages import build, set_body
from .trace import Transport

if TYPE_CHECKING:
    from .sending import Sending

_REFRESH_AT = 0.8
"""Part of the granted time after which the binding is refreshed."""

_REFUSED = (400, 401, 403, 404, 405, 407, 501)
"""Answers that asking again will not change."""

_RETRY_SECONDS, _LONGEST_RETRY = 30.0, 300.0


class Registration:
    """One binding of an address of record at a registrar.

    `code` is the latest answer (0: none heard), `expires` what was granted in seconds. A server
    that fails is asked again after 30 s, then after twice the time; a refusal ends the matter.
    """

    def __init__(
        self,
        agent: "Sending",
        uri: str,
        *,
        aor: str,
        expires: int,
        contact: str,
        credentials: Sequence[Credentials],
        transport: Transport | None,
        proxy: str,
    ) -> None:
        self._agent, self._uri, self._aor, self._transport = agent, uri, aor, transport
        self._request = build("REGISTER", uri, host=agent.host, from_=aor, to=aor, proxy=proxy)
        self._contact = contact
        self._answerer = Answerer(credentials)
        self._asked = expires
        self._task: asyncio.Task[None] | None = None
        self.code = 0
        self.phrase = ""
        self.failure: OSError | None = None
        """Why the latest REGISTER could not be sent."""
        self.expires = 0
        self.registered_at: datetime | None = None
        self.refreshes = 0

    async def start(self) -> int:
        """Register and begin to refresh; the code of the answer, 0 for none."""
        code = await self._register(self._asked)
        if code not in _REFUSED:
            self._task = self._agent.spawn(self._keep())
        return code

    async def stop(self) -> int:
        """Remove the binding; the code of the answer, 0 for none."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        bound, self.expires = self.expires, 0
        return await self._register(0) if bound else self.code

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _keep(self) -> None:
        wait = _RETRY_SECONDS
        while self.code not in _REFUSED:
            if self.expires:
                wait = _RETRY_SECONDS
                await asyncio.sleep(self.expires * _REFRESH_AT)
            else:
                await asyncio.sleep(wait * self._agent.t1 / 0.5)
                wait = min(2 * wait, _LONGEST_RETRY)
            if 200 <= await self._register(self._asked) < 300:
                self.refreshes += 1

    async def _register(self, expires: int) -> int:
        """One REGISTER: the same Call-ID, the next CSeq (RFC 3261 §10.2.4)."""
        response = await self._ask(expires)
        least = number(header(response, "Min-Expires")) if response else None
        if response is not None and response.code == 423 and least is not None and expires:
            self._asked = max(least, expires)  # RFC 3261 §10.2.8
            response = await self._ask(self._asked)
        self.code, self.phrase = (response.code, response.phrase) if response else (0, "")
        self.expires = 0
        if response is not None and 200 <= response.code < 300 and expires:
            self.expires = self._granted(response)
            self.registered_at = datetime.now(UTC)
        return self.code

    async def _ask(self, expires: int) -> Response | None:
        request, self.failure = self._request, None
        try:
            self._contact = self._contact or await self._agent.contact_for(
                self._uri, self._aor, self._transport
            )
            request.headers.set("Contact", self._contact)
            request.headers.set("Expires", str(expires))
            set_body(request, b"", "")
            return await self._agent.transact(request, self._answerer, transport=self._transport)
        except OSError as error:
            self.failure = error
            return None
        finally:
            request.headers.set("CSeq", f"{cseq(request)[0] + 1} REGISTER")

    def _granted(self, response: Response) -> int:
        """Seconds: of our Contact, else of Expires, else what was asked for (§10.2.4)."""
        mine = name_addr(self._contact).uri
        bindings = [name_addr(value) for value in values(response.headers, "Contact")]
        own = next((b.params.get("expires", "") for b in bindings if b.uri == mine), "")
        granted = number(own) or number(header(response, "Expires")) or self._asked
        return max(1, granted)
