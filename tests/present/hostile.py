"""Texts that a stranger may send, and what must never come of them."""

from typing import Any

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\"'><img src=https://evil.example/x onerror=alert(1)>",
    "style": "</style><style>@import url(https://evil.example/x)</style>",
    "ansi": "\x1b[31m\x1b]0;owned\x07red\x9b2J",
    "right to left": "‮gnp.exe⁦​",
    "half a surrogate pair": "half \ud83d pair",
    "not XML": "\x00\x0b\ufffe\uffff",
    "SQL": "'); DROP TABLE steps;--",
    "formula": '=HYPERLINK("https://evil.example","click")',
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "long": "Via: " + "x" * 10_240,
}

UNSEEN = {"\x1b", "\x07", "\x9b", "\x00", "\x0b", "‮", "⁦", "​", "\ud83d", "\ufffe", "\uffff"}
"""Characters that no output may hold: they steer a terminal, hide, or break a reader."""

FIXED = ("verdict", "weight", "section", "id", "target", "mode", "evidence", "change", "kind")
FIXED += ("started", "ended", "at", "vantage", "proved_by", "proof_verdict")
"""What a page branches on, and the journal's own times; a platform has no say in them."""


SHORT = "".join(text for kind, text in HOSTILE.items() if kind != "long")
"""All of them in one, but for the long one."""


def poison(value: Any, text: str) -> Any:
    """Every text of a record replaced, except what the page branches on, and except times."""
    if isinstance(value, dict):
        return {
            key: item if key in FIXED and isinstance(item, (str, list)) else poison(item, text)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [poison(item, text) for item in value]
    return text if isinstance(value, str) else value
