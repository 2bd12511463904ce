"""What a refusal or a silent platform comes to: a check of its own, and no other check is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine.effects import Unsettled
from sfsip_nb.engine.model import Refused, Stranded
from sfsip_nb.engine.verdicts import STRANDED, Check, Vantage, Verdict

_API = "api"


Look = Callable[[], Iterable[Check]]
"""Something that is looked at by itself."""


def apart(step: str, *looks: Look) -> list[Check]:
    """What each look shows; one that is refused says so, and the next goes on."""
    found: list[Check] = []
    for look in looks:
        try:
            found.extend(look())
        except (ApiError, Refused) as error:
            found.append(told(step, error))
    return once(found)


def told(step: str, error: ApiError | Refused) -> Check:
    """A refusal fails; trouble of the network or of a platform says nothing of the customer."""
    check = Check(
        id=f"{step}/{_API}",
        title=f"{error.platform} accepts the request"
        if isinstance(error, ApiError)
        else "The step can be carried out",
        expected="no refusal",
        seen=str(error),
        verdict=Verdict.FAIL,
        vantage=Vantage.PLATFORM,
        reason=error.advice,
    )
    if isinstance(error, Stranded):
        return replace(
            check,
            id=f"{step}{STRANDED}",
            title="Nothing is left half changed",
            expected="done, or undone",
        )
    if isinstance(error, Unsettled) or (isinstance(error, ApiError) and error.transient):
        return replace(
            check,
            title=f"{error.platform if isinstance(error, ApiError) else 'The platform'} answers",
            expected="an answer that can be used",
            verdict=Verdict.INCONCLUSIVE,
        )
    return check


def once(checks: Sequence[Check]) -> list[Check]:
    """The checks, each refusal once and under an id of its own: `/api`, `/api/2`, …"""
    found: list[Check] = []
    refusals: list[str] = []
    for check in checks:
        step, _, part = check.id.partition("/")
        if part.split("/")[0] != _API:
            found.append(check)
        elif check.seen not in refusals:
            refusals.append(check.seen)
            place = f"/{len(refusals)}" if len(refusals) > 1 else ""
            found.append(replace(check, id=f"{step}/{_API}{place}"))
    return found
