"""Bad input over the command line: exit 2, one clear paragraph, and nothing was touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from tests.acceptance.acceptance_tools import PARAMETERS, Done, sfsip

SAMPLE = PARAMETERS.read_text(encoding="utf-8")
LITERAL = "Tr0ub4dor-and-3"

Edit = Callable[[str], str]


def line(key: str, value: str) -> Edit:
    """The file with another value on the line of `key`."""

    def edit(text: str) -> str:
        changed, count = re.subn(rf"(?m)^(\s*{key}:).*$", rf"\1 {value}", text, count=1)
        assert count == 1, key
        return changed

    return edit


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


@dataclass(frozen=True)
class Bad:
    """A file with one mistake: which key the message names, and what it says of it."""

    id: str
    edit: Edit
    key: str
    says: str


NUMBERS = "numbers"
CASES = (
    Bad("not E.164", line(NUMBERS, '["5551230001"]'), "numbers", "E.164"),
    Bad("YAML integer", line(NUMBERS, "[+15551230001]"), "numbers", "quote"),
    Bad("octal", line(NUMBERS, "[0044123]"), "numbers", "quote"),
    Bad("FQDN with sip:", line("inbound_fqdn", '"sip:a.b.example"'), "inbound_fqdn", "sip:"),
    Bad("FQDN with a space", line("inbound_fqdn", '"a b.example"'), "inbound_fqdn", "space"),
    Bad("unknown key", replaced("trunk_name:", "trunk_nam:"), "trunk_nam", "trunk_name"),
    Bad("unknown group", replaced("synthflow:\n", "synthflo:\n"), "synthflo", "synthflow"),
    Bad(
        "unknown region",
        replaced('region: "us-west-2"', "region: us-west-9"),
        "genesys.region",
        "us-west-2",
    ),
    Bad("literal secret", line("api_key", LITERAL), "synthflow.api_key", "env:"),
    Bad("secret not there", line("password", '"env:NOT_SET_ANYWHERE"'), "sip.password", "NOT_SET"),
    Bad("secret file", line("password", '"file:/nowhere/x"'), "sip.password", "/nowhere/x"),
    Bad("not YAML", replaced("sip:\n", "sip: [\n"), "parameters.yaml", "line"),
    Bad("AI answers itself", line("number", '"+15551230001"'), "transfer.number", "answers itself"),
)


@dataclass
class Bench:
    """A file with a mistake, and the folder that must not come into being."""

    file: Path
    out: Path

    def in_process(self, *words: str) -> Done:
        """The command without a process of its own: as far as bad input is concerned, the same."""
        out = ("--out", str(self.out))
        done = CliRunner().invoke(cli.app, ["replay", str(self.file), *out, *words])
        return Done(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "parameters.yaml", tmp_path / "run")
    made.file.write_text(SAMPLE, encoding="utf-8")
    yield made
    assert not made.out.exists(), "bad input leaves no folder, journal or testbed behind"


def refused(done: Done, *says: str) -> None:
    """Exit 2 and one paragraph (one a problem) on stderr, without a trace."""
    assert done.code == 2, done
    assert done.out == ""
    assert "Traceback" not in done.err
    assert done.err.rstrip("\n").count("\n") == 0, done.err
    assert len(done.err) < 700
    for word in says:
        assert word in done.err, done.err


@pytest.mark.parametrize("bad", CASES, ids=[bad.id for bad in CASES])
def test_one_mistake_is_one_paragraph_that_names_the_key(bad: Bad, bench: Bench) -> None:
    bench.file.write_text(bad.edit(SAMPLE), encoding="utf-8")
    done = bench.in_process()
    refused(done, bad.key, bad.says)
    assert LITERAL not in done.err


def test_a_pasted_quote_in_the_api_key_is_found_before_anything_starts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASTED_KEY", f"“{LITERAL}”")
    bench.file.write_text(line("api_key", '"env:PASTED_KEY"')(SAMPLE), encoding="utf-8")
    done = bench.in_process()
    refused(done, "synthflow.api_key", "PASTED_KEY", "typographic quote")
    assert LITERAL not in done.err


@pytest.mark.parametrize("number", ["+1911", "+112", "+19005551234", "+1988", "+12345"])
@pytest.mark.parametrize(
    ("key", "form"),
    [
        ("numbers", '["{}"]'),
        ("destinations", '["{}"]'),
        ("from", '"{}"'),
        ("number", '"{}"'),
    ],
    ids=["numbers", "test_calls.destinations", "test_calls.from", "transfer.number"],
)
def test_numbers_that_are_never_called_are_refused(
    number: str, key: str, form: str, bench: Bench
) -> None:
    bench.file.write_text(line(key, form.format(number))(SAMPLE), encoding="utf-8")
    refused(bench.in_process(), key, number)


LIVE = replaced("target: testbed", "target: live")
LEFT_IN = {
    "customer": "Testbed Customer",
    "numbers": "+15551230001",
    "sip.username": "acme-trunk",
    "sip.password": "testbed",
    "synthflow.workspace_id": "7e57bed0",
    "synthflow.api_key": "testbed",
    "synthflow.assistant": "Acme Receptionist",
    "synthflow.transfer.number": "+15551230090",
    "genesys.client_id": "7e57bed0",
    "genesys.client_secret": "testbed",
    "genesys.site": "Acme Main Site",
    "genesys.termination_identifier": "synthflow-acme",
    "genesys.caller_address": "+15551230001",
    "genesys.caller_name": "Acme Reception",
    "genesys.inbound_flow": "Acme AI Reception",
    "genesys.transfer_queue": "Acme Support",
    "genesys.transfer_flow": "Acme Transfer to Support",
    "test_calls.destinations": "+15551230001",
    "test_calls.from": "+15550100123",
    "people.access.synthflow.done_by": "Testbed administrator",
    "synthflow.signalling_addresses.confirmed_by": "Testbed administrator",
}


def test_a_live_file_with_the_testbeds_values_names_each_of_them(bench: Bench) -> None:
    bench.file.write_text(LIVE(SAMPLE), encoding="utf-8")
    done = bench.in_process()
    assert (done.code, done.out) == (2, "")
    paragraphs = done.err.strip().splitlines()
    for key, value in LEFT_IN.items():
        name = key.split(".")[-1] if key.startswith("people") else key
        assert any(name in p and value.split(":")[0] in p for p in paragraphs), key


def test_the_command_itself_says_it_in_one_paragraph(bench: Bench) -> None:
    bench.file.write_text(line("api_key", LITERAL)(SAMPLE), encoding="utf-8")
    done = sfsip("replay", str(bench.file), "--out", str(bench.out))
    refused(done, "synthflow.api_key", "env:")
    assert LITERAL not in done.err


def test_a_missing_file_is_named_with_the_nearest_one(bench: Bench) -> None:
    missing = bench.file.with_name("parameter.yaml")
    done = sfsip("replay", str(missing), "--out", str(bench.out))
    refused(done, "parameter.yaml", "parameters.yaml")


@pytest.mark.parametrize(
    ("assignment", "key"),
    [
        ("numbers=[+15551230001]", "numbers"),
        ("genesys.regoin=us-east-1", "regoin"),
        (f"sip.password={LITERAL}", "sip.password"),
        ("mode", "--set"),
        ("mode=destroy", "mode"),
    ],
)
def test_set_is_held_to_the_same_rules(assignment: str, key: str, bench: Bench) -> None:
    done = bench.in_process("--set", assignment)
    refused(done, key)
    assert LITERAL not in done.err


def test_an_unknown_fault_is_bad_input(bench: Bench) -> None:
    refused(bench.in_process("--fault", "genesys.no-rout"), "genesys.no-rout", "genesys.no-route")
