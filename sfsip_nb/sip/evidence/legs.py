"""Which conversations are legs of one call, and which of them go in a circle."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..fields import uri_parts
from ..shown import where
from .calls import CallTrace, Transaction

_BACK = 50  # calls before, among which the one that another continues is looked for


def joined(
    talks: Sequence[CallTrace], circles: Sequence[Sequence[CallTrace]]
) -> dict[int, set[int]]:
    """By the index of a conversation, the numbers (from 1) of its other legs; only certain ones.

    By a header that names the other leg or the call on all of them, or by a second INVITE for
    the same number from the same caller, sent by the host that had just got the first.
    """
    by_id = {talk.call_id: index for index, talk in enumerate(talks)}
    groups: dict[int, set[int]] = {}
    marks: dict[str, int] = {}

    def join(a: int, b: int) -> None:
        if a != b:
            groups.setdefault(a, set()).add(b + 1)
            groups.setdefault(b, set()).add(a + 1)

    for index, talk in enumerate(talks):
        if talk.kind != "INVITE":
            continue
        for row in talk.rows[:20]:
            other = row.header("X-Talkdesk-Other-Leg-Call-Id").strip()
            if other in by_id:
                join(index, by_id[other])
            if mark := row.header("x-inin-cnv").strip():
                join(marks.setdefault(mark, index), index)
    for index, talk in enumerate(talks):
        for earlier in range(max(0, index - _BACK), index):
            if _continues(talks[earlier], talk):
                join(earlier, index)
    for circle in circles:
        turns = [index for index, talk in enumerate(talks) if any(t is talk for t in circle)]
        for index in turns[1:]:
            join(turns[0], index)
    return groups


def in_circles(talks: Sequence[CallTrace]) -> list[list[CallTrace]]:
    """Calls that came back: an element passes on, as a new call, what it just got, until the same
    number goes over the same way once more while the first call for it is still open."""
    chains: list[list[CallTrace]] = []
    for talk in talks:
        if not talk.attempts:
            continue
        recent = chains[-_BACK:]
        chain = next((c for c in reversed(recent) if _passed_on(c[-1], talk)), None)
        if chain is None:
            chains.append([talk])
        else:
            chain.append(talk)
    return [chain for chain in chains if len(set(map(_way, chain))) < len(chain)]


def _way(talk: CallTrace) -> tuple[str, str, str]:
    first = talk.attempts[0]
    return *_ends(first), uri_parts(first.uri).user.lstrip("+")


def _ends(attempt: Transaction) -> tuple[str, str]:
    """Who sends it to whom: the hosts, or on one host, where several elements may be, the ports."""
    one, other = attempt.client, attempt.server
    return (one[0], other[0]) if one[0] != other[0] else (where(one), where(other))


def _passed_on(first: CallTrace, second: CallTrace) -> bool:
    """Whether the second call begins where the first one went, for the same number or caller."""
    last, begun = first.attempts[-1], second.attempts[0]
    return (
        first.call_id != second.call_id
        and _ends(begun)[0] == _ends(last)[1]
        and last.first.at <= begun.first.at <= _over(last, first)
        and (
            uri_parts(last.uri).user.lstrip("+") == uri_parts(begun.uri).user.lstrip("+")
            or first.party("From") == second.party("From")
        )
    )


def _over(last: Transaction, talk: CallTrace) -> datetime:
    """Until when an INVITE was open, with a moment for what is sent at the same time."""
    return (last.final.at if last.final else talk.ended) + timedelta(milliseconds=1)


def _continues(first: CallTrace, second: CallTrace) -> bool:
    if not first.attempts or not second.attempts:
        return False
    last, begun = first.attempts[-1], second.attempts[0]
    numbers = [uri_parts(t.uri).user for t in (last, begun)]
    return (
        begun.client[0] == last.server[0]
        and begun.server[0] != last.client[0]
        and last.first.at <= begun.first.at <= _over(last, first)
        and first.party("From") == second.party("From")
        and bool(numbers[0])
        and numbers[0].lstrip("+") == numbers[1].lstrip("+")
    )
