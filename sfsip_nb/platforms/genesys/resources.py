"""Genesys Cloud's objects as the runbook changes them, with the field names of the guide.

Names stand for ids in every field, so that a plan reads as a person would say it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from sfsip_nb.engine.model import Fields, Refused, Resource, Seen
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.genesys.client import GenesysClient

LATE = 0.1
"""Seconds after which it is worth looking for a new object: Genesys shows it late."""

METABASE = "external_sip_pcv_byoc_carrier.json"  # Generic BYOC Carrier

TRUNK_TYPE = "Trunk Type"
TRUNK_STATE = "Trunk State: In-Service"
PROTOCOL = "Protocol"
TERMINATION_IDENTIFIER = "Inbound SIP Termination Identifier"
NUMBER_PLAN_SITE = "Number Plan Site"
SERVERS = "SIP Servers or Proxies"
TERMINATION_FQDN = "Outbound SIP Termination FQDN"
REALM = "Realm"
USERNAME = "User Name"
PASSWORD = "Password"
CALLER_ADDRESS = "Caller Address"
CALLER_NAME = "Caller Name"
CALLER_PRIORITY = "Prioritized Caller Selection"
ALLOW_LIST = "SIP Access Control: Allow list"

# Field → property key of the trunk template (as in github.com/MyPureCloud/purecloud-premium-app).
_PROPERTY = {
    TRUNK_STATE: "trunk_enabled",
    PROTOCOL: "trunk_transport_protocolVariant",
    TERMINATION_IDENTIFIER: "trunk_sip_termination_uri",
    SERVERS: "trunk_transport_serverProxyList",
    REALM: "trunk_sip_authentication_credentials_realm",
    USERNAME: "trunk_sip_authentication_credentials_username",
    PASSWORD: "trunk_sip_authentication_credentials_password",
    CALLER_ADDRESS: "trunk_outboundIdentity_callingAddress",
    CALLER_NAME: "trunk_outboundIdentity_callingName",
    CALLER_PRIORITY: "trunk_calling_id_priority",
    ALLOW_LIST: "trunk_access_acl_allowList",
}

Properties = dict[str, Any]


def property_of(trunk: Mapping[str, Any], key: str) -> Any:
    """A trunk property's value: what was set, else the template's default."""
    value = (trunk.get("properties") or {}).get(key, {}).get("value") or {}
    return value["instance"] if value.get("instance") is not None else value.get("default")


class Trunk(Resource):
    """The external trunk (guide heading "Create the External Trunk" and those below it).

    It is made from Genesys's own template, because unknown property keys are accepted in
    silence: every key is looked for in the template before it is written.
    """

    kind = "genesys.trunk"
    # Whether GET returns the password is not known, so it is never compared.
    write_only = frozenset({PASSWORD})
    marked = True
    late = LATE

    def __init__(self, client: GenesysClient, termination_key: Callable[[], str]) -> None:
        self._client = client
        self._termination_key = termination_key

    @cached_property
    def _keys(self) -> dict[str, str]:
        key = self._termination_key()
        return _PROPERTY | ({TERMINATION_FQDN: key} if key else {})

    def read(self, key: str) -> Seen | None:
        """The trunk of that name."""
        trunk = find_trunk(self._client, key)
        if trunk is None:
            return None
        fields: Fields = {
            name: property_of(trunk, prop)
            for name, prop in self._keys.items()
            if name not in self.write_only
        }
        fields[TRUNK_TYPE] = (trunk.get("trunkMetabase") or {}).get("id")
        site = (trunk.get("inboundSite") or {}).get("id")
        fields[NUMBER_PLAN_SITE] = site_name(self._client, site) if site else ""
        marker = str(trunk.get("description") or "")
        return Seen(trunk["id"], fields, marker, owner=f"a trunk described as “{marker}”")

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Make the trunk from the template, as the one Save button does."""
        template = self._client.trunk_template(METABASE)
        properties = self._set(dict(template["properties"]), fields)
        if "trunk_label" in properties:
            properties["trunk_label"] = _instance(properties["trunk_label"], key)
        body = {
            "name": key,
            "description": marker,
            "trunkType": "EXTERNAL",
            "trunkMetabase": {"id": METABASE},
            "properties": properties,
        }
        return str(self._client.create_trunk(body | self._site(fields))["id"])

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Write the whole trunk back with its version, only the named fields changed."""
        trunk = self._client.trunk(seen.id)
        body = trunk | {"properties": self._set(dict(trunk["properties"]), fields)}
        self._client.update_trunk(seen.id, body | self._site(fields))

    def delete(self, key: str, seen: Seen) -> None:
        """Delete the trunk; Genesys refuses while an outbound route points at it."""
        self._client.delete_trunk(seen.id)

    def _set(self, properties: Properties, fields: Fields) -> Properties:
        for name, value in fields.items():
            if name not in self._keys:
                continue
            prop = self._keys[name]
            if prop not in properties:
                raise Refused(
                    f"This organization's trunk template has no property {prop} ({name}); "
                    "Genesys would accept the value and ignore it.",
                    f"Set {name} by hand in the trunk, and report the missing property.",
                )
            plain = value.reveal() if isinstance(value, Secret) else value
            properties[prop] = _instance(properties[prop], plain)
        return properties

    def _site(self, fields: Fields) -> Fields:
        if NUMBER_PLAN_SITE not in fields:
            return {}
        return {"inboundSite": {"id": find_site(self._client, fields[NUMBER_PLAN_SITE])["id"]}}


def _instance(prop: Mapping[str, Any], value: Any) -> dict[str, Any]:
    return dict(prop) | {"value": dict(prop.get("value") or {}) | {"instance": value}}


def by_name(objects: Any, name: str) -> dict[str, Any] | None:
    """The object of exactly that name: name filters of the API match more."""
    found: dict[str, Any] | None = next((o for o in objects if o.get("name") == name), None)
    return found


def ids_of(listed: Callable[..., list[dict[str, Any]]], wanted: Collection[str]) -> dict[str, str]:
    """Ids by name. The list is read anew where what is wanted, names or ids, is not known of."""
    for lasting in (True, False):
        ids = {str(thing["name"]): str(thing["id"]) for thing in listed(lasting=lasting)}
        if {*ids, *ids.values()}.issuperset(wanted):
            break
    return ids


def find_site(client: GenesysClient, name: str) -> dict[str, Any]:
    """The site of that name. Raises ``Refused`` if there is none."""
    site = by_name(client.sites(), name)
    if site is None:
        raise Refused(
            f"Genesys has no site “{name}”.", "Correct genesys.site: the site's exact name."
        )
    return site


def site_name(client: GenesysClient, id: str) -> str:
    """The name of the site of that id; the id where it is not listed."""
    return str(next((site["name"] for site in client.sites() if site["id"] == id), id))


def find_trunk(client: GenesysClient, name: str) -> dict[str, Any] | None:
    """The trunk of that name, whole.

    It is read alone where the list leaves its properties out, and where there are others: the
    evidence of a step holds no list of many whole trunks.
    """
    trunks = client.trunks()
    listed = by_name(trunks, name)
    if listed is None or (len(trunks) == 1 and "properties" in listed):
        return listed
    return client.trunk(str(listed["id"]))


def find_flow(client: GenesysClient, name: str, *, lasting: bool = True) -> dict[str, Any]:
    """The Architect flow of that name. Raises ``Refused`` if there is none.

    Unless `lasting`, whether it is published is of interest too.
    """
    flow = by_name(client.flows(lasting=lasting), name)
    if flow is None:
        raise Refused(
            f"Genesys has no Architect flow “{name}”.",
            "Build and publish the flow in Architect, or correct its name in the parameters.",
        )
    return flow


class SiteResource(Resource):
    """A kind of object that a site has, by the site's name."""

    def __init__(self, client: GenesysClient, site: str) -> None:
        self._client = client
        self._site_name = site

    @property
    def _site(self) -> str:
        return str(find_site(self._client, self._site_name)["id"])


