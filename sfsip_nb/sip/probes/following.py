"""A transfer that the peer asks for: by REFER to us, or by a call of its own (RFC 5589)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ..agent import UserAgent
from ..call import Call
from ..evidence.finding import Verdict
from ..fields import uri_parts
from ..refer import Referral
from ..shown import plain
from .calling import judged
from .listening import Listening
from .placing import place
from .plan import CallPlan
from .reach import ProbeResult


@dataclass
class _Followed:
    """What became of a REFER that the peer sent us."""

    target: str = ""
    refusal: str = ""
    code: int = 0
    phrase: str = ""
    notified: list[int] = field(default_factory=list)
    heard: bool | None = None


async def await_transfer(
    plan: CallPlan,
    *,
    may_call: Callable[[str], str],
    ask_hz: float | None = None,
    digits: str = "",
    expect_hz: float | None = None,
    within: float = 20.0,
    timeout: float = 80.0,
) -> ProbeResult:
    """Call, ask for a transfer (with a tone, or digits), and be handed over, whichever way it is.

    By REFER: the peer names a target. We call it if `may_call(number)` gives no reason against it,
    and report its codes by NOTIFY. By INVITE: the peer calls somebody itself, and `expect_hz` is
    then heard on the same call. Waits `within` seconds for either; after that it is inconclusive.
    """
    asking = Listening(ask_hz, None, 1.0, digits)
    followed = _Followed()
    done = asyncio.Event()

    async def follow(agent: UserAgent, referral: Referral) -> None:
        followed.target = plain(referral.target)
        followed.refusal = may_call(uri_parts(referral.target).user)
        try:
            if followed.refusal:
                await referral.reject(603)
            else:
                await _follow(agent, referral, followed, plan, expect_hz, within)
        finally:
            done.set()

    async def script(leg: Call) -> None:
        await asking.run(leg)
        assert leg.audio is not None
        if expect_hz is None:
            await asyncio.wait_for(done.wait(), within)
            return
        voice = asyncio.create_task(leg.audio.heard(expect_hz, within))
        referred = asyncio.create_task(done.wait())
        tasks = {voice, referred}
        try:
            await asyncio.wait(tasks, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if followed.target:
                await asyncio.wait_for(referred, 2 * within)
            else:
                followed.heard = voice.done() and voice.result()
        finally:
            for task in tasks:
                task.cancel()

    seconds = asking.longest + 3 * within
    placed = await place(
        plan, script, seconds=seconds, timeout=timeout, name="transfer", follow=follow
    )
    if placed.kind is not None or placed.leg is None:
        return judged(placed, asking)[0]
    verdict, sentence = _judge(followed, placed.leg, expect_hz, within)
    facts = {
        "refer_to": followed.target,
        "new_call": followed.code,
        "notified": followed.notified,
        "heard": followed.heard,
    }
    return placed.result(verdict, sentence, facts)


async def _follow(
    agent: UserAgent,
    referral: Referral,
    followed: _Followed,
    plan: CallPlan,
    expect_hz: float | None,
    within: float,
) -> None:
    """Accept, call the target, report, and listen for who is there."""
    await referral.accept()
    target = referral.target
    own = uri_parts(plan.uri).host
    if target.lower().startswith("tel:"):  # a number alone goes the way of our own call
        target = plan.uri.replace(uri_parts(plan.uri).user, uri_parts(target).user, 1)
    # Replaces has to reach the target; a password must not reach a host that the peer chose.
    familiar = uri_parts(target).host == own
    new = await agent.invite(
        target,
        from_=plan.from_,
        headers={**plan.marks, **referral.headers},
        codecs=plan.codecs,
        srtp=plan.srtp,
        credentials=plan.credentials if familiar else (),
        transport=plan.transport,
        proxy=plan.proxy if familiar else "",
    )
    try:
        followed.code, followed.phrase = await new.outcome(within), plain(new.phrase)
        await referral.notify(followed.code, new.phrase)
        followed.notified.append(followed.code)
        if new.audio is not None and new.state == "answered":
            listening = Listening(expect_hz=expect_hz, seconds=min(within, 3.0))
            await listening.run(new)
            followed.heard = listening.heard
    finally:
        await new.hangup()


def _judge(
    followed: _Followed, leg: Call, expect_hz: float | None, within: float
) -> tuple[Verdict, str]:
    target = followed.target
    if followed.refusal:
        return "inconclusive", f"The peer asked us to call {target}: {followed.refusal}"
    if target and not followed.code:
        return (
            "inconclusive",
            f"The peer asked us to call {target}; that call did not complete in time.",
        )
    if target and not 200 <= followed.code < 300:
        said = f"{followed.code} {followed.phrase}".strip()
        return "fail", (
            f"The peer transferred the call to {target}, which answered {said}: the target that it"
            " names cannot be reached from the calling side. Correct its number or host."
        )
    if target and not followed.heard:
        return "fail", f"The transfer to {target} was answered, but nothing was heard there."
    if target:
        return "pass", f"The peer transferred the call by REFER to {target}, which answered."
    if followed.heard:
        return "pass", f"After asking, {expect_hz:g} Hz was heard on the same call: transferred."
    if leg.ended_by == "remote":
        return "fail", "The peer hung up instead of transferring the call."
    return "inconclusive", (
        f"The peer neither sent REFER nor let the other voice be heard within {within:g} s. Look at"
        " its transfer action, and at what it was asked."
    )
