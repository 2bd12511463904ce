"""OPTIONS and REGISTER: whether SIP is spoken there, and whether credentials are taken."""

import ssl
import time
from collections.abc import Sequence
from typing import Any, Literal

from sipmessage import Response

from ..digest import Credentials
from ..dns import Resolver
from ..fields import header
from ..trace import Transport
from .reach import ProbeResult, Reach, Verdict, clean


async def options(
    uri: str,
    *,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    timeout: float = 4.0,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Whether SIP is spoken there: any answer to OPTIONS says so (RFC 3261 §11)."""
    reach = Reach("options", uri, transport, resolver, tls_client)
    async with reach.agent() as agent:
        if agent is None:
            return reach.result
        began = time.monotonic()
        try:
            response = await agent.options(uri, transport=transport, timeout=timeout)
        except OSError as error:
            return reach.refused(error, agent)
        if response is None:
            return await reach.silence(agent, timeout)
        seen = reach.seen | _response(response) | {"ms": round((time.monotonic() - began) * 1e3, 1)}
        sentence = f"{reach.where} answered OPTIONS with {seen['code']} {seen['phrase']}.".strip()
        return ProbeResult("options", "pass", sentence, seen, list(agent.trace))


async def register(
    uri: str,
    *,
    aor: str,
    credentials: Sequence[Credentials] = (),
    expect: Literal["accepted", "refused"] = "accepted",
    expires: int = 60,
    transport: Transport | None = None,
    resolver: Resolver | None = None,
    timeout: float = 6.0,
    tls_client: ssl.SSLContext | None = None,
) -> ProbeResult:
    """Whether a registrar accepts (or, to prove that it guards its door, refuses) credentials.

    No Contact is sent, so nothing is bound: the registrar only shows its bindings (RFC 3261
    §10.2.3).
    """
    reach = Reach("register", uri, transport, resolver, tls_client)
    async with reach.agent() as agent:
        if agent is None:
            return reach.result
        try:
            response = await agent.request(
                "REGISTER",
                uri,
                from_=aor,
                to=aor,
                headers={"Expires": str(expires)},
                credentials=credentials,
                transport=transport,
                timeout=timeout,
            )
        except OSError as error:
            return reach.refused(error, agent)
        if response is None:
            return await reach.silence(agent, timeout)
        seen = reach.seen | _response(response)
        code = response.code
        challenged = any(entry.summary[:3] in ("401", "407") for entry in agent.trace)
        seen["challenged"] = challenged
        verdict: Verdict = "inconclusive"
        if 200 <= code < 300:
            verdict = "pass" if expect == "accepted" else "fail"
            sentence = f"{reach.where} accepted the registration of {aor}."
        elif code in (401, 403, 404, 407):
            verdict = "pass" if expect == "refused" else "fail"
            sentence = f"{reach.where} refused the registration of {aor}: {_said(seen)}."
        else:
            sentence = f"{reach.where} answered {_said(seen)}, which is no verdict on credentials."
        return ProbeResult("register", verdict, sentence, seen, list(agent.trace))


def _response(response: Response) -> dict[str, Any]:
    return {
        "code": response.code,
        "phrase": clean(response.phrase),
        "server": clean(header(response, "Server") or header(response, "User-Agent")),
        "allow": clean(header(response, "Allow")),
        "warning": clean(header(response, "Warning")),
    }


def _said(seen: dict[str, Any]) -> str:
    return f"{seen['code']} {seen['phrase']}".strip()
