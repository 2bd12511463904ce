"""The rehearsal's telephones, above the step of a call that a person makes by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from sfsip_nb.engine import screens
from sfsip_nb.engine.model import Card
from sfsip_nb.inputs import ranges
from sfsip_nb.inputs.platform import platform
from sfsip_nb.notebook import cards
from sfsip_nb.notebook.buttons import Buttons
from sfsip_nb.runs.session import Session
from sfsip_nb.testbed.running import RunningTestbed, TestbedError

_LONGEST, _LOOK = 120.0, 0.5
"""Seconds for which a call is followed at most, and between two looks at the telephones."""


def laid_out(session: Session, step_id: str) -> None:
    """Display the telephones that a step is rehearsed with; nothing for any other step.

    They stand there while the cell runs: it watches, and the person dials.
    """
    step, ctx = session.guide.step(step_id), session.engine.ctx
    card = step.card(ctx) if step.card and step.dials else None
    if session.testbed is None or card is None or card.standing:
        return
    if cards.rehearsed(ctx, card):
        Telephones(session.testbed, card).buttons.show()


class Telephones:
    """What a person can do with them for a card, and what they are doing."""

    def __init__(self, testbed: RunningTestbed, card: Card) -> None:
        import ipywidgets

        self._testbed, self._card = testbed, card
        numbers = ranges.found_in(" ".join(f.value for f in card.fields if f.name == "number"))
        self._number = ipywidgets.Dropdown(options=numbers, layout={"width": "auto"})
        self.buttons = Buttons(*([self._number] if numbers[1:] else []))
        if card.system != "phone":
            at = platform(card.system).title
            return self.buttons.add(f"Start the call at {at}", self._start, "phone")
        asks = " and ask for a person" if self._transfers else ""
        number = "this number" if numbers[1:] else self._number.value
        self.buttons.add(f"Dial {number} on the rehearsal's phone{asks}", self._dial, "phone")
        if self._transfers:
            self.buttons.add("Answer the agent's phone", self._answer, "phone")

    @property
    def _transfers(self) -> bool:
        return self._card.step == "verify.transfer"

    def _start(self) -> str:
        card = self._card
        self._testbed.administer(card.system, card.step, screens.entered(card, {}))
        return "Started. The cell finds the call while it watches."

    def _dial(self) -> str:
        call = {"to": self._number.value, "transfer": self._transfers}
        self._testbed.administer("phone", "dial", call)
        threading.Thread(target=self._follow, daemon=True).start()
        return "Dialing …"

    def _answer(self) -> str:
        return _told(self._testbed.administer("phone", "answer", {}))

    def _follow(self) -> None:
        """Tell what the telephones are doing until the call is over."""
        until, busy = time.monotonic() + _LONGEST, True
        while busy and time.monotonic() < until:
            time.sleep(_LOOK)
            try:
                seen = self._testbed.administer("phone", "look", {})
            except TestbedError as error:
                return self.buttons.say(str(error))
            busy = bool(seen["busy"])
            self.buttons.say(_told(seen))


def _told(seen: Mapping[str, Any]) -> str:
    rings = " · the agent's phone rings: answer it" if seen["rings"] else ""
    return f"The phone: {seen['outside']}{rings}"
