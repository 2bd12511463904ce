"""Short ways to write checks, and the clients that steps read with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import text
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.verdicts import Basis, Check, Vantage, Verdict, Weight
from sfsip_nb.platforms.shared.origin import origin
from sfsip_nb.platforms.synthflow.client import SynthflowClient


class _KeptIds(dict[str, str]):
    """Ids of a workspace's assistants by what was asked for, kept for the run's next kernel."""

    def __init__(self, journal: Journal, region: str, workspace: str) -> None:
        self._name = f"synthflow.assistants/{region}/{workspace}"
        super().__init__(journal.get(self._name, {}))
        self._journal = journal

    def __setitem__(self, wanted: str, id: str) -> None:
        super().__setitem__(wanted, id)
        self._journal.change(self._name, lambda kept: kept | {wanted: id}, {})


def synthflow(ctx: Context) -> SynthflowClient:
    """The attempt's Synthflow client."""
    own = ctx.parameters.synthflow
    return ctx.once(
        "synthflow",
        lambda: SynthflowClient(
            ctx.secrets["synthflow.api_key"],
            own.workspace_id,
            base=origin(ctx, "synthflow"),
            assistant_ids=_KeptIds(ctx.journal, own.region, own.workspace_id),
        ),
        SynthflowClient.close,
    )


def check(
    id: str,
    title: str,
    expected: Any,
    seen: Any,
    ok: bool | None,
    vantage: Vantage = Vantage.PLATFORM,
    *,
    advisory: bool = False,
    reason: str = "",
    evidence: tuple[str, ...] = (),
    proved_by: tuple[str, ...] = (),
    basis: Basis | None = None,
) -> Check:
    """A check from a yes (pass), a no (fail) or a cannot-tell (None: inconclusive).

    The reason is kept only where the verdict is no pass, what proves it only where it is open.
    ``basis`` says what it rests on where that is neither a kept file nor what an API shows.
    """
    verdict = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.INCONCLUSIVE}[ok]
    return Check(
        id=id,
        title=title,
        expected=text(expected),
        seen=text(seen),
        verdict=verdict,
        vantage=vantage,
        weight=Weight.ADVISORY if advisory else Weight.REQUIRED,
        reason="" if ok else reason,
        evidence=evidence,
        proved_by=proved_by if ok is None else (),
        basis=(basis,) if basis else (),
    )


def part(of: str, among: Collection[str]) -> str:
    """What tells the checks of one of several like objects apart: nothing where there is one."""
    return of if len(among) > 1 else ""


def of_number(ctx: Context, number: str, checks: Iterable[Check]) -> Iterator[Check]:
    """Checks of a step that looks at one number after the other.

    Where the run has several, each carries its number; else they are the step's own, as are those
    of a number that is none of them, such as the live agents'.
    """
    for made in checks:
        if ctx.parameters.is_one_of_several(number):
            id = made.id if number in made.id else f"{made.id}/{number}"
            title = made.title if number in made.title else f"{made.title} ({number})"
            made = replace(made, id=id, title=title, number=number)
        yield made


def decided(verdict: str) -> bool | None:
    """A probe's or a diagnosis' verdict as `check` takes it: yes, no, or cannot tell."""
    return {"pass": True, "fail": False}.get(verdict)


def remark(
    id: str,
    title: str,
    seen: str,
    reason: str,
    vantage: Vantage = Vantage.HERE,
    proved_by: tuple[str, ...] = (),
) -> Check:
    """Something that a reader should know: advisory, and open unless another step proves it."""
    return check(
        id,
        title,
        "for information",
        seen,
        None,
        vantage,
        advisory=True,
        reason=reason,
        proved_by=proved_by,
    )
