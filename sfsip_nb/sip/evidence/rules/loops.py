"""One number to and fro between elements that pass it on, as new calls or as one."""

from ...fields import uri_parts
from ...shown import counted, plain, where
from ...trace import Address
from ..calls import CallTrace, TracedMessage, Transaction
from ..causes import cause
from ..finding import Finding, Observed, seconds
from . import asked


def turned(conversation: CallTrace, world: Observed) -> list[Finding]:
    """The loop that a call is a turn of: told at its first call, the others refer to it."""
    circle = next((c for c in world.circles if any(t is conversation for t in c)), None)
    if circle is None:
        return _within(conversation)
    index = {id(talk): number for number, talk in enumerate(world.conversations, start=1)}
    turns = [index[id(talk)] for talk in circle]
    first, last = circle[0].attempts[0], circle[-1].attempts[-1]
    if conversation is not circle[0]:
        turn = turns.index(index[id(conversation)]) + 1
        said = f"This is turn {turn} of the loop that begins with #{turns[0]}."
        rows = [conversation.attempts[0].first]
        return [Finding.of("fail", "route.loop", said, rows, remedy="")]
    number = _number(first)
    whole = turns == list(range(turns[0], turns[-1] + 1))
    told = f"#{turns[0]} to #{turns[-1]}" if whole else ", ".join(f"#{turn}" for turn in turns[:9])
    hosts = list(dict.fromkeys(where(talk.attempts[0].server) for talk in circle))
    lasted = (last.first.at - first.first.at).total_seconds()
    ending = f", until {cause(last.final).said} ended it" if last.final else ""
    found = Finding.of(
        "fail",
        "route.loop",
        f"The call to {number} loops between {' and '.join(hosts)}: "
        f"{counted(len(circle), 'INVITE')} with new Call-IDs in {seconds(lasted)} "
        f"({told}){ending}. The number is routed back each time.",
        [first.first],
        "RFC 3261 §16.3",
        remedy=f"See at {where(first.server)}, which got the call first, where {number} is routed: "
        f"not to its own users, but back over the trunk to {first.client[0]}. One of the sides has "
        "to own the number.",
    )
    return [found]


def _number(attempt: Transaction) -> str:
    """The number that is called, or what stands in its place."""
    uri = uri_parts(attempt.uri)
    return plain(uri.user or uri.host, 40)


def _within(conversation: CallTrace) -> list[Finding]:
    """A circle of proxies: the same request over the same hop again, with fewer hops left."""
    passed: dict[tuple[Address, Address, str, int], list[TracedMessage]] = {}
    for hop in conversation.of("INVITE"):
        if hop.requests and not hop.in_dialog and conversation.answer is None:
            way = hop.client, hop.server, hop.uri, hop.number
            passed.setdefault(way, []).append(hop.requests[0])
    for (client, server, *_), rows in passed.items():
        left = [asked.hops(row) for row in rows]
        if len(rows) < 2 or None in left or len(set(left)) < len(left):
            continue
        number = _number(conversation.attempts[0])
        source, target = where(client), where(server)
        finals = [cause(t.final).said for t in conversation.attempts if t.final]
        ending = f", until {finals[-1]} ended it" if finals else ""
        said = (
            f"The call to {number} loops: {source} sent the same INVITE to {target} "
            f"{len(rows)} times, with Max-Forwards {left[0]} at first and {left[-1]} at last"
            f"{ending}."
        )
        remedy = f"See at {target} where {number} is routed: it must not come back to {source}."
        return [Finding.of("fail", "route.loop", said, rows, "RFC 3261 §16.3", remedy=remedy)]
    return []
