"""Phone numbers: imported under one set of field names, read and patched under another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sfsip_nb.platforms.synthflow import faults
from sfsip_nb.testbed.web import ApiRequest, Endpoint
from sfsip_nb.testbed.world import Json, World

from . import customer
from .errors import body, invalid, plain, refuse, text

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_NEEDS_DOMAIN = frozenset({"custom", "twilio", "telnyx", "vonage", "ring_central"})
_PROVIDERS = _NEEDS_DOMAIN | {"ringcx", "zoom", "five9", "8x8"}
_AUTOMATIC = {"ringcx": "sip.ringcentral.com", "zoom": "sip.zoom.com"}


def now() -> str:
    """The time as Synthflow writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _workspace(asked: ApiRequest, given: str | None, field: str) -> str:
    if not given:
        raise invalid("query" if field == "workspace" else "body", field)
    if given not in asked.objects["workspaces"]:
        raise refuse(403, "The workspace does not belong to this API key.", "forbidden")
    return given


def _import(asked: ApiRequest) -> Json:
    given = body(asked.body)
    workspace = _workspace(asked, given.get("workspace_id"), "workspace_id")
    number = text(given, "phone_number")
    provider = given.get("provider_name") or "custom"
    if provider not in _PROVIDERS:
        raise invalid("body", "provider_name", "value is not a valid enumeration member")
    if not _E164.fullmatch(number):
        raise refuse(400, "phone_number must be in E.164 format.")
    plan = asked.objects["workspaces"][workspace]["plan"]
    if plan != "Enterprise" or asked.world.fault(faults.NOT_ENTERPRISE):
        raise refuse(
            403, "The selected provider import is not enabled for this workspace.", "forbidden"
        )
    domain = given.get("termination_uri") or _AUTOMATIC.get(provider)
    if provider in _NEEDS_DOMAIN and not domain:
        raise refuse(400, f"termination_uri is required for provider {provider}.")
    slug = number.removeprefix("+")
    if slug in asked.objects["numbers"]:
        raise refuse(400, "This phone number has already been imported.")
    uac = bool(given.get("uac_enabled", False))
    if uac and not (given.get("trunk_username") and given.get("trunk_pwd")):
        raise refuse(400, "trunk_username and trunk_pwd are required when uac_enabled is true.")
    asked.objects["numbers"][slug] = {
        "slug": slug,
        "phone_number": number,
        "friendly_name": given.get("friendly_name") or number,
        "provider_name": provider,
        "sip_term_uri": domain,
        "sip_auth_username": given.get("sip_auth_username"),
        "sip_outbound_proxy": given.get("sip_outbound_proxy") or None,
        "uac_enabled": uac,
        "uac_register_expires": _expires(given, uac),
        "workspace_id": workspace,
        "created_at": now(),
        "updated_at": None,
        "_trunk_username": given.get("trunk_username") or "",
        "_trunk_pwd": given.get("trunk_pwd") or "",
        "_attached_at": None,
    }
    key = asked.world.new_id()
    return {"status": "ok", "response": {"key": key, "phone_number": number}}


def _expires(given: Json, uac: bool) -> int | None:
    expires = given.get("uac_register_expires")
    if expires is not None and not (isinstance(expires, int) and 60 <= expires <= 3600):
        raise refuse(400, "uac_register_expires must be a whole number from 60 to 3600.")
    return (expires or 300) if uac else None


def users(world: World, number: str) -> list[str]:
    """Ids of the assistants that the number is attached to, inbound and outbound."""
    return [
        a["model_id"]
        for a in world.systems["synthflow"]["assistants"].values()
        if a.get("phone_number") == number or number in a["_phone_numbers"]
    ]


