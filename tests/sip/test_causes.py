"""The tables of codes, headers and phrases: whole, and each kind of trouble with its fix."""

import re
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict
from sipmessage import Headers

from sfsip_nb.sip.evidence import causes
from sfsip_nb.sip.evidence.causes import Reason, ending, explained

Expression = Annotated[str, AfterValidator(lambda text: re.compile(text, re.I).pattern)]


class Row(BaseModel):
    """A part of the file: a key that it does not know is a text cut at a comma, or a slip."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Named(Row):
    name: str
    rule: str | None = None
    normal: bool = False


class Meaning(Row):
    rule: str
    meaning: str


class Status(Meaning):
    header: str | None = None


class Phrase(Meaning):
    says: Expression


class Ending(Row):
    says: Expression
    rule: str


class Side(Row):
    name: str
    hosts: Expression | None = None
    headers: list[str] = []
    software: Expression | None = None
    fixes: dict[str, str] = {}


class Causes(Row):
    q850: dict[int, Named]
    warnings: dict[int, Meaning]
    twilio: dict[int, Meaning]
    sip: dict[int, Status]
    methods: dict[str, dict[int, Meaning]]
    phrased: list[int]
    phrases: list[Phrase]
    endings: list[Ending]
    fixes: dict[str, str]
    sides: list[Side]


TABLES = Causes.model_validate(causes.data())


def test_no_text_is_cut_and_no_key_is_unknown() -> None:
    assert TABLES.sip[503].meaning.endswith("or switched off")
    for text in [
        *TABLES.fixes.values(),
        *(f for side in TABLES.sides for f in side.fixes.values()),
    ]:
        assert text.endswith("."), text


def test_each_kind_of_trouble_has_a_fix() -> None:
    """Those that the tables name, and those that the rules do."""
    named = {
        row.rule for table in (TABLES.warnings, TABLES.twilio, TABLES.sip) for row in table.values()
    }
    named |= {row.rule for row in TABLES.q850.values() if row.rule}
    named |= {row.rule for table in TABLES.methods.values() for row in table.values()}
    named |= {row.rule for row in (*TABLES.phrases, *TABLES.endings)}
    folder = Path(causes.__file__).parent
    kinds = "access|callee|caller|capture|dialog|media|message|peer|registration|route|transfer"
    for path in folder.rglob("*.py"):
        named |= set(re.findall(rf'"((?:{kinds})\.[a-z]+)"', path.read_text(encoding="utf-8")))
    passed = {"peer.answers", "transfer.done"}  # nothing to fix
    assert named - passed == set(TABLES.fixes)
    assert {rule for side in TABLES.sides for rule in side.fixes} <= set(TABLES.fixes)


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        ("403 Caller Origination Number is Invalid D35", "access.caller"),
        ("403 Caller ID is unauthorized", "access.caller"),
        ("403 Invalid CLI", "access.caller"),
        ("403 Unauthorized caller", "access.caller"),
        ("603 A-Number not allowed", "access.caller"),
        ("480 Anonymous calls not accepted", "access.caller"),
        ("403 Wrong password", "access.login"),
        ("403 Authentication failed", "access.login"),
        ("403 IP not allowed", "access.address"),
        ("403 Authentication failure - source IP Address not in ACL", "access.address"),
        ("403 Insufficient balance", "peer.account"),
        ("403 Account suspended", "peer.account"),
        ("503 Maximum concurrent call limit exceeded", "peer.limit"),
        ("480 Channel capacity", "peer.limit"),
        ("503 cps limit exceeded", "peer.limit"),
        ("403 International calls not allowed", "route.barred"),
        ("403 Destination country is blocked", "route.barred"),
        ("503 No route found", "route.number"),
        ("500 User not registered", "callee.absent"),
        ("403 SRTP required", "media.srtp"),
        ("500 No common codec", "media.codec"),
        # What these codes always say, or what nothing is known of.
        ("403 Forbidden", "access.refused"),
        ("404 Not Found", "route.number"),
        ("480 Temporarily Unavailable", "callee.absent"),
        ("481 Call/Transaction Does Not Exist", "dialog.lost"),
        ("483 Too Many Hops", "route.loop"),
        ("486 Busy Here", "callee.busy"),
        ("488 Not Acceptable Here", "media.refused"),
        ("500 Server Internal Error", "peer.failed"),
        ("503 Service Unavailable", "peer.limit"),
        ("503 No IP resources", "peer.limit"),
        ("603 Declined", "callee.declined"),
        ("404 Does not match any SIP Trunks", "route.number"),
        ("486 Rejected", "callee.busy"),
        ("408 Request Timeout", "peer.silent"),
    ],
)
def test_a_phrase_says_more_than_a_code_that_stands_for_many_things(status: str, rule: str) -> None:
    code, _, phrase = status.partition(" ")
    assert explained(int(code), phrase, Headers()).rule == rule


def headers(*lines: str) -> Headers:
    made = Headers()
    for line in lines:
        name, _, value = line.partition(": ")
        made.add(name, value)
    return made


@pytest.mark.parametrize(
    ("code", "line", "rule", "says"),
    [
        (420, "Unsupported: 100rel, timer", "message.extension", "Unsupported: 100rel, timer"),
        (421, "Require: timer", "message.extension", "Require: timer"),
        (422, "Min-SE: 120", "dialog.timer", "Min-SE: 120"),
        (423, "Min-Expires: 300", "registration.expires", "Min-Expires: 300"),
        (405, "Allow: INVITE, ACK", "message.method", "Allow: INVITE, ACK"),
        (503, "Retry-After: 30", "peer.limit", "Retry-After: 30"),
        (403, 'Warning: 399 pbx "Caller ID not allowed"', "access.caller", "Warning: 399 Caller"),
        (488, 'Warning: 305 pbx "x"', "media.codec", "Warning: 305 x"),
        (503, 'Reason: SIP;cause=403;text="bad caller id"', "access.caller", "SIP cause 403"),
        (480, "X-Reason: wrong password", "access.login", "X-Reason: wrong password"),
    ],
)
def test_the_values_of_headers_are_shown_and_read(
    code: int, line: str, rule: str, says: str
) -> None:
    found = explained(code, "", headers(line))
    assert found.rule == rule
    assert says in found.said


def test_a_code_is_read_with_its_method() -> None:
    nothing = Headers()
    assert explained(405, "", nothing).rule == "message.method"
    assert explained(405, "", nothing, "REGISTER").rule == "registration.method"
    assert explained(404, "", nothing, "REGISTER").rule == "access.login"
    assert explained(404, "", nothing, "SUBSCRIBE").rule == "message.event"


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        (Reason("SIP", 200, "RTP Timeout"), "media.stopped"),
        (Reason("Q.850", 16, "MEDIA_TIMEOUT"), "media.stopped"),
        (Reason("SIP", 480, "RTPEngine timed out"), "media.stopped"),
        (Reason("SIP", 408, "ACK Timeout"), "dialog.ack"),
        (Reason("SIP", 408, "Session Timer Expired"), "dialog.refresh"),
        (Reason("Q.850", 38, ""), "peer.failed"),
        (Reason("SIP", 503, ""), "peer.limit"),
        (Reason("Q.850", 16, "Normal call clearing"), ""),
        (Reason("SIP", 200, "Call completed elsewhere"), ""),
        (Reason("Q.850", 17, ""), ""),
    ],
)
def test_a_bye_says_by_its_reason_what_ended_the_call(reason: Reason, rule: str) -> None:
    assert ending(reason) == rule
