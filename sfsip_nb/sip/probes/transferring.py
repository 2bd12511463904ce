"""A transfer that we ask for by REFER, and what the peer tells of it (RFC 3515)."""

from ..call import Call
from ..refer import ReferResult
from .calling import judged
from .listening import Listening
from .placing import place
from .plan import Plan
from .reach import ProbeResult, Verdict, clean

_REFUSED = {
    400: "Some peers want a Referred-By that they know: look at its log",
    403: "Transfers are not allowed on this trunk, or not to this target: switch call transfer on"
    " at the peer",
    404: "The peer knows no way to the target: name it as the peer does",
    405: "It takes no REFER in this call, or the Route led the REFER back to its sender: look at"
    " Allow, and at the Record-Route of the 200",
    420: "It wants an extension that we do not have",
    481: "It does not know the call: requests inside it take another way than the INVITE",
    501: "It takes no REFER: transfer by a second call instead",
    603: "It declines every transfer: switch call transfer on at the peer",
}
_NOTIFIED = {
    403: "The target is refused: a host that is an IP address is not routable for some carriers;"
    " name the trunk's own host, or tel:",
    404: "The target is known to nobody: compare the number's form and the host",
    408: "The target did not answer",
    480: "The target is not available",
    486: "The target is busy",
    487: "The target's call was given up",
    603: "The target declines, or the carrier does not allow the transfer",
}
"""What each final code means, of the REFER itself and of the call that it led to."""


async def transfer(
    plan: Plan,
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
    listening = Listening(1004.0, None, seconds)

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
    verdict, sentence = _referred(result, placed.leg, notify_within)
    notified = [f"{code} {clean(phrase)}".strip() for _, code, phrase in result.notified]
    facts = {"refer_to": to, "refer": result.accepted_code, "notified": notified}
    return placed.result(verdict, sentence, facts)


def _referred(result: ReferResult, leg: Call, within: float) -> tuple[Verdict, str]:
    """The verdict on a REFER, by its own code and by what was notified."""
    code, final = result.accepted_code, result.final_code
    if not code and not final:
        if leg.ended_by == "remote":
            return "inconclusive", "The peer hung up before it answered the REFER."
        return "inconclusive", f"The REFER was not answered in {within:g} s: the peer keeps silent."
    if code >= 300:
        tail = f" {_REFUSED[code]}." if code in _REFUSED else ""
        return "fail", f"The peer refused the REFER with {code}.{tail}"
    if 200 <= final < 300:
        return "pass", f"The transfer arrived: REFER {code}, then NOTIFY {final}."
    if final:
        phrase = next((clean(text) for _, c, text in reversed(result.notified) if c == final), "")
        tail = f" {_NOTIFIED[final]}." if final in _NOTIFIED else ""
        said = f"{final} {phrase}".strip()
        return "fail", f"The peer took the REFER ({code}), but the transfer failed: {said}.{tail}"
    how = (
        "ended its reports without a final code"
        if result.terminated
        else "hung up before it told the outcome"
        if leg.ended_by == "remote"
        else f"told no outcome within {within:g} s"
    )
    return "inconclusive", (
        f"The peer took the REFER ({code}) but {how}. Many never tell: look for the new call where"
        " it should have arrived."
    )
