"""Whether a peer refuses an address that is on no list of it: this machine's."""

from collections.abc import Iterable

from sipmessage import Response

from ..agent import UserAgent
from ..call import Call
from ..evidence.causes import explained
from ..evidence.finding import Verdict
from ..fields import uri_parts
from .placing import place
from .plan import CallPlan
from .reach import ProbeResult, Reach

_CALLER_REFUSED = "32204"
"""Twilio's code for a caller number that is not owned; it says nothing about the address."""


async def unlisted(plan: CallPlan, *, timeout: float = 12.0) -> ProbeResult:
    """A call, or OPTIONS where the URI names no user, from an address that is on no list.

    Passes on an explicit refusal, fails where a call is let in (it is canceled as soon as it
    rings). Silence is inconclusive: a firewall may drop it before any list is asked; so is an
    answer to OPTIONS. Bounded by `timeout` seconds.
    """
    if not uri_parts(plan.uri).user:
        return await _asked(plan, timeout)

    async def nothing(leg: Call) -> None:
        """Answered: that says it all."""

    placed = await place(
        plan, nothing, seconds=0.1, timeout=timeout, name="unlisted", enough=lambda code: code > 100
    )
    leg = placed.leg
    if leg is None or placed.failed is not None:
        assert placed.failed is not None
        return placed.failed
    code = let_in(leg.codes) or leg.code
    answer = explained(code, "" if let_in(leg.codes) else leg.phrase, leg.remote_headers).said
    facts = {"codes": list(leg.codes), "code": code}
    if placed.given_up and not let_in(leg.codes):
        return placed.result("inconclusive", f"{placed.where} reached no decision in time.", facts)
    return placed.result(*judge(placed.where, "call", code, answer), facts)


async def _asked(plan: CallPlan, timeout: float) -> ProbeResult:
    reach = Reach("unlisted", plan)

    async def ask(agent: UserAgent) -> ProbeResult:
        response: Response | None = await agent.request(
            "OPTIONS", plan.uri, transport=plan.transport, proxy=plan.proxy, timeout=timeout
        )
        if response is None:
            return await reach.silence(timeout)
        answer = explained(response.code, response.phrase, response.headers).said
        reach.seen["code"] = response.code
        return reach.result(*judge(reach.where, "OPTIONS", response.code, answer))

    return await reach.run(ask, timeout)


def let_in(codes: Iterable[int]) -> int:
    """The first code that says that a call goes on, 0 if there is none."""
    return next((code for code in codes if 100 < code < 300), 0)


def judge(where: str, what: str, code: int, answer: str) -> tuple[Verdict, str]:
    """What an answer says about the list.

    401 and 407 refuse too: who is not on the list needs a password. RFC 3261 §11.2 has OPTIONS
    answered as an INVITE would be, but servers that refuse calls are known to answer it to anybody.
    """
    if 100 < code < 300 and what == "OPTIONS":
        return "inconclusive", (
            f"{where} answered the OPTIONS of an unlisted address ({answer}), as many hosts do that"
            " let no call in. Only a call shows the list: name a number in the target."
        )
    if 100 < code < 300:
        return "fail", (
            f"{where} let the {what} of an unlisted address in ({answer}): anybody can call at your"
            " cost. Turn off “Allow All”, and list single addresses."
        )
    if code == 403 and _CALLER_REFUSED in answer:
        return "inconclusive", f"{where} refused the caller's number, not the address: {answer}."
    if code in (401, 403, 407, 603):
        return "pass", f"{where} refused the {what} of an unlisted address: {answer}."
    return "inconclusive", (
        f"{where} answered {answer}, which says nothing about its list: the request may have been"
        " let in and failed after that."
    )
