"""What people are to do, as one page, before any platform was asked and from a run's plan."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from sfsip_nb.engine.journal import AnswerRow, AttemptFacts, Journal
from sfsip_nb.engine.plan import Plan
from sfsip_nb.engine.rows import CardRow
from sfsip_nb.inputs import shipped
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs import cards
from tests.present.hostile import HOSTILE
from tests.present.html_page import Page

SHIPPED = shipped.NOTEBOOKS.parent / "parameters"

LIVE = """
target: live
customer: Nord Bank
numbers: ["+442071838750"]
sip:
  transport: udp
  authentication: digest
  username: nord-trunk
  password: "env:NORD_SIP_PASSWORD"
synthflow:
  region: eu
  workspace_id: "4711"
  api_key: "env:NORD_SYNTHFLOW_KEY"
  assistant: Reception
  transfer: {number: "+442071838799", mode: cold}
talkdesk:
  account: nordbank
  region: eu
  path: external_trunk
  trunk_name: Synthflow AI
  max_concurrent_calls: 10
  timeout_seconds: 30
  client_id: "0815"
  client_secret: "env:NORD_TALKDESK_SECRET"
  sbc: sbc.nordbank.co.uk
  ring_group: Advisers
  ring_group_number: "+442071838799"
  fallback: Voicemail of the bank
"""


def live(tmp_path: Path, **more: str) -> Path:
    path = tmp_path / "nord.yaml"
    text = LIVE
    for old, new in more.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def headings(html: str) -> list[str]:
    return [part.partition("<")[0] for part in html.split("<h2>")[1:]]


def test_all_that_talkdesks_administrator_needs_is_on_one_page(tmp_path: Path) -> None:
    """No secret is on this machine, and nothing answers: the page needs neither."""
    html = cards.of_file(live(tmp_path))
    text = Page(html).text
    for value in ("nord-trunk", "Advisers", "+442071838799", "Voicemail of the bank"):
        assert value in text
    assert headings(html) == [
        "1. SIP trunking is enabled, and which option the account has",
        "2. The workspace is on the Enterprise plan",
        "3. The numbers are in the account&#39;s inventory",
        "4. Create the SIP trunk",
        "5. Allow Synthflow&#39;s addresses",
        "6. Route callers to the AI",
        "7. The number of the live agents",
        "8. Call +442071838750 now",
        "9. Call +442071838750 now",
        "10. Send a Talkdesk IVR call to the AI",
    ]
    assert text.count("Talkdesk's administrator · When Before the call") == 6
    assert "Write back: What the account has: external_trunk or byo_ai" in text
    assert "not confirmed yet. Ask the engineer" in text


def test_a_secret_is_not_on_the_page_and_it_says_how_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORD_SIP_PASSWORD", "correct-horse-battery")
    text = Page(cards.of_file(live(tmp_path))).text
    assert "correct-horse-battery" not in text
    assert "NORD_SIP_PASSWORD" not in text
    assert "SIP Passwordnot on this page: the engineer hands it over separately" in text
    assert "There is no password or key on this page." in text


def test_a_page_to_hand_over_asks_nobody_to_pay_for_calls(tmp_path: Path) -> None:
    """Whoever runs them approves them, at the step's own cell."""
    path = live(tmp_path)
    assert "Call +442071838750 now" in Page(cards.of_file(path)).text
    caller = '{uri: "sip:sip.carrier.net", username: u, password: "env:P", from: "+442071838798"}'
    more = f'test_calls: {{allowed: true, destinations: ["+442071838750"], caller: {caller}}}\n'
    path.write_text(path.read_text() + more)
    text = Page(cards.of_file(path)).text
    assert "Approve this attempt" not in text
    assert "Call +442071838750 now" not in text


def test_by_address_alone_there_is_no_word_of_a_password(tmp_path: Path) -> None:
    path = live(tmp_path, **{"authentication: digest": "authentication: ip"})
    text = Page(cards.of_file(path)).text
    assert "SIP Password" not in text
    assert "no password or key" not in text


