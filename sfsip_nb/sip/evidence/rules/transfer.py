"""A transfer by REFER, and what NOTIFY says of it (RFC 3515)."""

import re
from collections.abc import Iterator

from ...fields import name_addr, parameters, uri_parts
from ...shown import plain
from ..calls import CallTrace, TracedMessage, Transaction
from ..causes import cause, fix
from ..finding import Finding, Observed, Verdict, numbers
from . import asking

_STATUS = re.compile(rb"^\s*SIP/\d\.\d[ \t]+(\d{3})[ \t]*([^\r\n]*)")


def transfers(conversation: CallTrace, world: Observed) -> Iterator[Finding]:
    """Each REFER: refused, failed, done, or unknown."""
    refers = conversation.of("REFER")
    for index, refer in enumerate(refers):
        later = refers[index + 1 :]
        if not refer.requests or (refer.code in asking.CHALLENGES and later):
            continue
        yield _transfer(conversation, refer, world)


def _transfer(conversation: CallTrace, refer: Transaction, world: Observed) -> Finding:
    request = refer.requests[0]
    target = plain(name_addr(request.header("Refer-To")).uri.partition("?")[0], 80)
    peer = asking.peer_of(conversation, refer)
    if not 200 <= refer.code < 300:
        if refer.final is None:
            unanswered = "it has no final response in the capture."
            if not refer.responses:
                unanswered = asking.silence(conversation, refer, world).sentence
            return _finding(
                conversation,
                "inconclusive",
                "transfer.unknown",
                f"The transfer to {target}: {unanswered}",
                fix("transfer.unknown", peer),
                [request],
            )
        if refer.code in asking.CHALLENGES:
            return asking.challenge(conversation, [refer], world)
        more = ""
        if refer.code == 400 and not request.header("Referred-By"):
            more = " The REFER has no Referred-By, which some peers demand."
        elif refer.code == 405 and request.header("Route"):
            more = (
                " Its Route may lead back to its sender: compare it with the Record-Route headers "
                "of the 200 to the INVITE."
            )
        return _finding(
            conversation,
            "fail",
            "transfer.refused",
            f"The transfer to {target} was refused: {cause(refer.final).said}.{more}",
            fix("transfer.refused", peer),
            [request, refer.final],
        )
    told = _told(conversation, refer)
    status = [(row, found) for row in told if (found := _STATUS.match(row.message.body))]
    finals = [(row, found) for row, found in status if int(found[1]) >= 200]
    if finals:
        row, found = finals[-1]
        code = int(found[1])
        said = f"{code} {plain(found[2].decode('utf-8', 'replace'), 60)}".strip()
        if code < 300:
            return _finding(
                conversation,
                "pass",
                "transfer.done",
                f"The transfer to {target} was carried out: NOTIFY says {said}.",
                "",
                [request, row],
                advisory=True,
            )
        host = uri_parts(name_addr(request.header("Refer-To")).uri).host
        bare = re.fullmatch(r"[\d.]+|[\da-f:]+:[\da-f:.]*", host)
        why = " Refer-To names a bare address, which many trunks do not route." if bare else ""
        return _finding(
            conversation,
            "fail",
            "transfer.target",
            f"The transfer to {target} was accepted ({refer.code}) and then failed: NOTIFY says "
            f"{said}.{why}",
            fix("transfer.target", peer),
            [request, row],
        )
    leg = _new_leg(conversation, request, world)
    if leg is not None:
        return _finding(
            conversation,
            "pass",
            "transfer.done",
            f"The transfer to {target} was carried out: a call to it was answered afterwards.",
            "",
            [request],
            advisory=True,
        )
    ended = any("terminated" in row.header("Subscription-State").lower() for row in told)
    what = (
        "the NOTIFY that ends it has no status"
        if ended
        else f"NOTIFY says no more than {plain(status[-1][1][0].decode('latin-1'), 60)}"
        if status
        else "no NOTIFY tells how it went"
    )
    return _finding(
        conversation,
        "inconclusive",
        "transfer.unknown",
        f"The transfer to {target} was accepted ({refer.code}), but {what}.",
        fix("transfer.unknown"),
        [request, *told[-1:]],
    )


def _told(conversation: CallTrace, refer: Transaction) -> list[TracedMessage]:
    """NOTIFYs about this REFER: their event id, if any, is its CSeq (RFC 3515 §2.4.6)."""
    found = []
    for notify in conversation.of("NOTIFY"):
        for row in notify.requests:
            event, _, rest = row.header("Event").partition(";")
            given = parameters(";" + rest).get("id", "")
            mine = not given or given == str(refer.number)
            if event.strip().lower() == "refer" and mine and row.at >= refer.first.at:
                found.append(row)
    return found


def _new_leg(conversation: CallTrace, request: TracedMessage, world: Observed) -> CallTrace | None:
    user = uri_parts(name_addr(request.header("Refer-To")).uri).user
    for other in world.conversations:
        answer = other.answer
        if other is conversation or answer is None or other.began < request.at or not user:
            continue
        if uri_parts(other.attempts[0].uri).user == user:
            return other
    return None


def _finding(
    conversation: CallTrace,
    verdict: Verdict,
    rule: str,
    sentence: str,
    remedy: str,
    rows: list[TracedMessage],
    advisory: bool = False,
) -> Finding:
    return Finding(
        verdict,
        rule,
        sentence,
        remedy,
        "RFC 3515 §2.4",
        conversation.call_id,
        numbers(rows),
        advisory,
    )