class Route(SiteResource):
    """An outbound route of the site (guide heading "Assign Trunk to a Site")."""

    kind = "genesys.outbound_route"
    marked = True
    late = LATE

    def read(self, key: str) -> Seen | None:
        """The route of that name."""
        route = by_name(self._client.outbound_routes(self._site), key)
        if route is None:
            return None
        used = [t["id"] for t in route.get("externalTrunkBases") or []]
        names = {id: name for name, id in ids_of(self._client.trunks, used).items()}
        fields: Fields = {
            "Classifications": sorted(route.get("classificationTypes") or []),
            "External trunks": [names.get(id, id) for id in used],
            "Distribution": route.get("distribution"),
            "Enabled": bool(route.get("enabled")),
        }
        return Seen(route["id"], fields, str(route.get("description") or ""))

    def create(self, key: str, fields: Fields, marker: str) -> str:
        """Add the route; the existing ones stay as they are."""
        body = {"name": key, "description": marker} | self._body(fields)
        return str(self._client.create_outbound_route(self._site, body)["id"])

    def update(self, key: str, seen: Seen, fields: Fields) -> None:
        """Change the route in place: a route that is deleted and made again drops calls."""
        site = self._site
        route = self._client.outbound_route(site, seen.id)
        self._client.update_outbound_route(site, seen.id, route | self._body(fields))

    def delete(self, key: str, seen: Seen) -> None:
        """Remove the route."""
        self._client.delete_outbound_route(self._site, seen.id)

    def _body(self, fields: Fields) -> Fields:
        body: Fields = {}
        if "Classifications" in fields:
            body["classificationTypes"] = fields["Classifications"]
        if "Distribution" in fields:
            body["distribution"] = fields["Distribution"]
        if "Enabled" in fields:
            body["enabled"] = fields["Enabled"]
        if "External trunks" in fields:
            names = fields["External trunks"]
            ids = ids_of(self._client.trunks, names)
            body["externalTrunkBases"] = [{"id": ids.get(name, name)} for name in names]
        return body
