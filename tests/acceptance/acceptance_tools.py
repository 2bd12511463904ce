"""The product as its user has it: the command `sfsip` in a process of its own, and its folder."""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.verdicts import Basis, Verdict
from sfsip_nb.runs import paper
from sfsip_nb.testbed import life
from tests.sip.peers.lab import need

PROJECT = Path(__file__).resolve().parents[2]
PARAMETERS = PROJECT / "parameters" / "genesys.testbed.yaml"
SFSIP = Path(sys.executable).parent / "sfsip"
PATIENCE = 150.0

OFFLINE = ("--only", "01,02,03")
"""The sections that provision and place no call."""


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str


def sfsip(*words: str, env: Mapping[str, str] | None = None) -> Done:
    """Run the command as a user would."""
    done = subprocess.run(
        [str(SFSIP), *words],
        env={**os.environ, **(env or {})},
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def printed(page: Path, folder: Path) -> list[str]:
    """The text of each page of a record on paper."""
    need("chromium")
    need("pdftotext")
    target = folder / "record.pdf"
    paper.print_pdf(page, target)
    command = ["pdftotext", "-layout", str(target), "-"]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return said.removesuffix("\f").split("\f")


def groundless(record: Record) -> list[str]:
    """Ids of the checks that passed and rest on nothing, or on a call or request not kept."""
    kinds = {kept.name: kept.kind for kept in record.evidence}
    files = {Basis.API, Basis.CALL}
    return [
        check.id
        for step in record.steps
        for check in step.checks
        if check.verdict is Verdict.PASS
        and (not check.basis or files & set(check.basis) - {kinds[n] for n in check.evidence})
    ]


@dataclass
class Run:
    """One run's folder, the commands given to it, and its testbed while that lives."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def replay(self, *words: str, file: Path = PARAMETERS) -> Done:
        out = ("--out", str(self.folder), "--keep-testbed")
        return self.command("replay", str(file), *out, *words)

    def command(self, *words: str) -> Done:
        done = sfsip(*words, env=self.env)
        self.said += [done.out, done.err]
        return done

    def control(self, method: str, path: str, content: Any = None) -> Any:
        testbed = life.find(self.folder)
        assert testbed is not None, "the testbed lives on between commands"
        return testbed.control(method, path, content)

    def writes(self) -> int:
        return len(self.control("GET", "/writes"))

    @property
    def attempts(self) -> list[Path]:
        return sorted((self.folder / "attempts").iterdir())

    def record(self, attempt: int = 0) -> dict[str, Any]:
        """An attempt's record.json; of the last one unless its number is given."""
        text = (self.attempts[attempt - 1] / "record.json").read_text(encoding="utf-8")
        return dict(json.loads(text))

    def steps(self, attempt: int = 0) -> dict[str, dict[str, Any]]:
        return {step["id"]: step for step in self.record(attempt)["steps"]}

    def verdicts(self, attempt: int = 0) -> dict[str, str]:
        return {id_: step["verdict"] for id_, step in self.steps(attempt).items()}


def failed(step: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Field, expected and seen of each failed check."""
    return [
        (check["title"], check["expected"], check["seen"])
        for check in step["checks"]
        if check["verdict"] == "fail"
    ]


# -- looking for secrets ----------------------------------------------------------------------


def forms(secret: str) -> set[bytes]:
    """Every way in which a secret could stand in a file. Written apart from the product's own."""
    escaped = json.dumps(secret)[1:-1]
    texts = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        escaped,
        json.dumps(escaped)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        html.escape(escaped),
        secret.replace("&", "&amp;").replace('"', "&#34;").replace("'", "&#39;")
        .replace("<", "&lt;").replace(">", "&gt;"),
    }  # fmt: skip
    return {text.encode() for text in texts} | set(_base64(secret.encode()))


def _base64(secret: bytes) -> Iterator[bytes]:
    """The part of its base64 that does not depend on what stands around it, at each alignment."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            coded = encode(b"\0" * before + secret).rstrip(b"=")
            yield coded[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]


def leaks(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """Files under a folder in which a secret stands, in whatever form."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        for name, secret in secrets.items():
            found += [f"{path.name}: {name}" for form in forms(secret) if form in content]
    return found
