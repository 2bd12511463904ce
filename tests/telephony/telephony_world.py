"""A testbed's telephony on real sockets, provisioned as the guide says, and a test caller."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sfsip_nb.inputs import samples
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.standin import customer as genesys_customer
from sfsip_nb.platforms.genesys.standin.template import complete
from sfsip_nb.platforms.synthflow.standin import customer as synthflow_customer
from sfsip_nb.platforms.synthflow.standin.telephony.rows import new_row
from sfsip_nb.sip import Call, MapResolver, UserAgent
from sfsip_nb.testbed.telephony import Telephony
from sfsip_nb.testbed.world import World

Json = dict[str, Any]
FQDN = f"{genesys_samples.TERMINATION_IDENTIFIER}.byoc.usw2.pure.cloud"


def trunk(world: World) -> Json:
    """The trunk to Synthflow."""
    found = world.by_name(world.systems["genesys"]["trunks"], samples.TRUNK_NAME)
    assert found
    return found


def put(world: World, key: str, value: Any) -> None:
    """Set a property of the trunk to Synthflow."""
    trunk(world)["properties"][key]["value"]["instance"] = value


def flow(world: World, name: str) -> Json:
    """An Architect flow by name."""
    found = world.by_name(world.systems["genesys"]["flows"], name)
    assert found
    return found


def number(world: World) -> Json:
    """The number as Synthflow has it."""
    found = synthflow_customer.imported(world, samples.DID)
    assert found
    return found


def provision(world: World) -> None:
    """What the runbook and the administrator would have done."""
    site = genesys_samples.SITE_ID
    secret = samples.testbed_secret("sip-password")
    world.systems["genesys"]["trunks"]["trunk-ai"] = {
        "id": "trunk-ai",
        "name": samples.TRUNK_NAME,
        "state": "active",
        "trunkType": "EXTERNAL",
        "inboundSite": {"id": site},
        "site": {"id": site},
        "properties": complete(
            {},
            trunk_label=samples.TRUNK_NAME,
            trunk_transport_serverProxyList=["sip.us.synthflow.ai:32681"],
            trunk_sip_termination_uri=genesys_samples.TERMINATION_IDENTIFIER,
            trunk_sip_authentication_credentials_realm="sip.us.synthflow.ai",
            trunk_sip_authentication_credentials_username=samples.SIP_USERNAME,
            trunk_sip_authentication_credentials_password=secret,
            trunk_outboundIdentity_callingAddress=samples.DID,
            trunk_outboundIdentity_callingName=genesys_samples.CALLER_NAME,
            trunk_access_acl_allowList=["35.237.42.43", "34.139.4.161"],
        ),
        "_outboundTerminationFqdn": "sip.us.synthflow.ai",
        "_allowAll": False,
    }
    genesys_customer.plans(world, site).insert(
        0,
        {
            "name": "Synthflow AI",
            "matchType": "e164NumberList",
            "numbers": [{"start": samples.DID, "end": samples.DID}],
            "classification": "Synthflow AI",
        },
    )
    world.systems["genesys"]["outbound_routes"]["route-ai"] = {
        "id": "route-ai",
        "name": "Synthflow AI",
        "classificationTypes": ["Synthflow AI"],
        "enabled": True,
        "externalTrunkBases": [{"id": "trunk-ai"}],
        "_siteId": site,
    }
    inbound, transfer = (
        flow(world, genesys_samples.INBOUND_FLOW),
        flow(world, genesys_samples.TRANSFER_FLOW),
    )
    inbound["_transferTo"] = samples.DID
    for id_, what, owned, called in (
        ("ivr-ai", "callers", inbound, samples.DID),
        ("ivr-transfer", "transfers", transfer, samples.TRANSFER_NUMBER),
    ):
        world.systems["genesys"]["ivrs"][id_] = {
            "id": id_,
            "name": f"{samples.TRUNK_NAME}: {what}",
            "dnis": [called],
            "openHoursFlow": {"id": owned["id"]},
        }
    serve(world, FQDN, samples.TRANSFER_NUMBER)


def serve(world: World, termination: str, transfer_number: str) -> None:
    """Synthflow's half: the number, attached, and the transfer back to `termination`."""
    world.systems["synthflow"]["numbers"][samples.DID.removeprefix("+")] = {
        "slug": samples.DID.removeprefix("+"),
        "phone_number": samples.DID,
        "provider_name": "custom",
        "sip_term_uri": termination,
        "sip_outbound_proxy": None,
        "sip_auth_username": None,
        "uac_enabled": False,
        "_trunk_username": samples.SIP_USERNAME,
        "_trunk_pwd": samples.testbed_secret("sip-password"),
        "_attached_at": time.time() - 10,
    }
    assistant = world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]
    assistant["phone_number"] = samples.DID
    assistant["_actions"] = ["transfer"]
    world.systems["synthflow"]["actions"]["transfer"] = {
        "action_id": "transfer",
        "type": "LIVE_TRANSFER",
        "phone": f"sip:{transfer_number}@{termination}",
        "transfer_mode": "cold_transfer",
        "initiating_msg": "I connect you.",
    }


