"""What an assistant's numbers make of attaching the run's own: nothing to do, an addition, a risk.

An assistant that answers a number of others is in production, wherever that number stands.
"""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.platforms.synthflow.resources import INBOUND_NUMBER, INBOUND_NUMBERS, Attachment
from tests.platforms.test_namesakes import Workspace

OWN, SECOND, FOREIGN = "+15551230001", "+15551230002", "+15559990001"


def attachment(first: str, *pool: str, own: tuple[str, ...] = (OWN,)) -> Any:
    """How the run sees an assistant with this first number and this pool."""
    client: Any = Workspace(("m1", "Support", "inbound"))
    client.known["m1"] |= {
        "phone_number": first,
        "attached_phone_numbers": [{"number": number} for number in pool],
    }
    return Attachment(client, {"Support": own}).read("Support")


@pytest.mark.parametrize(
    ("first", "pool", "shown", "free"),
    [
        ("", (), "", True),
        ("", (FOREIGN,), "", False),
        (FOREIGN, (), FOREIGN, False),
        (OWN, (), OWN, True),
        ("", (OWN,), OWN, True),
        (FOREIGN, (OWN,), OWN, False),
    ],
)
def test_the_own_number_counts_wherever_it_stands_and_so_does_a_foreign_one(
    first: str, pool: tuple[str, ...], shown: str, free: bool
) -> None:
    seen = attachment(first, *pool)
    assert (seen.fields[INBOUND_NUMBER], seen.shared) == (shown, free)
    assert seen.owner == ("" if free else f"it answers {FOREIGN}")


@pytest.mark.parametrize(("pool", "free"), [((OWN,), True), ((OWN, FOREIGN), False)])
def test_of_several_numbers_those_that_are_attached_are_shown(
    pool: tuple[str, ...], free: bool
) -> None:
    seen = attachment("", *pool, own=(OWN, SECOND))
    assert (seen.fields[INBOUND_NUMBERS], seen.shared) == ([OWN], free)
