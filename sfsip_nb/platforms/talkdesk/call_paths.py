"""The paths of calls between Talkdesk and Synthflow, hop by hop, and what judges each hop."""

from __future__ import annotations

from sfsip_nb.engine.model import CallFlow, CallHop
from sfsip_nb.platforms.synthflow import call_paths as synthflow

_PHONE, _TALKDESK = "Telephone network", "Talkdesk"

FLOWS = (
    CallFlow(
        "flow.inbound",
        "A caller reaches the AI agent",
        (
            CallHop(_PHONE, "Caller", "{test_calls[from]}"),
            CallHop(_TALKDESK, "Number", "{numbers}", ("verify.inbound/platform",), "number"),
            CallHop(
                _TALKDESK,
                "IVR or ring group",
                checks=("flow.inbound/routing.inbound", "verify.inbound/transfer"),
                at="flow",
            ),
            CallHop(
                _TALKDESK,
                "SIP trunk",
                "{talkdesk[trunk_name]}",
                ("flow.inbound/trunk.create", "verify.inbound/transfer"),
                "trunk",
            ),
            *synthflow.INBOUND,
        ),
    ),
    CallFlow(
        "flow.transfer",
        "The AI agent transfers a caller to a live agent",
        (
            *synthflow.TRANSFERS,
            CallHop(
                _TALKDESK,
                "SBC",
                "{talkdesk[sbc]}",
                ("flow.transfer/termination", "flow.transfer/trunk.acl"),
                "sip-back",
            ),
            CallHop(
                _TALKDESK,
                "Ring group",
                "{talkdesk[ring_group]}",
                ("flow.transfer/routing.transfer", "verify.transfer/queue"),
                "queue",
            ),
            CallHop(
                _TALKDESK,
                "Live agent",
                checks=("verify.transfer/agent", "verify.transfer/heard/live-agent"),
                at="live-agent",
            ),
        ),
    ),
    CallFlow(
        "flow.outbound_platform",
        "Talkdesk calls the AI agent",
        (
            CallHop(_TALKDESK, "IVR or campaign", at="flow"),
            CallHop(
                _TALKDESK,
                "SIP trunk",
                "{talkdesk[trunk_name]}",
                ("flow.outbound_platform/trunk.create", "verify.outbound/platform"),
                "trunk",
            ),
            *synthflow.OUTBOUND,
        ),
    ),
)
