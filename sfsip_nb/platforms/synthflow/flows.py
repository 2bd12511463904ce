"""The hops of a call on Synthflow's side, the same for every guide."""

from __future__ import annotations

from collections.abc import Iterator

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared.checks import check, synthflow
from sfsip_nb.platforms.synthflow import resources as s


def answered_by_assistant(ctx: Context, step: str, number: str) -> Iterator[Check]:
    """The number is imported and attached to the assistant."""
    client = synthflow(ctx)
    imported = client.number(number)
    yield check(
        f"{step}/number",
        f"{number} is a SIP number of the workspace",
        "imported",
        "imported" if imported else "unknown to Synthflow",
        imported is not None,
        Vantage.SYNTHFLOW,
        reason="Run number.add.",
    )
    assistant = s.find_assistant(client, ctx.parameters.synthflow.assistant)
    on = str((assistant or {}).get("phone_number") or "nothing")
    yield check(
        f"{step}/assistant",
        f"Assistant “{ctx.parameters.synthflow.assistant}” answers {number}",
        number,
        on,
        on == number,
        Vantage.SYNTHFLOW,
        reason="Run assistant.attach.",
    )


def sends_to(ctx: Context, step: str, host: str) -> Check:
    """Synthflow's Termination URI is the contact center's address."""
    imported = synthflow(ctx).number(ctx.parameters.numbers[0]) or {}
    seen = imported.get("termination_uri") or "nothing"
    return check(
        f"{step}/termination",
        "Synthflow sends its calls to the contact center's address",
        host,
        seen,
        seen == host,
        Vantage.SYNTHFLOW,
        reason="The Termination URI must be exactly that address: run number.add.",
    )


def transfers_to(ctx: Context, step: str, number: str, host: str) -> Check:
    """The assistant's transfer rings the transfer number over the trunk."""
    target = f"sip:{number}@{host}"
    client, assistant = synthflow(ctx), ctx.parameters.synthflow.assistant
    action = s.TransferAction(client).read(number)
    use = s.TransferUse(client, assistant).read(number)
    user = use.fields[s.ATTACHED_TO] if use else ""
    rung = action.fields[s.TRANSFERS_TO] if action else "no such action"
    return check(
        f"{step}/action",
        "The assistant's transfer rings the transfer number over the trunk",
        target,
        f"{rung}, attached to {user}" if user else f"{rung}, not attached to {assistant}",
        rung == target and bool(user),
        Vantage.SYNTHFLOW,
        reason="Run transfer.action.",
    )
