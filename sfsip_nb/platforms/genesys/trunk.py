"""Guide section "Genesys Cloud Configuration": the external trunk."""

from __future__ import annotations

import re
from collections.abc import Callable

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import known_after
from sfsip_nb.engine.model import Ask, Card, CardField, Desired, Fields, Step
from sfsip_nb.engine.verdicts import Basis, Check
from sfsip_nb.platforms.genesys import health
from sfsip_nb.platforms.genesys import resources as r
from sfsip_nb.platforms.genesys.platform import genesys, settings
from sfsip_nb.platforms.genesys.regions import regions
from sfsip_nb.platforms.shared import addresses
from sfsip_nb.platforms.shared.checks import check, remark
from sfsip_nb.platforms.synthflow import endpoint

SECTION = "02-genesys-configuration"

# How the key of "Outbound SIP Termination FQDN" might read; Genesys documents none.
_TERMINATION_KEY = re.compile(r"outbound.*(termin|fqdn|uri)|routing_outbound.*(termin|fqdn)", re.I)
_ADDRESSES_AT_MOST = 150

_WHY = {
    "trunk.create": "Calls between Genesys Cloud and Synthflow go over a dedicated BYOC trunk.",
    "trunk.inbound": "The identifier tells Genesys whose call it is; the site says whose number"
    " plans it follows.",
    "trunk.outbound": "Where Genesys sends calls for the AI, and how it logs in there.",
    "trunk.caller_id": "What the called side sees as the caller.",
    "trunk.acl": "Only Synthflow's own addresses may send calls into the organization.",
}


def termination_key(ctx: Context) -> str:
    """The template's key for the Outbound SIP Termination FQDN, if this organization has one."""

    def scan() -> str:
        properties = genesys(ctx).trunk_template(r.METABASE)["properties"]
        found = [key for key in properties if _TERMINATION_KEY.search(key)]
        return found[0] if len(found) == 1 else ""

    return ctx.once("genesys.termination_key", scan)


def fqdn(ctx: Context) -> str:
    """The trunk's inbound FQDN: as given, as a person read it, else the step that will tell."""
    given = settings(ctx).inbound_fqdn or ctx.given("trunk.inbound", "inbound_fqdn")
    return given or known_after("trunk.inbound")


def derived_fqdn(ctx: Context) -> str:
    """The FQDN that the identifier and the region lead to expect; empty where sources disagree."""
    p = settings(ctx)
    return regions()[p.region].derived_fqdn(p.termination_identifier)


def fields(ctx: Context) -> dict[str, Fields]:
    """Every field of the trunk with its value for this customer, by the step that sets it."""
    p, sip = settings(ctx), ctx.parameters.sip
    host, port = endpoint.host(ctx.parameters), endpoint.port(ctx.parameters)
    outbound: Fields = {r.SERVERS: [f"{host}:{port}"]}
    if termination_key(ctx):
        outbound[r.TERMINATION_FQDN] = host
    if sip.authentication == "digest":
        outbound |= {
            r.REALM: endpoint.realm(ctx.parameters),
            r.USERNAME: sip.username,
            r.PASSWORD: ctx.secrets["sip.password"],
        }
    caller: Fields = {r.CALLER_ADDRESS: p.caller_address, r.CALLER_NAME: p.caller_name}
    if p.caller_priority:
        caller[r.CALLER_PRIORITY] = list(p.caller_priority)
    return {
        "trunk.create": {
            r.TRUNK_TYPE: r.METABASE,
            r.TRUNK_STATE: True,
            r.PROTOCOL: sip.transport,
        },
        "trunk.inbound": {
            r.TERMINATION_IDENTIFIER: p.termination_identifier,
            r.NUMBER_PLAN_SITE: p.site,
        },
        "trunk.outbound": outbound,
        "trunk.caller_id": caller,
        "trunk.acl": {r.ALLOW_LIST: sorted(addresses.signalling(ctx))},
    }


def _desired(step: str) -> Callable[[Context], list[Desired]]:
    def desired(ctx: Context) -> list[Desired]:
        name = ctx.parameters.trunk_name
        groups = fields(ctx)
        wanted = groups[step]
        if step == "trunk.create" and ctx.resource(r.Trunk.kind).read(name) is None:
            # One save, as in the guide: Genesys takes no trunk without its required fields.
            wanted = {k: v for group in groups.values() for k, v in group.items()}
        lost = "the former digest password: no API returns it" if r.PASSWORD in wanted else ""
        proved_by = {r.PASSWORD: ("verify.inbound/digest",)}
        return [Desired(r.Trunk.kind, name, wanted, _WHY[step], lost, proved_by=proved_by)]

    return desired


def _created(ctx: Context) -> list[Check]:
    found = health.checks(ctx)
    if ctx.parameters.sip.transport == "tls":
        found.append(
            remark(
                "trunk.create/srtp",
                "TLS brings SRTP with it",
                "Genesys answers plain RTP on a TLS trunk with 488",
                "The guide offers TLS and says no more about it. probe.codec shows whether SRTP"
                " works.",
                proved_by=("probe.codec/PCMU",),
            )
        )
    return found


def _path(ctx: Context, *panel: str) -> tuple[str, ...]:
    """Where the trunk is in Genesys Cloud's menus."""
    name = ctx.parameters.trunk_name
    return ("Admin", "Telephony", "Trunks", "External Trunks", name, *panel)


