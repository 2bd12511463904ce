"""The testbed's saved state, sealed: no password in it can be read by whoever has the folder.

A run's folder is handed on and searched for secrets, and a world of trunks and numbers is full of
them. So the whole state is encrypted, with a key that lies in the user's cache folder instead.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from cryptography.fernet import Fernet, InvalidToken

from sfsip_nb.inputs import private


class SealBroken(RuntimeError):
    """A sealed file cannot be opened with this user's key."""


def key_path() -> Path:
    """Where the key lies, outside of every run's folder."""
    return Path(platformdirs.user_cache_dir("sfsip-nb")) / "testbed.key"


def _key() -> bytes:
    path = key_path()
    private.folder(path.parent)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        private.write(draft, Fernet.generate_key())
        try:
            os.link(draft, path)  # whoever comes first wins, and nobody reads half a key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    """Seal `content` into `path`; a reader sees the old or the new file, never a part."""
    draft = path.with_name(path.name + ".new")
    private.write(draft, Fernet(_key()).encrypt(content))
    draft.replace(path)


def read(path: Path) -> bytes | None:
    """What was sealed into `path`, None if there is no such file. Raises SealBroken."""
    if not path.exists():
        return None
    try:
        return Fernet(_key()).decrypt(path.read_bytes())
    except (InvalidToken, ValueError) as error:
        raise SealBroken(
            f"The testbed's saved state {path} cannot be opened: it was sealed with another key"
            f" than {key_path()}. Remove the state to begin with a fresh testbed customer, or put"
            " the key back."
        ) from error
