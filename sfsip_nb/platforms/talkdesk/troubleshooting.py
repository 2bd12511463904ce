"""The troubleshooting rows of the Talkdesk guide, each with the checks that would show it."""

from __future__ import annotations

from sfsip_nb.platforms.shared import diagnosis
from sfsip_nb.platforms.shared.diagnosis import TroubleshootingRow

ROWS = (
    TroubleshootingRow(
        "registration",
        "Registration fails",
        "Check the Termination URI, the credentials and the firewall (UDP/TCP 32681, TLS 32682), "
        "and that Synthflow's addresses are in Talkdesk's allowed list.",
        (
            "number.add",
            "flow.transfer/termination",
            "registration.wait/time",
            "probe.options",
            "probe.tls",
            "probe.digest",
            "access.network",
            "trunk.acl",
            "probe.acl/listed",
            "diagnose/capture/registration",
            "diagnose/capture/access",
            "diagnose/capture/peer.silent",
        ),
    ),
    TroubleshootingRow(
        "not-reaching",
        "Calls not reaching Synthflow",
        "Make the IVR or ring-group step point to the Synthflow DID, over the right SIP trunk.",
        (
            "trunk.create",
            "routing.inbound",
            "verify.inbound/transfer",
            "verify.inbound/synthflow",
            "verify.inbound/fallback",
            "verify.outbound/synthflow",
            "diagnose/capture/route",
            "diagnose/capture/callee",
            "diagnose/capture/peer",
        ),
    ),
    TroubleshootingRow(
        "audio",
        "One-way or no audio",
        "Open the RTP ports both ways, and confirm that G.711 is negotiated on both sides.",
        (
            "verify.inbound/heard",
            "verify.transfer/heard/caller",
            "verify.inbound/transcript",
            "verify.transfer/transcript",
            "probe.codec",
            "diagnose/capture/media",
        ),
    ),
    TroubleshootingRow(
        "caller-id",
        "Caller ID missing",
        "Set the From header to the caller's E.164 number, and see that Talkdesk passes the ANI.",
        (
            "verify.inbound/caller-id",
            "verify.transfer/caller-id",
            "verify.outbound/caller-id",
            "diagnose/capture/caller",
        ),
    ),
    TroubleshootingRow(
        "transfer",
        "Transfer fails",
        "Check the ring group's number and that the trunk is active; look at Talkdesk's transfer "
        "logs.",
        (
            "routing.transfer",
            "transfer.action",
            "flow.transfer/action",
            "verify.transfer/queue",
            "verify.transfer/agent",
            "verify.transfer/heard/live-agent",
            "diagnose/capture/transfer",
        ),
    ),
)

HINT = "You can reopen any card of section 02; a call proves what it changed."

STEPS = (diagnosis.step(ROWS, HINT),)
