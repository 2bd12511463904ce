"""The attempt's Talkdesk: its settings and its client."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.blocks import Talkdesk as Settings
from sfsip_nb.inputs.schema import Parameters, TalkdeskParameters
from sfsip_nb.platforms.shared.origin import origin
from sfsip_nb.platforms.talkdesk.client import REPORT_SECONDS, Talkdesk


def settings(ctx: Context) -> Settings:
    """The ``talkdesk`` group of the parameters."""
    assert isinstance(ctx.parameters, TalkdeskParameters)
    return ctx.parameters.talkdesk


def origins(parameters: Parameters) -> dict[str, str]:
    """Where the account's region answers: the API and the login server."""
    assert isinstance(parameters, TalkdeskParameters)
    own = parameters.talkdesk
    region = facts.talkdesk_regions()[own.region]
    return {"talkdesk.api": region.api, "talkdesk.login": region.login(own.account)}


def talkdesk(ctx: Context) -> Talkdesk:
    """The attempt's client. Raises KeyError while a form's account is not filled in."""
    own = settings(ctx)
    if not own.account:
        raise KeyError("talkdesk.account")
    return ctx.once(
        "talkdesk",
        lambda: Talkdesk(
            own.account,
            own.client_id,
            ctx.secrets["talkdesk.client_secret"],
            api=origin(ctx, "talkdesk.api"),
            login=origin(ctx, "talkdesk.login"),
            on_token=ctx.redactor.add,
            report_seconds=REPORT_SECONDS / ctx.surroundings.time_scale,
        ),
        Talkdesk.close,
    )
