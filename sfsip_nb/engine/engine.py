"""Carrying out steps: needs, plan, apply or verify, people, checks, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial

from sfsip_nb.api.errors import ApiError
from sfsip_nb.api.exchanges import told_to
from sfsip_nb.api.memory import remembering
from sfsip_nb.engine import apply, effects, evidence, fitting, hosts, people, plan, trouble
from sfsip_nb.engine.broken import InternalError, explain
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, Desired, LookupResult, Refused, Step, Stranded
from sfsip_nb.engine.plan import Plan
from sfsip_nb.engine.rows import CheckRow, StepRow
from sfsip_nb.engine.verdicts import Check, Verdict, step_verdict

_GOOD = ("pass", "skipped", "waived")
_INTERRUPTED = "Interrupted; run it again to continue."


@dataclass
class StepResult:
    """A step as it ended."""

    step: Step
    verdict: Verdict
    checks: list[Check] = field(default_factory=list)
    change: str = "none"
    reason: str = ""
    card: Card | None = None


class Engine:
    """One attempt's steps, in any order; what a step needs is looked up in the journal."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self._noted: Plan | None = None
        self._counting = False

    @contextmanager
    def _asking(self) -> Iterator[evidence.Asked]:
        """What is asked of the platforms in here: noted, counted, and read once each."""
        inside, self._counting = self._counting, True  # a step may make its plan
        memory = self.ctx.memory if self.ctx.recalls else None
        with told_to(evidence.Asked()) as asked, remembering(memory):
            try:
                yield asked
            finally:
                self._counting = inside
                if not inside:
                    self.ctx.count(asked.requests)

    def reach(self) -> None:
        """The first thing a run does: reach each host that it needs. Raises ``Unreachable``."""
        hosts.require(self.ctx)

    # -- the plan -------------------------------------------------------------------------

    def plan(self, fresh: bool = False) -> Plan:
        """The saved plan where it still fits the inputs, else a new one, saved.

        In mode ``plan`` it is always made anew. On the testbed a fresh plan approves itself, unless
        a person wants to.
        Raises ``Refused`` where none can be made (`plan.make`).
        """
        ctx = self.ctx
        saved = None if fresh or ctx.mode == "plan" else plan.read(plan.path_of(ctx))
        if saved is not None and saved.fits(ctx):
            if saved != self._noted:  # each wanted object asks, and a plan of many numbers is long
                saved.note(ctx)
                self._noted = saved
            return saved
        if ctx.mode == "apply":
            effects.resume(ctx, ctx.journal.changes.all())
        with self._asking():
            ctx.memory.written()  # a plan is made of what is there now,
            made = plan.make(ctx)
            ctx.memory.written()  # and carried out where it is there still
        if not ctx.parameters.by_hand.plan:
            made.approve("the testbed (a fresh plan approves itself)")
        made.save(ctx)
        return made

    def _planned(self) -> Plan:
        """The plan of this attempt in mode ``plan``: made once, then shown."""
        saved = plan.read(plan.path_of(self.ctx))
        mine = saved is not None and saved.attempt == self.ctx.attempt and saved.fits(self.ctx)
        return saved if saved and mine else self.plan()

    def approve(self, by: str, read: str = "") -> Plan:
        """Approve the saved plan by name, so that apply may carry it out.

        ``read`` is the digest of the plan that the person was shown (`Plan.digest`); empty, where
        they were shown none here and name the saved one. Raises ``InputError`` where none is saved
        for these inputs and decisions, or it says something else: nobody approves unread.
        """
        current = plan.to_approve(plan.path_of(self.ctx), self.ctx.typed)
        if not current.fits(self.ctx):
            raise plan.unplanned()
        if read and read != current.digest(self.ctx):
            raise plan.changed_since()
        current.approve(by)
        current.save(self.ctx)
        return current

    def look(self) -> dict[str, LookupResult]:
        """What both platforms say of the inputs, by the inputs' keys. Changes nothing."""
        with self._asking():
            return {look.key: fitting.asked(self.ctx, look) for look in self.ctx.guide.looks}

    # -- steps ----------------------------------------------------------------------------

    def run(self, step_id: str) -> StepResult:
        """Carry out one step and keep its verdict.

        Raises ``InternalError`` for a fault of our own, and ``Unreachable`` where it cannot begin
        without a host; whatever else a platform or a peer does becomes a verdict. Where a person
        interrupts, the step is left open, and ``KeyboardInterrupt`` goes on; its cause is
        ``Stranded`` where something was left half changed, which is a failed check then.
        """
        try:
            return self._run(self.ctx.guide.step(step_id))
        finally:
            self.ctx.journal.step_over()

    def _run(self, step: Step) -> StepResult:
        ctx = self.ctx
        row = ctx.journal.step_begins(ctx.attempt, step.id)
        broke: BaseException | None = None
        with self._asking() as asked:
            try:
                result = self._carry_out(step)
            except (ApiError, Refused) as error:
                result = StepResult(step, Verdict.FAIL, [trouble.told(step.id, error)])
            except hosts.Unreachable as error:
                broke = error
                result = StepResult(step, Verdict.BLOCKED, reason=f"Not begun: {error}")
            except Exception as error:
                told = explain(ctx.run_dir, ctx.redactor, step.id, error)
                broke = InternalError(told)
                result = StepResult(step, Verdict.INCONCLUSIVE, reason=told)
            except KeyboardInterrupt as error:
                broke = error
                left = error.__cause__
                checks = [trouble.told(step.id, left)] if isinstance(left, Stranded) else []
                result = _interrupted(step, checks)
        try:
            checks = evidence.resting(ctx, step.id, trouble.once(result.checks), asked)
        except KeyboardInterrupt as error:  # without evidence nothing passes
            broke = broke or error
            checks = [check for check in result.checks if check.verdict is Verdict.FAIL]
            result = _interrupted(step, checks)
        result.checks = [self._waived(check) for check in checks]
        if result.checks:
            result.verdict = step_verdict(result.checks)
        ctx.journal.step_ends(
            row,
            result.verdict,
            result.change,
            map(CheckRow.of, result.checks),
            result.reason,
        )
        if broke is not None:
            raise broke from broke.__cause__
        ended = ctx.journal.steps(ctx.attempt)[step.id]  # with what other steps prove of it
        result.verdict, result.checks = ended.verdict, [c.check for c in ended.checks]
        return result

    def _carry_out(self, step: Step) -> StepResult:
        ctx = self.ctx
        reason = step.skip_reason(ctx) if step.skip_reason else ""
        if not reason and step.dials and ctx.mode == "plan":
            reason = "A plan does not dial."
        if reason:
            return StepResult(step, Verdict.SKIPPED, reason=reason)
        card = step.card(ctx) if step.card else None
        if open_needs := self._open_needs(step):
            names = ", ".join(
                f"{n} ({ctx.journal.verdict(n) or 'not run yet'})" for n in open_needs
            )
            return StepResult(step, Verdict.BLOCKED, reason=f"First: {names}.", card=card)
        result = StepResult(step, Verdict.SKIPPED, card=card)
        if ctx.mode == "verify":
            result.checks += trouble.apart(step.id, partial(self._as_found, step))
        elif not self._as_wanted(step, result):
            return result
        if card is not None:
            people.answer_from_parameters(ctx, card)
            answered = people.checks(ctx, card)
            result.checks += answered
            if step_verdict(answered) is Verdict.WAITING and not step.checks_anyway:
                return result
        if step.check is not None:
            look = partial(step.check, ctx)
            result.checks += trouble.apart(step.id, look) if ctx.mode == "verify" else look()
        return result

    def _as_found(self, step: Step) -> list[Check]:
        """Each wanted object against what is there, whatever became of the one before it."""

        def look(want: Desired) -> list[Check]:
            return apply.as_wanted(self.ctx, step.id, want, None).checks

        wants = plan.wanted(self.ctx, step)
        return trouble.apart(step.id, *(partial(look, want) for want in wants))

    def _as_wanted(self, step: Step, result: StepResult) -> bool:
        """Plan or make the wanted objects, one after the other, as long as all is well."""
        ctx = self.ctx
        wants = plan.wanted(ctx, step)
        planned = (self.plan() if ctx.mode == "apply" else self._planned()) if wants else None
        for want in wants:
            if ctx.mode == "apply":
                assert planned is not None
                settled = apply.carry_out(ctx, step.id, want, planned)
                self._stop_if_moved(settled)
            else:
                settled = apply.as_wanted(ctx, step.id, want, planned)
            result.checks += settled.checks
            result.reason = " ".join([result.reason, *settled.found]).strip()
            if settled.change != "none":
                result.change = settled.change
            if not _well(settled.checks):
                return False
        return True

    def _open_needs(self, step: Step) -> list[str]:
        """The steps that hold this one up.

        In ``verify`` none holds up what reads, and what failed holds up no call: it shows what
        else is wrong. In ``plan``, what only waits for the plan does not hold it up.
        """
        mode = self.ctx.mode
        if mode == "plan" and step.desired:
            return self._failed_before(step)
        if mode == "verify" and not step.dials:
            return []
        enough = (*_GOOD, Verdict.FAIL) if mode == "verify" else _GOOD
        rows = self.ctx.journal.steps() if step.needs else {}
        return [needed for needed in step.needs if not self._met(rows.get(needed), enough)]

    def _met(self, row: StepRow | None, enough: tuple[str, ...]) -> bool:
        return row is not None and (row.verdict in enough or people.only_awaits_proof(row))

    def _failed_before(self, step: Step) -> list[str]:
        """The steps that failed in this attempt among all that this one comes after."""
        rows = self.ctx.journal.steps(self.ctx.attempt)
        found, asked = dict[str, None](), list(step.needs)
        while asked:
            needed = asked.pop(0)
            if needed in rows and rows[needed].verdict is Verdict.FAIL:
                found[needed] = None
            else:
                asked += self.ctx.guide.step(needed).needs
        return list(found)

    def _stop_if_moved(self, settled: apply.Settled) -> None:
        """Once something has moved, the rest of the plan is not carried out either."""
        if any(c.id.endswith("/plan") and c.verdict is Verdict.FAIL for c in settled.checks):
            current = self.plan()
            if not current.stopped:
                moved = ", ".join(check.title for check in settled.checks)
                current.stopped = f"stopped because something had changed: {moved}"
                current.save(self.ctx)

    def _waived(self, check: Check) -> Check:
        """A check that somebody took upon themselves, until the day they named."""
        for waiver in self.ctx.parameters.waive:
            if waiver.check != check.id or check.verdict in (Verdict.PASS, Verdict.SKIPPED):
                continue
            if waiver.until < _today():
                return replace(
                    check, reason=f"{check.reason} The waiver expired on {waiver.until}."
                )
            by = f"Waived by {waiver.by} until {waiver.until}: {waiver.reason}"
            return replace(check, verdict=Verdict.WAIVED, reason=by)
        return check


def _interrupted(step: Step, checks: list[Check]) -> StepResult:
    """A step that a person stopped; what failed before stands all the same."""
    return StepResult(step, Verdict.INCONCLUSIVE, checks, reason="" if checks else _INTERRUPTED)


def _well(checks: list[Check]) -> bool:
    return step_verdict(checks) in (Verdict.PASS, Verdict.SKIPPED)


def _today() -> date:
    return datetime.now(UTC).date()
