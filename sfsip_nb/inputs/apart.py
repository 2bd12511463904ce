"""Secrets that cannot be told apart from other texts: refused before a run begins.

What is shown and kept has its secrets masked. A secret that also stands in something else takes
that with it: the journal then reads otherwise than it was written, and an attempt is withheld for
a secret that did not leak. The redactor itself is asked, so that the rule and the masking are one.

Two parameters may have the very same secret: it is masked alike wherever it stands.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sfsip_nb.inputs import samples, shipped
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.redaction import Redactor
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.inputs.yamltree import Path as Key
from sfsip_nb.inputs.yamltree import dotted

_FEW_DIGITS = 10
"""A number of fewer digits turns up by chance among a record's times, counts and checksums."""

_NUMBER = re.compile(r"[0-9:.,+TZ -]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}")
_PACKAGE = Path(__file__).parents[1]
_WORDS = frozenset({".py", ".yaml", ".json", ".html", ".css", ".js", ".ipynb"})


def confusable(secrets: Mapping[str, Secret], values: Mapping[str, Any]) -> Iterator[InputError]:
    """An error for each of `secrets` that stands in another one, in `values` or in our own words.

    `secrets` are by dotted key, `values` all parameters. No error repeats a secret.
    """
    for key, secret in secrets.items():
        if where := _standing(key, secret, secrets, values):
            yield InputError(
                key,
                f"{key} gives a secret that {where}. It could not be masked in saved files"
                " without masking that too. Choose a random password of 16 characters or more, on"
                f" the platform and where {key} points.",
            )


def _standing(
    key: str, secret: Secret, secrets: Mapping[str, Secret], values: Mapping[str, Any]
) -> str:
    redactor = Redactor([secret.reveal()])
    for name, value in _texts(values, ()):
        if redactor.text(value) != value:
            return f"also appears in the value of {dotted(name)}"
    for other, longer in secrets.items():
        if longer != secret and redactor.text(longer.reveal()) != longer.reveal():
            return f"also appears in the secret of {other}"
    if _numeric(secret.reveal()):
        return "reads like a date, a time or a count"
    return "is also one of this program's own words" if _own_word(secret) else ""


def _texts(value: Any, path: Key) -> Iterator[tuple[Key, str]]:
    """Each value and each name in `value` as it is written down, with where it stands."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield (*path, str(name)), str(name)
            yield from _texts(item, (*path, str(name)))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _texts(item, (*path, place))
    elif isinstance(value, str | int | float | date):
        yield path, str(value)


def _numeric(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return bool(_NUMBER.fullmatch(text)) and (digits < _FEW_DIGITS or bool(_DATE.match(text)))


@functools.lru_cache(maxsize=32)
def _own_word(secret: Secret) -> bool:
    return Redactor([secret.reveal()]).found_in(_own_words())


@functools.cache
def _own_words() -> bytes:
    """Everything that the program can write by itself: the texts of its package and notebooks.

    The sources, not a list of words: what is added there counts at once. Left out are the
    testbed's own secrets.
    """
    found = {*_PACKAGE.rglob("*"), *shipped.NOTEBOOKS.rglob("*.ipynb")}
    kept = [path for path in sorted(found) if path.suffix in _WORDS and path.name != _SECRETS]
    return b"\n".join(path.read_bytes() for path in kept)


_SECRETS = Path(samples.__file__).name
