"""Genesys's own capture of a leg: evidence without secrets, and what the traces lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import stamina

from sfsip_nb.api.errors import ApiError, Problem
from sfsip_nb.engine.calls import SeenCall
from sfsip_nb.engine.verdicts import Vantage, Weight
from sfsip_nb.platforms.genesys import captured, leg_words, legs, trace
from sfsip_nb.sip import pcap
from tests.platforms.test_legs import ASKED, AT, NUMBER, URI, answer, invite, login, message

ADDRESS = "https://bucket.s3.us-west-2.amazonaws.com/f?X-Amz-Signature=5ec2e7"
REFUSED = ApiError("Genesys Cloud", "POST", "/download", 403, Problem("missing", "not permitted"))
WHOLE = [
    invite(1, 0),
    answer("407 Proxy Authentication Required", 1, 1, ASKED),
    invite(2, 2, login()),
    answer("403 Forbidden", 2, 3, 'Warning: 399 x "Caller not allowed"'),
]


def file(messages: Any) -> bytes:
    """A capture as a platform makes one: with whatever was sent in it."""
    entries = [
        replace(entry, data=str(message["msg"]).encode())
        for message in messages
        if (entry := trace._entry(message))
    ]
    return pcap.dump(entries)


class Genesys:
    """Traces of a conversation that lack some records, and a capture of the whole call."""

    def __init__(self, told: Any, capture: Any) -> None:
        self.told, self.capture = told, capture
        self.asked: list[dict[str, str]] = []
        self.early = 1

    def siptraces(self, start: Any, end: Any, **by: str) -> Any:
        self.asked.append(by)
        return self.told

    def request_capture(self, start: Any, end: Any, **by: str) -> str:
        if isinstance(self.capture, Exception):
            raise self.capture
        self.asked.append(by)
        return "download"

    def capture_address(self, download_id: str) -> str:
        self.early -= 1
        return "" if self.early >= 0 else ADDRESS


class Kept(dict[str, bytes]):
    def keep(self, _step: str, _kind: Any, title: str, _suffix: str, content: bytes) -> str:
        self[title] = content
        return title


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The leg of a call, its checks and what was kept, by what Genesys gives of it."""

    def look(told: Any, capture: Any, fetched: bytes = b"") -> Any:
        client, kept, secrets = Genesys(told, capture), Kept(), list[str]()
        ctx: Any = SimpleNamespace(
            live=True, keep_evidence=kept.keep, redactor=SimpleNamespace(add=secrets.append)
        )
        monkeypatch.setattr(trace, "genesys", lambda ctx: client)
        monkeypatch.setattr(captured, "genesys", lambda ctx: client)
        monkeypatch.setattr(captured, "_PATIENCE", 5.0)

        def fetch(platform: str, address: str, *, here: bool) -> bytes:
            assert (address, here) == (ADDRESS, False)
            return fetched

        monkeypatch.setattr(captured.download, "fetch", fetch)
        sessions = [{"direction": "outbound", "dnis": f"tel:{NUMBER}", "protocolCallId": "one"}]
        facts = {"participants": [{"purpose": "external", "sessions": sessions}]}
        call = SeenCall(Vantage.PLATFORM, "c", AT - timedelta(seconds=1), "", NUMBER, facts)
        leg = trace.leg_of(ctx, call, NUMBER)
        checks = list(legs.captured(ctx, "verify.inbound", leg))
        return SimpleNamespace(leg=leg, checks=checks, kept=kept, client=client, secrets=secrets)

    return look


def test_a_capture_that_holds_more_than_the_traces_is_what_is_diagnosed(seen: Any) -> None:
    found = seen(WHOLE[:2], "", file(WHOLE))
    assert found.client.asked == [{"callId": "one"}, {"callId": "one"}]
    assert found.leg.code == 403
    assert "after 1 login" in leg_words.told(found.leg)
    same = trace.Leg(talk=trace._talks(WHOLE)[0])
    assert leg_words.told(found.leg) == leg_words.told(same)


ANSWERED = [
    *WHOLE[:3],
    answer("200 OK", 2, 3),
    message(f"ACK {URI} SIP/2.0", 2, 4, method="ACK"),
    message(f"BYE {URI} SIP/2.0", 3, 5, method="BYE"),
    message("SIP/2.0 200 OK", 3, 6, method="BYE"),
]


def test_where_the_traces_have_the_whole_call_no_capture_is_made_and_they_are_kept(
    seen: Any,
) -> None:
    found = seen(ANSWERED, ApiError("Genesys Cloud", "POST", "/", 500, Problem("asked for", "")))
    ((made,)) = found.checks
    assert (made.verdict.value, made.seen) == ("pass", "7 messages, from its traces")
    ((content,)) = found.kept.values()
    assert b"BYE " in content
    assert b"5ec2e7" not in content


@pytest.mark.parametrize("missing", range(len(ANSWERED)))
def test_one_missing_message_is_enough_to_have_a_capture_made(seen: Any, missing: int) -> None:
    told = [each for place, each in enumerate(ANSWERED) if place != missing]
    ((made,)) = seen(told, "", file(ANSWERED)).checks
    assert (made.verdict.value, made.seen) == ("pass", "7 messages")


def test_what_is_kept_of_it_has_no_digest_and_its_address_is_a_secret(seen: Any) -> None:
    assert b"5ec2e7" in file(WHOLE)
    found = seen(WHOLE, "", file(WHOLE))
    ((made,)) = found.checks
    assert (made.verdict.value, made.seen) == ("pass", "4 messages")
    ((content,)) = found.kept.values()
    assert b"Proxy-Authorization: Digest" in content
    assert b"5ec2e7" not in content
    assert found.secrets == [ADDRESS]


@pytest.mark.parametrize(
    ("capture", "fetched", "why"),
    [
        (REFUSED, b"", "403"),
        ("", b"PK\x03\x04", "a ZIP archive"),
        ("", b"<Error>", "it is no capture"),
        ("", file([]), "no message of the call"),
    ],
)
def test_without_a_capture_the_traces_count_and_nothing_fails(
    seen: Any, capture: Any, fetched: bytes, why: str
) -> None:
    found = seen(WHOLE, capture, fetched)
    assert found.leg.code == 403
    ((made,)) = found.checks
    assert (made.verdict.value, made.weight) == ("inconclusive", Weight.ADVISORY)
    assert why in made.seen
    assert not found.kept


def test_a_secret_that_no_rule_masks_keeps_the_capture_out(
    seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> str:
        raise ValueError("evidence holds a secret and was not kept")

    monkeypatch.setattr(Kept, "keep", refuse)
    ((made,)) = seen(WHOLE, "", file(WHOLE)).checks
    assert (made.verdict.value, made.evidence) == ("inconclusive", ())
    assert "was not kept" in made.seen


def test_a_capture_that_is_not_ready_in_time_is_not_waited_for(
    seen: Any,
) -> None:
    with stamina.set_testing(True, attempts=1):
        found = seen(WHOLE, "", file(WHOLE))
    ((made,)) = found.checks
    assert (made.verdict.value, made.seen) == ("inconclusive", "it was not ready in time")
