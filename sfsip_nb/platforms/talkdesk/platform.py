"""The attempt's Talkdesk: its settings and its client."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms.shared.origin import origin
from sfsip_nb.platforms.talkdesk.client import REPORT_SECONDS, TalkdeskClient
from sfsip_nb.platforms.talkdesk.parameters import Talkdesk as Settings
from sfsip_nb.platforms.talkdesk.regions import regions


def settings(ctx: Context) -> Settings:
    """The ``talkdesk`` group of the parameters."""
    return _own(ctx.parameters)


def origins(parameters: Parameters) -> dict[str, str]:
    """Where the account's region answers: the API and the login server."""
    own = _own(parameters)
    region = regions()[own.region]
    return {"talkdesk.api": region.api, "talkdesk.login": region.login(own.account)}


def talkdesk(ctx: Context) -> TalkdeskClient:
    """The attempt's client. Raises KeyError while a form's account is not filled in."""
    own = settings(ctx)
    if not own.account:
        raise KeyError("talkdesk.account")
    return ctx.once(
        "talkdesk",
        lambda: TalkdeskClient(
            own.account,
            own.client_id,
            ctx.secrets["talkdesk.client_secret"],
            api=origin(ctx, "talkdesk.api"),
            login=origin(ctx, "talkdesk.login"),
            on_token=ctx.redactor.add,
            report_seconds=REPORT_SECONDS / ctx.surroundings.time_scale,
        ),
        TalkdeskClient.close,
    )


def _own(parameters: Parameters) -> Settings:
    own = parameters.platform
    assert isinstance(own, Settings)
    return own
