"""Synthflow's signaling addresses, which every contact center has to let in."""

from __future__ import annotations

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.inputs import facts
from sfsip_nb.inputs.facts import PublishedAddress
from sfsip_nb.platforms.shared.checks import check


def signalling(ctx: Context) -> list[str]:
    """Synthflow's signaling addresses: as confirmed, else those published without a doubt noted.

    Published is not proven: the pages differ from each other and from version to version.
    """
    confirmed = ctx.parameters.synthflow.signalling_addresses
    if confirmed.addresses:
        return [str(a) for a in confirmed.addresses]
    published = facts.synthflow_addresses(ctx.parameters.synthflow.region)
    return [entry.address for entry in published if not entry.doubt]


def checks(ctx: Context, at_most: int) -> list[Check]:
    """Whether the list is confirmed, free of doubt, and of a size that the platform takes."""
    confirmed = ctx.parameters.synthflow.signalling_addresses
    listed = signalling(ctx)
    published = facts.synthflow_addresses(ctx.parameters.synthflow.region)
    doubtful = [e for e in published if e.doubt and e.address in listed]
    found = [
        check(
            "trunk.acl/confirmed",
            "Synthflow's address list is confirmed",
            "confirmed by a person, with a date",
            f"by {confirmed.confirmed_by} on {confirmed.confirmed_on}"
            if confirmed.addresses
            else f"published list of {published[0].as_of if published else 'no date'}, unconfirmed",
            True if confirmed.addresses else None,
            Vantage.HERE,
            basis=Basis.PERSON,
            reason="Ask Synthflow support for the current list, then fill in "
            "synthflow.signalling_addresses.",
        ),
        check(
            "trunk.acl/doubtful",
            "No doubtful address is on the list",
            "none",
            [e.address for e in doubtful] or "none",
            not doubtful or None,
            Vantage.HERE,
            basis=Basis.INPUTS,
            reason=" ".join(e.doubt for e in doubtful),
        ),
        check(
            "trunk.acl/size",
            "The list fits on the trunk",
            f"at most {at_most} entries",
            len(listed),
            0 < len(listed) <= at_most,
            Vantage.HERE,
            basis=Basis.INPUTS,
            reason="An empty list lets nobody in; a list over the limit is refused.",
        ),
    ]
    if published and confirmed.addresses:
        found.append(_compared(listed, published))
    return found


def _compared(listed: list[str], published: list[PublishedAddress]) -> Check:
    """The list that holds against the published one: one of them may be old."""
    missing = [e.address for e in published if e.address not in listed]
    added = [a for a in listed if a not in {e.address for e in published}]
    different = [
        f"{words} {', '.join(addresses)}"
        for words, addresses in (("only published:", missing), ("only confirmed:", added))
        if addresses
    ]
    doubts = [entry.doubt for entry in published if entry.doubt and entry.address in missing]
    source = f"{published[0].source}, read {published[0].as_of}"
    return check(
        "trunk.acl/published",
        "The confirmed list matches the one that Synthflow publishes",
        f"{', '.join(entry.address for entry in published)} ({source})",
        listed,
        None if different else True,
        Vantage.HERE,
        basis=Basis.INPUTS,
        advisory=True,
        reason=f"{'; '.join(different)}. Either list may be out of date, and no call of ours shows"
        " which: an address missing from the trunk shows up as an occasional refused call."
        f" {' '.join(doubts)}".strip(),
    )
