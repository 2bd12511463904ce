"""What the clients can ask for and no run of a guide does as a matter of course."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.clock import until
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from tests.fates.harness import Place

NOBODY = "7e57bed0-6e00-4000-8000-00000000dead"
"""The id of nothing."""


def genesys(place: Place) -> None:
    """Objects saved as they are, and records and a capture of a call that never was."""
    place.standins.restore(place.untouched)
    place.begin()
    origin, site = place.proxy.origin, genesys_samples.SITE_ID
    secret = Secret(samples.testbed_secret("genesys-client-secret"))
    client = GenesysClient(genesys_samples.CLIENT_ID, secret, api=origin, login=origin)
    with closing(client):
        [trunk] = client.trunks()
        client.update_trunk(trunk["id"], client.trunk(trunk["id"]))
        client.trunk_instances(trunk["id"])
        [route] = client.outbound_routes(site)
        client.update_outbound_route(site, route["id"], client.outbound_route(site, route["id"]))
        with pytest.raises(ApiError, match=r"403|404"):
            client.conversation(NOBODY)
        now = datetime.now(UTC)
        made = client.request_capture(now - timedelta(minutes=1), now, callId=NOBODY)
        address = until(lambda: client.capture_address(made), bool, 5.0, "a capture")
        with closing(httpx.Client()) as anybody:
            anybody.get(address)


def synthflow(place: Place) -> None:
    """A transfer that is changed, and look-ups of what is not there."""
    place.standins.restore(place.untouched)
    place.begin()
    key = Secret(samples.testbed_secret("synthflow-api-key"))
    base = f"{place.proxy.origin}/synthflow/us/v2"
    client = SynthflowClient(key, samples.SYNTHFLOW_WORKSPACE_ID, base=base)
    transfer = {
        "phone": samples.TRANSFER_NUMBER,
        "transfer_mode": "cold_transfer",
        "instructions": "on request",
        "initiating_msg": "One moment.",
    }
    with closing(client):
        action = client.create_action("LIVE_TRANSFER", transfer)
        client.update_action(action, "LIVE_TRANSFER", transfer | {"transfer_mode": "warm_transfer"})
        client.delete_action(action)
        client.delete_action(action)
        assert client.number(samples.SPARE_DID) is None
        assert client.assistant(NOBODY) is None
        assert client.call(NOBODY) is None
