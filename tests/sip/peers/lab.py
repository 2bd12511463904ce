"""Other people's SIP programs on free loopback ports: started, watched, ended, their logs kept.

Everything here ends only what it started. A program that is missing skips the test, or fails it
where SFSIP_REQUIRE_PEERS=1 says that all of them have to be there.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 15.0
"""A program that has not opened its port by then is broken, also on a busy machine."""


def need(*programs: str) -> None:
    """Skip the test where one of the programs is missing, or fail it where peers are required."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing and os.environ.get("SFSIP_REQUIRE_PEERS") == "1":
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def free_port(host: str = "127.0.0.1", *beside: int) -> int:
    """A port free over UDP and TCP, and those `beside` it too, as offsets.

    Ports below 32768 are never given out by the kernel, so nobody takes them before the program;
    workers that share the tests have ports of their own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        port = secrets.choice(range(10_000 + 10 * worker, 32_000, 10 * workers))
        if all(_is_free(host, port + offset) for offset in (0, *beside)):
            return port


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as udp,
        socket.socket(family, socket.SOCK_STREAM) as tcp,
    ):
        try:
            udp.bind((host, port))
            tcp.bind((host, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Program:
    """A running peer: its process and the file that both its outputs go to."""

    process: subprocess.Popen[bytes]
    log: Path

    def opened(self, port: int) -> None:
        """Wait until the program has bound a port, UDP or listening TCP; fail if it does not."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if port in _bound():
                return
            time.sleep(0.02)
        pytest.fail(f"{self.log.stem} did not open port {port}:\n{self.tail()}")

    def finished(self, seconds: float = 10.0) -> int:
        """Exit code of a program that ends by itself; fails if it does not within the time."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.log.stem} did not end in {seconds:.0f} s:\n{self.tail()}")

    def tail(self, most: int = 4000) -> str:
        """The last of what the program said, in characters."""
        return self.log.read_text(errors="replace")[-most:]


RUNNING: list[Program] = []
"""What runs now, and what ran in the test at hand: the report of a failed test shows their logs."""


@contextmanager
def running(name: str, command: Sequence[str], folder: Path) -> Iterator[Program]:
    """Run a program in a folder until the block ends; its log is `<name>.log` there."""
    need(command[0])
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    program = Program(process, log)
    RUNNING.append(program)
    try:
        yield program
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and the children that it forked: they share a session of their own."""
    for ask in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ask)
        except ProcessLookupError:
            break
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def _bound() -> set[int]:
    """Ports bound on this machine: UDP, and TCP in the state LISTEN (0A)."""
    ports = set()
    for table in ("udp", "udp6", "tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if table.startswith("udp") or fields[3] == "0A":
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports
