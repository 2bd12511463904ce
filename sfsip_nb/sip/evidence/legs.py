"""Which conversations are legs of one call."""

from collections.abc import Sequence
from datetime import timedelta

from ..fields import uri_parts
from .calls import CallTrace


def joined(talks: Sequence[CallTrace]) -> dict[int, set[int]]:
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
        for earlier in range(max(0, index - 50), index):
            if _continues(talks[earlier], talk):
                join(earlier, index)
    return groups


def _continues(first: CallTrace, second: CallTrace) -> bool:
    if not first.attempts or not second.attempts:
        return False
    last, begun = first.attempts[-1], second.attempts[0]
    final = last.final.at if last.final else first.ended
    numbers = [uri_parts(t.uri).user for t in (last, begun)]
    return (
        begun.client[0] == last.server[0]
        and begun.server[0] != last.client[0]
        and last.first.at <= begun.first.at <= final + timedelta(milliseconds=1)
        and first.party("From") == second.party("From")
        and bool(numbers[0])
        and numbers[0].lstrip("+") == numbers[1].lstrip("+")
    )
