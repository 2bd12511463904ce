"""A realistic record of one attempt, in the shape of CONTRACT §4."""

from typing import Any

LADDER = "evidence/5f2d9c1e-ladder.svg"
REPLY = "evidence/77aa01bc-trunk.json"
PCAP = "evidence/c0ffee00-call.pcap"

EVIDENCE = {
    LADDER: (
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 220" width="640" height="220"'
        b' font-family="system-ui,sans-serif" font-size="12">'
        b"<title>Call to +15551230001 &amp; answer</title>"
        b'<g stroke="#777"><path d="M90 40V210M320 40V210M550 40V210"/></g>'
        b'<g text-anchor="middle"><text x="90" y="28">Caller</text><text x="320" y="28">Genesys'
        b'</text><text x="550" y="28">Synthflow</text></g>'
        b'<g stroke="#0b5a9c" fill="#0b5a9c"><path d="M90 70H312l-6-4v8l6-4"/>'
        b'<path d="M320 110H542l-6-4v8l6-4"/></g>'
        b'<g text-anchor="middle"><text x="205" y="64">INVITE +15551230001</text>'
        b'<text x="435" y="104">INVITE sip:+15551230001@sip.us.synthflow.ai:32681</text></g></svg>'
    ),
    REPLY: b'{"id":"b6a0","state":"active","properties":{"trunk_outbound_port":32681}}',
    PCAP: bytes(range(256)),
}


def check(identity: str, title: str, verdict: str, **more: Any) -> dict[str, Any]:
    """One check with everything CONTRACT asks for."""
    return {
        "id": identity,
        "title": title,
        "weight": "required",
        "vantage": "platform",
        "verdict": verdict,
        "expected": "",
        "seen": "",
        "evidence": [],
    } | more


