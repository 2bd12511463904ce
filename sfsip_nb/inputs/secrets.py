"""Secrets: references in the parameters, values only where they are used, and the redactor."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from sfsip_nb.inputs import files, samples
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.redaction import MASK, SHORTEST, Redactor

__all__ = ["HOW", "MASK", "Redactor", "Secret", "doubts", "is_reference", "resolve"]

_LARGEST_FILE = 64 * 1024  # bytes

_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(?:.*\S)?|keyring:[^/\s][^/]*/\S(?:.*\S)?|testbed:[a-z-]+|form:[a-z_.]+"
)
_typed: dict[str, str] = {}
_PLACES = {
    "env": "kept in the environment variable {}",
    "file": "kept in the file {}",
    "keyring": "kept in this computer's key ring, as {}",
    "testbed": "the testbed's sample secret",
    "form": "typed in: kept in this kernel's memory only",
}
HOW = (
    "Write a reference instead: env:NAME (an environment variable), file:PATH (a file that holds"
    " only the secret) or keyring:SERVICE/NAME (this computer's key ring)"
)


class Secret:
    """A secret value that shows itself only when asked by `reveal()`.

    Its repr, str, format and HTML are dots, and it refuses to be pickled. `trimmed`: spaces around
    it were left out.
    """

    __slots__ = ("_value", "trimmed")

    def __init__(self, value: str, trimmed: bool = False) -> None:
        self._value = value
        self.trimmed = trimmed

    def reveal(self) -> str:
        """The value, for the line of code that hands it to the other side, and no other."""
        return self._value

    @property
    def has_inner_space(self) -> bool:
        """Whether white space stands inside: often a slip of pasting, so worth a question."""
        return any(character.isspace() for character in self._value)

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return MASK

    def _repr_html_(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: pass its reference on instead")


def is_reference(text: str) -> bool:
    """Whether `text` has the form of a secret reference (what it points to may be missing)."""
    return _REFERENCE.fullmatch(text) is not None


def resolve(reference: str, key: str) -> Secret:
    """The secret that `reference` points to; `key` is the parameter that holds it, for messages.

    White space around the value is dropped, and `doubts` asks about it unless it is a file's last
    newline; inside it is kept. Raises InputError, which never repeats a literal, when there is
    nothing usable.
    """
    if not is_reference(reference):
        raise InputError(
            key,
            f"{key} must not hold the secret itself, and its value is not a reference"
            f" (it is not repeated here). {HOW}.",
        )
    scheme, _, name = reference.partition(":")
    given = _READERS[scheme](name, key)
    value = given.strip()
    if len(value) < SHORTEST:
        raise InputError(
            key,
            f"{key} ({reference}) gives {'nothing' if not value else 'too short a secret'}: fewer"
            f" than {SHORTEST} characters cannot be kept out of outputs safely. Put the whole"
            " secret there, or choose a longer one.",
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise InputError(
            key,
            f"{key} ({reference}) holds a line break or another control character inside the"
            " secret. Store the secret alone, on one line.",
        )
    return Secret(value, trimmed=given.strip("\r\n") != value)


def doubts(secrets: Mapping[str, Secret]) -> dict[str, str]:
    """What to ask about `secrets`, by the parameter that holds each."""
    asked = {key: " ".join(_doubts(key, secret)) for key, secret in secrets.items()}
    return {key: question for key, question in asked.items() if question}


def _doubts(key: str, secret: Secret) -> Iterator[str]:
    if secret.trimmed:
        yield (
            f"{key} gives a secret with a space before or after it, and it is used without that."
            " Is the space part of the secret? If so, choose one that does not begin or end with"
            " a space."
        )
    if secret.has_inner_space:
        yield (
            f"{key} gives a secret with a space inside, and it is used unchanged. Is the space"
            " part of the secret? If not, store the secret again without it."
        )


def kept_where(reference: str) -> str:
    """In words, where the secret is that a reference points to; empty for no reference."""
    scheme, _, name = reference.partition(":")
    return _PLACES[scheme].format(name) if is_reference(reference) else ""


def type_in(key: str, value: str) -> str:
    """Keep a secret that a person typed, in this process alone; returns the reference to it."""
    _typed[key] = value
    return f"form:{key}"


def has_key_ring() -> bool:
    """Whether this computer has a key ring that opens."""
    import keyring

    return keyring.get_keyring().priority >= 1


def keep(run: str, key: str, value: str) -> str:
    """Keep a typed secret in the key ring; returns the reference to it. Raises InputError."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(f"sfsip-{run}", key, value)
    except KeyringError as error:
        raise InputError(
            key,
            f"{key} was not kept: the key ring does not open ({type(error).__name__}). Unlock it,"
            " or type the secret without keeping it.",
        ) from None
    return f"keyring:sfsip-{run}/{key}"


def is_typed_in(value: object) -> bool:
    """Whether `value` refers to a secret that only this process has."""
    return isinstance(value, str) and value.startswith("form:") and is_reference(value)


def _from_form(name: str, key: str) -> str:
    value = _typed.get(name)
    if value is None:
        raise InputError(
            key,
            f"{key} was typed into a form, and what was typed is forgotten when its notebook's"
            f" kernel ends. Type it again, or keep it where a reference can name it. {HOW}.",
        )
    return value


def _from_environment(name: str, key: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise InputError(
            key,
            f"{key} points to the environment variable {name}, which is not set. Set it in the"
            f" shell that starts this program (export {name}=…), then try again; in JupyterLab the"
            " secret can be typed into the form instead.",
        )
    return value


def _from_file(name: str, key: str) -> str:
    try:
        return files.read(Path(name).expanduser(), _LARGEST_FILE).decode("utf-8-sig")
    except files.Unfit as unfit:
        raise InputError(
            key,
            f"{key} points to the file {name}, which cannot be read: it {unfit}. Name a file with"
            " the secret as its only content.",
        ) from None
    except (OSError, RuntimeError) as error:  # a home folder that is not known
        why = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(
            key,
            f"{key} points to the file {name}, which cannot be read ({why}; a relative path starts"
            " at the current folder). Create it with the secret as its only content, or correct"
            " the path.",
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            key, f"{key} points to the file {name}, which is not UTF-8 text. Save it as plain text."
        ) from None


def _from_keyring(name: str, key: str) -> str:
    import keyring
    from keyring.errors import KeyringError

    service, _, user = name.partition("/")
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        raise InputError(
            key,
            f"{key} points to the key ring entry {name}, but the key ring does not open on this"
            f" machine ({type(error).__name__}). Unlock it, or use env:NAME or file:PATH.",
        ) from None
    if value is None:
        raise InputError(
            key,
            f"{key} points to the key ring entry {name}, which does not exist. Create it with:"
            f" keyring set {service} {user}",
        )
    return value


def _from_testbed(name: str, key: str) -> str:
    if name not in samples.secret_names():
        known = ", ".join(samples.secret_names())
        raise InputError(
            key, f"{key} names a testbed secret that does not exist. Available: {known}."
        )
    return samples.testbed_secret(name)


_READERS = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
    "testbed": _from_testbed,
    "form": _from_form,
}
