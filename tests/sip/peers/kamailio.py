"""A Kamailio of the tests: registrar and record-routing proxy with a CA of its own."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sfsip_nb.sip import Credentials
from tests.sip.peers.lab import Program, free_port, need, running
from tests.sip.siptools import Tls

USER = Credentials("acme", "secretsecret", "sip.test")
AOR = "sip:acme@sip.test"


@dataclass(frozen=True)
class Kamailio:
    """A running proxy."""

    program: Program
    port: int
    tls_port: int
    tls_client: ssl.SSLContext
    ca_file: Path

    @property
    def placed(self) -> list[str]:
        """The Call-IDs of the INVITEs that came in dialogs of their own, in order."""
        log = self.program.log.read_text().splitlines()
        rows = [line.partition("lab: ")[2].split() for line in log]
        return list(dict.fromkeys(row[2] for row in rows if row[:2] == ["request", "INVITE"]))

    def uri(self, transport: str = "udp", user: str = "", host: str = "127.0.0.1") -> str:
        """The proxy itself, or a user there."""
        port = self.tls_port if transport == "tls" else self.port
        tail = "" if transport == "udp" else f";transport={transport}"
        return f"sip:{user + '@' if user else ''}{host}:{port}{tail}"

    def seen(self, call_id: str) -> list[str]:
        """What the proxy forwarded for a Call-ID, by its own log, in order."""
        rows = [line.partition("lab: ")[2] for line in self.program.log.read_text().splitlines()]
        return [row.replace(f" {call_id}", "").strip() for row in rows if f" {call_id}" in row]


@contextmanager
def kamailio(
    folder: Path, *, algorithm: str = "MD5", nonce_seconds: int = 300
) -> Iterator[Kamailio]:
    """Run Kamailio in a folder, as a registrar and proxy."""
    with _run(
        folder, "kamailio.cfg", {"NONCE_SECONDS": nonce_seconds, "ALGORITHM": algorithm}
    ) as running:
        yield running


@contextmanager
def carrier(
    folder: Path, upstream: int, *, account: str, password: str, owned: str
) -> Iterator[Kamailio]:
    """Run Kamailio as a carrier's SBC for one account, whose number is `owned`.

    What it takes goes to the loopback port `upstream`, over UDP.
    """
    filled = {
        "UPSTREAM_PORT": upstream,
        "ACCOUNT": account,
        "PASSWORD": password,
        "OWNED": owned,
    }
    with _run(folder, "carrier.cfg", filled) as running:
        yield running


@contextmanager
def _run(folder: Path, config: str, filled: Mapping[str, object]) -> Iterator[Kamailio]:
    need("kamailio")
    tls = Tls(folder)
    identity = tls.ca.issue_cert("127.0.0.1", "sip.test")
    identity.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    sip = free_port("127.0.0.1", 1)
    secure = sip + 1
    text = (Path(__file__).parent / config).read_text()
    for name, value in {"SIP_PORT": sip, "TLS_PORT": secure, **filled}.items():
        text = text.replace(name, str(value))
    (folder / "kamailio.cfg").write_text(text)
    command = ["kamailio", "-f", "kamailio.cfg", "-DD", "-E", "-m", "32", "-M", "4"]
    command += ["-P", str(folder / "kamailio.pid")]  # It writes no relative path.
    with running("kamailio", command, folder) as program:
        program.opened(sip)
        yield Kamailio(program, sip, secure, tls.client, tls.ca_file)
