"""What is asked about a Genesys Cloud organization."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from sfsip_nb.inputs import fields as f
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.blocks import Block, ask
from sfsip_nb.inputs.meant import Normalizer, OneOf
from sfsip_nb.platforms.genesys import samples as genesys_samples
from sfsip_nb.platforms.genesys.regions import region_of, regions


def _region(text: str) -> str:
    known = regions()
    if text not in known:
        guess = region_of(text) if region_of(text) in known else f.nearest(text, known)
        ask = f" Did you mean {guess}?" if guess else ""
        raise ValueError(
            f"is '{text}', which is not a Genesys Cloud region.{ask} Known: {', '.join(known)}."
        )
    return text


def _order(texts: list[str]) -> list[str]:
    known = ("Source", "Trunk", "Site", "Extension")
    for text in texts:
        if text not in known:
            hint = f.did_you_mean(text, known)
            raise ValueError(f"holds '{text}'. Use any of {', '.join(known)}, in order.{hint}")
    if len(set(texts)) < len(texts):
        raise ValueError("names an entry twice. Name each once, in order of priority.")
    return texts


def _label_of(text: str) -> str:
    """The label of a trunk that a whole name of it was given for; else the text."""
    label, _, suffix = f.host_of(text).partition(".")
    suffixes = {suffix for r in regions().values() for suffix in (r.byoc, r.voice)}
    return label if suffix and suffix.casefold() in suffixes else text


def _identifier(text: str) -> str:
    if "." in text or ":" in text:
        meant = _label_of(text)
        write = "" if meant == text else f", '{meant}'"
        raise ValueError(
            f"is '{text}': give only the label before the first dot{write}, as typed into Inbound"
            " SIP Termination Identifier; Genesys adds the rest."
        )
    if not re.fullmatch(f.LABEL, text):
        raise ValueError(f"is '{text}': only letters, digits and inner hyphens, at most 63.")
    return text


class Genesys(Block):
    """The Genesys Cloud organization and what the trunk is called there."""

    region: Annotated[f.Text, AfterValidator(_region), Normalizer(region_of), OneOf(regions)] = ask(
        "AWS region of the organization", genesys_samples.REGION, first=True
    )
    client_id: f.Text = ask(
        "id of an OAuth client with the grant Client Credentials",
        genesys_samples.CLIENT_ID,
        first=True,
    )
    client_secret: f.Reference = ask(
        "where the OAuth client's secret is kept",
        "testbed:genesys-client-secret",
        secret=True,
        first=True,
    )
    site: f.Text = ask("name of the site whose number plans are used", genesys_samples.SITE)
    trunk_name: f.Text = ask("External Trunk Name", samples.TRUNK_NAME)
    termination_identifier: Annotated[
        f.Text, AfterValidator(_identifier), Normalizer(_label_of)
    ] = ask(
        "Inbound SIP Termination Identifier, unique in the region",
        genesys_samples.TERMINATION_IDENTIFIER,
    )
    inbound_fqdn: f.OptionalHost = ask(
        "FQDN in the trunk's Inbound Request-URI panel; empty: derived, and a card asks for it",
        "",
        "",
    )
    caller_address: f.Number = ask("Caller Address of the trunk, E.164, in quotes", samples.DID)
    caller_name: Annotated[str, f.text_of(40), AfterValidator(f.one_line)] = ask(
        "Caller Name of the trunk, at most 40 characters", genesys_samples.CALLER_NAME
    )
    caller_priority: Annotated[list[f.Item], AfterValidator(_order)] = ask(
        "Prioritized Caller Selection: of Source, Trunk, Site, Extension; empty: left as it is",
        [],
        [],
    )
    inbound_flow: f.Text = ask(
        "published Architect flow that takes calls to the numbers", genesys_samples.INBOUND_FLOW
    )
    transfer_queue: f.Text = ask(
        "queue that takes transferred calls", genesys_samples.TRANSFER_QUEUE
    )
    transfer_flow: f.Text = ask(
        "published Architect flow that sends transferred calls to the queue",
        genesys_samples.TRANSFER_FLOW,
    )
