"""What a probe saw as plain-text tables: evidence for a file, and for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..shown import plain

_WIDEST = 72
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "steps": {
        "query": "question",
        "kind": "type",
        "answer": "answer",
        "ms": "ms",
        "ttl": "TTL",
        "server": "asked",
        "note": "note",
    },
    "chain": {
        "subject": "certificate for",
        "names": "names",
        "issuer": "issued by",
        "not_before": "from",
        "not_after": "until",
        "days_left": "days left",
        "key": "key",
    },
}
"""Which of a probe's facts are tables, and their columns: name of the fact, heading."""
_TRIED = {"versions": "version of TLS", "ciphers": "cipher, with TLS 1.2"}
_DAYS = ("not_before", "not_after")


def tables(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each fact that is a table.

    `steps` of DNS, the `chain` of certificates, `versions` and `ciphers` that were tried, and how
    the agent answered.
    """
    for name, columns in _COLUMNS.items():
        if rows := seen.get(name):
            cells = [[_cell(key, row.get(key)) for key in columns] for row in rows]
            yield name, _aligned([list(columns.values()), *cells])
    for name, heading in _TRIED.items():
        if tried := seen.get(name):
            yield name, _aligned([[heading, "server"], *(list(row) for row in tried.items())])
    if answering := seen.get("answering"):
        from ..evidence import answers  # takes numpy along

        shown = [("how it answered", answering["measured"]), *answers.rows(answering)]
        yield "answering", _aligned(shown) + "".join(f"{note}\n" for note in answering["notes"])


def _cell(key: str, value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")
    if key in _DAYS:
        text = text[:10]
    return plain(text, _WIDEST)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)
