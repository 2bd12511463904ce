"""The card of a step that a person does: whether there is one, its answer, the fields below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sfsip_nb.engine import people, screens
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, Guide, Step
from sfsip_nb.engine.rows import AnsweredCard
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.fields import did_you_mean


def step_of(guide: Guide, step_id: str) -> Step:
    """A step of the guide. Raises ``InputError`` for one that it has not."""
    try:
        return guide.step(step_id)
    except KeyError:
        known = [step.id for step in guide.steps]
        hint = did_you_mean(step_id, known)
        raise InputError(step_id, f"There is no step {step_id!r}.{hint}") from None


def card_of(ctx: Context, step_id: str) -> Card:
    """The card of a step that a person does."""
    step = step_of(ctx.guide, step_id)
    card = step.card(ctx) if step.card else None
    if card is None:
        why = "needs nothing from anyone now" if step.card else "is not a manual step"
        raise InputError(step_id, f"{step_id} {why}.")
    return card


def answer(
    ctx: Context,
    step_id: str,
    by: str,
    note: str,
    at: str,
    files: Sequence[str],
    values: Mapping[str, str],
) -> Card:
    """Keep what a person did, and the card that it answers, which may be gone then.

    Raises ``InputError`` where it is no answer.
    """
    card, paths = card_of(ctx, step_id), [Path(name) for name in files]
    try:
        people.answer(ctx, card, by, at, note, values, files=paths)
    except (ValueError, OSError) as error:
        raise InputError(step_id, f"{step_id} was not answered: {error}") from None
    return card


def asking(ctx: Context, card: Card, anew: bool) -> list[tuple[str, str, str]]:
    """The fields below a card: what only the person can see, a note, and a name.

    In a rehearsal that a person does by hand also what they enter on the stand-in's screens.
    """
    hint = "your name, when it is done; then run this cell again"
    done = "Redone by" if anew else "Done by"
    if card.system == "phone":  # the cell watches while one dials
        hint = "your name; then run this cell again and dial"
    if card.standing:
        done, hint = "Approved by", "your name; then run this cell again: it dials"
    entries: tuple[screens.Entry, ...] = ()
    stands: dict[str, str] = {}
    if rehearsed(ctx, card):
        with suppress(ValueError):  # what there is to read is not there yet
            stands = dict(screens.shown(ctx, card))
            entries = () if stands or ctx.guide.step(card.step).dials else screens.entries(card)
    return [
        *((e.name, e.label, f"you enter what the card says: {e.value}") for e in entries),
        *(
            (a.name, a.label, f"it shows {stands[a.name]}" if a.name in stands else "")
            for a in card.asks
        ),
        ("note", "Note", "optional"),
        ("by", done, hint),
    ]


def rehearsed(ctx: Context, card: Card) -> bool:
    """Whether a person does by hand, on the stand-ins, what a card says."""
    return ctx.surroundings.administer is not None and ctx.by_hand(card.step)


def with_answer(ctx: Context, card: Card) -> AnsweredCard:
    """A card with its answer, as it is shown."""
    answered = people.current_answer(ctx, card)
    shown = AnsweredCard.of(card)
    if answered is None:
        return shown
    return shown.model_copy(
        update={
            "answered_by": answered.done_by,
            "answered_at": answered.done_at,
            "note": answered.note,
        }
    )
