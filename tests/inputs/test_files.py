"""Files whose path a person gave: regular, bounded, and never waited for."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sfsip_nb.cli.asking import trusting
from sfsip_nb.engine import people
from sfsip_nb.inputs import files, ranges
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import load_file
from sfsip_nb.inputs.secrets import resolve
from sfsip_nb.platforms.shared import captures


def evidence(path: Path) -> object:
    """A file that shows what a person did."""
    return people._content(path)


READERS: dict[str, Callable[[Path], object]] = {
    "a secret": lambda path: resolve(f"file:{path}", "sip.password"),
    "the parameters": load_file,
    "evidence": evidence,
    "a capture": captures.load,
    "a capture taken over": lambda path: captures.take(path.parent / "run", (str(path),)),
    "an authority": lambda path: trusting(str(path)),
}
EVERY_READER = pytest.mark.parametrize("reader", READERS)


def refusal(reader: str, path: Path) -> str:
    """What is said of `path`; a reader that waits for it fails the test instead of hanging it."""
    said: list[str] = []

    def ask() -> None:
        try:
            READERS[reader](path)
        except ValueError as error:
            said.append(str(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it is waited for"
    assert said
    return said[0]


@EVERY_READER
def test_a_pipe_is_not_waited_for(reader: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(reader, tmp_path / "pipe")


@EVERY_READER
def test_a_pipe_that_somebody_writes_into_is_not_read(reader: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(writer, b"a whole secret\n")
    assert "not a regular file" in refusal(reader, tmp_path / "pipe")
    os.close(writer)


@EVERY_READER
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/urandom"])
def test_a_device_is_not_read(reader: str, device: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(device)
    assert "not a regular file" in refusal(reader, tmp_path / "link")


@EVERY_READER
def test_a_folder_is_no_file(reader: str, tmp_path: Path) -> None:
    assert "not a regular file" in refusal(reader, tmp_path)


@EVERY_READER
def test_a_socket_is_no_file(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # its path may be short only
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        assert "cannot be" in refusal(reader, Path("s"))


@pytest.mark.parametrize(
    ("reader", "most"),
    [
        ("a secret", 64 * 1024),
        ("the parameters", 100 * ranges.MOST),
        ("evidence", 50 * 1024**2),
        ("an authority", 4 * 1024**2),
        ("a capture taken over", 500 * 1024**2),
    ],
)
def test_a_larger_file_is_refused_with_the_limit(reader: str, most: int, tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as sparse:
        sparse.truncate(most + 1)
    assert f"larger than {files.size(most)}" in refusal(reader, file)
    assert not (tmp_path / "run").exists()


def test_what_is_read_is_bounded_whatever_the_file_says_of_its_size(tmp_path: Path) -> None:
    """Files in /proc have a size of 0."""
    assert files.read(Path("/proc/self/status"), 100_000)
    with pytest.raises(files.Unfit, match="larger than 10 bytes"):
        files.read(Path("/proc/self/status"), 10)


def test_a_home_folder_that_is_not_known_is_bad_input() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        resolve("file:~nobody-of-that-name/secret", "sip.password")


def test_a_capture_that_lies_in_the_run_already_stays_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / captures.FOLDER / "a.pcap"
    kept.parent.mkdir()
    kept.write_bytes(b"capture")
    captures.take(tmp_path, (str(kept),))
    assert kept.read_bytes() == b"capture"
    captures.take(tmp_path, ())


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(files.Unfit):
            files.opened(path)
    assert set(os.listdir("/proc/self/fd")) == before
