"""The hops of a call on Synthflow's side, the same for every guide."""

from __future__ import annotations

from collections.abc import Iterator

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.platforms.shared.checks import check, of_number, synthflow
from sfsip_nb.platforms.shared.sampling import sampled
from sfsip_nb.platforms.synthflow import resources as s
from sfsip_nb.platforms.synthflow import transfers as t

_UNSHOWN = "a number that Synthflow does not show"


def answered_by_assistant(ctx: Context, step: str) -> Iterator[Check]:
    """Each number of the sample is imported and attached to its assistant."""
    client, chosen = synthflow(ctx), set(sampled(ctx.parameters))
    for assistant, numbers in ctx.parameters.assistants.items():
        attached = s.answers(s.find_assistant(client, assistant) or {})
        for number in filter(chosen.__contains__, numbers):
            imported = client.number(number) is not None
            yield from of_number(
                ctx,
                number,
                [
                    check(
                        f"{step}/number",
                        f"{number} is a SIP number of the workspace",
                        "imported",
                        "imported" if imported else "unknown to Synthflow",
                        imported,
                        Vantage.SYNTHFLOW,
                        reason="Run number.add.",
                    ),
                    check(
                        f"{step}/assistant",
                        f"Assistant “{assistant}” answers {number}",
                        number,
                        number if number in attached else attached or "nothing",
                        number in attached,
                        Vantage.SYNTHFLOW,
                        reason="Run assistant.attach.",
                    ),
                ],
            )


def sends_to(ctx: Context, step: str, host: str) -> Iterator[Check]:
    """The Termination URI, of each number of the sample, is the contact center's address."""
    for number in sampled(ctx.parameters):
        imported = synthflow(ctx).number(number) or {}
        seen = imported.get("termination_uri") or "nothing"
        yield from of_number(
            ctx,
            number,
            [
                check(
                    f"{step}/termination",
                    "Synthflow sends its calls to the contact center's address",
                    host,
                    seen,
                    seen == host,
                    Vantage.SYNTHFLOW,
                    reason="The Termination URI must be exactly that address: run number.add.",
                )
            ],
        )


def transfers_to(ctx: Context, step: str, number: str, host: str) -> Iterator[Check]:
    """Each assistant's transfer rings the transfer number over the trunk."""
    target, client = f"sip:{number}@{host}", synthflow(ctx)
    action = ctx.resource(t.TransferAction.kind).read(number)
    rung = action.fields.get(t.TRANSFERS_TO, _UNSHOWN) if action else "no such action"
    users = t.user_ids(client, action.id) if action else []
    assistants = list(ctx.parameters.assistants)
    for assistant in assistants:
        used = (s.find_assistant(client, assistant) or {}).get("model_id") in users
        yield check(
            f"{step}/action" + (f"/{assistant}" if len(assistants) > 1 else ""),
            "The assistant's transfer rings the transfer number over the trunk"
            if len(assistants) == 1
            else f"The transfer of “{assistant}” rings the transfer number over the trunk",
            target,
            f"{rung}, {'' if used else 'not '}attached to {assistant}",
            None if rung == _UNSHOWN and used else rung == target and used,
            Vantage.SYNTHFLOW,
            reason="Run transfer.action.",
            proved_by=t.TRANSFERRED,
        )
