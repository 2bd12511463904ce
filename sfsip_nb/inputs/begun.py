"""Answers to `sfsip new` that are no whole file yet: kept beside it, so that a person can go on.

They are written after each answer, because a closed terminal gives no other occasion, and hold
references to secrets only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.yamltree import read_mapping, read_text


def place(target: Path) -> Path:
    """Where the answers are kept that `target` is made of in the end."""
    return target.with_name(f"{target.name}.draft")


def keep(target: Path, guide: str, answers: Mapping[str, Any]) -> None:
    """Keep the answers by their dotted keys. Raises InputError where nothing can be written."""
    path = place(target)
    head = f"# Not finished. To go on: sfsip new {guide} {target}\n"
    text = yaml.safe_dump({"guide": guide, "answers": dict(answers)}, sort_keys=False)
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.write_text(head + text, encoding="utf-8")
        os.replace(fresh, path)
    except OSError as error:
        raise InputError(
            "FILE", f"{path} cannot be written ({error.strerror}). Name another file."
        ) from None


def kept(target: Path, guide: str) -> dict[str, Any]:
    """The answers that were kept; none, where there are none.

    Raises InputError for those to another guide's questions, and for a file that is damaged.
    """
    path = place(target)
    if not path.exists():
        return {}
    match read_mapping(read_text(path), str(path)).data:
        case {"guide": str(found), "answers": dict(answers)} if found == guide:
            return answers
        case {"guide": str(found), "answers": dict()}:
            why = f"holds answers to the questions of {found}. Go on with: sfsip new {found}"
            raise InputError("FILE", f"{path} {why} {target}; or name another file.")
    raise InputError("FILE", f"{path} holds no answers. Delete it and start over.")


def drop(target: Path) -> None:
    """Forget the answers: the file is whole."""
    place(target).unlink(missing_ok=True)
