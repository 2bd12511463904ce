"""Guide section "Synthflow Configuration", the same for every contact center.

What differs between the guides is data: where Synthflow sends calls (the Termination URI), what
the transfer rings, and what must stand before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.waits import waiting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import is_later, text
from sfsip_nb.engine.model import Desired, Resource, Step
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.platforms.shared.checks import check, of_number, part, remark, synthflow
from sfsip_nb.platforms.synthflow import resources as r
from sfsip_nb.platforms.synthflow import transfers as t

# "Wait 1–2 minutes for SIP registration to complete."
_WAIT_SECONDS = 120

_INSTRUCTIONS = "When the caller asks for a person, or cannot be helped further."
_ANNOUNCEMENT = "I am connecting you with a colleague."


@dataclass(frozen=True)
class ContactCenterSide:
    """What Synthflow needs to know of the contact center's side.

    ``termination_uri`` may answer with a text that says after which step it is known.
    """

    platform: str
    termination_uri: Callable[[Context], str]
    transfer_number: Callable[[Context], str]
    needs: tuple[str, ...]
    transfer_needs: tuple[str, ...]


def resources(ctx: Context) -> dict[str, Resource]:
    """Synthflow's kinds of object."""
    client, assistants = synthflow(ctx), ctx.parameters.assistants
    transfers = t.TransferAction(client, assistants, partial(_made_transfers, ctx))
    made: tuple[Resource, ...] = (
        r.Number(client, ctx.parameters.trunk_name),
        r.Attachment(client, _attached_before(ctx) | assistants),
        transfers,
        t.TransferUse(client, assistants, transfers),
    )
    return {resource.kind: resource for resource in made}


def _attached_before(ctx: Context) -> dict[str, Sequence[str]]:
    """The numbers that this run has attached, by assistant: the inputs may name others by now."""
    written = ctx.journal.changes.of_kinds(r.Attachment.kind)
    return {
        change.key: change.after.get(r.INBOUND_NUMBERS) or [change.after[r.INBOUND_NUMBER]]
        for change in written
        if change.stands
    }


def _made_transfers(ctx: Context, key: str) -> list[str]:
    """The ids of the transfers to a number that this run has made, the last one first."""
    written = reversed(ctx.journal.changes.standing(t.TransferAction.kind, key))
    return [str(change.object) for change in written if change.op == "create" and change.object]


def transfer_target(ctx: Context, trunk: ContactCenterSide) -> str:
    """What the transfer rings: a SIP URI, as Synthflow advises for carriers of one's own."""
    host = trunk.termination_uri(ctx)
    return host if is_later(host) else f"sip:{trunk.transfer_number(ctx)}@{host}"


def steps(section: str, trunk: ContactCenterSide) -> tuple[Step, ...]:
    """The four steps of the section."""

    def number(ctx: Context) -> list[Desired]:
        sip = ctx.parameters.sip
        fields = {
            r.TERMINATION_URI: trunk.termination_uri(ctx),
            r.OUTBOUND_PROXY: sip.outbound_proxy,
            r.REGISTERS: sip.register_,
        }
        if sip.authentication == "digest":
            fields |= {r.USERNAME: sip.username, r.PASSWORD: ctx.secrets["sip.password"]}
        imported = {c.key for c in ctx.journal.changes.of_kinds(r.Number.kind) if c.stands}
        if not imported.issuperset(ctx.parameters.numbers):
            with suppress(ApiError):  # else each is asked for
                synthflow(ctx).numbers()  # one list tells of most that they are not there yet
        why = "Synthflow takes and places calls for imported numbers only, over this trunk."
        lost = "the former trunk user name and password: no API returns them"
        return [
            Desired(
                r.Number.kind,
                number,
                fields,
                why,
                lost,
                proved_by=dict.fromkeys((r.USERNAME, r.PASSWORD), ("probe.digest/right",)),
                part=part(number, ctx.parameters.numbers),
            )
            for number in ctx.parameters.numbers
        ]

    def attachment(ctx: Context) -> list[Desired]:
        why = "The trunk is created when the number is attached to the assistant."
        return [
            Desired(
                r.Attachment.kind,
                assistant,
                {r.INBOUND_NUMBERS: list(numbers)}
                if len(numbers) > 1
                else {r.INBOUND_NUMBER: numbers[0]},
                why,
                part=part(assistant, ctx.parameters.assistants),
            )
            for assistant, numbers in ctx.parameters.assistants.items()
        ]

    def transfer(ctx: Context) -> list[Desired]:
        mode = ctx.parameters.synthflow.transfer.mode
        number, assistants = trunk.transfer_number(ctx), list(ctx.parameters.assistants)
        return [
            Desired(
                t.TransferAction.kind,
                number,
                {
                    t.TRANSFERS_TO: transfer_target(ctx, trunk),
                    t.TRANSFER_MODE: f"{mode}_transfer",
                    t.INSTRUCTIONS: _INSTRUCTIONS,
                    t.ANNOUNCEMENT: _ANNOUNCEMENT,
                },
                "With it, the assistant transfers a caller who asks for a person to the live"
                " agents.",
                proved_by=dict.fromkeys(t.TransferAction.write_only, t.TRANSFERRED),
            ),
            *(
                Desired(
                    t.TransferUse.kind,
                    t.use_of(number, assistant),
                    {t.ATTACHED_TO: r.name_of(synthflow(ctx), assistant)},
                    "An assistant can make only the transfers that are attached to it.",
                    comes_with=f"{t.TransferAction.kind}:{number}",
                    born={t.ATTACHED_TO: ""},
                    part=part(assistant, assistants),
                )
                for assistant in assistants
            ),
        ]

    return (
        Step(
            "number.add",
            section,
            "Add the SIP number",
            needs=trunk.needs,
            desired=number,
            check=lambda ctx: _number_checks(ctx, trunk),
        ),
        Step(
            "assistant.attach",
            section,
            "Attach to the assistant",
            needs=("number.add", "access.synthflow"),
            desired=attachment,
            check=_attachment_checks,
        ),
        Step(
            "registration.wait",
            section,
            "Wait 1–2 minutes for SIP registration",
            needs=("assistant.attach",),
            check=_wait,
        ),
        Step(
            "transfer.action",
            section,
            "Transfer to a live agent",
            needs=("assistant.attach", *trunk.transfer_needs),
            desired=transfer,
            check=lambda ctx: _transfer_checks(ctx, trunk),
        ),
    )


