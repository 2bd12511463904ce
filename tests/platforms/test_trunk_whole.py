"""A trunk is known with its properties, whatever the list of trunks has of it."""

from typing import Any, cast

import pytest

from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.genesys.resources import find_trunk

WHOLE = {"id": "t1", "name": "Synthflow", "properties": {"trunk_label": {}}}


class Listing:
    """A client whose list has these trunks; how often one was read alone is counted."""

    def __init__(self, listed: list[dict[str, Any]]) -> None:
        self._listed, self.read_alone = listed, 0

    def trunks(self) -> list[dict[str, Any]]:
        return self._listed

    def trunk(self, id: str) -> dict[str, Any]:
        assert id == WHOLE["id"]
        self.read_alone += 1
        return WHOLE


@pytest.mark.parametrize(
    ("listed", "alone"),
    [
        ([WHOLE], 0),
        ([{"id": "t1", "name": "Synthflow"}], 1),
        ([WHOLE, {**WHOLE, "id": "t2", "name": "Carrier"}], 1),
    ],
    ids=["whole", "without properties", "among others"],
)
def test_a_trunk_is_read_alone_where_the_list_leaves_out_properties_or_has_others(
    listed: list[dict[str, Any]], alone: int
) -> None:
    client = Listing(listed)
    assert find_trunk(cast(GenesysClient, client), "Synthflow") == WHOLE
    assert client.read_alone == alone


def test_a_trunk_that_is_not_listed_is_not_looked_for() -> None:
    client = Listing([])
    assert find_trunk(cast(GenesysClient, client), "Synthflow") is None
    assert client.read_alone == 0
