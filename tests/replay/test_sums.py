"""No byte of an attempt changes unseen; a signature tells who vouched for it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sfsip_nb import cli
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.runs import signing, sums
from tests.sip.peers.lab import need

KEPT = "0123456789ab-reply.json"


@pytest.fixture
def attempt(tmp_path: Path) -> Path:
    """An attempt with a file in a subfolder, and evidence beside it."""
    folder = tmp_path / "run" / "attempts" / "0001-apply"
    (folder / "notebooks").mkdir(parents=True)
    (tmp_path / "run" / "evidence").mkdir()
    (tmp_path / "run" / "evidence" / KEPT).write_bytes(b"{}")
    kept = {KEPT: {"sha256": hashlib.sha256(b"{}").hexdigest()}}
    (folder / "journal.json").write_text(json.dumps({"evidence": kept}))
    (folder / "record.html").write_bytes(b"as written\n")
    (folder / "record.json").write_text("{}")
    (folder / "notebooks" / "01.ipynb").write_text("{}")
    sums.write(folder)
    return folder


def linked(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def sheet(edit: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        lines = (folder / sums.NAME).read_text().splitlines(keepends=True)
        (folder / sums.NAME).write_text("".join(edit(lines)))

    return change


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte": (lambda f: (f / "record.html").write_bytes(b"as Written\n"), "changed: record.html"),
    "a byte more": (lambda f: (f / "record.html").write_bytes(b"as written\n "), "changed: record"),
    "emptied": (lambda f: (f / "record.html").write_bytes(b""), "changed: record.html"),
    "gone": (lambda f: (f / "record.html").unlink(), "missing: record.html"),
    "renamed": (
        lambda f: (f / "record.html").rename(f / "Record.html"),
        "added: Record.html; missing: record.html",
    ),
    "in a subfolder": (
        lambda f: (f / "notebooks" / "01.ipynb").write_text("[]"),
        "changed: notebooks/01.ipynb",
    ),
    "a new subfolder": (
        lambda f: shutil.copytree(f / "notebooks", f / "more"),
        "added: more/01.ipynb",
    ),
    "hidden": (lambda f: (f / ".x").write_text(""), "added: .x"),
    "sums of a subfolder": (
        lambda f: (f / "notebooks" / sums.NAME).write_text(""),
        f"added: notebooks/{sums.NAME}",
    ),
    "a link": (lambda f: linked(f / "more", "/etc/hostname"), "added: more"),
    "a link to a folder": (lambda f: linked(f / "more", "notebooks"), "added: more"),
    "a dangling link": (lambda f: linked(f / "more", "nowhere"), "added: more"),
    "a link in place of a file": (
        lambda f: (
            (f / "record.html").rename(f.parent / "same.html"),
            linked(f / "record.html", "../same.html"),
        ),
        "changed: record.html",
    ),
    "a link whose text is the file's": (
        lambda f: linked(f / "record.json", "{}"),
        "changed: record.json",
    ),
    "a pipe": (lambda f: os.mkfifo(f / "pipe"), "added: pipe"),
    "a folder in place of a file": (
        lambda f: ((f / "record.html").unlink(), (f / "record.html").mkdir()),
        "missing: record.html",
    ),
    "no sums": (lambda f: (f / sums.NAME).unlink(), f"missing: {sums.NAME}"),
    "sums that are a link": (
        lambda f: (
            (f / sums.NAME).rename(f.parent / "sums"),
            linked(f / sums.NAME, "../sums"),
        ),
        f"missing: {sums.NAME}",
    ),
    "a line less": (sheet(lambda lines: lines[1:]), "added: journal.json"),
    "a line more": (sheet(lambda lines: [*lines, f"{'0' * 64}  x\n"]), "missing: x"),
    "a remark": (sheet(lambda lines: ["# by me\n", *lines]), f"changed: {sums.NAME}"),
    "a line twice": (sheet(lambda lines: [*lines, lines[0]]), f"changed: {sums.NAME}"),
    "another order": (sheet(lambda lines: lines[::-1]), f"changed: {sums.NAME}"),
    "no last line end": (sheet(lambda lines: [*lines[:-1], lines[-1][:-1]]), "changed: SHA256SUMS"),
    "other line ends": (
        sheet(lambda lines: [line.replace("\n", "\r\n") for line in lines]),
        f"changed: {sums.NAME}",
    ),
    "another digest": (sheet(lambda lines: ["0" + lines[0][1:], *lines[1:]]), "changed: "),
    "evidence": (
        lambda f: (f.parents[1] / "evidence" / KEPT).write_bytes(b"[]"),
        f"changed: evidence/{KEPT}",
    ),
    "no evidence": (
        lambda f: (f.parents[1] / "evidence" / KEPT).unlink(),
        f"missing: evidence/{KEPT}",
    ),
    "evidence that is a link": (
        lambda f: linked(f.parents[1] / "evidence" / KEPT, "/etc/hostname"),
        f"changed: evidence/{KEPT}",
    ),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_every_change_is_found(attempt: Path, change: str) -> None:
    assert not sums.check(attempt)
    make, found = CHANGES[change]
    make(attempt)
    assert found in str(sums.check(attempt))
    assert CliRunner().invoke(cli.app, ["record", str(attempt), "--check"]).exit_code == 1


def test_an_attempt_handed_on_alone_still_holds(attempt: Path, tmp_path: Path) -> None:
    alone = shutil.copytree(attempt, tmp_path / "handed-on")
    assert not sums.check(alone)


def test_the_sums_are_those_of_sha256sum(attempt: Path) -> None:
    need("sha256sum")
    command = ["sha256sum", "--check", "--strict", "--quiet", sums.NAME]
    subprocess.run(command, cwd=attempt, check=True)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an SSH key, and two files of allowed signers: only one names that key."""
    need("ssh-keygen")
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for name in (".ssh/id_ed25519", "other"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(home / name)]
        subprocess.run(command, check=True)
    for name, key in (("allowed", ".ssh/id_ed25519"), ("strangers", "other")):
        public = (home / f"{key}.pub").read_text()
        (home / name).write_text(f"dana@example.com {public}")
    return home


