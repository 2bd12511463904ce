"""The trunk template of Genesys Cloud, "Generic BYOC Carrier", as far as its keys are known.

Keys, types and defaults come from Genesys' own provisioning tutorial, its premium-app wizard and
the acceptance tests of its Terraform provider (read 2026-11). There is no key for the Outbound SIP
Termination FQDN nor for "Allow All": nobody has published one.
"""

from __future__ import annotations

import copy
import re
from typing import Any

METABASE = "external_sip_pcv_byoc_carrier.json"
METABASE_NAME = "Generic BYOC Carrier"
SERVERS = "trunk_transport_serverProxyList"
IDENTIFIER = "trunk_sip_termination_uri"
PASSWORD = "trunk_sip_authentication_credentials_password"

Json = dict[str, Any]

_OVERRIDES = ["Always", "Unassigned DID"]


def _property(kind: str, default: Any, **more: Any) -> Json:
    return {"type": kind, "value": {"default": default, "instance": default}, **more}


def _text(default: str = "", **more: Any) -> Json:
    return _property("string", default, **more)


def _flag(default: bool = False) -> Json:
    return _property("boolean", default)


def _texts(default: list[str] | None, **more: Any) -> Json:
    return _property("array", default, items={"type": "string"}, **more)


PROPERTIES: dict[str, Json] = {
    "trunk_type": _text("external.pcv.byoc.carrier"),
    "trunk_label": _text(METABASE_NAME),
    "trunk_enabled": _flag(True),
    "trunk_protocol": _text("SIP", enum=["SIP"]),
    "trunk_language": _text("en-US"),
    "trunk_maxDialTimeout": _text("2m"),
    "trunk_maxCallRate": _text("40/5s"),
    "trunk_transport_protocolVariant": _text("udp", enum=["udp", "tcp", "tls"]),
    SERVERS: _texts(None, uniqueItems=True, required=True),
    "trunk_transport_sipDscpValue": _property("integer", 24),
    "trunk_transport_retryableReasonCodes": _text("500-599"),
    "trunk_transport_retryableCauseCodes": _text(
        "1-5,25,27,28,31,34,38,41,42,44,46,62,63,79,91,96,97,99,100,103"
    ),
    "trunk_access_acl_allowList": _texts([]),
    "trunk_access_acl_denyList": _texts([]),
    IDENTIFIER: _text(required=False),
    "trunk_sip_routingAddress": _text("Request-URI"),
    "trunk_routing_inbound_dnis_enabled": _flag(),
    "trunk_routing_outbound_higher_capacity": _flag(),
    "trunk_sip_authentication_credentials_realm": _text(),
    "trunk_sip_authentication_credentials_username": _text(),
    PASSWORD: _text(),
    "trunk_outboundIdentity_callingName": _text(pattern=r"^[\S ]{0,40}$"),
    "trunk_outboundIdentity_callingName_overrideMethod": _text("Always", enum=_OVERRIDES),
    "trunk_outboundIdentity_callingAddress": _text(),
    "trunk_outboundIdentity_callingAddress_overrideMethod": _text("Always", enum=_OVERRIDES),
    "trunk_outboundIdentity_callingAddress_omitPlusPrefix": _flag(),
    "trunk_outboundIdentity_calledAddress_omitPlusPrefix": _flag(),
    "trunk_calling_id_priority": _texts([]),
    "trunk_media_codec": _texts(["audio/opus", "audio/pcmu", "audio/pcma"], uniqueItems=True),
    "trunk_media_srtpCipherSuites": _texts(["AES_CM_128_HMAC_SHA1_80"]),
    "trunk_media_dtmf_method": _text("RTP Events"),
    "trunk_media_dtmf_payload": _property("integer", 101),
    "trunk_media_dscpValue": _property("integer", 46),
    "trunk_media_method": _text("normal"),
    "trunk_media_disconnectOnIdleRTP": _flag(True),
    "trunk_sip_uuiEnabled": _flag(),
    "trunk_sip_uuiHeader": _text("User-to-User"),
    "trunk_sip_uuiEncoding": _text("Hex"),
    "trunk_sip_uuiPd": _text("00"),
    "trunk_sip_conversationHeader": _flag(),
    "trunk_transfer_takeback_enabled": _flag(),
    "trunk_rlt_enabled": _flag(),
}

_TYPES: dict[str, Any] = {"string": str, "boolean": bool, "array": list, "integer": int}


def template() -> Json:
    """What ``trunkbasesettings/template`` returns: a trunk to fill in."""
    return {
        "name": METABASE_NAME,
        "trunkMetabase": {"id": METABASE, "name": METABASE_NAME},
        "trunkType": "EXTERNAL",
        "properties": copy.deepcopy(PROPERTIES),
    }


def complete(given: Json, **set_here: Any) -> Json:
    """All properties of a trunk: those `given`, the template's where missing.

    A key that the template lacks is kept as it came, and does nothing. `set_here` are plain values
    by key.
    """
    properties = copy.deepcopy(PROPERTIES)
    for key, item in given.items():
        if key in properties:
            value = item.get("value", {})
            if "instance" in value:
                properties[key]["value"]["instance"] = value["instance"]
        else:
            properties[key] = item
    for key, plain in set_here.items():
        properties[key]["value"]["instance"] = plain
    return properties


def mistake(properties: Json) -> tuple[str, str] | None:
    """The first key whose value the template does not allow, and why; None if there is none."""
    for key, rule in PROPERTIES.items():
        value: Any = properties[key]["value"]["instance"]
        if value is None or (rule["type"] == "array" and not value):
            if rule.get("required"):
                return key, f"The property '{key}' is required."
            continue
        if not isinstance(value, _TYPES[rule["type"]]):
            return key, f"The property '{key}' must be of type {rule['type']}."
        if "enum" in rule and value not in rule["enum"]:
            return key, f"The property '{key}' must be one of {', '.join(rule['enum'])}."
        if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
            return key, f"The property '{key}' does not match {rule['pattern']}."
        if rule.get("uniqueItems") and len(set(value)) < len(value):
            return key, f"The items of the property '{key}' must be unique."
    return None
