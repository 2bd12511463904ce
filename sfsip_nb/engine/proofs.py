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
from sfsip_nb.engine.verdicts import Basis, Verdict, Weight, worst

Row = TypeVar("Row", bound=StepRow)

_FEW = 3
"""Proofs that a sentence names; a run of many numbers has as many calls."""


@dataclass(frozen=True)
class Proof:
    """What one id of ``proved_by`` comes to: whether it holds, where and how that was seen."""

    holds: bool
    where: str
    seen: str
    at: str
    evidence: Sequence[str]
    basis: Sequence[Basis]


class _Known:
    """The steps that have ended, and their checks by id: of many numbers there are many."""

    def __init__(self, steps: Mapping[str, StepRow]) -> None:
        self.steps = steps
        self._checks: dict[str, dict[tuple[str, str], list[CheckRow]]] = {}

    def checks(self, step: StepRow, identity: str, number: str) -> list[CheckRow]:
        """The checks of that id, or the same of several numbers; of `number` alone if given."""
        if step.id not in self._checks:
            found = self._checks[step.id] = {}
            for check in step.checks:
                ids = {check.id, check.id.removesuffix(f"/{check.number}")}
                for key in ((id_, which) for id_ in ids for which in {"", check.number}):
                    found.setdefault(key, []).append(check)
        return self._checks[step.id].get((identity, number), [])


def settled(row: Row, steps: Mapping[str, StepRow], calls: Sequence[DialledRow]) -> Row:
    """A step with the verdicts that ``steps`` give to its checks.

    ``calls`` are those that were placed; a proof names the one that it rests on.
    """
    if not any(check.proved_by for check in row.checks):
        return row
    known = _Known(steps)
    checks = [
        _settled(check, [list(_proofs(row, check, id_, known, calls)) for id_ in check.proved_by])
        if check.proved_by
        else check
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


def _settled(check: CheckRow, by_id: Sequence[Sequence[Proof]]) -> CheckRow:
    proofs = [proof for found in by_id for proof in found]
    missing = [proof for proof in proofs if not proof.holds]
    if missing or not all(by_id):
        told = f"Not proved by {_told(missing)}" if missing else ""
        return check.model_copy(update={"reason": f"{check.reason} {told}".strip()})
    found = [*check.evidence, *(name for proof in proofs for name in proof.evidence)]
    return check.model_copy(
        update={
            "verdict": Verdict.PASS,
            "reason": f"Proved by {_told(proofs)}",
            "evidence": list(dict.fromkeys(found)),
            "basis": list(dict.fromkeys(kind for proof in proofs for kind in proof.basis)),
            "at": max(proof.at for proof in proofs),
        }
    )


def _told(proofs: Sequence[Proof]) -> str:
    """`verify.transfer, call sfsip-…: The call landed in the queue (Support); …`."""
    seen: dict[str, dict[str, None]] = {}
    for proof in proofs:
        seen.setdefault(proof.where, {})[proof.seen] = None
    told = [f"{where}: {'; '.join(filter(None, all_))}" for where, all_ in seen.items()]
    few = [each.removesuffix(": ") for each in told[:_FEW]]
    more = f", and {len(told) - _FEW} more" if len(told) > _FEW else ""
    return f"{'; and '.join(few)}{more}."


def _proofs(
    row: StepRow,
    check: CheckRow,
    identity: str,
    known: _Known,
    calls: Sequence[DialledRow],
) -> Iterator[Proof]:
    """What one of its ids comes to; nothing where that step was not run.

    Where a run has several numbers, an id stands for the checks of all of them, and for a check of
    one number only for that number's.
    """
    name, _, part = identity.partition("/")
    step = known.steps.get(name)
    if step is None or step.started < check.proved_since:
        return
    ended = step.ended or step.started
    before = f" at {ended}" if ended < row.started else ""
    own = known.checks(step, identity, check.number) if part else []
    for each in own:
        call = _call(step, each.evidence, calls)
        where = f"{name}{before}" + (f", call {call.mark}" if call else "")
        evidence = each.evidence or (call.seen.evidence if call and call.seen else [])
        held = each.verdict is Verdict.PASS
        yield Proof(held, where, f"{each.title} ({each.seen})", each.at, evidence, each.basis)
    if not own:
        held = not part and holds(step)
        call = _call(step, step.evidence, calls)
        where = f"{name}{before}" + (f", call {call.mark}" if call else "")
        basis = [kind for each in step.checks for kind in each.basis]
        seen = "" if held else _nothing(step)
        yield Proof(held, where, seen, ended, step.evidence, basis)


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
