"""What each check rests on, and the file of what a step asked the platforms and was answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
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


def resting(
    ctx: Context, step: str, checks: Sequence[Check], asked: Sequence[Exchange]
) -> list[Check]:
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
        if not basis and asked and check.vantage in (Vantage.PLATFORM, Vantage.SYNTHFLOW):
            kept = kept or _keep(ctx, step, asked)
            basis, evidence = [Basis.API], (*evidence, kept)
        found.append(replace(check, basis=tuple(dict.fromkeys(basis)), evidence=evidence))
    return found


def _keep(ctx: Context, step: str, asked: Sequence[Exchange]) -> str:
    told = _told_once(asked)
    room = FILE_BYTES
    rows = []
    for exchange, times in told[:MOST]:
        row = vars(exchange) | {"times": times, "path": ctx.redactor.text(exchange.path)}
        row["answer"], room = _kept(ctx, exchange, room)
        rows.append(row)
    file = {"requests": rows, "more": max(0, len(told) - MOST)}
    text = json.dumps(file, indent=1, ensure_ascii=False)
    return ctx.keep_evidence(step, Basis.API, f"requests of {step}", "json", text)


def _told_once(asked: Sequence[Exchange]) -> list[tuple[Exchange, int]]:
    """The exchanges in order; of those that asked and were answered the same, the latest."""
    told: dict[tuple[str, ...], tuple[Exchange, int]] = {}
    for one in asked:
        key = (one.platform, one.method, one.path, str(one.status), repr(one.answer))
        _, times = told.pop(key, (one, 0))
        told[key] = one, times + 1
    return list(told.values())


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
