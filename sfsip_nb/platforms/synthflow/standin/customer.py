"""The testbed customer's Synthflow workspace before anybody runs a guide."""

from __future__ import annotations

from typing import Any

from sfsip_nb.inputs import samples
from sfsip_nb.testbed.world import Json, World


def settle(world: World) -> None:
    """Fill `world` with the workspace."""
    at = world.iso()
    support = samples.SUPPORT_DID
    number = {
        "slug": support.removeprefix("+"),
        "phone_number": support,
        "friendly_name": "Acme Support, made by hand",
        "provider_name": "custom",
        "sip_term_uri": "acme-carrier.byoc.usw2.pure.cloud",
        "sip_auth_username": None,
        "sip_outbound_proxy": None,
        "uac_enabled": False,
        "uac_register_expires": None,
        "workspace_id": samples.SYNTHFLOW_WORKSPACE_ID,
        "created_at": at,
        "updated_at": None,
        "_trunk_username": "",
        "_trunk_pwd": "",
        "_attached_at": None,
    }
    assistants = [
        _assistant(samples.SYNTHFLOW_ASSISTANT_ID, samples.SYNTHFLOW_ASSISTANT_NAME, "inbound"),
        _assistant(
            samples.SYNTHFLOW_OTHER_ASSISTANT_ID,
            samples.SYNTHFLOW_OTHER_ASSISTANT_NAME,
            "outbound",
            _phone_numbers=[support],
        ),
    ]
    action = {
        "action_id": world.new_id(),
        "type": "INFORMATION_EXTRACTOR",
        "name": "Extract interest, made by hand",
        "YES_NO": {"identifier": "interested", "description": "Is the caller interested?"},
    }
    assistants[1]["_actions"] = [action["action_id"]]
    world.systems["synthflow"] = {
        "workspaces": _by_id(
            {
                "id": samples.SYNTHFLOW_WORKSPACE_ID,
                "name": samples.CUSTOMER,
                "region": samples.SYNTHFLOW_REGION,
                "plan": "Enterprise",
            }
        ),
        "numbers": {str(number["slug"]): number},
        "assistants": {a["model_id"]: a for a in assistants},
        "actions": {str(action["action_id"]): action},
    }


def _assistant(model_id: str, name: str, kind: str, **more: Any) -> Json:
    return {
        "model_id": model_id,
        "name": name,
        "type": kind,
        "phone_number": "",
        "is_recording": True,
        "description": "",
        "voice_engine_version": "2.0",
        "agent": {
            "prompt": "You answer calls for Acme.",
            "greeting_message": "Hello, this is Acme.",
            "language": "en-US",
            "timezone": "Europe/Berlin",
        },
        "_phone_numbers": [],
        "_actions": [],
        **more,
    }


def _by_id(*objects: Json) -> dict[str, Json]:
    return {str(o["id"]): o for o in objects}


def region(world: World) -> str:
    """The region that the workspace lives in."""
    return str(next(iter(world.systems["synthflow"]["workspaces"].values()))["region"])


def imported(world: World, number: str) -> Json | None:
    """The imported number (E.164), if there is one."""
    return world.systems["synthflow"]["numbers"].get(number.removeprefix("+"))


def inbound_assistant(world: World, number: str) -> Json | None:
    """The inbound assistant that answers `number` (E.164)."""
    return next(
        (
            a
            for a in world.systems["synthflow"]["assistants"].values()
            if a["type"] == "inbound" and a.get("phone_number") == number
        ),
        None,
    )


def transfer_action(world: World, assistant: Json) -> Json | None:
    """The live transfer attached to an assistant."""
    attached = (world.systems["synthflow"]["actions"].get(a) for a in assistant["_actions"])
    return next((a for a in attached if a and a["type"] == "LIVE_TRANSFER"), None)
