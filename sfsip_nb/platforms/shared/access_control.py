"""Probe of the contact center's allow list: who is on it gets in, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import dialing
from sfsip_nb.engine.approval import PlannedCalls
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.dialing import NotAllowed
from sfsip_nb.engine.trouble import apart
from sfsip_nb.engine.verdicts import Check, Vantage, Verdict
from sfsip_nb.platforms.shared import ai_caller, testcall
from sfsip_nb.platforms.shared.addresses import signalling
from sfsip_nb.platforms.shared.checks import check, decided, synthflow
from sfsip_nb.platforms.shared.sampling import sampled
from sfsip_nb.platforms.shared.stages import longest
from sfsip_nb.platforms.synthflow.resources import TAKEN, listed_assistant, settled_call
from sfsip_nb.sip import probes as wire

Landed = Callable[[Context, str, datetime], list[Check]]
"""Judges, for a step, where a call landed that Synthflow made since a moment."""


def nowhere(ctx: Context, step: str, since: datetime) -> list[Check]:
    """No record shows it in time."""
    return []


def planned(ctx: Context, platform: str, shows_list: bool) -> tuple[PlannedCalls, ...]:
    """The call from this machine, and those of the AI agent."""
    return (
        PlannedCalls(1, f"this machine, straight to {platform}", longest(())),
        PlannedCalls(_times(ctx, shows_list), ai_caller.payer(_own(ctx)[1]), None),
    )


def _times(ctx: Context, shows_list: bool) -> int:
    return 1 if shows_list else len(signalling(ctx))


def _own(ctx: Context) -> tuple[str, str]:
    """The number and the assistant by which Synthflow calls."""
    number = sampled(ctx.parameters)[0]
    return number, ctx.parameters.assistant_of(number)


def probe(
    ctx: Context, platform: str, host: str, port: int, shows_list: bool, landed: Landed
) -> list[Check]:
    """A call from this machine, on no list, is refused; one from Synthflow is let in.

    ``host`` and ``port`` (UDP and TCP; TLS is the next one) are where the platform takes calls.
    Where no API ``shows_list``, Synthflow calls as often as it has addresses, and each of them
    stays open by itself. A refusal of either side's API says nothing of the other calls.
    """
    times = _times(ctx, shows_list)

    def called() -> Iterator[Check]:
        since = datetime.now(UTC)
        yield (listed := _listed(ctx, platform, times))
        if listed.verdict is Verdict.PASS:
            yield from landed(ctx, "probe.acl", since)

    return apart(
        "probe.acl",
        lambda: [_refused(ctx, platform, host, port)],
        called,
        lambda: [] if shows_list else [_each(ctx, platform)],
    )


def _refused(ctx: Context, platform: str, host: str, port: int) -> Check:
    step = "probe.acl"
    number = ctx.parameters.synthflow.transfer.number
    transport = ctx.parameters.sip.transport
    at = f"{host}:{port + 1 if transport == 'tls' else port}"
    uri = f"sip:{number}@{at};transport={transport}"
    try:
        placed = testcall.call(ctx, step, number, uri, (), enough=lambda code: code > 100)
    except NotAllowed as refusal:
        return testcall.unplaced(ctx, step, str(refusal))
    code = wire.guarding.let_in(placed.codes) or placed.code
    verdict, sentence = wire.guarding.judge(platform, "call", code, placed.answer)
    return check(
        f"{step}/refused",
        f"{platform} refuses a call from an address that is not on the list",
        "an explicit refusal, such as 403",
        placed.answer or placed.phrase,
        decided(verdict) if placed.codes else None,
        Vantage.HERE,
        advisory=ctx.live,
        reason=sentence
        if placed.codes
        else "Silence proves nothing: a firewall may drop it before the allow list is checked.",
        evidence=placed.evidence,
    )


def _each(ctx: Context, platform: str) -> Check:
    """Synthflow chooses from which address it calls, and does not say which one it took."""
    return check(
        "probe.acl/addresses",
        f"{platform} lets each of Synthflow's addresses in",
        signalling(ctx),
        "it called once for each; no record shows which address each call came from",
        None,
        Vantage.SYNTHFLOW,
        advisory=True,
        reason=f"Compare the list in {platform} with the card trunk.acl, address by address. One"
        " that is missing there shows as an occasional refused call (403), and in a capture at"
        f" {platform}'s SBC.",
    )


_ANSWERED, _CODE = "answered", re.compile(r"Telephony - (\d{3})")

_REASONS = {
    "403": "The list refused it: check every address in trunk.acl.",
    "404": "Nobody is there under that number and address: compare the Termination URI, the trunk's"
    " identifier, and the routing of the number.",
}
"""Of codes by which the contact center itself does not let the call in."""


def _listed(ctx: Context, platform: str, times: int) -> Check:
    """The AI agent itself calls the transfer number: its INVITE comes from a listed address.

    Once for each address, as they may take turns: a call that is refused shows one that is not let
    in. No more than the first has to be allowed.
    """
    step, title = "probe.acl", f"{platform} lets Synthflow's own call in"
    number, client = ctx.parameters.synthflow.transfer.number, synthflow(ctx)
    own, name = _own(ctx)
    assistant = listed_assistant(client, name)
    rows: list[dict[str, Any]] = []
    try:
        if assistant is None:
            raise NotAllowed("There is no assistant to call with.")
        while len(rows) < times:
            mark = dialing.permit(ctx, step, number, ai_caller.payer(name))
            call_id = client.place_call(str(assistant["model_id"]), number, mark, own)
            rows.append(settled_call(client, call_id))
    except NotAllowed as refusal:
        if not rows:
            unplaced = testcall.unplaced(ctx, step, str(refusal))
            return replace(unplaced, id=f"{step}/listed", title=title)
    except ApiError as refusal:
        return check(
            f"{step}/listed",
            title,
            "answered",
            str(refusal),
            None,
            Vantage.SYNTHFLOW,
            reason="Synthflow did not place the call, so the allow list was not tested."
            f" {refusal.advice}",
        )
    told = [_told(row) for row in rows]
    failed = [seen for seen in told if not seen.startswith(_ANSWERED)]
    code = next((code for seen in failed for code in _CODE.findall(seen) if code in _REASONS), "")
    some = f"{len(told) - len(failed)} of {len(told)} calls answered; " if len(told) > 1 else ""
    return check(
        f"{step}/listed",
        title,
        "answered",
        f"{some if failed and len(failed) < len(told) else ''}{(failed or told)[0]}",
        not failed or (False if code else None),
        Vantage.SYNTHFLOW,
        reason=_REASONS.get(code, "The call got past the list or never left; its error says more."),
    )


def _told(row: dict[str, Any]) -> str:
    """`answered (completed)`, or `failed: Telephony - 403 - Forbidden`."""
    status, error = str(row.get("call_status") or "unknown"), str(row.get("error_message") or "")
    if status in TAKEN:
        return f"{_ANSWERED} ({status})"
    return f"{status}{': ' + error if error else ''}"