def _shown(asked: ApiRequest, number: Json) -> Json:
    """The number in the names for reading; no password, not even a trace of one."""
    return {
        **{key: value for key, value in number.items() if not key.startswith("_")},
        "sip_auth_username": number["sip_auth_username"] or number["_trunk_username"] or None,
        "address_requirement": "none",
        "is_sms_capable": False,
        "is_voice_capable": True,
        "iso_country": "US",
        "locality": "",
        "sid": "",
        "region": "",
        "is_available": customer.inbound_assistant(asked.world, number["phone_number"]) is None,
        "agency_workspace_id": None,
        "assistants": users(asked.world, number["phone_number"]),
    }


def paged(asked: ApiRequest, found: Sequence[Json]) -> tuple[Sequence[Json], Json]:
    """One page by ``limit`` and ``offset``, and the pagination block. Raises 422."""
    values = {}
    for name, default in (("limit", 20), ("offset", 0)):
        given = asked.query.get(name, str(default))
        if not given.isdecimal():
            raise invalid("query", name, "value is not a valid integer")
        values[name] = int(given)
    page = found[values["offset"] : values["offset"] + values["limit"]]
    return page, {"total_records": len(found), **values}


def _all(asked: ApiRequest) -> Json:
    workspace = _workspace(asked, asked.query.get("workspace"), "workspace")
    found = [n for n in asked.objects["numbers"].values() if n["workspace_id"] == workspace]
    page, pagination = paged(asked, found)
    shown = [
        {"number": one["phone_number"], "sid": None, "is_available": one["is_available"]}
        for one in (_shown(asked, number) for number in page)
    ]
    return {"status": "ok", "response": {"pagination": pagination, "phone_numbers": shown}}


def _find(asked: ApiRequest) -> Json:
    """The number of the path. Raises 400: the description has no 404 for numbers."""
    number: Json | None = asked.objects["numbers"].get(asked.path["slug"])
    if number is None:
        raise plain(400, "Not Found")
    return number


def _get(asked: ApiRequest) -> Json:
    workspace = _workspace(asked, asked.query.get("workspace"), "workspace")
    number = _find(asked)
    if number["workspace_id"] != workspace:
        raise plain(400, "Not Found")
    return _shown(asked, number)


def _patch(asked: ApiRequest) -> Json:
    number, given = _find(asked), body(asked.body)
    changed: Json = {
        name: given[name]
        for name in ("friendly_name", "sip_auth_username", "sip_outbound_proxy", "sip_term_uri")
        if name in given
    }
    if "termination_uri" in given:
        changed["sip_term_uri"] = given["termination_uri"]
    if "provider_name" in given:
        changed["provider_name"] = given["provider_name"]
    for name in ("trunk_username", "trunk_pwd"):
        if name in given:
            changed[f"_{name}"] = given[name] or ""
    after = number | changed
    if after["provider_name"] in _NEEDS_DOMAIN and not after["sip_term_uri"]:
        raise refuse(400, f"{after['provider_name']} needs a SIP domain.")
    if "uac_enabled" in given or "uac_register_expires" in given:
        uac = bool(given.get("uac_enabled", number["uac_enabled"]))
        if uac and not (after["_trunk_username"] and after["_trunk_pwd"]):
            raise refuse(400, "trunk_username and trunk_pwd are required when uac_enabled is true.")
        changed["uac_enabled"] = uac
        changed["uac_register_expires"] = _expires(given, uac)
    number.update(changed, updated_at=now())
    return {"status": "ok"}


def _delete(asked: ApiRequest) -> Json:
    number = _find(asked)
    for assistant in asked.objects["assistants"].values():
        if assistant.get("phone_number") == number["phone_number"]:
            assistant["phone_number"] = ""
        if number["phone_number"] in assistant["_phone_numbers"]:
            assistant["_phone_numbers"].remove(number["phone_number"])
    del asked.objects["numbers"][number["slug"]]
    return {"status": "ok"}


ENDPOINTS = [
    Endpoint("POST", "/custom-numbers", _import),
    Endpoint("GET", "/numbers", _all),
    Endpoint("GET", "/numbers/{slug}", _get),
    Endpoint("PATCH", "/numbers/{slug}", _patch),
    Endpoint("DELETE", "/numbers/{slug}", _delete),
]
