"""What a person enters on a platform's screens along a card, and what stands on them to be read.

In a rehearsal the stand-ins have the screens: what is said to be entered is entered there, right or
wrong, by the simulated administrator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card
from sfsip_nb.inputs.secrets import Secret

_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


@dataclass(frozen=True)
class Entry:
    """One field of a screen: its name, its label, and what the card says to enter there."""

    name: str
    label: str
    value: str


def entries(card: Card) -> tuple[Entry, ...]:
    """The fields that a person fills in along a card, secrets apart: those are only pasted."""
    return tuple(
        Entry(name, label, _text(value))
        for name, value in card.values.items()
        if (label := _label(card, name, value))
    )


def _label(card: Card, name: str, value: Any) -> str:
    """How the card labels a value: a list as each of its items, a switch by its name if need be."""
    items = value if isinstance(value, list) else ()
    asked = {ask.name for ask in card.asks}
    return next(
        (
            field.label
            for field in card.fields
            if (field.name == name or field.value in items) and name not in asked
            if not field.secret
        ),
        name.replace("_", " ").capitalize() if isinstance(value, bool) else "",
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def entered(card: Card, said: Mapping[str, Any]) -> dict[str, Any]:
    """The card's values, with what a person says to have entered in their place.

    Raises ``ValueError`` for what a field of such a kind does not take.
    """
    values = {n: v.reveal() if isinstance(v, Secret) else v for n, v in card.values.items()}
    for entry in entries(card):
        if entry.name in said:
            values[entry.name] = _like(values[entry.name], said[entry.name], entry.label)
    return values


def _like(meant: Any, said: Any, label: str) -> Any:
    text = str(said).strip()
    match meant:
        case bool():
            if text.lower() not in _SWITCH:
                raise ValueError(f"{label} is on or off, and not {text!r}.")
            return _SWITCH[text.lower()]
        case int():
            if not (text.isascii() and text.isdigit()):
                raise ValueError(f"{label} is a whole number, and not {text!r}.")
            return int(text)
        case list():
            listed = said if isinstance(said, list) else text.split(",")
            return [item for each in listed if (item := str(each).strip())]
    return text


def shown(ctx: Context, card: Card) -> Iterator[tuple[str, str]]:
    """What stands on the stand-in's screen of what a card asks for, by the name of the ask.

    Nothing on a live customer, whose screens nobody but a person sees.
    """
    if ctx.surroundings.screen is not None and card.asks and not card.decision:
        plain = {n: v for n, v in card.values.items() if not isinstance(v, Secret)}
        seen = ctx.surroundings.screen(card.system, card.step, plain)
        yield from ((ask.name, str(seen[ask.name])) for ask in card.asks if seen.get(ask.name))
