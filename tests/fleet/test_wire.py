"""What passes the scheduler: to whom, and that no secret is in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import distributed.comm.tcp as wire
import psutil
import pytest
import trustme
from distributed import Client, LocalCluster, Security

from sfsip_nb.fleet import run
from sfsip_nb.fleet.run import Command
from sfsip_nb.fleet.work import Task, replayed
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.inputs.samples import testbed_secret as sample_secret
from tests.fleet import cheap


def go(file: Path, *, scheduler: str = "", night: str = "", task: Task = cheap.by_name) -> run.Done:
    return run.night(Command(file, scheduler=scheduler, night=night), lambda _: None, task)


@pytest.fixture
def overheard(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every message that the scheduler and the client, which are in this process, send or get."""
    frames: list[bytes] = []

    async def written(*given: Any, **options: Any) -> Any:
        made = await to_frames(*given, **options)
        frames.append(b"".join(bytes(frame) for frame in made))
        return made

    async def read(came: Any, *given: Any, **options: Any) -> Any:
        frames.append(b"".join(bytes(frame) for frame in came))
        return await from_frames(came, *given, **options)

    to_frames, from_frames = wire.to_frames, wire.from_frames
    monkeypatch.setattr(wire, "to_frames", written)
    monkeypatch.setattr(wire, "from_frames", read)
    return frames


def test_a_replay_sends_no_secret_and_neither_does_an_error(
    cluster: Client, overheard: list[bytes], tmp_path: Path
) -> None:
    """A real replay, which reads its secrets from files, and a task that raises."""
    names = ("sip-password", "synthflow-api-key", "genesys-client-secret")
    for name in names:
        (tmp_path / name).write_text(sample_secret(name))
    held = (
        f"sip: {{password: 'file:{tmp_path}/sip-password'}}\n"
        f"synthflow: {{api_key: 'file:{tmp_path}/synthflow-api-key'}}\n"
    )
    secret = f"genesys: {{client_secret: 'file:{tmp_path}/genesys-client-secret'}}\n"
    file = cheap.fleet_file(tmp_path, "acme", more="mode: plan\n")
    path = tmp_path / "customers" / "acme.yaml"
    path.write_text(f"target: testbed\ncustomer: acme\n{held}{secret}")

    first = go(file, night="first", task=replayed)
    path.with_name("raising.yaml").write_text(path.read_text().replace("acme", "raising"))
    second = go(file, night="second")

    (row,) = first.night.customers
    assert (row.outcome, row.exit_code) == ("plan", 3), row.reason
    assert (first.page.parent / row.record).is_file()
    raised = second.night.customers[1]
    assert raised.exit_code == 4
    assert "an internal error (ValueError in cheap.py, line" in raised.reason

    known = Redactor([*map(sample_secret, names), cheap.CANARY])
    assert known.found_in(sample_secret("sip-password").encode())
    assert any(str(path).encode() in frame for frame in overheard), "tasks were overheard"
    assert any(b"acme-genesys" in f and b"exit_code" in f for f in overheard), "and rows"
    assert [frame for frame in overheard if known.found_in(frame)] == []
    kept = [path for path in (tmp_path / "fleet").rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"ledger.jsonl", "fleet.html", "fleet-junit.xml"}
    assert [path for path in kept if known.found_in(path.read_bytes())] == []


def test_a_cluster_of_this_machine_is_reached_from_it_alone(cluster: Client) -> None:
    pids = [os.getpid(), *cluster.run(os.getpid).values()]
    listening = [
        connection.laddr.ip
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= len(pids), "the scheduler and each worker listen"
    assert set(listening) == {"127.0.0.1"}
    assert cluster.scheduler.address.startswith("tls://")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


Certified = Callable[[trustme.CA], dict[str, str]]


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    """Dask's configuration with a certificate of an authority."""

    def made(authority: trustme.CA) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("tls")
        ca, cert, key = (str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
        issued = authority.issue_cert("127.0.0.1")
        authority.cert_pem.write_to_path(ca)
        issued.cert_chain_pems[0].write_to_path(cert)
        issued.private_key_pem.write_to_path(key)
        names = {"tls.ca-file": ca}
        for role in ("client", "scheduler", "worker"):
            names |= {f"tls.{role}.cert": cert, f"tls.{role}.key": key}
        return {f"distributed.comm.{name}": path for name, path in names.items()}

    return made


@pytest.fixture(scope="module")
def scheduler(authority: trustme.CA, certified: Certified) -> Iterator[str]:
    """The address of a scheduler with two workers, over TLS with files of certificates."""
    with dask.config.set(certified(authority)):
        security = Security(require_encryption=True)
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="tls://127.0.0.1",
            security=security,
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
        ) as cluster:
            yield cluster.scheduler_address


def test_a_scheduler_elsewhere_is_spoken_to_by_tls(
    scheduler: str, authority: trustme.CA, certified: Certified, tmp_path: Path
) -> None:
    assert scheduler.startswith("tls://127.0.0.1:")
    file = cheap.fleet_file(tmp_path, "bad", "killed", "a", "b")
    with dask.config.set(certified(authority)):
        done = go(file, scheduler=scheduler)
    assert [row.exit_code for row in done.night.customers] == [0, 0, 1, 0]


def test_a_certificate_of_somebody_else_is_refused(
    scheduler: str, certified: Certified, tmp_path: Path
) -> None:
    file = cheap.fleet_file(tmp_path, "a")
    with (
        dask.config.set(certified(trustme.CA())),
        pytest.raises(InputError, match="does not answer as a scheduler that takes this client's"),
    ):
        go(file, scheduler=scheduler)
    names = ("ca-file", "client.cert", "client.key")
    with (
        dask.config.set({f"distributed.comm.tls.{name}": None for name in names}),
        pytest.raises(InputError, match="names no certificates for this client"),
    ):
        go(file, scheduler=scheduler)
    assert not (tmp_path / "runs").exists()