def _number_checks(ctx: Context, trunk: ContactCenterSide) -> list[Check]:
    sip = ctx.parameters.sip
    found = [
        check(
            "number.add/outbound_proxy",
            "Outbound proxy is blank unless the platform requires one",
            "blank, or required by the platform",
            sip.outbound_proxy or "blank",
            True if not sip.outbound_proxy else None,
            Vantage.SYNTHFLOW,
            advisory=True,
            reason="A proxy overrides the Termination URI for every outbound call and every "
            "registration. Keep it only if the platform asked for it.",
        )
    ]
    if sip.register_:
        found.append(
            remark(
                "number.add/register",
                "Registration is on",
                "Synthflow will send REGISTER",
                f"{trunk.platform} is understood to be a static peer that accepts no"
                " registrations; "
                "405 or silence would follow. Digest on calls works without it.",
            )
        )
    return found


def _attachment_checks(ctx: Context) -> list[Check]:
    """One number, one inbound assistant (docs.synthflow.ai/phone-numbers)."""
    client = synthflow(ctx)
    found = (r.find_assistant(client, wanted) for wanted in ctx.parameters.assistants)
    holders = r.holders(client, filter(None, found))
    return [
        made
        for number in ctx.parameters.numbers
        for made in of_number(
            ctx,
            number,
            [
                check(
                    f"assistant.attach/{number}",
                    f"{number} is on exactly one inbound assistant",
                    "one",
                    sorted(holders.get(number, {}).values()) or "none",
                    len(holders.get(number, ())) == 1,
                    Vantage.SYNTHFLOW,
                    reason="The trunk is created when the number is attached: attach it, and "
                    "to one inbound assistant only.",
                )
            ],
        )
    ]


def _wait(ctx: Context) -> list[Check]:
    """Let the stated time pass since the attachment; no API shows whether it registered."""
    made = sorted(
        (
            change
            for assistant in ctx.parameters.assistants
            for change in ctx.journal.changes.standing(r.Attachment.kind, assistant)
        ),
        key=lambda change: change.ended or change.intent,
    )
    scale = ctx.surroundings.time_scale
    needed, numbers = _WAIT_SECONDS / scale, ctx.parameters.numbers
    if made:
        since = datetime.fromisoformat(made[-1].ended or made[-1].intent)
        left = needed - _seconds_since(since)
        if left > 0 and ctx.mode == "apply":
            with waiting("SIP registration", min(left, needed)):
                time.sleep(min(left, needed))
        passed = _seconds_since(since)
        seen = f"{passed:.1f} s" if passed < 600 else "more than 10 minutes"
        enough = passed >= needed - 0.01
    else:
        seen, enough = "attached before this run", True
    return [
        check(
            "registration.wait/time",
            "1–2 minutes have passed since the number was attached",
            f"{_WAIT_SECONDS} s" + (f", on the testbed {needed:g} s" if scale != 1 else ""),
            seen,
            enough or None,
            Vantage.HERE,
            basis=Basis.RUN,
            reason="Wait, then run this step again.",
        ),
        check(
            "registration.wait/status",
            "The number is registered",
            "calls to it reach the AI agent",
            "Synthflow's API shows no registration status",
            None,
            Vantage.SYNTHFLOW,
            advisory=True,
            reason="Only a call proves it: verify.inbound.",
            proved_by=tuple(
                f"verify.inbound/assistant/{part(number, numbers)}".rstrip("/")
                for number in numbers
            ),
        ),
    ]


def _seconds_since(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


def _transfer_checks(ctx: Context, trunk: ContactCenterSide) -> list[Check]:
    mode = ctx.parameters.synthflow.transfer.mode
    how = "SIP REFER on the trunk" if mode == "cold" else "a new INVITE, and perhaps a REFER"
    return [
        check(
            "transfer.action/mode",
            f"A {mode} transfer works on this trunk",
            "the caller reaches the live agents",
            f"documented: {how}",
            None,
            Vantage.SYNTHFLOW,
            advisory=True,
            reason="Synthflow's pages differ on the warm one, and confirm REFER for few carriers; "
            "verify.transfer proves it on this trunk.",
            proved_by=t.TRANSFERRED,
        ),
        check(
            "transfer.action/loop",
            "The transfer does not ring the AI again",
            f"not one of {text(ctx.parameters.numbers)}",
            trunk.transfer_number(ctx),
            trunk.transfer_number(ctx) not in ctx.parameters.numbers,
            Vantage.HERE,
            basis=Basis.INPUTS,
            reason="Choose a number that reaches the live agents.",
        ),
    ]
