"""The Talkdesk client: pages, reports that take their time, refusals that explain themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import noted
from sfsip_nb.inputs import samples
from sfsip_nb.inputs.secrets import Secret
from sfsip_nb.platforms.talkdesk import samples as talkdesk_samples
from sfsip_nb.platforms.talkdesk.client import TalkdeskClient
from sfsip_nb.testbed import life
from tests.api.scripted import Script

MakeTalkdesk = Callable[..., TalkdeskClient]

API = "https://api.talkdeskapp.com"
JOBS = "/data/reports/calls/jobs"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = (NOON, NOON + timedelta(hours=1))


def queues(*names: str, next: str = "") -> httpx.Response:
    links = {"next": {"href": next}} if next else {}
    embedded = {"queues": [{"name": name} for name in names]}
    return httpx.Response(200, json={"_embedded": embedded, "_links": links})


def job(status: str) -> httpx.Response:
    return httpx.Response(200, json={"job": {"id": "j", "status": status}})


def caught(do: Callable[[], object]) -> ApiError:
    with pytest.raises(ApiError) as error:
        do()
    return error.value


def with_scopes(scopes: str, answer: Callable[[httpx.Request], httpx.Response]) -> Script:
    """A script whose tokens carry `scopes`; `answer` serves the rest."""
    given = {"access_token": "a-token-of-the-test", "expires_in": 600, "scope": scopes}

    def by(request: httpx.Request) -> httpx.Response:
        is_login = request.url.path == "/oauth/token"
        return httpx.Response(200, json=given) if is_login else answer(request)

    return Script(by=by)


# Pages


def test_the_link_to_the_next_page_is_followed_until_there_is_none(talkdesk: MakeTalkdesk) -> None:
    script = Script(queues("a", "b", next=f"{API}/ccaas/queues?page=2&cursor=x%26y"), queues("c"))
    assert [queue["name"] for queue in talkdesk(script).queues(name="a")] == ["a", "b", "c"]
    assert script.asked[0].url.params["name"] == "a"
    assert dict(script.asked[1].url.params) == {"page": "2", "cursor": "x&y"}


@pytest.mark.parametrize(
    "href", ["https://evil.example/ccaas/queues", f"{API}.evil.example/queues", "//evil.example/q"]
)
def test_a_link_to_another_origin_does_not_get_the_token(talkdesk: MakeTalkdesk, href: str) -> None:
    script = Script(queues("a", next=href))
    error = caught(lambda: talkdesk(script).queues())
    assert (error.code, len(script.asked)) == ("unreadable", 1)


def test_a_list_that_never_ends_is_an_error(talkdesk: MakeTalkdesk) -> None:
    again = queues("a", next="/ccaas/queues?page=1")
    script = with_scopes("queues:read", lambda request: again)
    assert caught(lambda: talkdesk(script).queues()).code == "endless"


@pytest.mark.parametrize("body", [{}, {"_embedded": None}, {"_embedded": {"queues": None}}, [], 1])
def test_a_list_of_another_shape_is_empty(talkdesk: MakeTalkdesk, body: object) -> None:
    assert talkdesk(Script(httpx.Response(200, json=body))).queues() == []


# The calls report


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client slept; its clock moves by nothing else."""
    slept: list[float] = []
    clock = SimpleNamespace(sleep=slept.append, monotonic=lambda: sum(slept))
    monkeypatch.setattr("sfsip_nb.platforms.talkdesk.client.time", clock)
    return slept


def redirecting(location: str) -> Script:
    """A report whose second look leads to `location`, which serves one call to who has a token."""
    looks = iter(
        [job("created"), job("processing"), httpx.Response(303, headers={"Location": location})]
    )

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url) == location:
            told = "Authorization" in request.headers
            return httpx.Response(200, json={"entries": [{"call_id": "c", "told": told}]})
        return next(looks)

    return with_scopes("", answer)


def test_a_report_is_waited_for_and_read(talkdesk: MakeTalkdesk, pauses: list[float]) -> None:
    script = redirecting(f"{API}/data/reports/calls/files/f")
    assert talkdesk(script).calls(*HOUR) == [{"call_id": "c", "told": True}]
    posted = next(request for request in script.asked if request.url.path == JOBS)
    assert posted.content == (
        b'{"format":"json","timespan":{"from":"2026-11-21T12:00:00.000Z",'
        b'"to":"2026-11-21T13:00:00.000Z"}}'
    )
    assert len(pauses) == 2, "before each look"


