"""The paths of calls between Genesys Cloud and Synthflow, hop by hop, and what judges each hop."""

from __future__ import annotations

from sfsip_nb.engine.model import CallFlow, CallHop
from sfsip_nb.platforms.synthflow import call_paths as synthflow

_PHONE, _GENESYS = "Telephone network", "Genesys Cloud"

FLOWS = (
    CallFlow(
        "flow.inbound",
        "A caller reaches the AI agent",
        (
            CallHop(_PHONE, "Caller", "{test_calls[from]}"),
            CallHop(
                _GENESYS,
                "Number and call route",
                "{numbers}",
                ("flow.inbound/did", "flow.inbound/flow", "verify.inbound/platform"),
                "number",
            ),
            CallHop(
                _GENESYS,
                "Architect flow",
                "{genesys[inbound_flow]}",
                ("flow.inbound/published", "verify.inbound/flow"),
                "flow",
            ),
            CallHop(
                _GENESYS,
                "Number plan, outbound route",
                "{genesys[site]}",
                ("flow.inbound/plan", "flow.inbound/route"),
                "plan",
            ),
            CallHop(
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                (
                    "flow.inbound/trunk",
                    "flow.inbound/service",
                    "verify.inbound/trunk",
                    "verify.inbound/rtp",
                ),
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
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                ("flow.transfer/termination",),
                "sip-back",
            ),
            CallHop(
                _GENESYS,
                "Number and call route",
                "{synthflow[transfer][number]}",
                ("flow.transfer/did", "flow.transfer/flow"),
                "number-back",
            ),
            CallHop(
                _GENESYS,
                "Architect flow",
                "{genesys[transfer_flow]}",
                ("flow.transfer/published",),
                "flow-back",
            ),
            CallHop(
                _GENESYS, "Queue", "{genesys[transfer_queue]}", ("verify.transfer/queue",), "queue"
            ),
            CallHop(
                _GENESYS,
                "Live agent",
                checks=("verify.transfer/agent", "verify.transfer/heard/live-agent"),
                at="live-agent",
            ),
        ),
    ),
    CallFlow(
        "flow.outbound_ai",
        "The AI agent calls somebody through Genesys Cloud",
        (
            synthflow.ASSISTANT,
            CallHop(
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                ("flow.outbound_ai/termination", "probe.acl/listed"),
            ),
            CallHop(_GENESYS, "Site", "{genesys[site]}", ("flow.outbound_ai/site",)),
            CallHop(_GENESYS, "Route to the carrier", checks=("flow.outbound_ai/pstn",)),
            CallHop(_PHONE, "Person called", "{test_calls[from]}"),
        ),
    ),
    CallFlow(
        "flow.outbound_platform",
        "Genesys Cloud calls the AI agent",
        (
            CallHop(_GENESYS, "Flow, agent or campaign"),
            CallHop(
                _GENESYS,
                "Number plan, outbound route",
                "{genesys[site]}",
                ("flow.outbound_platform/plan", "flow.outbound_platform/route"),
                "plan",
            ),
            CallHop(
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                (
                    "flow.outbound_platform/trunk",
                    "flow.outbound_platform/service",
                    "verify.outbound/trunk",
                    "verify.outbound/rtp",
                ),
                "trunk",
            ),
            *synthflow.OUTBOUND,
        ),
    ),
)
