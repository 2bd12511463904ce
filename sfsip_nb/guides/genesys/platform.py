"""The attempt's Genesys Cloud: its settings and its client."""

from __future__ import annotations

from sfsip_nb.clients.genesys import Genesys
from sfsip_nb.inputs.blocks import Genesys as Settings
from sfsip_nb.inputs.schema import GenesysParameters
from sfsip_nb.runbook.context import Context


def settings(ctx: Context) -> Settings:
    """The ``genesys`` group of the parameters."""
    assert isinstance(ctx.parameters, GenesysParameters)
    return ctx.parameters.genesys


def genesys(ctx: Context) -> Genesys:
    """The attempt's client."""
    return ctx.once(
        "genesys",
        lambda: Genesys(
            settings(ctx).client_id,
            ctx.secrets["genesys.client_secret"],
            api=ctx.surroundings.origins["genesys.api"],
            login=ctx.surroundings.origins["genesys.login"],
            on_token=ctx.redactor.add,
        ),
        _leave,
    )


def _leave(client: Genesys) -> None:
    """Revoke the token at the end (CONTRACT §7)."""
    try:
        client.revoke()
    finally:
        client.close()
