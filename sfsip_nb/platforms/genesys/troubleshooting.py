"""The troubleshooting rows of the Genesys guide, each with the checks that would show it."""

from __future__ import annotations

from sfsip_nb.platforms.shared import diagnosis
from sfsip_nb.platforms.shared.diagnosis import TroubleshootingRow

ROWS = (
    TroubleshootingRow(
        "registration",
        "Registration fails",
        "Check that the Termination URI matches the FQDN in the trunk's panel, then the "
        "credentials and the firewall (UDP/TCP 32681, TLS 32682).",
        (
            "number.add",
            "flow.transfer/termination",
            "registration.wait/time",
            "probe.options",
            "access.network",
            "probe.tls",
            "probe.digest",
            "verify.inbound/synthflow",
            "verify.transfer/synthflow",
            "verify.outbound/synthflow",
            "diagnose/capture/registration",
            "diagnose/capture/peer",
        ),
    ),
    TroubleshootingRow(
        "no-route",
        "“No route found” on outbound",
        "Assign the Synthflow trunk to the right site, with matching number plans and a route.",
        (
            "trunk.site",
            "flow.inbound/plan",
            "flow.inbound/route",
            "flow.outbound_platform/plan",
            "flow.outbound_platform/route",
            "verify.inbound/trunk",
            "verify.outbound/trunk",
            "diagnose/capture/route",
        ),
    ),
    TroubleshootingRow(
        "rejected",
        "Calls rejected by Genesys, or by Synthflow",
        "Make the digest credentials the same on both sides, and check the SIP Access Control "
        "list against Synthflow's current addresses.",
        (
            "probe.digest",
            "trunk.acl",
            "probe.acl/listed",
            "trunk.outbound",
            "verify.transfer/queue",
            "verify.inbound/answer",
            "diagnose/capture/access",
            "diagnose/capture/callee",
        ),
    ),
    TroubleshootingRow(
        "audio",
        "One-way or no audio",
        "Open the RTP ports both ways, and confirm G.711 on both sides.",
        (
            "verify.inbound/heard",
            "verify.inbound/rtp",
            "verify.inbound/transcript",
            "verify.transfer/heard",
            "probe.codec",
            "trunk.outbound/codec",
            "diagnose/capture/media",
        ),
    ),
    TroubleshootingRow(
        "caller-id",
        "Caller ID missing",
        "Set the Caller Address of the trunk, and check E.164 in the From header.",
        (
            "trunk.caller_id",
            "verify.inbound/caller-id",
            "verify.transfer/caller-id",
            "verify.outbound/caller-id",
            "diagnose/capture/caller",
        ),
    ),
    TroubleshootingRow(
        "wrong-org",
        "Wrong organization, or calls go nowhere",
        "The Inbound SIP Termination Identifier must be unique per organization, and the FQDN "
        "the same in Synthflow's Termination URI.",
        (
            "trunk.create/api",  # as a rule: the identifier is taken
            "trunk.inbound",
            "flow.transfer",
            "transfer.action",
            "verify.transfer/platform",
            "diagnose/capture/transfer",
        ),
    ),
)

HINT = (
    "Genesys's Call Simulator (under Telephony, in the site) tests dial plans and routing "
    "without touching production."
)

STEPS = (diagnosis.step(ROWS, HINT),)