def record(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["record", *map(str, words)])
    return done.exit_code, done.output


def test_a_signed_record_is_checked_against_the_allowed_signers(attempt: Path, keys: Path) -> None:
    assert record(attempt, "--sign") == (0, f"{attempt.name}: signed, SHA256SUMS.sig\n")
    assert record(attempt, "--sign") == (0, f"{attempt.name}: signed already\n")
    code, said = record(attempt, "--check", "--signers", keys / "allowed")
    assert (code, "as written; signed by dana@example.com with key SHA256:" in said) == (0, True)
    code, said = record(attempt, "--check", "--signers", keys / "strangers")
    assert (code, "does not allow" in said) == (1, True)
    code, said = record(attempt, "--check")
    assert code == 0
    assert "whose key that is was not checked, because no file of allowed signers" in said


def test_the_users_own_allowed_signers_are_used_unasked(attempt: Path, keys: Path) -> None:
    signing.sign(attempt)
    (keys / "allowed").rename(keys / ".ssh" / "allowed_signers")
    assert "signed by dana@example.com" in record(attempt, "--check")[1]


def test_sums_made_anew_after_the_signature_are_found(attempt: Path, keys: Path) -> None:
    signing.sign(attempt)
    (attempt / "record.html").write_text("better")
    sums.write(attempt)
    assert not sums.check(attempt)
    code, said = record(attempt, "--check")
    assert (code, "the signature does not fit SHA256SUMS" in said) == (1, True)


def test_a_signature_for_another_purpose_does_not_count(attempt: Path, keys: Path) -> None:
    with (attempt / sums.NAME).open("rb") as data:
        command = ["ssh-keygen", "-Y", "sign", "-f", str(keys / ".ssh/id_ed25519"), "-n", "git"]
        made = subprocess.run(command, stdin=data, capture_output=True, check=True)
    (attempt / sums.SIGNATURE).write_bytes(made.stdout)
    assert record(attempt, "--check")[0] == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x00\xff" * 400])
def test_what_is_no_signature_is_a_bad_one(attempt: Path, keys: Path, content: bytes) -> None:
    (attempt / sums.SIGNATURE).write_bytes(content)
    assert record(attempt, "--check")[0] == 1


def test_where_signers_are_named_an_unsigned_record_is_not_enough(
    attempt: Path, keys: Path
) -> None:
    code, said = record(attempt, "--check", "--signers", keys / "allowed")
    assert (code, "not signed" in said) == (1, True)


def test_a_changed_record_is_not_signed(attempt: Path, keys: Path) -> None:
    (attempt / "record.html").write_text("better")
    assert record(attempt, "--sign")[0] == 1
    assert not (attempt / sums.SIGNATURE).exists()


def test_without_a_key_one_is_asked_for(attempt: Path, keys: Path) -> None:
    (keys / ".ssh" / "id_ed25519").unlink()
    with pytest.raises(InputError, match="Name one with --key FILE"):
        signing.sign(attempt)
    assert record(attempt, "--sign")[0] == 2
    assert record(attempt, "--sign", "--key", keys / "nowhere")[0] == 2
    assert not (attempt / sums.SIGNATURE).exists()