def test_a_file_at_another_origin_is_read_without_the_token(
    talkdesk: MakeTalkdesk, pauses: list[float]
) -> None:
    script = redirecting("https://files.example/report.json")
    assert talkdesk(script).calls(*HOUR) == [{"call_id": "c", "told": False}]


def test_a_job_that_only_says_done_has_its_file_under_its_id(
    talkdesk: MakeTalkdesk, pauses: list[float]
) -> None:
    script = Script(job("created"), job("done"), httpx.Response(200, json={"entries": []}))
    assert talkdesk(script).calls(*HOUR) == []
    assert script.asked[-1].url.path == "/data/reports/calls/files/j"


@pytest.mark.parametrize("status", ["processing", "done"])
def test_a_report_that_never_comes_is_given_up(
    talkdesk: MakeTalkdesk, pauses: list[float], status: str
) -> None:
    script = with_scopes("", lambda request: job(status))
    error = caught(lambda: talkdesk(script, report_seconds=60.0).calls(*HOUR))
    assert error.code == "report_timeout"
    assert "after 60 s" in str(error)
    assert "Explore" in error.advice
    assert 50 < sum(pauses) <= 60
    assert max(pauses) == 5.0


@pytest.mark.parametrize("status", ["failed", "canceled", "deleted"])
def test_a_report_that_fails_says_so(
    talkdesk: MakeTalkdesk, pauses: list[float], status: str
) -> None:
    error = caught(lambda: talkdesk(Script(job("created"), job(status))).calls(*HOUR))
    assert error.code == "report_failed"
    assert status in error.message


@pytest.mark.parametrize("body", [{}, [], {"job": {}}, {"job": None}, "text"])
def test_an_answer_without_a_job_is_unreadable(talkdesk: MakeTalkdesk, body: object) -> None:
    script = Script(httpx.Response(202, json=body))
    assert caught(lambda: talkdesk(script).calls(*HOUR)).code == "unreadable"


def test_times_need_their_zone(talkdesk: MakeTalkdesk) -> None:
    with pytest.raises(ValueError, match="time zone"):
        talkdesk(Script()).calls(datetime(2026, 11, 21), NOON)


# Refusals


def refusing(status: int, **body: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("do", "scope", "more"),
    [
        (lambda client: client.queues(), "queues:read", "Authorization Code"),
        (lambda client: client.calls(*HOUR), "data-reports:write", "not documented"),
    ],
)
def test_a_refused_request_names_the_scope_that_the_token_lacks(
    talkdesk: MakeTalkdesk, do: Callable[[TalkdeskClient], object], scope: str, more: str
) -> None:
    script = with_scopes("users:read", refusing(403, code="forbidden", message="no"))
    error = caught(lambda: do(talkdesk(script)))
    assert error.status == 403
    assert f"lacks the scope {scope}:" in error.advice
    assert more in error.advice


def test_a_refusal_in_spite_of_the_scope_is_not_blamed_on_it(talkdesk: MakeTalkdesk) -> None:
    script = with_scopes("queues:read", refusing(403))
    advice = caught(lambda: talkdesk(script).queues()).advice
    assert "has the scope queues:read" in advice
    assert "lacks" not in advice
    assert "not confirmed" in advice


def test_a_dead_token_is_renewed_once(talkdesk: MakeTalkdesk) -> None:
    tokens: list[str] = []
    refused = httpx.Response(401, json={"code": "unauthorized"})
    script = Script(refused, queues("a"))
    assert len(talkdesk(script, on_token=tokens.append).queues()) == 1
    assert len(tokens) == 2
    script = Script(refused, refused)
    error = caught(lambda: talkdesk(script).queues())
    assert len(script.asked) == 2
    assert "fresh token" in error.advice
    assert "not confirmed" in error.advice


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "secret"), (400, "Client Credentials"), (404, "acme.talkdeskid.com"), (404, "region")],
)
def test_a_refused_login_says_what_to_check(talkdesk: MakeTalkdesk, status: int, told: str) -> None:
    script = Script(by=refusing(status, error="invalid_client", error_description="no"))
    error = caught(lambda: talkdesk(script).scopes())
    assert error.path == "/oauth/token"
    assert told in error.advice
    assert "'acme'" in error.advice


