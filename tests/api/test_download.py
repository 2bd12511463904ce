"""A file at a signed address: fetched with no secret, and only from where it may lie."""

from __future__ import annotations

import os

import pytest

from sfsip_nb.api import download
from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted
from tests.api.listener import listening

SIGNED = "/a/file?X-Amz-Signature=5ec2e7"


def test_the_file_comes_and_nothing_of_ours_goes_along() -> None:
    with listening(lambda *_: (200, {}, {"is": "a file"})) as server, noted() as heard:
        found = download.fetch("Genesys Cloud", server.origin + SIGNED, here=True)
    assert found == b'{"is": "a file"}'
    ((_, headers, _),) = server.asked
    assert not {"authorization", "cookie"} & headers.keys()
    ((exchange,)) = heard
    assert (exchange.status, exchange.answer) == (200, None)
    assert "5ec2e7" not in repr(exchange)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("https://bucket.s3.us-west-2.amazonaws.com/f?X-Amz-Signature=5ec2e7", True),
        ("http://bucket.s3.us-west-2.amazonaws.com/f?X-Amz-Signature=5ec2e7", False),
        ("https://user:5ec2e7@bucket.example/f", False),
        ("https://bucket.example:8443/f?5ec2e7", False),
        ("https://127.0.0.1/f?5ec2e7", False),
        ("https://localhost/f?5ec2e7", False),
        ("https://169.254.169.254/latest/meta-data?5ec2e7", False),
        ("https://10.0.0.1/f?5ec2e7", False),
        ("file:///etc/hostname?5ec2e7", True),
        ("5ec2e7", True),
        ("https:///f?5ec2e7", False),
    ],
)
def test_an_address_where_no_such_file_may_lie_is_not_asked(address: str, here: bool) -> None:
    with noted() as heard, pytest.raises(ApiError) as refused:
        download.fetch("Genesys Cloud", address, here=here)
    assert refused.value.code == "address"
    assert heard == []
    assert "5ec2e7" not in str(refused.value).replace("at 5ec2e7", "")


def test_a_redirect_is_not_followed() -> None:
    with listening(lambda *_: (200, {}, {})) as other:
        where = {"Location": f"{other.origin}/elsewhere"}
        with listening(lambda *_: (302, where, {})) as server, pytest.raises(ApiError) as refused:
            download.fetch("Genesys Cloud", server.origin + SIGNED, here=True)
    assert refused.value.status == 302
    assert other.asked == []


def test_a_refusal_and_a_silence_do_not_show_the_address() -> None:
    with listening(lambda *_: (403, {}, {})) as server:
        origin = server.origin
        with pytest.raises(ApiError, match="answered 403 to GET the file at 127") as refused:
            download.fetch("Genesys Cloud", origin + SIGNED, here=True)
    with pytest.raises(ApiError, match="the port refuses connections") as silent:
        download.fetch("Genesys Cloud", origin + SIGNED, here=True)
    for error in (refused.value, silent.value):
        assert "5ec2e7" not in str(error)


def test_no_more_is_taken_than_a_file_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST", 1000)
    text = os.urandom(600).hex()
    with listening(lambda *_: (200, {}, text)) as server, pytest.raises(ApiError, match="too la"):
        download.fetch("Genesys Cloud", server.origin + SIGNED, here=True)
