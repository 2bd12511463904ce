"""Redirects: another origin hears no secret, and no token is asked for there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfsip_nb.api.errors import ApiError
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from sfsip_nb.platforms.talkdesk.client import TalkdeskClient
from tests.api.listener import Answer, listening

SECRET = "a-secret-of-the-test"
TOKEN = {"access_token": "a-token-of-the-test", "scope": ""}


def genesys(origin: str) -> GenesysClient:
    return GenesysClient("client", Secret(SECRET), api=origin, login=origin)


def talkdesk(origin: str) -> TalkdeskClient:
    return TalkdeskClient("acme", "client", Secret(SECRET), api=origin, login=origin)


def synthflow(origin: str) -> SynthflowClient:
    return SynthflowClient(Secret(SECRET), "workspace", base=origin)


def report(client: TalkdeskClient) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return client.calls(now - timedelta(hours=1), now)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_report_at_another_origin_is_fetched_without_the_token(status: int) -> None:
    with listening(lambda *_: (200, {}, {"entries": [{"call_id": "c"}]})) as elsewhere:

        def answer(method: str, path: str) -> Answer:
            if path == "/oauth/token":
                return 200, {}, TOKEN
            if method == "POST":
                return 200, {}, {"job": {"id": "j", "status": "created"}}
            return status, {"location": f"{elsewhere.origin}/file.json"}, {}

        with listening(answer) as platform:
            client = talkdesk(platform.origin)
            assert report(client) == [{"call_id": "c"}]
            client.close()
            assert platform.authorizations[-1] == "Bearer a-token-of-the-test"
        assert [line for line, _, _ in elsewhere.asked] == ["GET /file.json"]
        assert elsewhere.authorizations == []
        assert "token" not in str(elsewhere.asked)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("make", "ask"),
    [
        (genesys, lambda client: client.organization()),
        (talkdesk, lambda client: client.queues()),
        (talkdesk, report),
    ],
)
def test_a_token_is_not_asked_for_elsewhere(
    make: Callable[[str], Any], ask: Callable[[Any], Any], status: int
) -> None:
    with listening(lambda *_: (200, {}, TOKEN)) as elsewhere:
        away = {"location": f"{elsewhere.origin}/oauth/token"}
        with listening(lambda *_: (status, away, {})) as platform:
            client = make(platform.origin)
            with pytest.raises(ApiError, match=f"answered {status} to POST /oauth/token"):
                ask(client)
            client.close()
            assert len(platform.authorizations) == 1  # the secret went to its own server
        assert elsewhere.connections == 0


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize(
    ("make", "ask"),
    [
        (genesys, lambda client: client.organization()),
        (genesys, lambda client: client.create_trunk({})),
        (talkdesk, lambda client: client.queues()),
        (synthflow, lambda client: client.numbers()),
        (synthflow, lambda client: client.update_assistant("a", name="n")),
    ],
)
def test_no_other_request_is_followed_at_all(
    make: Callable[[str], Any], ask: Callable[[Any], Any], status: int
) -> None:
    with listening() as elsewhere:

        def answer(method: str, path: str) -> Answer:
            if path == "/oauth/token":
                return 200, {}, TOKEN
            return status, {"location": elsewhere.origin}, {}

        with listening(answer) as platform:
            client = make(platform.origin)
            with pytest.raises(ApiError, match=f"answered {status}"):
                ask(client)
            client.close()
        assert elsewhere.connections == 0
