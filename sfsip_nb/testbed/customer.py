"""The testbed customer before anybody runs a guide.

It is in use: a carrier trunk brings telephone calls in, a support line answers them, and of every
kind of object that a guide creates there is one made by hand, which a run must leave alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

from sfsip_nb.inputs import samples, tables

from .world import Objects


def collections(package: str, values: Mapping[str, Any]) -> dict[str, Objects]:
    """A platform's objects by collection and id, from ``customer.yaml`` of its stand-in `package`.

    There ``$NAME`` is one of the shared sample values, or of the platform's own `values`.
    """
    text = files(package).joinpath("customer.yaml").read_text(encoding="utf-8")
    (low, high), (first, last) = samples.DID_POOL, samples.NUMBER_BLOCK
    ends = {"FIRST_DID": low, "LAST_DID": high, "FIRST_OF_BLOCK": first, "LAST_OF_BLOCK": last}
    known = {**vars(samples), **ends, **values}
    found: dict[str, Objects] = tables.parse(Template(text).substitute(known))
    return found
