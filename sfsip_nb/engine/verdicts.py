"""Checks and verdicts, and how several make one.

A check is what is expected against what is seen, from a vantage. Only evidence makes a pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sfsip_nb.engine.clock import now

STRANDED = "/stranded"
"""How the id of a check ends that says what was left half changed."""


class Verdict(StrEnum):
    """What became of a check or a step. ``waiting`` is always for a person."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    WAITING = "waiting"
    BLOCKED = "blocked"
    SKIPPED = "skipped"
    WAIVED = "waived"


class Vantage(StrEnum):
    """From where something was seen."""

    HERE = "here"  # this machine
    PLATFORM = "platform"  # what the contact center recorded
    SYNTHFLOW = "synthflow"  # what Synthflow recorded
    TESTBED = "testbed"  # both ends, as only the testbed can show them


class Basis(StrEnum):
    """What a check rests on. No check passes without any."""

    API = "api"  # what was asked of a platform's API and what it answered
    CALL = "call"  # a call: its messages, its packets, what was heard
    PROBE = "probe"  # a question on the wire that is no call: a message, a name, a certificate
    FILE = "file"  # a file that a person handed in
    PERSON = "person"  # what a person said, by name and with the time
    INPUTS = "inputs"  # computed from the inputs and the dated facts
    RUN = "run"  # the run's own checks and its clock


class Weight(StrEnum):
    """Whether a check can change its step's verdict."""

    REQUIRED = "required"
    ADVISORY = "advisory"


@dataclass(frozen=True)
class Check:
    """One expectation and what was seen.

    ``reason`` says why the verdict is not a plain pass, and what to do next.
    ``evidence`` names files in the run's evidence folder, ``basis`` says what kinds of evidence it
    rests on, as far as those files do not. ``number`` is the one that it is about (E.164), where
    the run has several. ``at`` is when it was judged, in UTC.
    ``proved_by`` is for one that nothing can decide here: ids of the checks or steps whose success
    decides it, all of them together (``engine/proofs.py``). Its own verdict is ``inconclusive``.
    What was seen before ``proved_since`` says nothing of it: since then it is as it is.
    """

    id: str
    title: str
    expected: str
    seen: str
    verdict: Verdict
    vantage: Vantage = Vantage.PLATFORM
    weight: Weight = Weight.REQUIRED
    reason: str = ""
    evidence: tuple[str, ...] = ()
    proved_by: tuple[str, ...] = ()
    proved_since: str = ""
    basis: tuple[Basis, ...] = ()
    number: str = ""
    at: str = field(default_factory=now, compare=False)


DONE = frozenset({Verdict.PASS, Verdict.SKIPPED, Verdict.WAIVED})
"""What leaves nothing open."""

# Worst first: the order in which a step takes the verdict of its required checks.
_ORDER = (
    Verdict.FAIL,
    Verdict.BLOCKED,
    Verdict.WAITING,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several verdicts; a waived one counts as passed.

    With nothing but skipped ones, or none at all, the answer is ``skipped``.
    """
    found = {Verdict.PASS if v is Verdict.WAIVED else v for v in verdicts}
    return next((v for v in _ORDER if v in found), Verdict.SKIPPED)


def step_verdict(checks: Iterable[Check]) -> Verdict:
    """A step's verdict: the worst of its required checks. Advisory checks never change it."""
    return worst(c.verdict for c in checks if c.weight is Weight.REQUIRED)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """The exit code of a run: 0 all well, 1 something failed, 3 something is open."""
    result = worst(verdicts)
    if result is Verdict.FAIL:
        return 1
    return 0 if result in (Verdict.PASS, Verdict.SKIPPED) else 3
