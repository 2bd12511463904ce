"""The Talkdesk account: one label of a host name, however it is given."""

from __future__ import annotations

from typing import Any

import pytest

from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.generate import sample_values
from sfsip_nb.inputs.load import from_namespace, load_file
from sfsip_nb.inputs.schema import GUIDES

SAMPLE = "parameters/talkdesk.testbed.yaml"


def account(text: str) -> str:
    """The account as a run takes it from ``--set``. Raises InputError."""
    parameters: Any = load_file(SAMPLE, [f"talkdesk.account={text!r}"])
    return str(parameters.talkdesk.account)


@pytest.mark.parametrize(
    ("text", "taken"),
    [("acme", "acme"), (" Acme-2 ", "acme-2"), ("4711", "4711"), ("x" * 63, "x" * 63)],
)
def test_a_label_is_trimmed_and_written_small(text: str, taken: str) -> None:
    assert account(text) == taken


@pytest.mark.parametrize(
    "text",
    [
        "evil.example/", "evil.example", "x#", "x?", "x/", "x\\", "user@host", "user:word@host",
        "a:8443/", "a:8443", "a.b", "a b", "-a", "a-", "-", "x" * 64, "acme_2", "ácme", "acmе",
        "ａcme", "acme%2f", "acme\u200b", "acme。evil", "//evil.example", "[::1]", "127.0.0.1",
        "{region}", "https://evil.example/acme.talkdeskid.com",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(InputError) as caught:
        account(text)
    assert caught.value.key == "talkdesk.account"
    assert str(caught.value).isprintable()
    if text.isprintable():
        assert "write the account's name alone" in str(caught.value)
        assert "before .mytalkdesk.com" in str(caught.value)
    values = sample_values("talkdesk")
    values["talkdesk"]["account"] = text
    with pytest.raises(InputError, match=r"^talkdesk\.account "):
        from_namespace("talkdesk", values)
    draft = Draft("talkdesk", values)
    assert "talkdesk.account" in draft.problems()
    loose: Any = draft.loose()
    assert loose.talkdesk.account == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.mytalkdesk.com",
        "https://Acme.mytalkdesk.com/atlas/apps?x=1",
        "http://acme.mytalkdesk.eu/",
        "acme.mytalkdeskca.com",
        "https://acme.talkdeskid.com/oauth/token",
        "acme.talkdeskidca.com",
    ],
)
def test_of_an_address_it_says_what_to_type(url: str) -> None:
    with pytest.raises(InputError, match="write 'acme' alone"):
        account(url)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_complete_draft_is_the_same_loose_or_checked(guide: str) -> None:
    draft = Draft(guide, sample_values(guide))
    assert draft.loose().model_dump() == draft.checked.valid().model_dump()