def step(
    identity: str, section: str, title: str, verdict: str, checks: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """One step with everything CONTRACT asks for."""
    return {
        "id": identity,
        "section": section,
        "title": title,
        "verdict": verdict,
        "change": "none",
        "checks": checks,
        "evidence": [ref for item in checks for ref in item["evidence"]],
        "started": "2026-11-20T09:12:04Z",
        "ended": "2026-11-20T09:12:06Z",
    } | more


def record() -> dict[str, Any]:
    """A fresh copy."""
    return {
        "schema": 1,
        "guide": "genesys",
        "title": "Genesys Cloud CX",
        "customer": "Acme Health & Care",
        "run": "acme-health-care-genesys",
        "attempt": 3,
        "target": "live",
        "mode": "apply",
        "started": "2026-11-20T09:12:00Z",
        "ended": "2026-11-20T09:19:41Z",
        "verdict": "waiting",
        "versions": {"sfsip-nb": "0.1.0", "python": "3.11.7", "papermill": "2.7.0"},
        "inputs": {
            "target": "live",
            "numbers": ["+442071838750", "+442071838751"],
            "sip": {"transport": "tls", "username": "acme-trunk", "password": "set", "realm": ""},
            "synthflow": {"region": "eu", "api_key": "set"},
            "genesys": {"region": "eu-west-2", "client_secret": "set"},
        },
        "sections": [
            {"id": "01-prerequisites", "title": "Prerequisites"},
            {"id": "02-genesys-configuration", "title": "Genesys configuration"},
            {"id": "05-verification", "title": "Verification"},
        ],
        "steps": [
            step(
                "access.platform",
                "01-prerequisites",
                "Genesys Cloud answers and grants what is needed",
                "pass",
                [
                    check("token", "A token is granted", "pass", expected="200", seen="200"),
                    check(
                        "permissions",
                        "Every permission is granted",
                        "pass",
                        expected="telephony:plugin:all, routing:did:view",
                        seen="telephony:plugin:all, routing:did:view",
                    ),
                ],
            ),
            step(
                "access.network",
                "01-prerequisites",
                "The SIP host is reachable",
                "inconclusive",
                [
                    check(
                        "options",
                        "OPTIONS is answered",
                        "inconclusive",
                        vantage="here",
                        expected="200 OK",
                        seen="no answer in 4 s; a carrier may drop OPTIONS that it does not know",
                        settle="Silence proves nothing; a real call settles it (verify.inbound)",
                    ),
                    check(
                        "global",
                        "The region's host is not being retired",
                        "inconclusive",
                        weight="advisory",
                        vantage="synthflow",
                        expected="a regional host",
                        seen="sip.eu.synthflow.ai",
                    ),
                ],
            ),
            step(
                "trunk.create",
                "02-genesys-configuration",
                "External trunk “Synthflow AI”",
                "pass",
                [
                    check(
                        "properties",
                        "Each property reads back as written",
                        "pass",
                        expected="trunk_type, trunk_protocol, trunk_sip_authentication_credentials",
                        seen="all equal",
                        evidence=[REPLY],
                    )
                ],
                change="create",
            ),
            step(
                "trunk.acl",
                "02-genesys-configuration",
                "Only Synthflow's addresses may call in",
                "waiting",
                [],
                note="Waiting for a person to turn Allow All off in the trunk's access control.",
            ),
            step(
                "verify.inbound",
                "05-verification",
                "A call to the number reaches the AI, both ways audible",
                "fail",
                [
                    check(
                        "answered",
                        "The AI answers",
                        "fail",
                        vantage="testbed",
                        expected="200 OK to INVITE within 10 s",
                        seen="488 Not Acceptable Here\nWarning: 304 media type not available",
                        evidence=[LADDER, PCAP],
                    )
                ],
            ),
            step(
                "verify.transfer",
                "05-verification",
                "The AI hands the caller to the queue",
                "blocked",
                [],
                note="Not run: verify.inbound did not pass.",
            ),
        ],
        "changes": [
            {
                "step": "trunk.create",
                "system": "genesys",
                "object": "genesys.trunk:Synthflow AI",
                "change": "update",
                "fields": [
                    {"field": "trunk_protocol", "before": "UDP", "after": "TLS"},
                    {"field": "trunk_outbound_port", "before": 5060, "after": 32682},
                    {"field": "trunk_enabled", "before": False, "after": True},
                ],
                "cannot_restore": ["the former SIP password: no API returns it"],
                "outcome": "done",
                "at": "2026-11-20T09:12:06Z",
                "undone": "",
            }
        ],
        "people": [
            {
                "step": "trunk.inbound",
                "title": "Read the inbound FQDN in the trunk's panel",
                "done_by": "Dana Example",
                "done_at": "2026-11-20T09:14:00Z",
                "note": "",
                "values": {"inbound_fqdn": "synthflow-acme.byoc.euw2.pure.cloud"},
            }
        ],
        "waivers": [
            {
                "check": "probe.acl",
                "reason": "No third address at hand",
                "by": "Dana Example",
                "until": "2026-12-31",
            }
        ],
        "diagnosis": [
            {
                "cause": "The trunk offers plain RTP on TLS",
                "because": "488 with Warning 304 after an INVITE without SRTP",
                "remedy": "Set the trunk's media encryption to SRTP, or use UDP with port 32681.",
                "steps": ["verify.inbound"],
            }
        ],
        "notes": [
            {
                "id": "regional-hosts",
                "text": "The Global host is being retired; use a regional one.",
                "date": "2026-10-01",
                "source": "https://docs.synthflow.ai/",
                "heading": "Prerequisites",
            }
        ],
        "map": [
            {
                "heading": "Trunk",
                "kind": "step",
                "text": "Admin > Telephony > Trunks",
                "carried_by": "trunk.create",
            },
            {
                "heading": "Number",
                "kind": "step",
                "text": "Wait one to two minutes",
                "carried_by": "registration.wait",
            },
        ],
        "testbed": None,
    }
