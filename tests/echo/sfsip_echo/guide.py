"""The Echo guide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from sfsip_echo import Echo
from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.transport import Api, segment
from sfsip_nb.engine import calls
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, CardField, Desired, Fields, Guide, Resource, Seen, Step
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.platforms.shared import agent_record, diagnosis, lookup, network, sections
from sfsip_nb.platforms.shared import verification as v
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.platforms.shared.diagnosis import TroubleshootingRow
from sfsip_nb.platforms.shared.join import Sides
from sfsip_nb.platforms.shared.lines import read
from sfsip_nb.platforms.shared.origin import origin
from sfsip_nb.platforms.shared.watch import WatchedPlatform
from sfsip_nb.platforms.synthflow import access as synthflow_access
from sfsip_nb.platforms.synthflow import endpoint
from sfsip_nb.platforms.synthflow import section as synthflow

_FIRST, _SECOND, _THIRD = "01-prerequisites", "02-echo-configuration", "03-synthflow-configuration"


def settings(ctx: Context) -> Echo:
    """The ``echo`` group of the parameters."""
    own = ctx.parameters.platform
    assert isinstance(own, Echo)
    return own


def origins(parameters: Parameters) -> dict[str, str]:
    """Where a live Echo answers."""
    return {"echo.api": "https://api.echo.example"}


def _problem(response: httpx.Response) -> Problem:
    return Problem("", str(response.json()["message"]))


def echo(ctx: Context) -> Api:
    """The attempt's client."""
    key = ctx.secrets["echo.api_key"]
    return ctx.once(
        "echo",
        lambda: Api("Echo", origin(ctx, "echo.api"), read_problem=_problem, bearer=key.reveal),
        Api.close,
    )


class Trunk(Resource):
    """Echo's trunk to Synthflow."""

    kind = "echo.trunk"
    write_only = frozenset({"Password"})
    marked = True

    def __init__(self, client: Api) -> None:
        self._client = client

    def read(self, key: str) -> Seen | None:
        try:
            trunk = self._client.call("GET", f"/trunks/{segment(key)}")
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        shown = {n: trunk[n.lower()] for n in ("Server", "Number", "Username")}
        return Seen(key, shown, trunk["note"])

    def create(self, key: str, fields: Fields, marker: str) -> str:
        self._put(key, fields | {"Note": marker})
        return key

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        self._put(key, fields)

    def delete(self, key: str, seen: Seen) -> None:
        self._client.call("DELETE", f"/trunks/{segment(key)}")

    def _put(self, key: str, fields: Fields) -> None:
        body: dict[str, Any] = {
            name.lower(): value.reveal() if name == "Password" else value
            for name, value in fields.items()
        }
        self._client.call("PUT", f"/trunks/{segment(key)}", json=body)


def _access(ctx: Context) -> list[Check]:
    found = echo(ctx).call("GET", "/account")
    return [check("access.platform/key", "The key opens the account", "it does", found, True)]


def _trunk(ctx: Context) -> list[Desired]:
    fields = {
        "Server": f"{endpoint.host(ctx.parameters)}:{endpoint.port(ctx.parameters)}",
        "Number": ctx.parameters.numbers[0],
        "Username": ctx.parameters.sip.username,
        "Password": ctx.secrets["sip.password"],
    }
    return [Desired(Trunk.kind, settings(ctx).trunk_name, fields, "Callers go to Synthflow by it.")]


def _open_line(ctx: Context) -> Card:
    name = settings(ctx).trunk_name
    return Card(
        step="routing.inbound",
        system="echo",
        title="Open the line",
        path=("Echo", "Lines", name),
        fields=(CardField("Trunk", name, "trunk"), CardField("Open", "on")),
        why="Echo has no API for it.",
        look_for="The line is open.",
        proved_by="verify.inbound",
        values={"trunk": name, "open": True},
    )


def _calls(ctx: Context) -> calls.Source:
    def source(since: datetime, until: datetime) -> list[SeenCall]:
        return [
            SeenCall(
                Vantage.PLATFORM,
                call["id"],
                calls.moment(call["started"]),
                call["from"],
                call["to"],
                call,
            )
            for call in echo(ctx).call("GET", "/calls")
            if since <= calls.moment(call["started"]) <= until
        ]

    return source


def _judge(ctx: Context, sides: Sides) -> list[Check]:
    return agent_record.checks(ctx, "verify.inbound", sides)


def _inbound(ctx: Context) -> list[Check]:
    return v.run(ctx, v.INBOUND, WatchedPlatform("Echo", _calls(ctx)), _judge)


_SYNTHFLOW = synthflow.ContactCenterSide(
    platform="Echo",
    termination_uri=lambda ctx: settings(ctx).host,
    transfer_number=lambda ctx: ctx.parameters.synthflow.transfer.number,
    needs=("access.synthflow",),
    transfer_needs=(),
)
ROWS = (
    TroubleshootingRow(
        "line", "Callers hear nothing", "Open the line.", ("routing.inbound", "verify.inbound")
    ),
)

GUIDE = Guide(
    name="echo",
    title="SIP integration with Echo",
    sections=sections.of("echo", "Echo"),
    steps=(
        Step("access.platform", _FIRST, "Echo: the key", check=_access),
        synthflow_access.step(_FIRST),
        Step("access.network", _FIRST, "Network", check=network.reachability),
        Step("trunk.create", _SECOND, "The trunk", ("access.platform",), desired=_trunk),
        Step("routing.inbound", _SECOND, "The line", ("trunk.create",), card=_open_line),
        *synthflow.steps(_THIRD, _SYNTHFLOW),
        Step(
            "verify.inbound",
            v.SECTION,
            v.INBOUND.title,
            ("routing.inbound", "registration.wait"),
            card=v.card(v.INBOUND),
            check=_inbound,
            dials=True,
            calls=v.planned(v.INBOUND),
        ),
        diagnosis.step(ROWS, "Ask Echo."),
    ),
    resources=lambda ctx: {Trunk.kind: Trunk(echo(ctx))} | synthflow.resources(ctx),
    lines=lambda: read("echo"),
    origins=origins,
    looks=lookup.SYNTHFLOW,
    sip=endpoint.place,
)
