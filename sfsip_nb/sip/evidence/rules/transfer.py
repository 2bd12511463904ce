"""A transfer by REFER, and what NOTIFY says of it (RFC 3515)."""

import re
from collections.abc import Iterator

from ...fields import name_addr, parameters, uri_parts
from ...shown import plain
from ..calls import CallTrace, TracedMessage, Transaction
from ..causes import cause
from ..finding import Finding, Observed
from . import asking

_RULE = "RFC 3515 §2.4"
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
    aim = name_addr(request.header("Refer-To")).uri
    target = f"The transfer to {plain(aim.partition('?')[0], 80)}"
    peer = asking.peer_of(conversation, refer)
    if refer.code in asking.CHALLENGES:
        return asking.challenge(conversation, [refer], world)
    if refer.final is None:
        unanswered = "it has no final response in the capture."
        if not refer.responses:
            unanswered = asking.silence(conversation, refer, world).sentence
        said = f"{target}: {unanswered}"
        return Finding.of("inconclusive", "transfer.unknown", said, [request], _RULE, at=peer)
    if refer.code >= 300:
        more = ""
        if refer.code == 400 and not request.header("Referred-By"):
            more = " The REFER has no Referred-By, which some peers demand."
        elif refer.code == 405 and request.header("Route"):
            more = (
                " Its Route may lead back to its sender: compare it with the Record-Route headers "
                "of the 200 to the INVITE."
            )
        said = f"{target} was refused: {cause(refer.final).said}.{more}"
        rows = [request, refer.final]
        return Finding.of("fail", "transfer.refused", said, rows, _RULE, at=peer)
    told = _told(conversation, refer)
    status = [(row, found) for row in told if (found := _STATUS.match(row.message.body))]
    finals = [(row, found) for row, found in status if int(found[1]) >= 200]
    if finals:
        row, found = finals[-1]
        said = f"{found[1].decode()} {plain(found[2].decode('utf-8', 'replace'), 60)}".strip()
        if int(found[1]) < 300:
            return _done(f"{target} was carried out: NOTIFY says {said}.", [request, row])
        bare = re.fullmatch(r"[\d.]+|[\da-f:]+:[\da-f:.]*", uri_parts(aim).host)
        why = " Refer-To names a bare address, which many trunks do not route." if bare else ""
        said = f"{target} was accepted ({refer.code}) and then failed: NOTIFY says {said}.{why}"
        return Finding.of("fail", "transfer.target", said, [request, row], _RULE, at=peer)
    if _has_new_leg(conversation, request, world):
        return _done(f"{target} was carried out: a call to it was answered afterwards.", [request])
    ended = any("terminated" in row.header("Subscription-State").lower() for row in told)
    what = (
        "the NOTIFY that ends it has no status"
        if ended
        else f"NOTIFY says no more than {plain(status[-1][1][0].decode('latin-1'), 60)}"
        if status
        else "no NOTIFY tells how it went"
    )
    said = f"{target} was accepted ({refer.code}), but {what}."
    return Finding.of("inconclusive", "transfer.unknown", said, [request, *told[-1:]], _RULE)


def _done(sentence: str, rows: list[TracedMessage]) -> Finding:
    return Finding.of("pass", "transfer.done", sentence, rows, _RULE, advisory=True)


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


def _has_new_leg(conversation: CallTrace, request: TracedMessage, world: Observed) -> bool:
    """Whether a later call to the target was answered."""
    user = uri_parts(name_addr(request.header("Refer-To")).uri).user
    return any(
        user
        and other is not conversation
        and other.answer is not None
        and other.began >= request.at
        and uri_parts(other.attempts[0].uri).user == user
        for other in world.conversations
    )
