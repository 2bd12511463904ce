"""Synthflow's end of each call path, the same for every contact center."""

from __future__ import annotations

from sfsip_nb.engine.model import CallHop

SYNTHFLOW = "Synthflow"
ASSISTANT = CallHop(SYNTHFLOW, "Assistant", "{assistants}", at="agent")


def answers(flow: str, test: str, *heard: str) -> tuple[CallHop, CallHop]:
    """A call reaches the SIP number and its assistant: step `flow` looks, `test` calls.

    `heard` are further checks of the test that the assistant answers for.
    """
    assistant = (f"{flow}/assistant", f"{test}/assistant", *(f"{test}/{check}" for check in heard))
    return (
        CallHop(
            SYNTHFLOW,
            "SIP number",
            "{numbers}",
            (f"{flow}/number", f"{test}/leg", f"{test}/synthflow"),
            "sip",
        ),
        CallHop(SYNTHFLOW, "Assistant", "{assistants}", assistant, "agent"),
    )


TRANSFERS = (
    CallHop(
        SYNTHFLOW,
        "Assistant",
        "{assistants}",
        ("verify.transfer/assistant", "verify.transfer/heard/AI-agent"),
        "agent",
    ),
    CallHop(
        SYNTHFLOW,
        "{synthflow[transfer][mode]} transfer",
        "{synthflow[transfer][number]}",
        ("flow.transfer/action",),
        "transfer",
    ),
)
"""The assistant hands a caller over to the live agents' number."""

INBOUND = answers("flow.inbound", "verify.inbound", "heard/AI-agent")
OUTBOUND = answers("flow.outbound_platform", "verify.outbound")
