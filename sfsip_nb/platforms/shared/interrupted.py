"""A call that was placed when the program ended: never dialed again, but told and ended.

Its intent is in the journal, its outcome is not. What ended it is in the report of its dead man's
switch (`sip.deadman`), or else nowhere here: then the far end has dropped it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sfsip_nb.engine import placing
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.rows import CallRow, DialledRow
from sfsip_nb.engine.verdicts import Basis, Check, Vantage
from sfsip_nb.inputs import private
from sfsip_nb.inputs.files import Unfit, read
from sfsip_nb.platforms.shared.checks import check
from sfsip_nb.sip.session_timer import SHORTEST
from sfsip_nb.sip.shown import plain

_LARGEST = 10_000  # bytes of a report

_CUT = "the program ended during the call"

_NOT_KNOWN = (
    "nothing here shows what ended it, or whether it was placed at all; if the carrier keeps a"
    f" session timer, that ended it within {SHORTEST} seconds at the latest"
)


def report(ctx: Context, mark: str) -> Path:
    """Where the switch of a call reports what it did."""
    return private.folder(ctx.run_dir / "calls") / f"{mark}.json"


def left(ctx: Context, step: str, number: str) -> list[DialledRow]:
    """The calls of a step to a number of which only the intent is known, oldest first.

    A call that a platform was asked for is none of them: nobody here was in it.
    """
    asked = placing.marks(ctx)
    rows = ctx.journal.unfinished(step)
    return [row for row in rows if row.number == number and row.mark not in asked]


def settled(ctx: Context, step: str, rows: Sequence[DialledRow]) -> Check:
    """Note what became of such calls, so that the next run of the step places a new one.

    The check is about the last one.
    """
    *earlier, row = rows
    for other in earlier:
        ctx.journal.called(other.mark, CallRow(code=0, phrase=f"{_CUT}; {_NOT_KNOWN}"))
    ended, evidence = _NOT_KNOWN, tuple[str, ...]()
    try:
        told = read(report(ctx, row.mark), _LARGEST)
        done = json.loads(told)
        ended = plain(f"{done['why']}: {done['sent']} at {done['at']}")
        title = f"interrupted call {row.number}"
        evidence = (ctx.keep_evidence(step, Basis.CALL, title, "json", told),)
    except (OSError, Unfit, ValueError, KeyError, TypeError):
        pass  # no report, or none that says anything
    phrase = f"{_CUT}; {ended}"
    ctx.journal.called(row.mark, CallRow(code=0, phrase=phrase, evidence=list(evidence)))
    return check(
        f"{step}/interrupted",
        "Every placed call is known to have ended",
        "placed once, and its end seen",
        f"begun at {row.at} from {row.account}; {phrase}",
        None,
        Vantage.HERE,
        reason="It was not dialed again. What both sides recorded is shown next to this; run the"
        " step again for a new call.",
        evidence=evidence,
    )
