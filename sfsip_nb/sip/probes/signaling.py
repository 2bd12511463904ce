"""OPTIONS and REGISTER: whether SIP is spoken there, and whether credentials are taken."""

import time
from typing import Any, Literal

from sipmessage import Response

from ..agent import UserAgent
from ..evidence.causes import explained
from ..evidence.diagnose import decisive
from ..evidence.finding import Verdict
from ..fields import header
from ..shown import plain
from .isolating import isolate
from .plan import CallPlan, Kind
from .reach import ProbeResult, Reach

Expected = Literal["accepted", "refused"]


async def options(plan: CallPlan, *, timeout: float = 4.0, isolating: bool = False) -> ProbeResult:
    """Whether SIP is spoken there: any answer to OPTIONS says so (RFC 3261 §11).

    Bounded by `timeout` seconds, and `isolating` by as much for each of its variants.
    """

    async def attempt(plan: CallPlan) -> tuple[ProbeResult, Kind | None]:
        reach = Reach("options", plan)

        async def ask(agent: UserAgent) -> ProbeResult:
            began = time.monotonic()
            response = await agent.request(
                "OPTIONS",
                plan.uri,
                headers={"Accept": "application/sdp"},
                transport=plan.transport,
                proxy=plan.proxy,
                timeout=timeout,
            )
            if response is None:
                return await reach.silence(timeout)
            reach.seen |= _response(response) | {"ms": round((time.monotonic() - began) * 1e3, 1)}
            answer = explained(response.code, response.phrase, response.headers).said
            return reach.result("pass", f"{reach.where} answered OPTIONS with {answer}.")

        result = await reach.run(ask, timeout)
        if result.verdict == "pass":
            return result, None
        return result, "silent" if result.trace else "unreached"

    return await isolate(plan, attempt, dict if isolating else None)


async def register(
    plan: CallPlan, *, aor: str, expect: Expected = "accepted", timeout: float = 6.0
) -> ProbeResult:
    """Whether a registrar accepts (or, to prove that it guards its door, refuses) credentials.

    No Contact is sent, so nothing is bound: the registrar only shows its bindings (RFC 3261
    §10.2.3). A challenge is answered once; a wrong password never loops. Bounded by `timeout`.
    """
    reach = Reach("register", plan)

    async def ask(agent: UserAgent) -> ProbeResult:
        response = await agent.request(
            "REGISTER",
            plan.uri,
            from_=aor,
            to=aor,
            credentials=plan.credentials,
            transport=plan.transport,
            timeout=timeout,
        )
        if response is None:
            return await reach.silence(timeout)
        challenges = sum(entry.summary[:3] in ("401", "407") for entry in agent.trace)
        reach.seen |= _response(response) | {
            "challenged": challenges > 0,
            "challenges": challenges,
        }
        answer = explained(response.code, response.phrase, response.headers).said
        reason = decisive(agent.trace)
        remedy = reason.remedy if reason else ""
        return reach.result(*_registered(reach.where, aor, response.code, answer, remedy, expect))

    return await reach.run(ask, timeout)


def _registered(
    where: str, aor: str, code: int, answer: str, remedy: str, expect: Expected
) -> tuple[Verdict, str]:
    wanted = expect == "accepted"
    if 200 <= code < 300:
        tail = (
            "" if wanted else " Anybody who knows the address can register: set a password there."
        )
        return "pass" if wanted else "fail", f"{where} accepted the registration of {aor}.{tail}"
    if code in (401, 403, 404, 407):
        tail = f" {remedy}" if wanted else ""
        sentence = f"{where} refused the registration of {aor}: {answer}.{tail}"
        return "fail" if wanted else "pass", sentence
    if code in (405, 501):
        return "inconclusive" if not wanted else "fail", (
            f"{where} accepts no registrations ({answer}): the trunk is authenticated by address or"
            " by digest on each call. Turn registration off on this side, and probe with a call."
        )
    return "inconclusive", f"{where} answered {answer}, which says nothing about the credentials."


def _response(response: Response) -> dict[str, Any]:
    return {
        "code": response.code,
        "phrase": plain(response.phrase),
        "server": plain(header(response, "Server") or header(response, "User-Agent")),
        "allow": plain(header(response, "Allow")),
        "warning": plain(header(response, "Warning")),
    }
