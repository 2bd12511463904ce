"""The origins of the attempt's clients, each asserted before a client is made with its secret."""

from __future__ import annotations

from sfsip_nb.api import origins
from sfsip_nb.engine import hosts
from sfsip_nb.engine.context import Context


def origin(ctx: Context, name: str) -> str:
    """The origin called `name`, as in ``genesys.login``.

    Raises InputError where it is foreign, Unreachable where its host cannot be reached.
    """
    url = origins.own(name, ctx.surroundings.origins[name], live=ctx.live)
    hosts.require(ctx, [name])
    return url
