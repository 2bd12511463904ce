"""Leave to dial on the command line: `test_calls` of a parameters file, each call counted.

The rule is a run's (`engine.dialing`); what is counted and approved is one command.
"""

import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine import approval, dialing
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import load_file
from sfsip_nb.platforms.shared.testcall import anonymous


class Allowance:
    """What one command may dial: numbers, how many calls, how many in a minute."""

    def __init__(self, parameters: Path, approved_by: str) -> None:
        inputs = load_file(parameters)
        self._path, self._rules = parameters, inputs.test_calls
        self._approved = approved_by or approval.standing(self._rules) or inputs.target != "live"
        self._placed: list[float] = []

    @property
    def caller(self) -> str:
        """The From of test calls."""
        return anonymous(self._rules.from_ or "sfsip")

    def refusal(self, number: str) -> str:
        """Why a number may not be called, as a sentence; empty where it may."""
        if not number:
            return "TARGET names nobody to call: write sip:NUMBER@host, such as sip:+1…@host:port."
        if why := dialing.refusal(self._rules, number):
            return f"{self._path}: {why}"
        if not self._approved:
            return (
                f"{self._path}: Nobody has approved the call, which rings {number} and costs money:"
                f" add --approve NAME, or set {approval.INPUT} with a last day."
            )
        return ""

    def first(self, number: str) -> Mapping[str, str]:
        """The headers that mark the first call. Raises InputError where it may not be placed."""
        if refusal := self.refusal(number):
            raise InputError("test_calls", refusal)
        marks = self.again()
        if marks is None:
            raise InputError("test_calls", f"{self._path} allows no call: raise test_calls.max.")
        return marks

    def again(self) -> Mapping[str, str] | None:
        """Leave for one more call to the same number: its mark, None where `max` is used up.

        Waits until `per_minute` allows it.
        """
        if len(self._placed) >= self._rules.max:
            return None
        recent = self._placed[-self._rules.per_minute :]
        if len(recent) == self._rules.per_minute:
            wait = max(0.0, recent[0] + 60 - time.monotonic())
            with waiting(f"the next call, at most {self._rules.per_minute} a minute", wait):
                time.sleep(wait)
        self._placed.append(time.monotonic())
        return {dialing.MARK_HEADER: f"sfsip-{uuid.uuid4().hex[:12]}"}

    def permit(self, number: str) -> str:
        """Why a number that a peer names may not be called; empty where it may, and was counted."""
        if refusal := self.refusal(number):
            return refusal
        return "" if self.again() else "test_calls.max is used up."
