"""Assistants, the numbers attached to them, and the actions they may take."""

from __future__ import annotations

import time
from typing import Any

from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json, World

from . import customer
from .errors import body, invalid, refuse, text
from .numbers import paged

_MODES = ("cold_transfer", "warm_transfer", "warm_transfer_with_context")
_TYPES = (
    "REAL_TIME_BOOKING",
    "INFORMATION_EXTRACTOR",
    "LIVE_TRANSFER",
    "SEND_SMS",
    "INCALL_SMS",
    "INCALL_WHATSAPP",
    "CUSTOM_ACTION",
    "CUSTOM_EVAL",
)
_CHANGEABLE = (
    "name",
    "description",
    "is_recording",
    "external_webhook_url",
    "inbound_call_webhook_url",
    "max_duration",
    "voicemail_message",
)


def find(world: World, model_id: Any) -> Json:
    """The assistant with this id. Raises 400: the description has no 404 for it."""
    assistant: Json | None = world.systems["synthflow"]["assistants"].get(str(model_id))
    if assistant is None:
        raise refuse(400, f"Assistant {model_id} was not found.", "not_found")
    return assistant


def _shown(asked: ApiRequest, assistant: Json, actions: bool = False) -> Json:
    world = asked.world
    numbers = dict.fromkeys([assistant["phone_number"], *assistant["_phone_numbers"]])
    shown = {key: value for key, value in assistant.items() if not key.startswith("_")}
    if world.fault(faults.OLD_ASSISTANT):
        shown["voice_engine_version"] = "1.0"
    shown["attached_phone_numbers"] = [
        {"number": n, "sid": None, "slug": n.removeprefix("+")} for n in numbers if n
    ]
    if actions:
        known = world.systems["synthflow"]["actions"]
        shown["actions"] = [_shown_action(known[a]) for a in assistant["_actions"]]
    return shown


def _all(asked: ApiRequest) -> Json:
    """The list is an object by model id, one assistant alone stands in an array."""
    page, pagination = paged(asked, list(asked.objects["assistants"].values()))
    by_id = {assistant["model_id"]: _shown(asked, assistant) for assistant in page}
    return {"status": "ok", "response": {"pagination": pagination, "assistants": by_id}}


def _get(asked: ApiRequest) -> Json:
    assistant = find(asked.world, asked.path["id"])
    with_actions = asked.query.get("include_actions") == "true"
    return {"status": "ok", "response": {"assistants": [_shown(asked, assistant, with_actions)]}}


def _update(asked: ApiRequest) -> Json:
    """Only what is given changes."""
    assistant, given = find(asked.world, asked.path["id"]), body(asked.body)
    if "phone_number" in given:
        number = text(given, "phone_number")
        _attach(asked.world, assistant, number)
        assistant["phone_number"] = number
    assistant.update({field: given[field] for field in _CHANGEABLE if field in given})
    if isinstance(given.get("agent"), dict):
        assistant["agent"] = assistant["agent"] | given["agent"]
    return {"status": "ok"}


def _attach(world: World, assistant: Json, number: str) -> None:
    """The number is answered by this assistant; the SIP trunk comes into being here."""
    imported = customer.imported(world, number)
    if imported is None:
        raise refuse(404, f"Phone number {number} was not found in this workspace.", "not_found")
    if assistant["type"] == "inbound":
        holder = customer.inbound_assistant(world, number)
        if holder is not None and holder is not assistant:
            raise refuse(
                400, f"Phone number {number} is already attached to inbound agent {holder['name']}."
            )
        if holder is None:
            imported["_attached_at"] = time.time()


def _add_numbers(asked: ApiRequest) -> Json:
    """Numbers are added to the agent's pool, all of them or none."""
    assistant, given = find(asked.world, asked.path["id"]), body(asked.body)
    numbers, slugs = given.get("phone_numbers"), given.get("phone_number_slugs")
    if (numbers is None) == (slugs is None):
        raise refuse(400, "Exactly one of phone_numbers and phone_number_slugs is expected.")
    if asked.world.fault(faults.ONE_NUMBER) and assistant["type"] == "inbound":
        raise refuse(400, "Number pooling is not available for inbound agents.")
    wanted = [f"+{str(n).removeprefix('+')}" for n in numbers or slugs or ()]
    for number in wanted:
        _attach(asked.world, assistant, number)
    assistant["_phone_numbers"] = list(dict.fromkeys([*assistant["_phone_numbers"], *wanted]))
    return {"status": "ok"}


def _remove_number(asked: ApiRequest) -> Json:
    assistant, number = find(asked.world, asked.path["id"]), f"+{asked.path['slug']}"
    if number not in assistant["_phone_numbers"]:
        raise refuse(404, f"Phone number {number} is not attached to this agent.", "not_found")
    assistant["_phone_numbers"].remove(number)
    return {"status": "ok"}


