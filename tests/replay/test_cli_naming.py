"""`sfsip probe dns` and `sfsip probe tls`: what they are told, what they show, how they leave."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sfsip_nb import cli
from tests.platforms.test_network import served
from tests.sip import pki
from tests.sip.pki import Pki


def sfsip(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["probe", *words])


@pytest.fixture
def authority(tmp_path: Path) -> Pki:
    return pki.make(tmp_path)


def test_each_question_of_dns_is_a_line_of_a_table() -> None:
    done = sfsip("dns", "localhost")
    assert done.exit_code == 0
    title, *_, head, row = done.output.splitlines()
    assert "localhost leads to 127.0.0.1:5060/udp" in title
    assert head.split()[:3] == ["question", "type", "answer"]
    assert row.endswith("this machine (RFC 6761)")
    told = json.loads(sfsip("dns", "localhost:5070", "--json").output)
    assert told["seen"]["steps"][0]["status"] == "unasked"


def test_a_host_outside_of_what_is_expected_leaves_with_three() -> None:
    assert sfsip("dns", "127.0.0.1", "--expect", "127.0.0.0/8").exit_code == 0
    done = sfsip("dns", "127.0.0.1", "--expect", "192.0.2.0/24", "--expect", "192.0.3.1")
    assert done.exit_code == 3
    assert "published are 192.0.2.0/24, 192.0.3.1" in done.output


def test_a_certificate_is_shown_with_what_genesys_takes(authority: Pki) -> None:
    context = authority.good(key=pki.rsa_key())
    with served(pki.serving(context)) as port:
        options = ("--name", "sip.test", "--ca", authority.ca_file)
        plain = sfsip("tls", f"127.0.0.1:{port}", *options)
        assert (plain.exit_code, "cipher, with TLS 1.2" in plain.output) == (0, False)
        done = sfsip("tls", f"127.0.0.1:{port}", *options, "--client", "genesys")
        assert done.exit_code == 0
        assert "Genesys Cloud gets through" in done.output
        assert "certificate for" in done.output
        wrong = sfsip("tls", f"127.0.0.1:{port}", "--ca", authority.ca_file)
        assert (wrong.exit_code, "it is for sip.test" in wrong.output) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("dns", "localhost", "--expect", "here"),
        ("dns", "localhost", "--nameserver", "ns.test"),
        ("dns", "localhost", "--nameserver", "127.0.0.0/8"),
        ("tls", "127.0.0.1", "--client", "nobody"),
    ],
)
def test_what_is_no_address_and_no_platform_is_refused(words: tuple[str, ...]) -> None:
    done = sfsip(*words)
    assert done.exit_code not in (0, 1, 3)
    assert words[-1] in done.output