def test_what_only_the_platform_can_tell_is_said_to_be_open() -> None:
    html = cards.of_file(SHIPPED / "genesys.testbed.yaml")
    text = " ".join(Page(html).text.split())
    assert "Only the platform can tell whether these need a person too: Phone numbers" in text
    assert "(trunk.outbound)" in text
    assert "In the call, after: Create the external trunk" in text
    assert "These values are the testbed's" in text
    assert not [name for name in headings(html) if "Call +" in name], "the testbed dials itself"


def test_what_is_wrong_with_the_file_is_told_and_no_secret_is_asked_for(tmp_path: Path) -> None:
    path = live(tmp_path, **{"region: eu\n  workspace": "region: mars\n  workspace"})
    with pytest.raises(InputError) as told:
        cards.of_file(path)
    assert "synthflow.region" in str(told.value)
    assert "NORD_" not in str(told.value)


@pytest.mark.parametrize("kind", ["script", "attribute", "template"])
def test_a_hostile_name_is_text(tmp_path: Path, kind: str) -> None:
    hostile = json.dumps(HOSTILE[kind])
    path = live(tmp_path, **{"Voicemail of the bank": hostile})
    page = Page(cards.of_file(path))
    assert not {"script", "img", "iframe"} & set(page.tags)
    assert [name for name, _ in page.attributes if name.startswith("on")] == []


class Planned:
    """A run's folder with a plan of two cards, one of them done since."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        values = {"target": "testbed", "customer": "Acme", "run": "acme"}
        with closing(Journal(folder / "journal.sqlite3")) as journal:
            number = journal.begin("plan", "replay", AttemptFacts(customer="Acme"))
            journal.put("parameters", {"guide": "genesys", "values": values})
            done = AnswerRow(
                step="trunk.acl",
                attempt=number,
                done_by="Dana Example",
                done_at="2026-11-20T09:14:00Z",
                note="list of Friday",
                given={},
                card=self.card("trunk.acl", "“Allow All” is off"),
                before={},
                evidence=[],
            )
            journal.answered(done)
        due = [self.card("trunk.inbound", "Copy the FQDN").model_dump()]
        plan = Plan("ab", "acme", "genesys", "2026-11-20T09:00:00Z", 1, "", cards=due)
        text = json.dumps({"schema": 1} | asdict(plan))
        (folder / "plan.json").write_text(text, encoding="utf-8")

    @staticmethod
    def card(step: str, title: str) -> CardRow:
        data: dict[str, Any] = {"step": step, "system": "genesys", "title": title}
        return CardRow.model_validate(data)


def test_a_run_has_the_cards_of_its_plan_and_those_that_are_done(tmp_path: Path) -> None:
    html = cards.of_run(Planned(tmp_path).folder)
    assert headings(html)[:2] == ["1. Copy the FQDN", "2. “Allow All” is off"]
    assert "Only the platform can tell" not in html, "the plan has asked it"
    text = " ".join(Page(html).text.split())
    assert "✔ done by Dana Example, 2026-11-20 09:14:00 UTC: list of Friday" in text


def test_the_command_writes_the_page_beside_its_source(tmp_path: Path) -> None:
    run = CliRunner()
    done = run.invoke(cli.app, ["cards", str(live(tmp_path))])
    assert done.exit_code == 0
    assert (tmp_path / "nord-cards.html").stat().st_mode & 0o777 == 0o600
    folder = Planned(tmp_path).folder
    assert run.invoke(cli.app, ["cards", str(folder)]).exit_code == 0
    assert "Copy the FQDN" in (folder / "cards" / "cards.html").read_text(encoding="utf-8")
    refused = run.invoke(cli.app, ["cards", str(folder), "--out", str(tmp_path / "no" / "x")])
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    assert (
        "neither a parameters file nor a run" in run.invoke(cli.app, ["cards", str(empty)]).stderr
    )
