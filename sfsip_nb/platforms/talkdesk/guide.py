"""The Talkdesk guide: its sections and its steps; Talkdesk's half is done by a person."""

from __future__ import annotations

from sfsip_nb.engine.model import Guide
from sfsip_nb.platforms.shared import probes, sections
from sfsip_nb.platforms.shared.lines import read
from sfsip_nb.platforms.synthflow import endpoint
from sfsip_nb.platforms.synthflow import section as synthflow
from sfsip_nb.platforms.talkdesk import access, call_paths, flows, troubleshooting, trunk, verify
from sfsip_nb.platforms.talkdesk.lookup import LOOKS
from sfsip_nb.platforms.talkdesk.platform import origins, settings

_TRUNK = synthflow.ContactCenterSide(
    platform="Talkdesk",
    termination_uri=lambda ctx: settings(ctx).sbc,
    transfer_number=lambda ctx: ctx.parameters.synthflow.transfer.number,
    needs=("access.synthflow", "access.number"),
    transfer_needs=("routing.transfer",),
)
_PLATFORM = probes.ProbedPlatform("Talkdesk", lambda ctx: settings(ctx).sbc, 5060, shows_list=False)

GUIDE = Guide(
    name="talkdesk",
    title="SIP integration with Talkdesk",
    sections=sections.of("talkdesk", "Talkdesk"),
    steps=(
        *access.STEPS,
        *trunk.STEPS,
        *synthflow.steps("03-synthflow-configuration", _TRUNK),
        *flows.STEPS,
        *verify.STEPS,
        *probes.steps(_PLATFORM),
        *troubleshooting.STEPS,
    ),
    resources=synthflow.resources,
    lines=lambda: read("talkdesk"),
    origins=origins,
    flows=call_paths.FLOWS,
    looks=LOOKS,
    sip=endpoint.place,
)