@dataclass
class Running:
    """A started telephony with a caller outside."""

    world: World
    telephony: Telephony
    caller: UserAgent
    addresses: Json

    async def call(self, to: str = samples.DID, from_: str = samples.CALLER) -> Call:
        """Dial from an external telephone; returns once the call is decided."""
        call = await self.caller.invite(
            f"sip:{to}@pstn.test", from_=f'"Ada Caller" <sip:{from_}@pstn.test>'
        )
        await call.outcome(10)
        return call

    async def until(self, found: Callable[[], Any], timeout: float = 4.0) -> Any:
        """Wait until `found()` is true, and return it."""
        async with asyncio.timeout(timeout):
            while not (value := found()):  # noqa: ASYNC110 (what is awaited has no event)
                await asyncio.sleep(0.01)
        return value

    def conversations(self) -> list[Json]:
        """Finished conversations, newest last."""
        return [c for c in self.world.records["conversations"].values() if "conversationEnd" in c]

    async def conversation(self, count: int = 1) -> Json:
        """The newest conversation, once `count` have ended."""
        await self.until(lambda: len(self.conversations()) >= count)
        return self.conversations()[-1]

    async def entry(self, count: int = 1) -> Json:
        """The newest entry of Talkdesk's calls report, once there are `count`."""
        entries = self.world.records["talkdesk_calls"]
        await self.until(lambda: len(entries) >= count)
        return list(entries.values())[-1]

    def rows(self) -> list[Json]:
        """Synthflow's call list."""
        return list(self.world.records["synthflow_calls"].values())

    async def row(self) -> Json:
        """The newest row, once its call has ended."""
        await self.until(lambda: self.rows() and self.rows()[-1].get("telephony_end"))
        return self.rows()[-1]


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Running]:
    """Start the telephony of `world`; no handler may have failed in the end."""
    telephony = Telephony(world, world.directory)
    addresses = await telephony.start()
    try:
        resolver = MapResolver(addresses["sip"] | addresses["pstn"])
        async with UserAgent("caller", resolver=resolver) as caller:
            yield Running(world, telephony, caller, addresses)
            assert not telephony.errors()
    finally:
        await telephony.stop()


def legs(conversation: Json, purpose: str) -> list[Json]:
    """The sessions of the participants with a purpose."""
    return [
        session
        for participant in conversation["participants"]
        if participant["purpose"] == purpose
        for session in participant["sessions"]
    ]


def outbound_row(world: World, to: str) -> Json:
    """A row as ``POST /calls`` makes it."""
    assistant = world.systems["synthflow"]["assistants"][samples.SYNTHFLOW_ASSISTANT_ID]
    return new_row(world, assistant, "outbound", samples.DID, to)
