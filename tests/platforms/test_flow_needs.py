"""A call flow is blocked, and does not fail, while a step that makes what it reads is open."""

import pytest

from sfsip_nb.runs.session import GUIDES

MADE_BY = {
    "flow.inbound": {"routing.inbound", "trunk.site", "trunk.outbound", "assistant.attach"},
    "flow.transfer": {"routing.transfer", "transfer.action", "number.add"},
    "flow.outbound_ai": {"trunk.inbound", "number.add"},
    "flow.outbound_platform": {"trunk.site", "trunk.outbound", "assistant.attach"},
}


@pytest.mark.parametrize("flow", MADE_BY)
def test_a_flow_needs_the_steps_that_make_what_it_reads(flow: str) -> None:
    steps = {step.id: step for step in GUIDES["genesys"].steps}
    needed, open_ = set[str](), [flow]
    while open_:
        new = set(steps[open_.pop()].needs) - needed
        needed |= new
        open_ += new
    assert MADE_BY[flow] <= needed
