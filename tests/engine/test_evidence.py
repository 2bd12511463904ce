"""What a check rests on: kinds of evidence, and what was asked of an API, kept without secrets."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.api.exchanges import Exchange, noted
from sfsip_nb.api.transport import Api
from sfsip_nb.engine import evidence, people
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.evidence import Asked
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Verdict
from sfsip_nb.present import exchanges as shown
from tests.engine.world import engine

TOKEN, PASSWORD, FOREIGN, QUERY = (
    "canary-bearer-0123456789",
    "canary-sip-password",
    "canary-of-somebody-else",
    "canary-in-a-query",
)


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    made = engine(tmp_path).ctx
    made.redactor.add(TOKEN)
    made.redactor.add(PASSWORD)
    return made


def seen(id: str, vantage: Vantage = Vantage.PLATFORM, **more: Any) -> Check:
    return Check(id, "title", "expected", "seen", Verdict.PASS, vantage, **more)


def exchange(answer: Any = None, **more: Any) -> Exchange:
    one = Exchange("2026-11-20T09:12:05.000Z", "Genesys Cloud", "GET", "/api/v2/x", 200, 12)
    return replace(one, answer=answer, correlation="c-1", **more)


def file_of(ctx: Context, check: Check) -> dict[str, Any]:
    [name] = check.evidence
    kept: dict[str, Any] = json.loads((ctx.run_dir / "evidence" / name).read_bytes())
    return kept


def test_what_only_an_api_shows_rests_on_what_was_asked_of_it(ctx: Context) -> None:
    call = ctx.keep_evidence("one", Basis.CALL, "ladder", "svg", "<svg/>")
    checks = [
        seen("one/name"),
        seen("one/state", Vantage.SYNTHFLOW),
        seen("one/person", basis=(Basis.PERSON,)),
        seen("one/heard", evidence=(call,)),
        seen("one/here", Vantage.HERE),
    ]
    found = evidence.resting(ctx, "one", checks, Asked([exchange({"name": "Acme"})]))
    assert [check.basis for check in found] == [
        (Basis.API,),
        (Basis.API,),
        (Basis.PERSON,),
        (Basis.CALL,),
        (),
    ]
    assert found[0].evidence == found[1].evidence
    [row] = file_of(ctx, found[0])["requests"]
    assert (row["method"], row["path"], row["status"]) == ("GET", "/api/v2/x", 200)
    assert (row["correlation"], row["answer"]) == ("c-1", {"name": "Acme"})
    assert ctx.journal.evidence()[found[0].evidence[0]].kind == "api"


def test_without_an_exchange_a_platforms_check_rests_on_nothing(ctx: Context) -> None:
    [found] = evidence.resting(ctx, "one", [seen("one/name")], Asked())
    assert (found.basis, found.evidence) == ((), ())


def test_no_secret_of_anybody_is_in_the_file(ctx: Context) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = {
            "name": f"Bearer {request.headers['Authorization'].removeprefix('Bearer ')}",
            "properties": {"trunk_sip_credentials_password": {"value": {"instance": FOREIGN}}},
            "trunk_pwd": FOREIGN,
            "refresh_token": FOREIGN,
            "notes": [f"the password is {PASSWORD}"],
            "nextUri": f"/api/v2/x?pageNumber=2&key={QUERY}",
            "recording_url": f"see https://media.example.com/1.wav?sig={QUERY} now",
            PASSWORD: 1,
        }
        return httpx.Response(200, json=body, headers={"Set-Cookie": FOREIGN})

    http = httpx.Client(transport=httpx.MockTransport(answer))
    api = Api(
        "P",
        "https://api.example.com",
        read_problem=lambda _: Problem(),
        bearer=lambda: TOKEN,
        http=http,
    )
    basic = httpx.BasicAuth("id", FOREIGN)
    with noted() as asked:
        api.call("GET", f"/x/{PASSWORD}", params={"q": QUERY})
        api.call("POST", "/x", json={"trunk_pwd": FOREIGN, "note": QUERY})
        api.call("POST", "/oauth/token", form={"grant": FOREIGN}, auth=basic)
    [found] = evidence.resting(ctx, "one", [seen("one/name")], Asked(asked))
    text = json.dumps(file_of(ctx, found))
    assert not [word for word in (TOKEN, PASSWORD, FOREIGN, QUERY) if word in text]
    assert len(file_of(ctx, found)["requests"]) == 3
    assert (
        "media.example.com/1.wav?…" in file_of(ctx, found)["requests"][0]["answer"]["recording_url"]
    )


def test_peoples_calls_are_kept_only_with_keep_media(ctx: Context) -> None:
    asked = [exchange({"transcript": "human: my number is"}, personal=True)]
    [found] = evidence.resting(ctx, "one", [seen("one/call")], Asked(asked))
    assert "human" not in json.dumps(file_of(ctx, found))
    ctx.parameters = ctx.parameters.model_copy(update={"keep_media": True})
    [found] = evidence.resting(ctx, "one", [seen("one/call")], Asked(asked))
    assert "human" in json.dumps(file_of(ctx, found))


def test_what_is_kept_is_bounded(ctx: Context) -> None:
    wide = {f"key {number}": "x" * 300 for number in range(50)}
    deep: Any = "end"
    for _ in range(100):
        deep = {"in": deep}
    asked = [
        exchange([{"n": number} for number in range(50)], path="/list"),
        exchange(wide, path="/wide"),
        exchange(deep, path="/deep"),
        exchange("x" * 10_000, path="/long"),
        *(exchange({"n": 1}, path="/poll") for _ in range(30)),
        *(exchange({"s": "y" * 300}, path=f"/{number}") for number in range(900)),
    ]
    [found] = evidence.resting(ctx, "one", [seen("one/name")], Asked(asked))
    kept = file_of(ctx, found)
    rows = {row["path"]: row for row in kept["requests"]}
    assert rows["/list"]["answer"][-1] == "… and 30 more"
    assert rows["/wide"]["answer"].startswith("Not kept: ")
    assert len(rows["/long"]["answer"]) < 500
    assert rows["/poll"]["times"] == 30
    assert (len(kept["requests"]), kept["more"]) == (evidence.MOST, 905 - evidence.MOST)
    path = ctx.run_dir / "evidence" / found.evidence[0]
    assert path.stat().st_size < evidence.FILE_BYTES * 2


def test_a_refusal_is_evidence_with_what_to_quote_to_support(ctx: Context) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={}, headers={"X-Request-Id": "quote-me"})

    http = httpx.Client(transport=httpx.MockTransport(refuse))
    api = Api("P", "https://api.example.com", read_problem=lambda _: Problem("no"), http=http)
    with noted() as asked, pytest.raises(ApiError, match="for their support: quote-me"):
        api.call("DELETE", "/x")
    [found] = evidence.resting(ctx, "one", [seen("one/api")], Asked(asked))
    [row] = file_of(ctx, found)["requests"]
    assert (row["status"], row["correlation"]) == (403, "quote-me")
    assert shown.text([row], 5) == "403 DELETE /x quote-me"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"requests": 1}', b'{"requests": [1]}'])
def test_another_file_is_no_list_of_requests(content: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        shown.read(content)


def test_a_hostile_file_is_shown_as_text() -> None:
    bad = "<script>alert(1)</script>\u202e"
    row = dict.fromkeys(("at", "platform", "method", "path", "correlation", "answer"), bad)
    table, title = shown.table([row | {"status": bad, "times": bad}])
    assert "<script" not in table.html
    assert "\u202e" not in table.html + table.text + title


def test_a_persons_word_is_named_as_such(ctx: Context) -> None:
    make = ctx.guide.step("three").card
    assert make is not None
    card = make(ctx)
    assert card is not None
    people.answer(ctx, card, "Dana", values={ask.name: "x" for ask in card.asks})
    assert {check.basis for check in people.checks(ctx, card)} == {(Basis.PERSON,)}
