"""All that people will be asked for in a run, as one page to hand over before the call.

Made from the inputs alone, asking no platform, and from the run's plan where there is one.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Never

from sfsip_nb import sip
from sfsip_nb.engine import plan
from sfsip_nb.engine.context import Context, Surroundings
from sfsip_nb.engine.found import JOURNAL, look
from sfsip_nb.engine.journal import Journal
from sfsip_nb.engine.model import Guide, Step
from sfsip_nb.engine.rows import AnsweredCard, CardRow
from sfsip_nb.inputs import private
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.load import check_file, check_namespace
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Redactor, Secret
from sfsip_nb.platforms import guides
from sfsip_nb.present.handouts import Handout, page

NAME = "cards/cards.html"
"""Where the page of a run stands, in its folder."""


class _NotAsked(Exception):
    """Whether a card is needed is known once the platform was asked."""


class _Nowhere(dict[str, str]):
    """Origins of a run that asks nobody."""

    def __missing__(self, name: str) -> Never:
        raise _NotAsked(name)


def of_file(path: Path) -> str:
    """The page of a parameters file. Raises `InputError` for a wrong value, not for a secret."""
    parameters = check_file(path)[2].without_secrets()
    with tempfile.TemporaryDirectory() as folder:
        return _page(Path(folder), parameters, path.name)


def of_run(run_dir: Path) -> str:
    """The page of a run's folder. Raises `InputError` where no run was ever opened there."""
    match look(run_dir).inputs:
        case {"guide": str(name), "values": dict(values)} if name in guides.ALL:
            parameters = check_namespace(name, values).without_secrets()
            return _page(run_dir, parameters, f"run {parameters.run_name}")
    raise InputError(
        str(run_dir),
        f"{run_dir} is neither a parameters file nor a run's folder: it has no journal of a run."
        " Name a file that sfsip new wrote, or a run's folder.",
    )


def keep(run_dir: Path) -> Path:
    """Write the page of a run into its folder."""
    target = run_dir / NAME
    private.folder(target.parent)
    private.write(target, of_run(run_dir))
    return target


def _page(run_dir: Path, parameters: Parameters, source: str) -> str:
    guide = guides.ALL[parameters.guide]
    with closing(Journal(run_dir / JOURNAL)) as journal:
        ctx = _asking_nobody(guide, parameters, journal, run_dir)
        found = list(_handouts(ctx, plan.read(run_dir / plan.NAME)))
    return page(guide.title, parameters, source, found)


def _asking_nobody(
    guide: Guide, parameters: Parameters, journal: Journal, run_dir: Path
) -> Context:
    """A context in which no platform answers, and no secret is known or needed."""
    # On the testbed the telephone network is there, so that calls place themselves.
    phone = "testbed" if parameters.target == "testbed" else ""
    around = Surroundings(origins=_Nowhere(), resolver=sip.DnsResolver(), phone=phone)
    unread: Mapping[str, Secret] = defaultdict(lambda: Secret(""))
    return Context(guide, parameters, "plan", journal, 0, run_dir, unread, Redactor([]), around)


def _handouts(ctx: Context, saved: plan.Plan | None) -> Iterator[Handout]:
    """What each step asks of a person, in the guide's order.

    A plan has asked the platforms: what it has no card for, and nobody has done, is not needed.
    """
    due = saved.cards if saved else []
    planned = {card["step"]: AnsweredCard.model_validate(card) for card in due}
    for step in ctx.guide.steps:
        if step.card is None or (step.skip_reason and step.skip_reason(ctx)):
            continue
        try:
            card = _done(ctx, step) or (
                planned.get(step.id) if saved and not step.dials else _asked(ctx, step)
            )
        except _NotAsked:
            yield Handout(step.title, step.id, None, _after(ctx.guide, step))
            continue
        if card:
            yield Handout(step.title, step.id, card, _after(ctx.guide, step))


def _done(ctx: Context, step: Step) -> AnsweredCard | None:
    """The card as somebody has answered it; a call has to be made anew each time."""
    answered = ctx.answer(step.id)
    if answered is None or answered.card.each_attempt:
        return None
    who = {"answered_by": answered.done_by, "answered_at": answered.done_at, "note": answered.note}
    return AnsweredCard.model_validate(answered.card.model_dump() | who)


def _asked(ctx: Context, step: Step) -> AnsweredCard | None:
    """What a step asks of a person; an approval is for whoever runs the step, at its cell."""
    card = step.card(ctx) if step.card else None
    if card is None or card.standing:
        return None
    return AnsweredCard.model_validate(CardRow.of(card).model_dump())


def _after(guide: Guide, step: Step) -> tuple[str, ...] | None:
    """What the run itself has to do first, as titles of steps; None for a call, which waits for
    all of it."""
    if step.dials:
        return None
    needed: dict[str, Any] = {}
    left = list(step.needs)
    while left:
        if (name := left.pop()) not in needed:
            needed[name] = guide.step(name)
            left += needed[name].needs
    return tuple(s.title for s in guide.steps if s.id in needed and s.desired is not None)
