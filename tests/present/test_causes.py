"""The card of a cause: everything an engineer needs on a call, and nothing that a peer may run."""

from __future__ import annotations

from typing import Any

from sfsip_nb.engine.cause_rows import CausesRow, IssueRow
from sfsip_nb.engine.record import Record
from sfsip_nb.present import causes
from sfsip_nb.present.record import record_html
from tests.present import record_sample as sample

HOSTILE = "<img src=x onerror=alert(1)>"


def fix(**more: Any) -> dict[str, Any]:
    about = {
        "id": "genesys.sip-server",
        "sentence": "The trunk sends calls to old:5060; Synthflow takes them at new:32681.",
        "side": "Genesys Cloud",
        "object": "Trunk “AI”",
        "field": "SIP Servers or Proxies",
        "path": "Admin → Trunks → AI",
        "value": "new:32681",
        "who": "an administrator",
    }
    return about | more


def found(**more: Any) -> CausesRow:
    hop = {"system": "Genesys Cloud", "what": "BYOC trunk", "name": "AI", "checks": []}
    cause = fix(
        row="registration",
        mends="trunk.outbound",
        tell="Look at the trunk.",
        proof=[{"check": "trunk.outbound/Servers", "title": "Servers", "seen": "old:5060"}],
        explains=["trunk.outbound/Servers", "verify.inbound/heard"],
        test="verify.inbound",
        hops=[hop | {"verdict": "pass"}, hop | {"verdict": "fail", "what": "SIP number"}],
        equals=[fix(id="network.sip-to-ai", sentence="A firewall drops it.", value="UDP 32681")],
    )
    return CausesRow.model_validate(
        {
            "named": [cause | more],
            "ruled_out": [
                {
                    "id": "synthflow.login",
                    "sentence": "Synthflow, number: password",
                    "by": {"check": "probe.digest/right", "title": "Login", "seen": "200 OK"},
                }
            ],
            "unexplained": [{"check": "verify.inbound/bye", "title": "Its end", "seen": "BYE 481"}],
        }
    )


def record(causes: CausesRow) -> Record:
    check = sample.check("trunk.outbound/Servers", "Servers", "fail", seen="old:5060")
    step = sample.step("trunk.outbound", "01-a", "Outbound", "fail", [check])
    return sample.small([step], verdict="fail", mode="verify", causes=causes.as_json())


def test_the_text_names_side_object_field_value_and_what_to_run() -> None:
    text = causes.shown(found()).text
    for told in (
        "1. The trunk sends calls to old:5060; Synthflow takes them at new:32681.",
        "Where: Genesys Cloud, Trunk “AI”, SIP Servers or Proxies",
        "Way: ✔ BYOC trunk AI → ✖ SIP number AI",
        "Proof: Servers (trunk.outbound/Servers): old:5060",
        "Fix: Admin → Trunks → AI: new:32681",
        "Who: an administrator",
        "Or from here: run step trunk.outbound in apply mode",
        "Then run: trunk.outbound, verify.inbound",
        "Also possible: A firewall drops it.",
        "To confirm: Look at the trunk.",
        "Its end",
        "Synthflow, number: password",
    ):
        assert told in text, told


def test_the_page_of_the_record_has_the_same_before_what_is_open() -> None:
    page = record_html(record(found()), {})
    assert page.index("The trunk sends calls to old:5060") < page.index("blocked, inconclusive or")
    for told in ("SIP Servers or Proxies", "new:32681", "an administrator", "A firewall drops it."):
        assert told in page


def test_what_a_peer_says_is_text_on_the_card() -> None:
    proof = [{"check": "a/b", "title": HOSTILE, "seen": HOSTILE}]
    hostile = found(sentence=HOSTILE, object=HOSTILE, value=HOSTILE, proof=proof)
    for page in (causes.shown(hostile).html, record_html(record(hostile), {})):
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_without_a_failure_there_is_no_cause_to_name() -> None:
    assert "no cause to name" in causes.shown(CausesRow()).text


def test_an_early_record_without_what_became_of_a_row_is_still_told() -> None:
    row = IssueRow(cause="No audio", because=["a check failed"], remedy="Open RTP", certain=True)
    assert "likely" in causes.issues([row]).text
