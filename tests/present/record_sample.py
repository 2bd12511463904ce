"""A realistic record of one attempt, in the shape of docs/record.md."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sfsip_nb.engine.record import Record
from sfsip_nb.present.record import record_html
from sfsip_nb.sip.evidence.ladder import svg
from sfsip_nb.sip.trace import TraceEntry

LADDER = "evidence/5f2d9c1e-ladder.svg"
REPLY = "evidence/77aa01bc-trunk.json"
PCAP = "evidence/c0ffee00-call.pcap"
HEARD = "evidence/0ddba11e-heard.json"


def ladder(note: bytes = b"a&b <c>") -> bytes:
    """A refused call, as the wire draws it; `note` stands in a header."""
    ours, theirs = ("192.0.2.10", 5060), ("192.0.2.20", 32681)
    first = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)
    said = [
        (
            "sent",
            b"INVITE sip:+442071838750@sip.eu.synthflow.ai SIP/2.0\r\nX-Note: a&b <c>\r\n\r\n",
        ),
        ("received", b"SIP/2.0 100 Trying\r\nContent-Length: 0\r\n\r\n"),
        ("received", b"SIP/2.0 488 Not Acceptable Here\r\nContent-Length: 0\r\n\r\n"),
    ]
    entries = [
        TraceEntry(
            at=first + timedelta(milliseconds=40 * number),
            direction="sent" if way == "sent" else "received",
            transport="udp",
            local=ours,
            remote=theirs,
            data=data,
            call_id="c1",
            summary=data.decode("utf-8", "replace").split("\r\n")[0].replace("SIP/2.0 ", ""),
            agent="Caller",
        )
        for number, (way, data) in enumerate(said)
    ]
    return svg(entries, {theirs: "Synthflow"}, "Call to +442071838750 & answer").encode()


SOUND, SILENCE, NOTHING = -15, -60, None
"""Levels."""


def levels(
    *lanes: list[int | None], offset: float = 0.0, what: str = "Heard by the caller"
) -> bytes:
    """A file of levels, one a 20 ms; the last lane begins after `offset` seconds."""
    file = {
        "call": "+442071838750",
        "answered": "2026-11-20T09:14:01+00:00",
        "unit": "dBov",
        "floor": -60,
        "lanes": [
            {
                "what": what,
                "vantage": "here",
                "offset": offset if number == len(lanes) else 0.0,
                "seconds": 0.02,
                "values": values,
            }
            for number, values in enumerate(lanes, 1)
        ],
    }
    return json.dumps(file).encode()


EVIDENCE = {
    LADDER: ladder(),
    REPLY: b'{"id":"b6a0","state":"active","properties":{"trunk_outbound_port":32681}}',
    PCAP: bytes(range(256)),
    HEARD: levels([SOUND] * 50 + [SILENCE] * 50, [NOTHING] * 100),
}


def check(identity: str, title: str, verdict: str, **more: Any) -> dict[str, Any]:
    """One check with everything the record holds of it."""
    return {
        "id": identity,
        "title": title,
        "weight": "required",
        "vantage": "platform",
        "verdict": verdict,
        "expected": "",
        "seen": "",
        "evidence": [],
        "settle": "",
        "at": "2026-11-20T09:12:05Z",
    } | more


def step(
    identity: str, section: str, title: str, verdict: str, checks: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    """One step with everything the record holds of it."""
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


def hop(system: str, what: str, name: str, verdict: str) -> dict[str, Any]:
    """A station of a call."""
    checks = [f"x/{what}"] if verdict else []
    return {"system": system, "what": what, "name": name, "verdict": verdict, "checks": checks}


def change(step: str, thing: str) -> dict[str, Any]:
    """A change that is planned."""
    return {
        "step": step,
        "system": "genesys",
        "object": thing,
        "change": "create",
        "fields": [{"field": "Planned field", "before": "(empty)", "after": "planned value"}],
        "cannot_restore": [],
        "note": "",
    }


def page(data: dict[str, Any], evidence: Mapping[str, bytes]) -> str:
    """The page of a record."""
    return record_html(Record.model_validate(data), evidence)


def small(steps: list[dict[str, Any]], **more: Any) -> Record:
    """A record of a few steps, with nothing else in it."""
    plain = {"versions": {}, "inputs": {}, "changes": [], "people": [], "diagnosis": []}
    plain |= {"plan": None, "testbed": None, "waivers": []}
    return Record.model_validate(record_head() | plain | {"steps": steps} | more)


def record_head() -> dict[str, Any]:
    """Whose attempt it is."""
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
    }


def record() -> dict[str, Any]:
    """A fresh copy, as record.json has it."""
    return record_head() | {
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
                        evidence=[LADDER, PCAP, HEARD],
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
        "not_run": [
            {"id": "diagnose", "section": "06-troubleshooting", "title": "Name the causes"}
        ],
        "broke_off": "",
        "plan": {
            "id": "0123456789ab",
            "made_at": "2026-11-20T08:55:00Z",
            "approved_by": "Robin Approver",
            "approved_at": "2026-11-20T09:01:00Z",
            "stopped": "",
            "changes": [
                change("trunk.create", "genesys.trunk:Synthflow AI"),
                change("trunk.site", "genesys.number_plan:Synthflow AI"),
            ],
        },
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
                "attempt": 1,
                "card": {
                    "path": ["Admin", "Telephony", "Trunks"],
                    "fields": [
                        {"label": "Trunk", "value": "Synthflow AI", "secret": False},
                        {"label": "Password", "value": "set", "secret": True},
                    ],
                    "asks": [{"name": "inbound_fqdn", "label": "FQDN of the panel"}],
                },
                "entered": ["Trunk: Synthflow AI"],
                "proof": "verify.inbound: fail",
                "proved_by": "verify.inbound",
                "proof_verdict": "fail",
                "evidence": [],
            }
        ],
        "flows": [
            {
                "step": "verify.inbound",
                "title": "A caller reaches the AI agent",
                "hops": [
                    hop("Telephone network", "Caller", "+442079460000", ""),
                    hop(
                        "Genesys Cloud",
                        "Architect flow",
                        "Reception & out-of-hours routing",
                        "pass",
                    ),
                    hop("Genesys Cloud", "BYOC trunk", "Synthflow AI", "fail"),
                    hop("Synthflow", "Assistant", "Acme Receptionist", "blocked"),
                ],
            }
        ],
        "dialled": [
            {
                "step": "verify.inbound",
                "number": "+442071838750",
                "mark": "sfsip-5299a986cb80",
                "at": "2026-11-20T09:14:00Z",
            }
        ],
        "evidence": [
            {
                "name": HEARD.rpartition("/")[2],
                "step": "verify.inbound",
                "title": "What the caller heard",
                "sha256": "ab" * 32,
                "kept": "2026-11-20T09:14:09Z",
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
                "because": ["488 with Warning 304 after an INVITE without SRTP"],
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
            {
                "heading": "Reference",
                "kind": "reference",
                "text": "Synthflow SIP Overview: docs.synthflow\\.ai/about-sip",
                "carried_by": "notebook 07-reference-and-record",
            },
        ],
        "testbed": None,
    }


def answering() -> dict[str, Any]:
    """A call of 12 s: a greeting, two turns that are replied to, and an interruption."""
    return {
        "measured": "as measured at this end of the call",
        "first_word": {"ms": 500, "error_ms": 10},
        "greeting": {"s": 2.0, "error_ms": 20},
        "gaps": {"n": 2, "p50": {"ms": 700, "error_ms": 20}, "p95": {"ms": 820, "error_ms": 20}},
        "turns": [
            {
                "start_s": 3.5,
                "end_s": 4.5,
                "reply_s": 5.2,
                "gap": {"ms": 700, "error_ms": 20},
                "how": "answered",
            },
            {
                "start_s": 7.5,
                "end_s": 8.5,
                "reply_s": 9.32,
                "gap": {"ms": 820, "error_ms": 20},
                "how": "answered",
            },
            {"start_s": 11.0, "end_s": 11.5, "reply_s": None, "gap": None, "how": "unanswered"},
        ],
        "barge_ins": [{"at_s": 7.5, "stops": {"ms": 240, "error_ms": 20}}],
        "dead_air": [{"at_s": 9.9, "s": 2.1, "whose": "caller"}],
        "clipped": [{"at_s": 0.5, "edge": "begin", "why": "abrupt"}],
        "spoke_s": {"agent": 4.1, "caller": 2.5},
        "notes": [],
    }
