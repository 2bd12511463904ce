"""Guide section "Quick Troubleshooting": every row, ranked on what this run saw.

A row is data: the symptom and the fix as the document has them, and which checks speak for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Step
from sfsip_nb.engine.rows import CheckRow, StepRow
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Weight
from sfsip_nb.platforms.shared import captures
from sfsip_nb.platforms.shared.captures import Sign
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.sip.shown import counted

SECTION = "06-troubleshooting"
_BAD = ("fail", "blocked")
_OPEN = ("inconclusive", "waiting")

# The way of a call, by the checks of a test call: where it ended explains all that comes after.
_WAY = ("answer", "platform", "trunk", "synthflow")


@dataclass(frozen=True)
class TroubleshootingRow:
    """One row of the troubleshooting table. ``signs`` are beginnings of check or step ids."""

    id: str
    issue: str
    fix: str
    signs: tuple[str, ...]


def rank(
    ctx: Context, rows: tuple[TroubleshootingRow, ...], more: Sequence[Sign] = ()
) -> list[dict[str, Any]]:
    """The rows, the likeliest first, each with the checks of this run that speak for it.

    A row is ``certain`` where a check failed; checks that are still open only raise a doubt.
    ``more`` is what captures show.
    """
    seen = ctx.journal.steps().values()
    signs = [_sign(check) for step in seen for check in _speaking(step)]
    signs.extend(more)
    ranked = []
    doubtful = ("inconclusive",) if ctx.mode == "plan" else _OPEN  # a plan waits for its apply
    for place, row in enumerate(rows):
        own = [sign for sign in signs if sign.id.startswith(row.signs)]
        failed = [sign for sign in own if sign.verdict in _BAD]
        unclear = [sign for sign in own if sign.verdict in doubtful and sign.required]
        because = list(dict.fromkeys(sign.because for sign in failed))
        ranked.append(
            (
                (-len(failed), -len(unclear), place),
                {
                    "id": row.id,
                    "cause": row.issue,
                    "because": because or [sign.because for sign in unclear],
                    "certain": bool(failed),
                    "remedy": row.fix,
                    "steps": sorted({sign.id.split("/")[0] for sign in failed + unclear}),
                },
            )
        )
    return [row for _, row in sorted(ranked, key=lambda item: item[0])]


def _sign(check: CheckRow) -> Sign:
    told = check.seen if check.verdict in _BAD else check.verdict
    because = f"{check.title or check.id} ({check.id.partition('/')[0]}): {told}"
    return Sign(check.id, check.verdict, because, check.weight is Weight.REQUIRED)


def _speaking(step: StepRow) -> list[CheckRow]:
    """A step's checks without mere consequences: an agent that was not reached is not heard."""
    for place in _WAY:
        ended = [c for c in step.checks if c.id == f"{step.id}/{place}" and c.verdict in _BAD]
        if ended:
            return ended
    return step.checks


def step(rows: tuple[TroubleshootingRow, ...], hint: str) -> Step:
    """The step ``diagnose`` for a guide's rows; ``hint`` is the document's closing note."""

    def diagnose(ctx: Context) -> list[Check]:
        read = captures.read(ctx.run_dir)
        ranked = rank(ctx, rows, captures.signs(read))
        ctx.journal.put(f"diagnosis/{ctx.attempt}", ranked)
        steps = len(ctx.journal.steps())
        found = [
            check(
                "diagnose/read",
                "This run's evidence was read",
                "at least one step's checks, or a capture",
                f"{counted(steps, 'step')}, {counted(len(read), 'capture')}",
                steps + len(read) > 0,
                Vantage.HERE,
                basis=Basis.RUN,
                reason="Run the sections before this one first.",
            )
        ]
        found += captures.checks(ctx, read)
        for row in ranked:
            found.append(
                check(
                    f"diagnose/{row['id']}",
                    row["cause"],
                    "no sign of it",
                    _signs(len(row["because"])),
                    False if row["certain"] else None if row["because"] else True,
                    Vantage.HERE,
                    basis=Basis.RUN,
                    advisory=True,
                    reason=row["remedy"],
                )
            )
        return found

    reason = _nothing_yet(hint)
    return Step("diagnose", SECTION, "Rank the causes", check=diagnose, skip_reason=reason)


def _signs(count: int) -> str:
    """How much speaks for a row; the table of the rows says what."""
    return f"{counted(count, 'sign')} of it" if count else "no sign of it"


def _nothing_yet(hint: str) -> Callable[[Context], str]:
    def reason(ctx: Context) -> str:
        seen = ctx.journal.steps() or captures.read(ctx.run_dir)
        return "" if seen else f"Nothing has been run yet. {hint}"

    return reason
