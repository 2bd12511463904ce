"""An SDP answer held against its offer (RFC 3264 §6): profile, key, codec; what each side owes."""

import re
from collections.abc import Iterator

from ... import sdp
from ...fields import number
from ...shown import plain, where
from ..calls import CallTrace, TracedMessage
from ..finding import Finding
from . import windows

_BESIDE = ("TELEPHONE-EVENT", "CN", "RED")  # no codecs: digits, silence, redundancy
_NOISE = 13  # the payload type of CN (RFC 3389)
_OFFER_ANSWER = "RFC 3264 §6"
_KEYS = "RFC 4568 §5.1"


def agreed(conversation: CallTrace) -> Iterator[Finding]:
    """The first agreement of a call that breaks the rules, and what each side should have said."""
    for pair in windows.agreements(conversation):
        for rule, said, source in [*_offered(conversation, pair), *_answered(conversation, pair)]:
            side = pair.answer if rule == "media.answer" else pair.offer
            remedy = f"{_REMEDY[rule]} at {where(side.entry.source)} ({source})."
            yield Finding.of("fail", rule, said, pair.rows, source, remedy=remedy)
            return
    yield from _without(conversation)


_REMEDY = {
    "media.answer": "Fix the SDP answer, or let the call be refused with 488,",
    "media.offer": "Fix the SDP offer",
}
_Said = tuple[str, str, str]
"""Rule, sentence and source."""


def _by(conversation: CallTrace, row: TracedMessage) -> str:
    return f"the {conversation.side(row)} ({where(row.entry.source)})"


def _offered(conversation: CallTrace, pair: windows.Agreement) -> Iterator[_Said]:
    offer = pair.offered
    if offer.secure and not _keyed(pair.offer):
        by = _by(conversation, pair.offer)
        yield (
            "media.offer",
            f"The offer of {by} is {plain(offer.profile, 30)} without a key: it has no a=crypto.",
            _KEYS,
        )


def _answered(conversation: CallTrace, pair: windows.Agreement) -> Iterator[_Said]:
    offer, answer = pair.offered, pair.answered
    by = _by(conversation, pair.answer)
    if not answer.port:
        if offer.port and not _other_medium(answer):
            yield (
                "media.answer",
                f"The answer of {by} refuses the audio (port 0): the call has no sound.",
                _OFFER_ANSWER,
            )
        return
    keyless = answer.secure and not _keyed(pair.answer)
    if offer.secure != answer.secure:
        without = " It has no key either (a=crypto, RFC 4568)." if keyless else ""
        yield (
            "media.answer",
            f"The answer of {by} is {plain(answer.profile, 30)}, but {plain(offer.profile, 30)} "
            "was offered: an answer has to keep the profile, so one side expects SRTP and the "
            f"other sends none.{without}",
            f"{_OFFER_ANSWER}, RFC 4568",
        )
    elif keyless:
        yield (
            "media.answer",
            f"The answer of {by} is {plain(answer.profile, 30)} without a key: it has no a=crypto, "
            "so its SRTP cannot be decrypted.",
            _KEYS,
        )
    yield from _key(by, _keys(pair.offer), _keys(pair.answer))
    yield from _codecs(by, offer, answer)


def _key(by: str, offered: dict[str, str], answered: dict[str, str]) -> Iterator[_Said]:
    """The key of an answer has the tag and the suite of one that was offered (RFC 4568 §5.1.2)."""
    for tag, suite in list(answered.items())[:1]:
        said = ", ".join(f"{number} {name}" for number, name in offered.items())
        if offered and tag not in offered:
            yield (
                "media.answer",
                f"The answer of {by} takes the key with tag {tag}, which was not offered (only "
                f"{plain(said, 120)}): the two sides do not know which keys belong together.",
                "RFC 4568 §5.1.2",
            )
        elif offered and suite != offered[tag]:
            yield (
                "media.answer",
                f"The answer of {by} names {suite} for the key with tag {tag}, but {offered[tag]} "
                "was offered under it.",
                "RFC 4568 §5.1.2",
            )


def _keys(row: TracedMessage) -> dict[str, str]:
    """The suites of the keys for audio, by their tags. (The keys themselves are masked.)"""
    sections = re.split(rb"(?m)^(?=m=)", row.message.body)
    audio = next((part for part in sections if part.startswith(b"m=audio") and
                  not part.startswith(b"m=audio 0 ")), b"")  # fmt: skip
    found = re.findall(rb"(?m)^a=crypto:(\d{1,9})[ \t]+(\S{1,60})", audio)
    return {tag.decode(): plain(suite.decode("utf-8", "replace"), 40) for tag, suite in found}


def _codecs(by: str, offer: sdp.Sdp, answer: sdp.Sdp) -> Iterator[_Said]:
    had, named = _named(offer), _named(answer)
    # The same number below 96 is the same codec, whatever its name (G729A for G729).
    numbers = {n for n in offer.payloads.values() if n < 96 and n != _NOISE}
    numbers &= set(answer.payloads.values())
    if had and named and not set(had) & set(named) and not numbers:
        yield (
            "media.answer",
            f"The answer of {by} names {', '.join(named[:6])}, which was not offered: the offer "
            f"has {', '.join(had[:6])}. There is no common codec, so neither side hears the other.",
            "RFC 3264 §6.1",
        )


def _named(description: sdp.Sdp) -> list[str]:
    """The codecs of a description, without what goes beside them."""
    return [plain(n, 20) for n in description.codecs if n.partition("/")[0] not in _BESIDE]


def _keyed(row: TracedMessage) -> bool:
    """Whether it has keys: SDES, by DTLS (RFC 5763), or MIKEY (RFC 4567)."""
    return any(word in row.message.body for word in (b"a=crypto", b"a=fingerprint", b"a=key-mgmt"))


def _other_medium(answer: sdp.Sdp) -> bool:
    """Whether another stream than audio is taken."""
    return any(
        line.split()[1:2] not in (["0"], [])
        for line in answer.media
        if not line.startswith("m=audio")
    )


def _without(conversation: CallTrace) -> Iterator[Finding]:
    """A 200 without the answer that it owes, or an ACK without it after a delayed offer."""
    answer = conversation.answer
    if answer is None:
        return
    attempt = next(t for t in conversation.attempts if answer in t.responses)
    offered = any(row.sdp for row in attempt.requests)
    if offered and not any(_has_body(row) for row in attempt.responses):
        yield _owed(conversation, answer, "200", "The INVITE has an offer")
    late = not offered and answer.sdp is not None and not conversation.of("PRACK")
    if late and attempt.acks and not any(_has_body(row) for row in attempt.acks):
        yield _owed(conversation, attempt.acks[0], "ACK", "The 200 has the offer")


def _has_body(row: TracedMessage) -> bool:
    """Whether it has a body, be it one that the capture has cut off."""
    return bool(row.message.body or number(row.header("Content-Length")))


def _owed(conversation: CallTrace, row: TracedMessage, what: str, why: str) -> Finding:
    return Finding.of(
        "inconclusive",
        "media.answer",
        f"{why}, but the {what} of {_by(conversation, row)} has no SDP answer: nobody knows where "
        "to send audio.",
        [row],
        "RFC 3261 §13.2.1, RFC 3264 §5",
        advisory=True,
    )
