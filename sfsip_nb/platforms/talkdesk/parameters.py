"""What is asked about a Talkdesk account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator

from sfsip_nb.inputs import fields as f
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.blocks import Block, ask
from sfsip_nb.inputs.meant import Normalizer
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples

_ADDRESS = re.compile(
    rf"(?i)(?:https?://)?({f.LABEL})\.(?:my)?talkdesk(?:id|app)?(?:ca)?\.[a-z]+(?:[/?#].*)?"
)


def _account(text: str) -> str:
    if re.fullmatch(f.LABEL, text):
        return text.lower()
    meant = _account_of(text)
    write = "write the account's name alone" if meant == text else f"write '{meant}' alone"
    raise ValueError(
        f"is '{text[:60]}': {write}. It is the part before .mytalkdesk.com in the browser:"
        " letters, digits and inner hyphens, at most 63."
    )


def _account_of(text: str) -> str:
    """The account's name, from its address in the browser too; else the text."""
    meant = _ADDRESS.fullmatch(text.strip())
    return meant[1].lower() if meant else text


class Talkdesk(Block):
    """The Talkdesk account and what the trunk is called there."""

    account: Annotated[f.Text, AfterValidator(_account), Normalizer(_account_of)] = ask(
        "name of the account, as in its address", talkdesk_samples.ACCOUNT, first=True
    )
    region: Literal["us", "eu", "ca"] = ask("us, eu or ca", talkdesk_samples.REGION, first=True)
    client_id: f.Text = ask(
        "id of an OAuth client with the grant Client Credentials",
        talkdesk_samples.CLIENT_ID,
        first=True,
    )
    client_secret: f.Reference = ask(
        "where the OAuth client's secret is kept",
        "testbed:talkdesk-client-secret",
        secret=True,
        first=True,
    )
    path: Literal["external_trunk", "byo_ai"] = ask(
        "external_trunk or byo_ai: what the account offers for a voice agent", "external_trunk"
    )
    sbc: f.Host = ask("SBC gateway host or address, from Talkdesk", talkdesk_samples.SBC)
    trunk_name: f.Text = ask("name of the SIP trunk", samples.TRUNK_NAME)
    max_concurrent_calls: int = ask("Max Concurrent Calls of the trunk", 10, ge=1, le=10000)
    ring_group: f.Text = ask("ring group or queue of the live agents", talkdesk_samples.RING_GROUP)
    ring_group_number: f.Number = ask(
        "number that reaches it, E.164, in quotes", talkdesk_samples.RING_GROUP_NUMBER
    )
    timeout_seconds: int = ask("seconds before a call goes to the fallback", 30, 30, ge=1, le=600)
    fallback: f.Text = ask(
        "where a call goes if the agent does not take it", talkdesk_samples.FALLBACK
    )


def contradictions(group: Talkdesk, numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A group of live agents whose number leads back to the AI."""
    if group.ring_group_number in numbers:
        yield (
            "ring_group_number",
            f"is {group.ring_group_number}, which the AI agent answers itself. Give the number"
            " of the live agents' ring group or queue.",
        )
