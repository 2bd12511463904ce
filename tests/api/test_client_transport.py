"""What is repeated and how often, what an error says, and what it never says."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stamina

from sfsip_nb.api import exchanges
from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.exchanges import noted
from sfsip_nb.api.transport import Api
from sfsip_nb.api.waits import Tell, watched
from sfsip_nb.platforms.genesys.client import GenesysClient
from sfsip_nb.platforms.synthflow.client import SynthflowClient
from tests.api.scripted import Script

MakeGenesys = Callable[..., GenesysClient]
MakeSynthflow = Callable[[Script], SynthflowClient]

OK = httpx.Response(200, json={"id": "1", "name": "Acme"})


def busy(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": "busy", "message": "later"}, headers=headers)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_until_the_platform_has_time(genesys: MakeGenesys, status: int) -> None:
    script = Script(busy(status), busy(status), OK)
    assert genesys(script).organization()["name"] == "Acme"
    assert len(script.asked) == 3


def test_a_read_is_repeated_where_no_connection_came_about(genesys: MakeGenesys) -> None:
    script = Script(httpx.ConnectError("no"), httpx.ReadTimeout("slow"), OK)
    assert genesys(script).organization()["name"] == "Acme"


def test_repeating_ends_with_the_platforms_answer(genesys: MakeGenesys) -> None:
    script = Script(by=lambda request: busy(503) if "/api/" in request.url.path else token())
    with pytest.raises(ApiError) as caught:
        genesys(script).organization()
    assert caught.value.status == 503
    assert sum("/api/" in request.url.path for request in script.asked) == 5


def token(**more: Any) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "a-token-of-the-test", **more})


@pytest.mark.parametrize("status", [400, 403, 404, 408, 409])
def test_other_refusals_are_told_at_once(genesys: MakeGenesys, status: int) -> None:
    script = Script(busy(status))
    with pytest.raises(ApiError):
        genesys(script).organization()
    assert len(script.asked) == 1


def test_a_write_that_may_have_worked_is_not_repeated(genesys: MakeGenesys) -> None:
    for answer in (busy(503), httpx.ReadTimeout("slow")):
        script = Script(answer)
        with pytest.raises(ApiError):
            genesys(script).create_trunk({"name": "t"})
        assert len(script.asked) == 1


def test_a_write_that_cannot_have_worked_is_repeated(genesys: MakeGenesys) -> None:
    script = Script(busy(429), httpx.ConnectError("no"), OK)
    assert genesys(script).create_trunk({"name": "t"})["id"] == "1"


@pytest.mark.parametrize("answer", [busy(429), busy(503), httpx.ConnectError("no")])
def test_a_call_is_placed_once_whatever_happens(
    synthflow: MakeSynthflow, answer: httpx.Response | Exception
) -> None:
    script = Script(answer)
    with pytest.raises(ApiError):
        synthflow(script).place_call("m", "+15550100188", "Test", "+15551230001")
    assert len(script.asked) == 1
    again = Script(answer)
    with pytest.raises(ApiError):
        synthflow(again).prepare_call("m", "+15550100123", "+15551230001")
    assert len(again.asked) == 1


@pytest.mark.parametrize(
    ("header", "least", "most"), [("1", 0.9, 3.0), ("0", 0.0, 0.5), ("not a time", 0.0, 1.5)]
)
def test_retry_after_is_obeyed(
    genesys: MakeGenesys, header: str, least: float, most: float
) -> None:
    client = genesys(Script(busy(429, **{"Retry-After": header}), OK))
    with stamina.set_testing(False):
        started = time.monotonic()
        client.organization()
    assert least <= time.monotonic() - started <= most


def test_an_endless_retry_after_is_capped() -> None:
    from sfsip_nb.api import transport

    error = ApiError("P", "GET", "/", 429, Problem(), retry_after=86400.0)
    assert transport._worth_repeating(error, True, True) == transport.LONGEST_WAIT


def test_a_retry_after_date_counts_from_now() -> None:
    from sfsip_nb.api import transport

    assert transport._retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_an_ended_token_is_renewed_once(genesys: MakeGenesys) -> None:
    given: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            given.append(f"token-number-{len(given)}")
            return httpx.Response(200, json={"access_token": given[-1]})
        good = request.headers["authorization"] == "Bearer token-number-1"
        return OK if good else httpx.Response(401, json={"code": "bad.credentials"})

    told: list[str] = []
    client = genesys(Script(by=answer), on_token=told.append)
    assert client.organization()["name"] == "Acme"
    assert told == given == ["token-number-0", "token-number-1"]


def test_refused_credentials_are_not_tried_for_ever(genesys: MakeGenesys) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return token() if request.url.path == "/oauth/token" else httpx.Response(401, json={})

    script = Script(by=answer)
    with pytest.raises(ApiError) as caught:
        genesys(script).organization()
    assert caught.value.status == 401
    assert len(script.asked) == 4  # twice a token, twice the request


def test_the_token_endpoints_rate_limit_looks_like_a_bad_request(genesys: MakeGenesys) -> None:
    answers = [
        httpx.Response(400, json={"error": "invalid_request", "error_description": text})
        for text in ("rate limit exceeded; the maximum is 300", "Rate limit exceeded;")
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/oauth/token":
            return OK
        return answers.pop(0) if answers else token()

    assert genesys(Script(by=answer)).organization()["name"] == "Acme"
    assert answers == []


def test_wrong_client_credentials_are_told_without_the_secret(genesys: MakeGenesys) -> None:
    refusal = {"error": "invalid_client", "error_description": "authentication failed"}
    client = genesys(Script(by=lambda _: httpx.Response(400, json=refusal)))
    with pytest.raises(ApiError) as caught:
        client.organization()
    text = str(caught.value) + repr(caught.value) + repr(caught.value.__dict__)
    assert "invalid_client: authentication failed" in text
    assert "the-client's-secret" not in text


def test_an_error_is_one_sentence_without_query_header_or_control_characters(
    genesys: MakeGenesys,
) -> None:
    body = {
        "code": "bad\nrequest",
        "message": "<b>a\x1b\u202eb" + "long " * 300,
        "contextId": "c-1",
    }
    client = genesys(Script(httpx.Response(400, json=body)))
    with pytest.raises(ApiError) as caught:
        client.dids("+15551230001")
    text = str(caught.value)
    assert text.isprintable()
    assert "bad request: <b>a b" in text
    assert len(text) < 600
    assert "didpools/dids" in text
    assert "15551230001" not in text
    assert "c-1" in text


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>maintenance</html>"),
        httpx.Response(200, json=[1, 2]),
        httpx.Response(200, text="null"),
        httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
        httpx.Response(500, text="\xff"),
        httpx.Response(403, json=["odd"]),
        httpx.Response(403, json={"message": {"odd": 1}, "code": 7}),
    ],
)
def test_answers_of_another_shape_are_errors_not_crashes(
    genesys: MakeGenesys, answer: httpx.Response
) -> None:
    with pytest.raises(ApiError):
        genesys(Script(*[answer] * 5)).organization()


@pytest.mark.parametrize(
    "stumble", [busy(500), httpx.Response(200, text="<html>"), httpx.ReadError("reset")]
)
def test_what_only_reads_is_repeated_on_any_stumble(
    genesys: MakeGenesys, stumble: httpx.Response | Exception
) -> None:
    script = Script(stumble, stumble, OK)
    assert genesys(script).organization()["id"] == "1"


@pytest.mark.parametrize(
    ("beneath", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "unresolved"),
        (ConnectionRefusedError(), "refused"),
        (ssl.SSLError(1, "no TLS"), "certificate"),
    ],
)
def test_what_waiting_cannot_mend_is_not_repeated(
    genesys: MakeGenesys, beneath: OSError, code: str
) -> None:
    asked = 0

    def fails(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        if request.url.path == "/oauth/token":
            return token()
        asked += 1
        raise httpx.ConnectError("no") from beneath

    with pytest.raises(ApiError) as caught:
        genesys(Script(by=fails)).organization()
    assert (caught.value.code, asked) == (code, 1)
    assert "api.usw2.pure.cloud: the " in str(caught.value), "the host is named"
    assert caught.value.advice


def test_a_name_server_that_does_not_answer_is_asked_again(genesys: MakeGenesys) -> None:
    stumbled = httpx.ConnectError("no")
    stumbled.__cause__ = socket.gaierror(socket.EAI_AGAIN, "Temporary failure")
    assert genesys(Script(stumbled, OK)).organization()["id"] == "1"


@pytest.mark.parametrize(
    ("answers", "refused"),
    [
        ([busy(403)], True),
        ([busy(409)], True),
        ([busy(408)], False),
        ([busy(429), busy(409)], False),
        ([busy(429)] * 5, False),
        ([busy(502)], False),
        ([httpx.ReadTimeout("slow")], False),
        ([httpx.Response(200, text="cut")], False),
    ],
)
def test_only_a_refusal_of_the_only_sending_proves_that_nothing_happened(
    genesys: MakeGenesys, answers: list[httpx.Response | Exception], refused: bool
) -> None:
    client = genesys(Script(*answers))
    with noted() as sent, pytest.raises(ApiError):
        client.create_trunk({"name": "t"})
    assert exchanges.refused(sent) is refused
    assert len([one for one in sent if one.writes]) == len(answers)


def test_a_write_before_which_a_read_failed_was_not_sent(genesys: MakeGenesys) -> None:
    client = genesys(Script(busy(403)))
    with noted() as sent, pytest.raises(ApiError):
        client.organization()
    assert exchanges.refused(sent)
    assert not any(one.writes for one in sent)


def test_no_answer_says_so_without_the_address(genesys: MakeGenesys) -> None:
    client = genesys(Script(by=refuse))
    with pytest.raises(ApiError, match="no usable answer to GET") as caught:
        client.siptraces(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert "dateStart" not in str(caught.value)
    assert caught.value.status == 0
    assert caught.value.__cause__ is None


def refuse(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/oauth/token":
        return token()
    raise httpx.ConnectError(f"cannot reach {request.url}")


def test_credentials_do_not_leave_without_tls() -> None:
    with pytest.raises(ValueError, match="without TLS"):
        Api("P", "http://api.example.com", read_problem=lambda _: Problem())
    Api("P", "http://127.0.0.1:8080", read_problem=lambda _: Problem()).close()


def test_each_request_is_noted_without_its_query(genesys: MakeGenesys) -> None:
    found = {"entities": [{"name": "Support"}]}
    quoted = {"ININ-Correlation-Id": "c-2"}
    client = genesys(Script(busy(503), httpx.Response(200, json=found, headers=quoted)))
    with noted() as sent, noted() as inner:
        client.queues()
    login, stumbled, answered = sent
    assert (login.path, login.answer) == ("/oauth/token", None)
    assert stumbled.status == 503
    assert (answered.status, answered.correlation, answered.answer) == (200, "c-2", found)
    assert {stumbled.path, answered.path} == {"/api/v2/routing/queues"}
    assert all(one.ms >= 0 and one.at for one in sent)
    assert inner == sent


@pytest.mark.parametrize("text", ["<html>", '{"code": "x"}'])
def test_a_refusal_says_what_to_quote_whatever_its_body(genesys: MakeGenesys, text: str) -> None:
    quoted = {"ININ-Correlation-Id": "c-9"}
    client = genesys(Script(httpx.Response(403, text=text, headers=quoted)))
    with pytest.raises(ApiError, match="for their support: c-9"):
        client.organization()


def test_a_header_that_no_vendor_documents_is_taken_where_it_stands() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={}, headers={"X-Request-Id": "r-7\u202e".encode()})

    http = httpx.Client(transport=httpx.MockTransport(answer))
    api = Api("P", "https://api.example.com", read_problem=lambda _: Problem(), http=http)
    with pytest.raises(ApiError) as caught:
        api.call("GET", "/x")
    assert caught.value.correlation.startswith("r-7")
    assert caught.value.correlation.isprintable()


@pytest.mark.parametrize(
    ("status", "code", "message", "says"),
    [
        (0, "unreachable", "", "network"),
        (400, "invalid_request", "rate limit exceeded;", "Wait"),
        (400, "bad.request", "", ""),
        (401, "", "", "region"),
        (403, "missing.permissions", "", "permission"),
        (429, "", "", "Wait"),
        (503, "", "", "later"),
    ],
)
def test_an_error_advises_what_to_do(status: int, code: str, message: str, says: str) -> None:
    advice = ApiError("P", "GET", "/", status, Problem(code, message)).advice
    assert says in advice
    assert bool(says) == bool(advice)


def test_a_platform_that_lets_one_wait_is_told_with_the_attempt_and_for_how_long(
    genesys: MakeGenesys,
) -> None:
    told: list[str] = []

    @contextmanager
    def phase(what: str, most: float) -> Iterator[Tell]:
        told.append(f"{what}, at most {most:g} s")
        yield told.append

    limited = busy(429, **{"Retry-After": "12"})
    with watched(phase):
        genesys(Script(limited, busy(503), OK)).organization()
    assert [line for line in told if "login" not in line] == [
        "Genesys Cloud's answer to GET /api/v2/organizations/me, at most 150 s",
        "attempt 1 of 5 got 429, the next in 12 s",
        "attempt 2 of 5 got 503, the next soon",
    ]
    told.clear()
    with watched(phase), pytest.raises(ApiError):
        genesys(Script(*[busy(503)] * 5)).organization()
    assert told[-1] == "attempt 4 of 5 got 503, the next soon", "after the last there is none"
