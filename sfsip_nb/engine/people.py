"""Steps that a person does: the card, the answer, and what the answer is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sfsip_nb.engine import screens
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.journal import AnswerRow
from sfsip_nb.engine.model import Card, Refused
from sfsip_nb.engine.rows import CardRow, StepRow
from sfsip_nb.engine.verdicts import Basis, Check, Verdict, Weight
from sfsip_nb.inputs.files import Unfit, read
from sfsip_nb.inputs.platform import names, platform

_WORD = "/person"
_LARGEST = 50 * 1024 * 1024  # bytes of a file that shows what a person did
_WHO = {
    "synthflow": "the person who manages the Synthflow workspace",
    "phone": "anybody with a phone",
    "caller": "the person who answers for what the calls cost",
}


def answer_from_parameters(ctx: Context, card: Card) -> None:
    """Take a person's answer from the ``people`` block, once for each version of a card.

    A decision is taken as it stands there now, unless it has an input of its own.
    """
    given = None if card.standing else ctx.parameters.people.get(card.step)
    if given is not None and given.simulated and ctx.by_hand(card.step):
        return
    if given is None or (current_answer(ctx, card) is not None and not card.decision):
        return
    may = (
        ctx.mode == "apply"
        or card.decision
        or (card.each_attempt and ctx.parameters.test_calls.allowed)
    )
    if not may:
        return
    paths = [Path(name) for name in given.evidence]
    at = str(given.done_at or "")
    try:
        answer(ctx, card, given.done_by, at, given.note, given.values, paths)
    except ValueError as error:
        raise Refused(
            f"What people → {card.step} says was not accepted: {error}", "Correct it there."
        ) from None


def answer(
    ctx: Context,
    card: Card,
    done_by: str,
    done_at: str = "",
    note: str = "",
    values: Mapping[str, Any] | None = None,
    files: Sequence[Path] = (),
) -> None:
    """Keep what a person did, and the files that show it.

    On the testbed the simulated administrator then carries the card out, on the stand-in's own
    configuration, with the card's values or those that the person says to have entered
    (`screens`). What stands there is handed back too, unless the person does the step by hand, who
    has to say it and to dial. A decision is nobody's but the person's.
    Raises ``ValueError`` without a name, for a file that cannot be read, and for what the screens
    do not take.
    """
    if not done_by.strip():
        raise ValueError(f"Who did “{card.title}”? A manual step needs a name.")
    contents = [(file, _content(file)) for file in files]
    kept = [
        ctx.keep_evidence(
            card.step, Basis.FILE, f"{card.step} {file.stem}", file.suffix[1:], content
        )
        for file, content in contents
    ]
    said: dict[str, Any] = dict(values or {})
    before: dict[str, Any] = {}
    by_hand = ctx.by_hand(card.step)
    dials = by_hand and ctx.guide.step(card.step).dials
    if ctx.surroundings.administer is not None and not card.decision and not dials:
        entered = screens.entered(card, said)
        reply = ctx.surroundings.administer(card.system, card.step, entered)
        if before := reply.pop("before", {}):  # there is none where nothing was set up
            ctx.changed(card.system)
        said = said if by_hand else reply | said
    asked = {ask.name for ask in card.asks}
    ctx.journal.answered(
        AnswerRow(
            step=card.step,
            attempt=ctx.attempt,
            done_by=done_by.strip(),
            done_at=done_at or now(),
            note=note,
            given={name: value for name, value in said.items() if name in asked},
            card=CardRow.of(card),
            before=before,
            evidence=kept,
        )
    )


def _content(file: Path) -> bytes:
    try:
        return read(file, _LARGEST)
    except Unfit as unfit:
        why = f"it {unfit}"
    except OSError as error:
        why = error.strerror or type(error).__name__
    raise ValueError(f"{file} cannot be read: {why}. Name a file that shows it, such as a picture.")


def current_answer(ctx: Context, card: Card) -> AnswerRow | None:
    """The answer to a card as it stands now; an answer to an older version does not count."""
    answered = ctx.answer(card.step)
    asked = CardRow.model_validate(ctx.redactor.data(CardRow.of(card).model_dump()))
    if answered is None or answered.card != asked:
        return None
    if card.each_attempt and answered.attempt != ctx.attempt:
        return None
    return answered


def decided(ctx: Context) -> dict[str, Any]:
    """What people decided so far, by step: what is wanted depends on it."""
    answers = ctx.journal.people()
    return {
        step: row.given
        for step, row in answers.items()
        if row.card.decision and not row.card.standing
    }


def checks(ctx: Context, card: Card) -> list[Check]:
    """What a card's answer is worth.

    Without an answer the step waits. With one, what the wire can show is open until the step that
    proves it has passed; what nothing else can show rests on the person's word.
    """
    answered = current_answer(ctx, card)
    missing = [a.label for a in card.asks if answered and not answered.given.get(a.name)]
    if answered is None or missing:
        seen = f"no value for: {', '.join(missing)}" if missing else "no answer yet"
        todo, did = ("decide", "decided") if card.decision else ("carry out the card", "did it")
        verdict, reason = (
            Verdict.WAITING,
            f"For {who(card.system)}: {todo}, then say below it, or under"
            f" {card.standing or f'people → {card.step}'}, who {did}.",
        )
    elif card.proved_by == card.step:
        return []  # the step's own checks are the proof
    else:
        told = ", ".join(f"{name}: {value}" for name, value in answered.given.items())
        seen = f"{answered.done_by}, {answered.done_at}" + (f" — {told}" if told else "")
        verdict, reason = Verdict.PASS, "Based on this person's word."
        if card.proved_by:
            verdict = Verdict.INCONCLUSIVE
            reason = f"Reported as done; {card.proved_by} proves it."
    return [
        Check(
            id=check_id(card.step),
            title=card.title,
            expected="done by a person, with name and time",
            seen=seen,
            verdict=verdict,
            reason=reason,
            evidence=tuple(answered.evidence) if answered and not missing else (),
            proved_by=(card.proved_by,) if verdict is Verdict.INCONCLUSIVE else (),
            proved_since=ctx.journal.attempt(answered.attempt).started if answered else "",
            basis=(Basis.PERSON,),
        )
    ]


def who(system: str) -> str:
    """Who carries out the cards of a system, in words."""
    return _WHO.get(system) or (platform(system).administrator if system in names() else system)


def check_id(step: str) -> str:
    """The id of the check that a step's card brings."""
    return f"{step}{_WORD}"


def is_word(check: str) -> bool:
    """Whether a check is what a person said, by its id."""
    return check.endswith(_WORD)


def only_awaits_proof(row: StepRow) -> bool:
    """Whether a step's row is open for nothing but what another step proves.

    What follows may go on then, or the proof could never come.
    """
    open_checks = [
        c
        for c in row.checks
        if c.weight is Weight.REQUIRED and c.verdict not in ("pass", "skipped", "waived")
    ]
    return bool(open_checks) and all(
        (c.proved_by or c.id == check_id(row.id)) and c.verdict is Verdict.INCONCLUSIVE
        for c in open_checks
    )
