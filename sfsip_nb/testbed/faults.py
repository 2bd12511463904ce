"""What the testbed can break on purpose: the faults of all platforms, and Synthflow's."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from sfsip_nb.inputs import platform
from sfsip_nb.inputs.platform import Fault, Group

GROUPS: Mapping[Group, str] = {
    "set-up": "Mistakes in the setup",
    "calls": "In the calls",
    "account": "What the account is not allowed to do",
    "conditions": "Conditions (nothing is wrong with the setup)",
}
"""Where faults lie, in words."""


@functools.cache
def faults() -> Mapping[str, Fault]:
    """Every fault by its name."""
    found = (platform.part(name, "FAULTS", "faults") for name in platform.ends())
    return {fault.name: fault for own in found for fault in own}
