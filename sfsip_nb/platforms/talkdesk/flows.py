"""Guide section "Call Flow Summary" for Talkdesk: Synthflow's hops by API, Talkdesk's by card."""

from __future__ import annotations

from dataclasses import replace

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.verdicts import Basis, Check
from sfsip_nb.inputs import ranges
from sfsip_nb.platforms.shared import sampling
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.synthflow import flows as f
from sfsip_nb.platforms.talkdesk.platform import settings

SECTION = "04-call-flows"


def _told(
    ctx: Context, step: str, card: str, hop: str, *proved_by: str, advisory: bool = False
) -> Check:
    """A hop that only a person can see: it rests on the call that goes that way, not on a word."""
    answer = ctx.answer(card)
    proofs = sorted({identity.partition("/")[0] for identity in proved_by})
    return check(
        f"{step}/{card}",
        hop,
        f"done from the card {card}",
        f"{answer.done_by}, {answer.done_at}" if answer else "nobody yet",
        None,
        advisory=advisory,
        reason=f"Reported by a person; proved by {' and '.join(proofs)}.",
        proved_by=proved_by if answer else (),
        basis=Basis.PERSON,
    )


def _inbound(ctx: Context) -> list[Check]:
    step, own = "flow.inbound", settings(ctx)
    numbers = ", ".join(ranges.compact(ctx.parameters.numbers))
    return [
        _told(
            ctx,
            step,
            "routing.inbound",
            f"{numbers} → IVR → SIP transfer",
            "verify.inbound",
        ),
        replace(
            _told(
                ctx,
                step,
                "routing.inbound",
                f"After {own.timeout_seconds} s without an answer → “{own.fallback}”",
                "routing.inbound/fallback",
                advisory=True,
            ),
            id=f"{step}/fallback",
        ),
        _told(ctx, step, "trunk.create", f"Trunk “{own.trunk_name}” → Synthflow", "verify.inbound"),
        *f.answered_by_assistant(ctx, step),
        *sampling.not_traced(ctx.parameters, step),
    ]


def _transfer(ctx: Context) -> list[Check]:
    step, own = "flow.transfer", settings(ctx)
    return [
        *f.transfers_to(ctx, step, ctx.parameters.synthflow.transfer.number, own.sbc),
        *f.sends_to(ctx, step, own.sbc),
        _told(
            ctx,
            step,
            "trunk.acl",
            "The SBC lets Synthflow's addresses in",
            "probe.acl/listed",
            advisory=True,
        ),
        _told(
            ctx,
            step,
            "routing.transfer",
            f"{own.ring_group_number} → “{own.ring_group}” → agent",
            "verify.transfer",
        ),
    ]


def _outbound(ctx: Context) -> list[Check]:
    step, own = "flow.outbound_platform", settings(ctx)
    return [
        _told(
            ctx, step, "trunk.create", f"IVR or campaign → “{own.trunk_name}”", "verify.outbound"
        ),
        *f.answered_by_assistant(ctx, step),
    ]


STEPS = (
    Step("flow.inbound", SECTION, "Caller → Talkdesk → AI", ("assistant.attach",), check=_inbound),
    Step("flow.transfer", SECTION, "AI → group → agent", ("transfer.action",), check=_transfer),
    Step(
        "flow.outbound_platform",
        SECTION,
        "Talkdesk flow → AI",
        ("assistant.attach",),
        check=_outbound,
    ),
)
