"""What each check rests on, and the file of what a step asked the platforms and was answered."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sfsip_nb.api.exchanges import Exchange
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.inputs.redaction import MASK

MOST = 200
"""Exchanges that a file holds; more are counted."""

OBJECT_BYTES, FILE_BYTES = 12_000, 120_000
"""As much of one object, and of all objects of a file, is kept."""

_LIST, _TEXT, _DEPTH = 20, 400, 12
_SECRET = re.compile(r"pass|pwd|secret|token|authoriz|api_?key", re.IGNORECASE)
"""Names of fields whose values are nobody's business, whosever secrets they are."""

_QUERY = re.compile(r"\?\S*")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*://|/)\S+", re.IGNORECASE)


class Asked:
    """What was asked and answered, as much of it as is kept, however much there was.

    ``told`` are the exchanges in order; of those that asked and were answered the same, the latest
    one and how often. ``more`` counts those beyond ``MOST``, ``requests`` by platform all that
    were sent.
    """

    def __init__(self, exchanges: Iterable[Exchange] = ()) -> None:
        self.requests = Counter[str]()
        self._told: dict[int, tuple[Exchange, int]] = {}
        self._more = set[int]()
        self._heard = set[int]()
        for exchange in exchanges:
            self.append(exchange)

    def append(self, one: Exchange) -> None:
        """Take in one exchange."""
        self._heard.add(hash((one.at, one.path)))
        if not one.recalled:
            self.requests[one.platform] += 1
        key = hash((one.platform, one.method, one.path, one.status, repr(one.answer)))
        if key not in self._told and len(self._told) == MOST:
            self._more.add(key)
            return
        _, times = self._told.pop(key, (one, 0))
        self._told[key] = one, times + 1

    def __contains__(self, one: Exchange) -> bool:
        """Whether that request is among them, sent or recalled."""
        return hash((one.at, one.path)) in self._heard

    @property
    def told(self) -> list[tuple[Exchange, int]]:
        return list(self._told.values())

    @property
    def more(self) -> int:
        return len(self._more)


def resting(ctx: Context, step: str, checks: Sequence[Check], asked: Asked) -> list[Check]:
    """The checks of a step, each with the kinds of evidence that it rests on.

    What a platform or Synthflow shows and nothing else proves rests on what was asked of their
    APIs, which is kept as one file a step.
    """
    kinds = {name: row.kind for name, row in ctx.journal.evidence().items()}
    found: list[Check] = []
    kept = ""
    for check in checks:
        basis = [
            *check.basis,
            *(Basis(kind) for name in check.evidence if (kind := kinds.get(name))),
        ]
        evidence = check.evidence
        if not basis and asked.told and check.vantage in (Vantage.PLATFORM, Vantage.SYNTHFLOW):
            kept = kept or _keep(ctx, step, asked)
            basis, evidence = [Basis.API], (*evidence, kept)
        found.append(replace(check, basis=tuple(dict.fromkeys(basis)), evidence=evidence))
    return found


def _keep(ctx: Context, step: str, asked: Asked) -> str:
    room = FILE_BYTES
    rows = []
    for exchange, times in asked.told:
        row = vars(exchange) | {"times": times, "path": ctx.redactor.text(exchange.path)}
        row["answer"], room = _kept(ctx, exchange, room)
        rows.append(row)
    file = {"requests": rows, "more": asked.more}
    text = json.dumps(file, indent=1, ensure_ascii=False)
    return ctx.keep_evidence(step, Basis.API, f"requests of {step}", "json", text)


def _kept(ctx: Context, exchange: Exchange, room: int) -> tuple[Any, int]:
    """The object as read, without secrets and bounded, and the room that is left after it."""
    if exchange.answer is None:
        return None, room
    if exchange.personal and not ctx.parameters.keep_media:
        return "It tells of people's calls, which are kept only with keep_media.", room
    answer = _bounded(exchange.answer, ctx.redactor.text)
    size = len(json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    if size > min(OBJECT_BYTES, room):
        return f"Not kept: {size} bytes.", room
    return answer, room - size


def _bounded(value: Any, clean: Callable[[str], str], depth: int = 0) -> Any:
    if depth == _DEPTH:
        return "…"
    if isinstance(value, dict):
        return {
            _text(str(key), clean): MASK
            if item and not isinstance(item, bool) and _SECRET.search(str(key))
            else _bounded(item, clean, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list):
        items = [_bounded(item, clean, depth + 1) for item in value[:_LIST]]
        return items + ([f"… and {len(value) - _LIST} more"] if len(value) > _LIST else [])
    return _text(value, clean) if isinstance(value, str) else value


def _text(text: str, clean: Callable[[str], str]) -> str:
    """A text without secrets, and without the query of an address; cut only after that."""
    text = _ADDRESS.sub(lambda address: _QUERY.sub("?…", address[0]), clean(text))
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
