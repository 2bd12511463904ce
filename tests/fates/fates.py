"""What can become of one request on its way: who answers, what was carried out, what is heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

TIMEOUT = 20.0 / 40
"""The client's timeout in seconds, scaled down as a late answer is."""
LATE = 12.0 / 40


@dataclass(frozen=True)
class Course:
    """The course of one sending. ``status`` 0 passes the platform's own answer on."""

    forward: bool = True
    status: int = 0
    reset: bool = False
    cut: bool = False
    garbage: bool = False
    delay: float = 0.0
    held: bool = False
    """The answer is held back until the client has gone."""


PASSED = Course()

Fate = Callable[[str, int], Course]
"""By method and the number of times that this very request was sent before."""


def _refused_first(method: str, before: int) -> Course:
    return Course(forward=False, status=403)


def _refused_after_resend(method: str, before: int) -> Course:
    if before == 0:
        # A POST is sent again after 429 only.
        return Course(forward=False, status=429 if method == "POST" else 503)
    return Course(forward=False, status=409)


def _reset_before(method: str, before: int) -> Course:
    return Course(forward=False, reset=True)


def _answer_lost(method: str, before: int) -> Course:
    return Course(reset=True)


def _then_conflict(method: str, before: int) -> Course:
    return Course(status=502) if before == 0 else PASSED


def _5xx_before(method: str, before: int) -> Course:
    return Course(forward=False, status=500 if before % 2 else 502)


def _5xx_after(method: str, before: int) -> Course:
    return Course(status=502)


def _408_after(method: str, before: int) -> Course:
    return Course(status=408)


def _429_x5(method: str, before: int) -> Course:
    return Course(forward=False, status=429) if before < 5 else PASSED


def _cut_body(method: str, before: int) -> Course:
    return Course(cut=True)


def _late(method: str, before: int) -> Course:
    return Course(delay=LATE) if before == 0 else PASSED


def _too_late(method: str, before: int) -> Course:
    return Course(held=True) if before == 0 else PASSED


FATES: Mapping[str, Fate] = {
    "refused_first": _refused_first,
    "refused_after_resend": _refused_after_resend,
    "reset_before": _reset_before,
    "carried_out_answer_lost": _answer_lost,
    "carried_out_then_conflict": _then_conflict,
    "5xx_before": _5xx_before,
    "5xx_after": _5xx_after,
    "408_after": _408_after,
    "429_x5": _429_x5,
    "cut_body": _cut_body,
    "late": _late,
    "too_late": _too_late,
}

UNPUNCTUAL = (_late, _too_late)
"""Under these the client's patience is scaled down; else a busy machine would look like them."""

TROUBLE = (
    Course(forward=False, status=500),
    Course(forward=False, status=503),
    Course(forward=False, reset=True),
    Course(cut=True),
    Course(garbage=True),
)
"""What befalls a read under chaos."""
