"""The ways of calls between Talkdesk and Synthflow, hop by hop, and what judges each hop."""

from __future__ import annotations

from sfsip_nb.engine.model import Flow, Hop

_PHONE, _TALKDESK, _SYNTHFLOW = "Telephone network", "Talkdesk", "Synthflow"

FLOWS = (
    Flow(
        "flow.inbound",
        "A caller reaches the AI agent",
        (
            Hop(_PHONE, "Caller", "{test_calls[from]}"),
            Hop(_TALKDESK, "Number", "{numbers[0]}", ("verify.inbound/platform",)),
            Hop(
                _TALKDESK,
                "IVR or ring group",
                checks=("flow.inbound/routing.inbound", "verify.inbound/transfer"),
            ),
            Hop(
                _TALKDESK,
                "SIP trunk",
                "{talkdesk[trunk_name]}",
                ("flow.inbound/trunk.create", "verify.inbound/transfer"),
            ),
            Hop(
                _SYNTHFLOW,
                "SIP number",
                "{numbers[0]}",
                ("flow.inbound/number", "verify.inbound/synthflow"),
            ),
            Hop(
                _SYNTHFLOW,
                "Assistant",
                "{synthflow[assistant]}",
                (
                    "flow.inbound/assistant",
                    "verify.inbound/assistant",
                    "verify.inbound/heard/AI-agent",
                ),
            ),
        ),
    ),
    Flow(
        "flow.transfer",
        "The AI agent transfers a caller to a live agent",
        (
            Hop(
                _SYNTHFLOW,
                "Assistant",
                "{synthflow[assistant]}",
                ("verify.transfer/assistant", "verify.transfer/heard/AI-agent"),
            ),
            Hop(
                _SYNTHFLOW,
                "{synthflow[transfer][mode]} transfer",
                "{synthflow[transfer][number]}",
                ("flow.transfer/action",),
            ),
            Hop(
                _TALKDESK,
                "SBC",
                "{talkdesk[sbc]}",
                ("flow.transfer/termination", "flow.transfer/trunk.acl"),
            ),
            Hop(
                _TALKDESK,
                "Ring group",
                "{talkdesk[ring_group]}",
                ("flow.transfer/routing.transfer", "verify.transfer/queue"),
            ),
            Hop(
                _TALKDESK,
                "Live agent",
                checks=("verify.transfer/agent", "verify.transfer/heard/live-agent"),
            ),
        ),
    ),
    Flow(
        "flow.outbound_platform",
        "Talkdesk calls the AI agent",
        (
            Hop(_TALKDESK, "IVR or campaign"),
            Hop(
                _TALKDESK,
                "SIP trunk",
                "{talkdesk[trunk_name]}",
                ("flow.outbound_platform/trunk.create", "verify.outbound/platform"),
            ),
            Hop(
                _SYNTHFLOW,
                "SIP number",
                "{numbers[0]}",
                ("flow.outbound_platform/number", "verify.outbound/synthflow"),
            ),
            Hop(
                _SYNTHFLOW,
                "Assistant",
                "{synthflow[assistant]}",
                ("flow.outbound_platform/assistant", "verify.outbound/assistant"),
            ),
        ),
    ),
)
