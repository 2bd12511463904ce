"""Files whose path a person gave, read so that no path can block, or fill the memory."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


class Unfit(ValueError):
    """What a path leads to is not read; the text is the end of a sentence: "it is …"."""


def opened(path: Path) -> BinaryIO:
    """The regular file at `path`, open to be read; the caller closes it.

    What was opened is what is judged, so nothing can take its place in between. Raises OSError,
    and `Unfit` for a device, a pipe, a socket or a folder, without waiting for one.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unfit("is not a regular file but a folder, a device, a pipe or a socket")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read(path: Path, most: int) -> bytes:
    """What the regular file at `path` holds. Raises as `opened`, and `Unfit` above `most` bytes."""
    with opened(path) as file:
        content = file.read(most + 1)  # its size may be no measure, as in /proc
    if len(content) > most:
        raise Unfit(f"is larger than {size(most)}")
    return content


def size(octets: int) -> str:
    """A number of bytes, for people: "64 KiB"."""
    for unit in ("bytes", "KiB", "MiB"):
        if octets < 1024:
            return f"{octets} {unit}"
        octets //= 1024
    return f"{octets} GiB"
