"""A transfer that we ask for by REFER, and what the peer tells of it (RFC 3515)."""

from ..call import Call
from ..evidence.diagnose import decisive
from ..evidence.finding import Finding, Verdict
from ..refer import ReferResult
from ..shown import plain
from .calling import judged
from .listening import Listening
from .placing import place
from .plan import CallPlan
from .reach import ProbeResult


async def transfer(
    plan: CallPlan,
    *,
    to: str,
    seconds: float = 1.0,
    notify_within: float = 15.0,
    timeout: float = 52.0,
) -> ProbeResult:
    """Call, talk for some `seconds`, ask the peer by REFER to call `to`, and follow its NOTIFYs.

    Passes on a final NOTIFY of 2xx. 202 without one within `notify_within` seconds is
    inconclusive: many peers never tell. Bounded by `timeout` seconds.
    """
    result = ReferResult()
    listening = Listening(seconds=seconds)

    async def script(leg: Call) -> None:
        nonlocal result
        await listening.run(leg)
        if leg.state == "answered":
            result = await leg.refer(to, timeout=notify_within)

    placed = await place(
        plan,
        script,
        seconds=listening.longest + notify_within,
        timeout=timeout,
        name="transfer",
    )
    if placed.kind is not None or placed.leg is None:
        return judged(placed, listening)[0]
    reason = decisive(placed.trace)
    verdict, sentence = _referred(result, placed.leg, notify_within, reason)
    notified = [f"{code} {plain(phrase)}".strip() for _, code, phrase in result.notified]
    facts = {"refer_to": to, "refer": result.accepted_code, "notified": notified}
    return placed.result(verdict, sentence, facts)


def _referred(
    result: ReferResult, leg: Call, within: float, reason: Finding | None
) -> tuple[Verdict, str]:
    """The verdict on a REFER, by its own code and by what was notified."""
    code, final = result.accepted_code, result.final_code
    if not code and not final:
        if leg.ended_by == "remote":
            return "inconclusive", "The peer hung up before it answered the REFER."
        return "inconclusive", f"The REFER was not answered in {within:g} s: the peer stays silent."
    if code >= 300:
        return "fail", reason.text if reason else f"The peer refused the REFER with {code}."
    if 200 <= final < 300:
        return "pass", f"The transfer arrived: REFER {code}, then NOTIFY {final}."
    if final:
        told = f"The peer took the REFER ({code}), but the transfer failed with {final}."
        return "fail", reason.text if reason else told
    how = (
        "ended its reports without a final code"
        if result.terminated
        else "hung up before it reported the outcome"
        if leg.ended_by == "remote"
        else f"reported no outcome within {within:g} s"
    )
    return "inconclusive", (
        f"The peer took the REFER ({code}) but {how}. Many never say: look for the new call where"
        " it should have arrived."
    )
