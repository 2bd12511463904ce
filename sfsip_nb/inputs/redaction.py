"""Finds secrets in what is about to be shown or kept, in every form that escaping gives them."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.entities import codepoint2name
from typing import Any

from sfsip_nb.inputs import texts

MASK = "••••"
SHORTEST = 6  # a shorter secret would be found, and masked, all over harmless text

_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")


class Redactor:
    """Masks and finds secrets: as they are, and as URLs, JSON, HTML, Python and base64 write them.

    Mixed and repeated escaping (HTML inside JSON inside JSON) is recognized too: each character is
    looked for in any of its forms. Base64 is recognized wherever the secret starts inside it, as in
    the ``user:secret`` of HTTP's Basic scheme.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: dict[str, _Forms] = {}
        self._marks: tuple[str, ...] = ()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Knows one secret more, such as a token learned later. ValueError if it is too short."""
        if len(secret) < SHORTEST:
            raise ValueError(f"a secret under {SHORTEST} characters cannot be masked safely")
        if secret not in self._known:
            self._known[secret] = _Forms.of(secret)
            forms = self._known.values()
            self._marks = tuple(m for one in forms for m in (one.hint, *one.base64_cores))

    def text(self, text: str) -> str:
        """`text` with dots in place of each secret."""
        if not self._may_hold(text):
            return text
        for forms in list(self._known.values()):
            if forms.hint in text:
                text = forms.pattern.sub(MASK, text)
            for core in forms.base64_cores:
                if core in text:
                    text = _mask_base64(text, core)
        return text

    def data(self, value: Any) -> Any:
        """JSON-like `value` with every string in it, keys too, passed through `text`.

        It is a copy, or `value` itself where no secret is in it.
        """
        # Letters and digits, and all of base64, stand in JSON as they are.
        return texts.through(value, lambda text: not self._may_hold(text), self._one)

    def _one(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return self.text(_decoded(value)).encode("utf-8", "surrogateescape")
        return self.text(value) if isinstance(value, str) else value

    def _may_hold(self, text: str) -> bool:
        """A cheap first look: False if no secret is in a text, in whatever form."""
        for mark in self._marks:  # noqa: SIM110 (any() with a generator takes twice as long)
            if mark in text:
                return True
        return False

    def found_in(self, content: bytes) -> bool:
        """Whether a secret stands in `content` in any form. Nothing tells which or where."""
        text = _decoded(content)
        return any(
            (forms.hint in text and forms.pattern.search(text))
            or any(core in text for core in forms.base64_cores)
            for forms in list(self._known.values())
        )

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._known)} secrets>"


@dataclass(frozen=True, repr=False)
class _Forms:
    """What to look for to find one secret."""

    hint: str  # stands in every form but base64: a cheap first look
    pattern: re.Pattern[str]
    base64_cores: tuple[str, ...]

    @classmethod
    def of(cls, secret: str) -> _Forms:
        # Letters and digits are written alike in all escaped forms.
        hint = max(re.findall(r"[A-Za-z0-9]+", secret), key=len, default="")
        return cls(hint, re.compile("".join(map(_any_form, secret))), _base64_cores(secret))


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


# A backslash, and the ways in which URLs and HTML write it.
_BACKSLASH = r"(?:\\|%(?:25)*5[cC]|&(?:amp;)*#(?:0*92|[xX]0*5[cC]);)"


@functools.cache
def _any_form(character: str) -> str:
    """A regular expression for all the ways in which `character` is escaped, longest first."""
    if character.isascii() and character.isalnum():
        return character
    if character == "\\":
        return f"{_BACKSLASH}+"
    point = ord(character)
    octets = character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    forms = [
        "".join(f"%(?:25)*(?i:{octet:02x})" for octet in octets),
        "".join(rf"{_BACKSLASH}+x(?i:{octet:02x})" for octet in octets),
        "".join(rf"{_BACKSLASH}+u(?i:{units[i : i + 2].hex()})" for i in range(0, len(units), 2)),
        rf"&(?:amp;)*#(?:0*{point}|(?i:x0*{point:x}));",
    ]
    if name := codepoint2name.get(point, "apos" if character == "'" else ""):
        forms.append(f"&(?:amp;)*{name};")
    if character == " ":
        forms.append(r"\+")
    if point < 256:
        forms.append(rf"{_BACKSLASH}+x(?i:{point:02x})")
    # Repeated escaping puts backslashes before any of them.
    return f"{_BACKSLASH}*(?:{'|'.join(dict.fromkeys([*forms, re.escape(character)]))})"


def _base64_cores(secret: str) -> tuple[str, ...]:
    """The base64 characters that depend on `secret` alone, at its three possible alignments."""
    octets = secret.encode("utf-8", "surrogatepass")
    cores = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets).decode()
        core = encoded[(before * 8 + 5) // 6 : (before + len(octets)) * 8 // 6]
        cores += [core, core.replace("+", "-").replace("/", "_")]
    return tuple(dict.fromkeys(cores))


def _mask_base64(text: str, core: str) -> str:
    """`text` without the whole runs of base64 characters in which `core` stands.

    Whole runs, because the characters beside the core hold some of the secret's bits.
    """
    done, kept = 0, []
    while (start := text.find(core, done)) >= 0:
        end = start + len(core)
        while start > done and text[start - 1] in _BASE64:
            start -= 1
        while end < len(text) and text[end] in _BASE64:
            end += 1
        kept += [text[done:start], MASK]
        done = end
    return "".join([*kept, text[done:]])
