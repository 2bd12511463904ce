"""Our agent against Kamailio and SIPp, our pcap read by tshark: somebody else's reading of it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfsip_nb.sip import Credentials, MapResolver, ProbeResult, pcap, probes
from tests.sip.peers.lab import free_port, need
from tests.sip.siptools import Agents, Run

HERE = Path(__file__).parent / "peers"
USER = Credentials("acme", "secretsecret", "sip.test")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a Kamailio that asks for credentials and records the route to a SIPp that echoes."""
    need("kamailio", "sipp")
    folder = tmp_path_factory.mktemp("peers")
    sip, uas, media = free_port(), free_port(), free_port()
    config = (HERE / "kamailio.cfg").read_text()
    (folder / "kamailio.cfg").write_text(
        config.replace("SIP_PORT", str(sip)).replace("UAS_PORT", str(uas))
    )
    commands = [
        ["kamailio", "-f", "kamailio.cfg", "-DD", "-E", "-m", "32", "-M", "4", "-P", "k.pid"],
        [
            "sipp",
            "-sf",
            str(HERE / "uas.xml"),
            "-i",
            "127.0.0.1",
            "-p",
            str(uas),
            "-mp",
            str(media),
            "-rtp_echo",
            "-nostdin",
            "-timeout",
            "60",
        ],
    ]
    with (folder / "log").open("w") as log:
        running = [
            subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) for command in commands
        ]
        try:
            wait_for(sip)
            yield sip
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(10)


def wait_for(port: int) -> None:
    """Wait until a TCP port is open, for ten seconds at most."""
    for _ in range(100):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("Kamailio did not start")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_kamailio_takes_our_digest(agents: Agents, run: Run, proxy: int, transport: str) -> None:
    async def go() -> None:
        client = await agents("client", t1=0.5)
        target = f"sip:127.0.0.1:{proxy};transport={transport}"
        good = await client.register(target, aor="sip:acme@sip.test", credentials=[USER])
        assert good is not None
        assert good.code == 200
        wrong = await client.register(
            target, aor="sip:acme@sip.test", credentials=[Credentials("acme", "x")]
        )
        assert wrong is not None
        assert wrong.code == 401

    run(go())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_call_through_kamailio_keeps_its_route_and_sipp_echoes_it(
    run: Run, proxy: int, transport: str, tmp_path: Path
) -> None:
    async def go() -> ProbeResult:
        return await probes.call(
            f"sip:+15551230001@127.0.0.1:{proxy};transport={transport}",
            from_="sip:acme@sip.test",
            credentials=[USER],
            expect_hz=1004,
            seconds=0.6,
            resolver=MapResolver(),
        )

    result = run(go())
    assert result.verdict == "pass", result.sentence
    assert result.seen["codes"] == [407, 100, 180, 200]
    assert (result.seen["bye"], result.seen["retransmitted_200"]) == (200, 0)
    assert result.seen["audio"]["loss_percent"] == 0
    if shutil.which("tshark"):
        file = tmp_path / "call.pcap"
        pcap.write(file, result.trace)
        shown = subprocess.run(
            ["tshark", "-r", str(file), "-Y", "sip", "-T", "fields", "-e", "sip.CSeq.method"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert len(shown.stdout.split()) == len(result.trace)
