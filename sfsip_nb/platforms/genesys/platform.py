"""The attempt's Genesys Cloud: its settings and its client."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.genesys.parameters import Genesys as Settings
from sfsip_nb.platforms.genesys.regions import regions
from sfsip_nb.platforms.shared.origin import origin


def settings(ctx: Context) -> Settings:
    """The ``genesys`` group of the parameters."""
    return _own(ctx.parameters)


def origins(parameters: Parameters) -> dict[str, str]:
    """Where the organization's region answers: the API and the login server."""
    region = regions()[_own(parameters).region]
    return {"genesys.api": region.api, "genesys.login": region.login}


def genesys(ctx: Context) -> GenesysClient:
    """The attempt's client."""
    return ctx.once(
        "genesys",
        lambda: GenesysClient(
            settings(ctx).client_id,
            ctx.secrets["genesys.client_secret"],
            api=origin(ctx, "genesys.api"),
            login=origin(ctx, "genesys.login"),
            on_token=ctx.redactor.add,
        ),
        _leave,
    )


def _leave(client: GenesysClient) -> None:
    """Revoke the token at the end (SECURITY.md)."""
    try:
        client.revoke()
    finally:
        client.close()


def _own(parameters: Parameters) -> Settings:
    own = parameters.platform
    assert isinstance(own, Settings)
    return own
