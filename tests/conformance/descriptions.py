"""The vendors' API descriptions, which are not ours to ship, and what they say of traffic.

`SFSIP_SPECS` names a folder with the descriptions (``genesys/``, ``synthflow/``), ``check.py``,
which judges one exchange by them, and ``hook/``, under which every process writes down its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Row = Mapping[str, Any]
"""One exchange: method, url, and of both messages the body, its type and the status."""

VENDORS = ("genesys", "synthflow")
_TESTBED = "/control"


@dataclass(frozen=True)
class Deviation:
    """What a description forbids: at whose side, in which operation, where, and what."""

    side: str
    operation: str
    where: str
    what: str


class Descriptions:
    """All operations of all descriptions."""

    def __init__(self, folder: Path) -> None:
        made = importlib.util.spec_from_file_location("sfsip_specs_check", folder / "check.py")
        assert made
        assert made.loader
        self._check = importlib.util.module_from_spec(made)
        made.loader.exec_module(self._check)
        self._operations = self._check.operations([folder / vendor for vendor in VENDORS])

    @property
    def names(self) -> set[str]:
        """The operations, by method and path."""
        return {operation.name for operation in self._operations}

    def operation(self, row: Row) -> str:
        """The operation that an exchange is one of; empty where no description has it."""
        found = self._check.match(self._operations, row["method"], urlsplit(row["url"]).path)
        return found.name if found else ""

    def deviations(self, rows: Iterable[Row]) -> set[Deviation]:
        """What the descriptions forbid and was done all the same; not what they do not know."""
        found = set()
        for row in rows:
            operation = self._check.match(
                self._operations, row["method"], urlsplit(row["url"]).path
            )
            if operation:
                judged = self._check.judge(operation, row)
                found |= {
                    Deviation(side, operation.name, where, what)
                    for side, hard, where, what in judged
                    if hard
                }
        return found


def folder() -> Path | None:
    """Where the descriptions are, if anybody said so."""
    given = os.environ.get("SFSIP_SPECS")
    return Path(given).resolve() if given else None


def written(log: Path) -> Iterator[Row]:
    """The exchanges with platforms that processes under the hook wrote down."""
    for line in log.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "status" in row and not urlsplit(row["url"]).path.startswith(_TESTBED):
            yield row
