"""What a step asked of the platforms' APIs, read again from its evidence: one line a request.

The file is evidence, so it may have been changed since: its values are shown as text.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sfsip_nb.present import tables
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import one_line, utc
from sfsip_nb.sip.shown import counted

_COLUMNS = {
    "at": "Time",
    "request": "Request",
    "status": "Status",
    "correlation": "For the platform's support",
    "answer": "Answer",
}
_LONGEST = 2_000
"""Characters of an answer that a notebook shows; the file has all that was kept."""


def read(content: bytes) -> list[Mapping[str, Any]]:
    """The requests in a file that `engine.evidence` wrote. Raises `ValueError` for another one."""
    try:
        file = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    rows = file.get("requests") if isinstance(file, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("no requests")
    return rows


def text(rows: Sequence[Mapping[str, Any]], most: int) -> str:
    """What wrote or was refused, as lines: status, method, path, and what to quote to support."""
    named = [row for row in rows if row.get("writes") or not _good(row)][:most]
    lines = [
        one_line(f"{_status(row)} {_request(row)} {row.get('correlation') or ''}") for row in named
    ]
    if more := len(rows) - len(named):
        lines.append(f"{counted(more, 'more request')} in the file")
    return "\n".join(lines)


def table(rows: Sequence[Mapping[str, Any]]) -> tuple[Shown, str]:
    """Requests with the objects as read, and a line that says how many of whom."""
    shown = [
        {
            "at": utc(row.get("at")),
            "request": f"{row.get('platform')}: {_request(row)}",
            "status": _status(row),
            "correlation": row.get("correlation"),
            "answer": _answer(row.get("answer")),
        }
        for row in rows
    ]
    platforms = ", ".join(dict.fromkeys(one_line(row.get("platform")) for row in rows))
    title = f"{counted(len(rows), 'request')}: {platforms}"
    caption = "What was asked, and the object as read"
    return tables.plain_table(shown, _COLUMNS, caption), title


def _answer(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… cut here; the file has more"


def _request(row: Mapping[str, Any]) -> str:
    times = row.get("times")
    return f"{row.get('method')} {row.get('path')}" + (f" ({times} times)" if times != 1 else "")


def _good(row: Mapping[str, Any]) -> bool:
    status = row.get("status")
    return isinstance(status, int) and 200 <= status < 400


def _status(row: Mapping[str, Any]) -> str:
    return str(row.get("status") or "no answer")