def _inbound_card(ctx: Context) -> Card | None:
    if settings(ctx).inbound_fqdn:
        return None
    expected = derived_fqdn(ctx)
    return Card(
        step="trunk.inbound",
        system="genesys",
        title="Copy the trunk's FQDN",
        path=_path(ctx),
        fields=(
            CardField("External Trunk Name", ctx.parameters.trunk_name, "trunk_name"),
            CardField("Expected (derived)", expected or "not derived: sources disagree"),
        ),
        asks=(Ask("inbound_fqdn", "FQDN, as the Inbound Request-URI panel shows it"),),
        why="Synthflow sends its calls to this address. Its region part differs between regions "
        "and between two Genesys platforms, so go by the panel.",
        look_for="A name that begins with the identifier, in the Inbound Request-URI panel.",
        values={"trunk_name": ctx.parameters.trunk_name},
    )


def _inbound(ctx: Context) -> list[Check]:
    seen, derived = fqdn(ctx), derived_fqdn(ctx)
    identifier = settings(ctx).termination_identifier
    given = bool(settings(ctx).inbound_fqdn)
    return [
        check(
            "trunk.inbound/fqdn",
            "The FQDN begins with the identifier",
            f"{identifier}.…",
            f"{seen} ({'from the parameters' if given else 'read by a person'})",
            seen.split(".")[0] == identifier,
            basis=Basis.INPUTS if given else Basis.PERSON,
            reason="Copy the FQDN again from the panel of this trunk.",
        ),
        check(
            "trunk.inbound/derived",
            "It is the FQDN expected for this region and identifier",
            derived or "not derived: sources disagree for this region",
            seen,
            True if seen == derived else None,
            basis=Basis.INPUTS if given else Basis.PERSON,
            advisory=True,
            reason="Not an error: go by the panel. Dynamic Cloud Voice and older regions differ.",
        ),
    ]


def _outbound_card(ctx: Context) -> Card | None:
    if termination_key(ctx):
        return None
    host = endpoint.host(ctx.parameters)
    return Card(
        step="trunk.outbound",
        system="genesys",
        title="Enter the Outbound SIP Termination FQDN",
        path=_path(ctx, "Outbound"),
        fields=(CardField(r.TERMINATION_FQDN, host, "outbound_termination_fqdn"),),
        why="The trunk template of this organization shows no key for this one field, so it "
        "cannot be written by API without guessing.",
        look_for=f"The field shows {host}; then Save External Trunk.",
        proved_by="verify.inbound",
        values={
            "trunk_name": ctx.parameters.trunk_name,
            "outbound_termination_fqdn": host,
        },
    )


def _outbound(ctx: Context) -> list[Check]:
    trunk = r.find_trunk(genesys(ctx), ctx.parameters.trunk_name) or {}
    codecs = r.property_of(trunk, "trunk_media_codec")
    found = [
        check(
            "trunk.outbound/codec",
            "G.711 is offered",
            "audio/pcmu or audio/pcma",
            codecs,
            any(c in (codecs or []) for c in ("audio/pcmu", "audio/pcma")),
            reason="Add G.711 to the trunk's codecs.",
        )
    ]
    if ctx.parameters.sip.transport == "tls":
        suites = r.property_of(trunk, "trunk_media_srtpCipherSuites")
        found.append(
            check(
                "trunk.outbound/srtp",
                "SRTP is offered on a TLS trunk",
                "at least one SRTP cipher suite",
                suites or "none",
                None if suites is None else bool(suites),
                reason="Add an SRTP cipher suite to the trunk's media settings.",
            )
        )
    return found


def _acl_card(ctx: Context) -> Card:
    return Card(
        step="trunk.acl",
        system="genesys",
        title="“Allow All” is off",
        path=_path(ctx, "SIP Access Control"),
        fields=tuple(CardField("Allow list", a) for a in addresses.signalling(ctx)),
        why="With “Allow All” anybody on the internet may send calls into the organization. "
        "The API shows no key for the switch.",
        look_for="Allow All is off, and the list has exactly these addresses.",
        proved_by="probe.acl",
        values={"trunk_name": ctx.parameters.trunk_name, "allow_all": False},
    )


def _acl(ctx: Context) -> list[Check]:
    return addresses.checks(ctx, at_most=_ADDRESSES_AT_MOST)


STEPS = (
    Step(
        "trunk.create",
        SECTION,
        "Create the external trunk",
        needs=("access.platform",),
        desired=_desired("trunk.create"),
        check=_created,
    ),
    Step(
        "trunk.inbound",
        SECTION,
        "Inbound: calls from Synthflow to Genesys",
        needs=("trunk.create",),
        desired=_desired("trunk.inbound"),
        card=_inbound_card,
        check=_inbound,
    ),
    Step(
        "trunk.outbound",
        SECTION,
        "Outbound: calls from Genesys to Synthflow",
        needs=("trunk.create",),
        desired=_desired("trunk.outbound"),
        card=_outbound_card,
        check=_outbound,
    ),
    Step(
        "trunk.caller_id",
        SECTION,
        "Caller ID",
        needs=("trunk.create",),
        desired=_desired("trunk.caller_id"),
    ),
    Step(
        "trunk.acl",
        SECTION,
        "SIP access control",
        needs=("trunk.create",),
        desired=_desired("trunk.acl"),
        card=_acl_card,
        check=_acl,
    ),
)
