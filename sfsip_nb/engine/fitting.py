"""Whether the inputs name what the platforms have: asked once, and told the same everywhere.

The form shows the answer while one types, section 01 judges by it, and no plan is made against it.
"""

from __future__ import annotations

from sfsip_nb.api.errors import ApiError
from sfsip_nb.engine import spelling
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.difference import vantage
from sfsip_nb.engine.model import InputLookup, LookupResult, Refused
from sfsip_nb.engine.verdicts import Check, Verdict, Weight
from sfsip_nb.inputs.errors import InputError

_VERDICTS = {True: Verdict.PASS, False: Verdict.FAIL, None: Verdict.INCONCLUSIVE}


def asked(ctx: Context, look: InputLookup) -> LookupResult:
    """The platform's answer; that it could not be asked is one too, and says nothing of a name."""
    try:
        return look.see(ctx)
    except ApiError as error:
        refused = error.status in (401, 403)
        why = f"cannot be asked: {error}"
        return LookupResult(None, why, refused=refused, advice=error.advice, asked=False)
    except (InputError, Refused) as error:
        return LookupResult(None, f"cannot be asked: {error}", asked=False)
    except KeyError as error:  # a secret or a region that is not there yet
        why = f"cannot be asked before {error.args[0]} is there"
        return LookupResult(None, why, asked=False)


def check(ctx: Context, look: InputLookup) -> Check:
    """Judge a name in section 01, and take the platform's spelling for the rest of the run."""
    found = _settled(ctx, look)
    reason = {True: "", False: look.advice, None: found.advice}[found.ok]
    if found.spelled:
        reason = f"Corrected for this run. Write “{found.spelled}” in {look.key}."
    elsewhere = found.refused and look.proved_by
    return Check(
        id=look.check,
        title=look.title,
        expected=str(spelling.value(ctx.typed, look.key)),
        seen=found.sentence,
        verdict=_VERDICTS[found.ok],
        vantage=vantage(look.key),
        weight=Weight.ADVISORY if elsewhere else Weight.REQUIRED,
        reason=reason.strip(),
        proved_by=(look.proved_by,) if elsewhere else (),
    )


def settle(ctx: Context) -> None:
    """Take the platforms' spelling of all names. Raises ``Refused`` for what is not there."""
    found = {look.key: _settled(ctx, look) for look in ctx.guide.looks if look.check}
    misfits = [f"{key}: {result.sentence}" for key, result in found.items() if result.ok is False]
    if misfits:
        raise Refused(
            f"These inputs do not fit what the platforms have: {'; '.join(misfits)}.",
            "Correct them; section 01 says more.",
        )


def _settled(ctx: Context, look: InputLookup) -> LookupResult:
    found = asked(ctx, look)
    if found.spelled:
        ctx.spell(look.key, found.spelled)
    return found
