"""Requests a minute that customers of one client share: as many leases as may draw on them at once.

The scheduler holds the leases (a semaphore of Dask); each is worth the same share, which the
kernels of its customer keep to (`api.pace`). So the sum stays below the limit, whoever runs when,
and nothing is asked of the scheduler before a request.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sfsip_nb.fleet.customers import Customer
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms import guides

USED = 0.9
"""Of a limit: the rest is for whoever else uses the client."""

LEAST = 30.0
"""Requests a minute that a lease is worth at least, or a replay would take an hour."""


def budgeted(
    customers: Sequence[Customer], parameters: Mapping[str, Parameters], at_once: int
) -> list[Customer]:
    """The customers, each live one with its share of what its client may send.

    `at_once` is how many replays there are at the same time. A budget's name tells nobody whose it
    is: it is a hash of host and client, salted anew each time.
    """
    salt = secrets.token_hex(16)
    sharing: dict[str, list[str]] = defaultdict(list)
    found = {customer.run: customer for customer in customers}
    for run, customer in found.items():
        if customer.target == "live" and facts.requests_per_minute(customer.guide):
            sharing[_name(salt, parameters[run])].append(run)
    for name, runs in sharing.items():
        whole = facts.requests_per_minute(found[runs[0]].guide) * USED
        leases = max(1, min(len(runs), at_once, int(whole / LEAST)))
        for run in runs:
            found[run] = replace(found[run], budget=name, leases=leases, per_minute=whole / leases)
    return list(found.values())


def _name(salt: str, parameters: Parameters) -> str:
    origins = sorted(guides.ALL[parameters.guide].origins(parameters).values())
    client = getattr(parameters.platform, "client_id", "")
    told = "\n".join([salt, *origins, client])
    return f"sfsip-{hashlib.sha256(told.encode()).hexdigest()[:24]}"
