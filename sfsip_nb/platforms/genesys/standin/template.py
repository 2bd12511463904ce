"""The trunk template "Generic BYOC Carrier" of Genesys Cloud; ``template.yaml`` has its keys."""

from __future__ import annotations

import copy
import re
from typing import Any

from sfsip_nb.inputs import tables
from sfsip_nb.testbed.world import Json

METABASE = "external_sip_pcv_byoc_carrier.json"
METABASE_NAME = "Generic BYOC Carrier"
IDENTIFIER = "trunk_sip_termination_uri"
PASSWORD = "trunk_sip_authentication_credentials_password"


def _properties() -> dict[str, Json]:
    known: dict[str, Json] = tables.read(__package__, "template.yaml")
    for key, rule in known.items():
        default = rule.pop("default")
        items = {"items": {"type": "string"}} if rule["type"] == "array" else {}
        known[key] = {**rule, "value": {"default": default, "instance": default}, **items}
    return known


PROPERTIES = _properties()
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
