"""What other steps prove of a check that nothing can decide at its own step.

Such a check is open by itself and names in ``proved_by`` what decides it: other checks, or whole
steps, by id. All of them together make it a pass. A proof that did not come out refutes nothing:
the check stays open, and says what was seen instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sfsip_nb.engine.rows import CheckRow, DialledRow, StepRow
from sfsip_nb.engine.verdicts import Verdict, Weight, worst

Row = TypeVar("Row", bound=StepRow)


@dataclass(frozen=True)
class Proof:
    """What one id of ``proved_by`` comes to: whether it holds, where and how that was seen."""

    holds: bool
    where: str
    seen: str
    at: str
    evidence: Sequence[str]


def settled(row: Row, steps: Mapping[str, StepRow], calls: Sequence[DialledRow]) -> Row:
    """A step with the verdicts that ``steps`` give to its checks.

    ``calls`` are those that were placed; a proof names the one that it rests on.
    """
    if not any(check.proved_by for check in row.checks):
        return row
    checks = [
        _settled(check, list(_proofs(row, check, steps, calls))) if check.proved_by else check
        for check in row.checks
    ]
    required = [check.verdict for check in checks if check.weight is Weight.REQUIRED]
    named = sorted({name for check in checks for name in check.evidence})
    return row.model_copy(update={"checks": checks, "verdict": worst(required), "evidence": named})


def holds(row: StepRow) -> bool:
    """Whether a step as it ended is evidence of success.

    On a live run all checks of a probe are advisory: one that passed, and none that failed, is
    evidence all the same.
    """
    verdicts = {check.verdict for check in row.checks}
    seen = Verdict.PASS in verdicts and Verdict.FAIL not in verdicts
    return row.verdict is Verdict.PASS or (row.verdict is Verdict.SKIPPED and seen)


def _settled(check: CheckRow, proofs: Sequence[Proof]) -> CheckRow:
    missing = [proof for proof in proofs if not proof.holds]
    if missing or len(proofs) < len(check.proved_by):
        told = f"Not proved by {_told(missing)}" if missing else ""
        return check.model_copy(update={"reason": f"{check.reason} {told}".strip()})
    found = [*check.evidence, *(name for proof in proofs for name in proof.evidence)]
    return check.model_copy(
        update={
            "verdict": Verdict.PASS,
            "reason": f"Proved by {_told(proofs)}",
            "evidence": list(dict.fromkeys(found)),
            "at": max(proof.at for proof in proofs),
        }
    )


def _told(proofs: Sequence[Proof]) -> str:
    """`verify.transfer, call sfsip-…: The call landed in the queue (Support); …`."""
    seen: dict[str, list[str]] = {}
    for proof in proofs:
        seen.setdefault(proof.where, []).append(proof.seen)
    told = (f"{where}: {'; '.join(filter(None, all_))}" for where, all_ in seen.items())
    return f"{'; and '.join(each.removesuffix(': ') for each in told)}."


def _proofs(
    row: StepRow, check: CheckRow, steps: Mapping[str, StepRow], calls: Sequence[DialledRow]
) -> Iterator[Proof]:
    """What its ids come to, as far as their steps were run."""
    for identity in check.proved_by:
        name, _, part = identity.partition("/")
        step = steps.get(name)
        if step is None or step.started < check.proved_since:
            continue
        ended = step.ended or step.started
        before = f" at {ended}" if ended < row.started else ""
        own = next((each for each in step.checks if each.id == identity), None) if part else None
        held = own.verdict is Verdict.PASS if own else not part and holds(step)
        seen = f"{own.title} ({own.seen})" if own else "" if held else _nothing(step)
        evidence = own.evidence if own else step.evidence
        call = _call(step, evidence, calls)
        where = f"{name}{before}" + (f", call {call.mark}" if call else "")
        if call and call.seen and not evidence:
            evidence = call.seen.evidence
        yield Proof(held, where, seen, own.at if own else ended, evidence)


def _nothing(step: StepRow) -> str:
    """Why a step proves nothing here."""
    if step.verdict is Verdict.PASS:
        return "it passed, but did not see this"
    return f"it is {step.verdict}"


def _call(step: StepRow, evidence: Sequence[str], calls: Sequence[DialledRow]) -> DialledRow | None:
    """The call that something of a step rests on; None where that is none, or not clear."""
    placed = [c for c in calls if c.step == step.id and step.started <= c.at <= (step.ended or "")]
    kept = [call for call in placed if call.seen and set(call.seen.evidence) & set(evidence)]
    found = kept or placed
    return found[0] if len(found) == 1 else None
