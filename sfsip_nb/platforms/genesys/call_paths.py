"""The ways of calls between Genesys Cloud and Synthflow, hop by hop, and what judges each hop."""

from __future__ import annotations

from sfsip_nb.engine.model import Flow, Hop

_PHONE, _GENESYS, _SYNTHFLOW = "Telephone network", "Genesys Cloud", "Synthflow"

FLOWS = (
    Flow(
        "flow.inbound",
        "A caller reaches the AI agent",
        (
            Hop(_PHONE, "Caller", "{test_calls[from]}"),
            Hop(
                _GENESYS,
                "Number and call route",
                "{numbers[0]}",
                ("flow.inbound/did", "verify.inbound/platform"),
            ),
            Hop(
                _GENESYS,
                "Architect flow",
                "{genesys[inbound_flow]}",
                ("flow.inbound/published", "verify.inbound/flow"),
            ),
            Hop(
                _GENESYS,
                "Number plan, outbound route",
                "{genesys[site]}",
                ("flow.inbound/plan", "flow.inbound/route"),
            ),
            Hop(
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                ("flow.inbound/trunk", "verify.inbound/trunk", "verify.inbound/rtp"),
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
            Hop(_GENESYS, "BYOC trunk", "{genesys[trunk_name]}", ("flow.transfer/termination",)),
            Hop(
                _GENESYS,
                "Number and call route",
                "{synthflow[transfer][number]}",
                ("flow.transfer/did",),
            ),
            Hop(
                _GENESYS,
                "Architect flow",
                "{genesys[transfer_flow]}",
                ("flow.transfer/published",),
            ),
            Hop(_GENESYS, "Queue", "{genesys[transfer_queue]}", ("verify.transfer/queue",)),
            Hop(
                _GENESYS,
                "Live agent",
                checks=("verify.transfer/agent", "verify.transfer/heard/live-agent"),
            ),
        ),
    ),
    Flow(
        "flow.outbound_ai",
        "The AI agent calls somebody through Genesys Cloud",
        (
            Hop(_SYNTHFLOW, "Assistant", "{synthflow[assistant]}"),
            Hop(
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                ("flow.outbound_ai/termination", "probe.acl/listed"),
            ),
            Hop(_GENESYS, "Site", "{genesys[site]}", ("flow.outbound_ai/site",)),
            Hop(_GENESYS, "Route to the carrier", checks=("flow.outbound_ai/pstn",)),
            Hop(_PHONE, "Person called", "{test_calls[from]}"),
        ),
    ),
    Flow(
        "flow.outbound_platform",
        "Genesys Cloud calls the AI agent",
        (
            Hop(_GENESYS, "Flow, agent or campaign"),
            Hop(
                _GENESYS,
                "Number plan, outbound route",
                "{genesys[site]}",
                ("flow.outbound_platform/plan", "flow.outbound_platform/route"),
            ),
            Hop(
                _GENESYS,
                "BYOC trunk",
                "{genesys[trunk_name]}",
                ("flow.outbound_platform/trunk", "verify.outbound/trunk", "verify.outbound/rtp"),
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