# actions


def _shown_action(action: Json, assistants: list[str] | None = None) -> Json:
    fields = {k: v for k, v in action.items() if k not in ("action_id", "type", "name")}
    shown = {
        "action_id": action["action_id"],
        "action_type": action["type"],
        "name": action["name"],
        "description": "",
        "parameters_hard_coded": fields,
    }
    return shown if assistants is None else shown | {"assistants": assistants}


def _find_action(asked: ApiRequest) -> Json:
    action: Json | None = asked.objects["actions"].get(asked.path["id"])
    if action is None:
        raise refuse(400, f"Action {asked.path['id']} was not found.", "not_found")
    return action


def _kind(given: Json) -> tuple[str, Json]:
    """The one action in the body: its type and its fields. Raises 400."""
    kinds = [kind for kind in _TYPES if isinstance(given.get(kind), dict)]
    if len(kinds) != 1:
        raise refuse(400, "Exactly one action type is expected.")
    return kinds[0], given[kinds[0]]


def _create_action(asked: ApiRequest) -> Json:
    kind, fields = _kind(body(asked.body))
    action = {
        "action_id": asked.world.new_id(),
        "type": kind,
        "name": fields.get("name") or kind.replace("_", " ").title(),
        **fields,
    }
    _check_transfer(action)
    asked.objects["actions"][action["action_id"]] = action
    return {"status": "ok", "response": {"action_id": action["action_id"]}}


def _check_transfer(action: Json) -> None:
    if action["type"] != "LIVE_TRANSFER":
        return
    for field in ("phone", "instructions", "initiating_msg"):
        text(action, field)
    if action.get("transfer_mode") not in _MODES:
        raise invalid("body", "transfer_mode", "value is not a valid enumeration member")


def _update_action(asked: ApiRequest) -> Json:
    action = _find_action(asked)
    kind, fields = _kind(body(asked.body))
    if kind != action["type"]:
        raise refuse(400, f"The action is of type {action['type']}.")
    _check_transfer(action | fields)
    action.update(fields)
    return {"status": "ok", "response": {"action_id": action["action_id"]}}


def _delete_action(asked: ApiRequest) -> Json:
    action = _find_action(asked)
    for assistant in asked.objects["assistants"].values():
        if action["action_id"] in assistant["_actions"]:
            assistant["_actions"].remove(action["action_id"])
    del asked.objects["actions"][action["action_id"]]
    return {"status": "ok"}


def _get_action(asked: ApiRequest) -> Json:
    action = _find_action(asked)
    users = None
    if asked.query.get("include_assistants") == "true":
        users = [
            a["model_id"]
            for a in asked.objects["assistants"].values()
            if action["action_id"] in a["_actions"]
        ]
    return {"status": "ok", "response": {"actions": [_shown_action(action, users)]}}


def _actions(asked: ApiRequest) -> Json:
    page, pagination = paged(asked, [_shown_action(a) for a in asked.objects["actions"].values()])
    return {"status": "ok", "response": {"pagination": pagination, "actions": page}}


def _wanted(asked: ApiRequest) -> tuple[Json, list[str]]:
    given = body(asked.body)
    assistant = find(asked.world, text(given, "model_id"))
    ids = [str(id_) for id_ in given.get("actions") or []]
    for id_ in ids:
        if id_ not in asked.objects["actions"]:
            raise refuse(400, f"Action {id_} was not found.", "not_found")
    return assistant, ids


def _attach_action(asked: ApiRequest) -> Json:
    assistant, ids = _wanted(asked)
    assistant["_actions"] += [id_ for id_ in ids if id_ not in assistant["_actions"]]
    return {"status": "ok"}


def _detach_action(asked: ApiRequest) -> Json:
    assistant, ids = _wanted(asked)
    assistant["_actions"] = [id_ for id_ in assistant["_actions"] if id_ not in ids]
    return {"status": "ok"}


ENDPOINTS = [
    Endpoint("GET", "/assistants/", _all),
    Endpoint("GET", "/assistants/{id}", _get),
    Endpoint("PUT", "/assistants/{id}", _update),
    Endpoint("PUT", "/assistants/{id}/phone_numbers", _add_numbers),
    Endpoint("DELETE", "/assistants/{id}/phone_numbers/{slug}", _remove_number),
    Endpoint("GET", "/actions", _actions),
    Endpoint("POST", "/actions", _create_action),
    Endpoint("POST", "/actions/attach", _attach_action),
    Endpoint("POST", "/actions/detach", _detach_action),
    Endpoint("GET", "/actions/{id}", _get_action),
    Endpoint("PUT", "/actions/{id}", _update_action),
    Endpoint("DELETE", "/actions/{id}", _delete_action),
]