def test_a_login_server_that_does_not_answer_may_be_the_wrong_one(talkdesk: MakeTalkdesk) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no such host")

    error = caught(lambda: talkdesk(Script(by=nobody)).queues())
    assert (error.status, error.code) == (0, "unreachable")
    assert "acme.talkdeskid.com" in error.advice


def test_a_rate_limit_is_waited_for_and_told_in_the_end(talkdesk: MakeTalkdesk) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "1"}, json={"code": "too_many_requests"})
    assert len(talkdesk(Script(busy, queues("a"))).queues()) == 1
    error = caught(lambda: talkdesk(Script(*[busy] * 5)).queues())
    assert (error.status, error.retry_after) == (429, 1.0)
    assert "Wait a few minutes" in error.advice


def test_the_platforms_words_are_kept_with_the_faulty_fields(talkdesk: MakeTalkdesk) -> None:
    fields = [{"name": "timespan", "description": "too long"}]
    body = {"code": "0000400", "message": "Invalid", "description": "d", "fields": fields}
    error = caught(lambda: talkdesk(Script(httpx.Response(400, json=body))).calls(*HOUR))
    assert (error.code, error.message) == ("0000400", "Invalid (timespan: too long)")
    assert error.details == fields


# The testbed's account


def test_the_testbeds_account_is_read(account: TalkdeskClient) -> None:
    assert {"queues:read", "data-reports:read"} <= account.scopes()
    (queue,) = account.queues(name=talkdesk_samples.RING_GROUP)
    assert queue["name"] == talkdesk_samples.RING_GROUP


def test_a_report_of_no_calls_is_an_empty_list(account: TalkdeskClient) -> None:
    now = datetime.now(UTC)
    with noted() as sent:
        assert account.calls(now - timedelta(days=400), now - timedelta(days=399)) == []
    assert JOBS in [one.path for one in sent]


@pytest.fixture
def broken(testbed: life.RunningTestbed) -> Iterator[Callable[[str], object]]:
    switched: list[str] = []

    def switch(fault: str) -> None:
        switched.append(fault)
        testbed.control("PUT", f"/faults/{fault}")

    yield switch
    for fault in switched:
        testbed.control("DELETE", f"/faults/{fault}")


def test_the_testbeds_missing_scope_is_named(
    account: TalkdeskClient, broken: Callable[[str], object]
) -> None:
    broken("talkdesk.missing-scope")
    error = caught(account.queues)
    assert (error.status, "queues:read" in account.scopes()) == (403, False)
    assert "lacks the scope queues:read" in error.advice


def test_the_testbeds_rate_limit_is_got_through(
    account: TalkdeskClient, broken: Callable[[str], object]
) -> None:
    broken("talkdesk.rate-limit")
    with noted() as sent:
        for _ in range(6):
            account.queues()
    assert 429 in {one.status for one in sent}


def test_the_testbeds_stuck_report_is_given_up(
    testbed: life.RunningTestbed, broken: Callable[[str], object]
) -> None:
    broken("talkdesk.report-stuck")
    secret = Secret(samples.testbed_secret("talkdesk-client-secret"))
    place = testbed.info["talkdesk"]
    names = (talkdesk_samples.ACCOUNT, talkdesk_samples.CLIENT_ID)
    client = TalkdeskClient(*names, secret, report_seconds=0.3, **place)
    now = datetime.now(UTC)
    error = caught(lambda: client.calls(now - timedelta(hours=1), now))
    client.close()
    assert error.code == "report_timeout"
    assert "processing" in error.message


@pytest.mark.parametrize(
    ("secret", "account_name", "region", "status"),
    [
        ("not-the-secret", talkdesk_samples.ACCOUNT, "us", 401),
        ("", "another", "us", 404),
        ("", talkdesk_samples.ACCOUNT, "eu", 404),
    ],
)
def test_wrong_credentials_account_and_region_are_refused_by_the_testbed(
    testbed: life.RunningTestbed, secret: str, account_name: str, region: str, status: int
) -> None:
    origin = testbed.info["genesys"]["login"]
    client = TalkdeskClient(
        account_name,
        talkdesk_samples.CLIENT_ID,
        Secret(secret or samples.testbed_secret("talkdesk-client-secret")),
        api=f"{origin}/talkdesk/{region}",
        login=f"{origin}/talkdesk-id/{region}/{account_name}",
    )
    error = caught(client.scopes)
    client.close()
    assert error.status == status
    assert account_name in error.advice
