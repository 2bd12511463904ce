"""What the platforms say of an input while it is typed: is it there, and what else could it be.

Nothing is changed here. What an input names and has to be there is judged in section 01 by the same
answer (`engine/fitting.py`). A platform that does not answer leaves a plain field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sfsip_nb.api.waits import waiting
from sfsip_nb.engine import spelling
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import InputLookup, LookupResult
from sfsip_nb.inputs.slips import near, plain
from sfsip_nb.platforms.shared.checks import synthflow
from sfsip_nb.platforms.synthflow.resources import ambiguous, called, is_a
from sfsip_nb.sip import ResolveError, loop

_RESOLVE_SECONDS = 10

Names = Callable[[Context], Mapping[str, str]]
"""The names that a platform has, each with what keeps it from being used, mostly nothing."""


def named(key: str, names: Names, what: str, **judged: str) -> InputLookup:
    """Whether the name in an input is among what a platform lists (`what`, in the plural).

    `judged` is how section 01 judges it; see `InputLookup`.
    """

    def see(ctx: Context) -> LookupResult:
        return judged_name(str(spelling.value(ctx.typed, key)), names(ctx), what)

    return InputLookup(key, see, **judged)


def judged_name(typed: str, names: Mapping[str, str], what: str) -> LookupResult:
    """Whether a name is among those of a platform, as it is written or spelled otherwise."""
    known = {name: trouble for name, trouble in names.items() if name}
    fitting = tuple(sorted(name for name, trouble in known.items() if not trouble))
    count = f"{len(fitting)} {what}"
    if not typed:
        return LookupResult(None, f"nothing typed yet; {count}", fitting)
    alike = [typed] if typed in known else [n for n in known if plain(n) == plain(typed)]
    match alike:
        case []:
            meant = _meant(near(typed, fitting))
            return LookupResult(False, f"{typed} not among {count}{meant}", fitting)
        case [name] if known[name]:
            return LookupResult(False, f"“{name}” {known[name]}; {count}", fitting)
        case [name] if name != typed:
            said = f"among {count} as “{name}”; it was typed as “{typed}”"
            return LookupResult(True, said, fitting, spelled=name)
        case [_]:
            return LookupResult(True, f"among {count}", fitting)
    several = " and ".join(f"“{name}”" for name in sorted(alike))
    said = f"{typed} not among {count}; {several} differ in capitals or spaces only"
    return LookupResult(False, said, fitting)


def _meant(names: list[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return f"; did you mean {' or '.join(quoted)}?" if quoted else ""


def usable(found: Iterable[tuple[Any, str]]) -> dict[str, str]:
    """Names with what keeps each from being used; of namesakes, the one that can be used counts."""
    names = dict[str, str]()
    for name, trouble in found:
        names[str(name or "")] = names.get(str(name or ""), trouble) and trouble
    return names


def resolves(key: str, **judged: str) -> InputLookup:
    """Whether a host name has an address, as this machine's DNS answers.

    One that section 01 does not judge may come into being with what the run makes.
    """

    def see(ctx: Context) -> LookupResult:
        host = str(spelling.value(ctx.parameters, key))
        if not host:
            return LookupResult(None, "nothing typed yet")
        finding = ctx.surroundings.resolver.candidates(host, None, ctx.parameters.sip.transport)
        try:
            with waiting(f"DNS for {host}", _RESOLVE_SECONDS):
                first = loop.run(finding, _RESOLVE_SECONDS)[0]
        except ResolveError as error:
            return LookupResult(False if judged and not error.unheard else None, str(error))
        return LookupResult(True, f"resolves to {first.ip}")

    return InputLookup(key, see, **judged)


def _named_assistant(ctx: Context, wanted: str, kind: str) -> LookupResult:
    """By name and by id: either may stand in the input. An id is offered once it stands there.

    Of namesakes only an id tells which one is meant: then theirs are offered.
    """
    found, listed = list[tuple[Any, str]](), synthflow(ctx).assistants(lasting=True)
    for assistant in listed:
        trouble = "" if is_a(kind, assistant) else f"is no {kind} assistant"
        found.append((assistant.get("name"), trouble))
        if plain(str(assistant["model_id"])) == plain(wanted):
            found.append((assistant["model_id"], trouble))
    judged = judged_name(wanted, usable(found), f"{kind} assistants of the workspace")
    name = judged.spelled or wanted
    if len(namesakes := called(listed, name, kind)) > 1:
        ids = tuple(str(assistant["model_id"]) for assistant in namesakes)
        return LookupResult(False, ambiguous(name, namesakes, kind), ids)
    return judged


def _assistant(ctx: Context, wanted: str) -> LookupResult:
    """One assistant; only the usual one's spelling is corrected, not those beside the numbers."""
    found = _named_assistant(ctx, wanted, "inbound")
    if found.spelled and wanted != ctx.typed.synthflow.assistant:
        return replace(found, ok=False, spelled="")
    return found


def assistant(wanted: str) -> InputLookup:
    """The question whether an assistant that the inputs name is there."""
    return replace(ASSISTANT, see=lambda ctx: _assistant(ctx, wanted))


def _every_assistant(ctx: Context) -> LookupResult:
    """All assistants that the inputs name, told as one: the worst of them."""
    wanted = tuple(ctx.typed.assistants) or (ctx.typed.synthflow.assistant,)
    found = [_assistant(ctx, name) for name in wanted]
    return next((f for f in found if not f.ok), next((f for f in found if f.spelled), found[0]))


def imported(ctx: Context) -> list[str]:
    """The numbers that the Synthflow workspace holds."""
    return ctx.once(
        "synthflow.numbers", lambda: [str(n["number"]) for n in synthflow(ctx).numbers()]
    )


def _numbers(ctx: Context) -> LookupResult:
    """Whether the workspace holds the numbers already; they are imported where it does not."""
    there = imported(ctx)
    told = [
        f"{number} {'is' if number in there else 'not yet'} in the Synthflow workspace"
        for number in ctx.parameters.numbers
    ]
    return LookupResult(None, "; ".join(told) or "nothing typed yet", tuple(there))


def _ai_caller(ctx: Context) -> LookupResult:
    return _named_assistant(ctx, ctx.typed.test_calls.ai_caller, "outbound")


NUMBERS = InputLookup("numbers", _numbers)
ASSISTANT = InputLookup(
    "synthflow.assistant",
    _every_assistant,
    check="access.synthflow/assistant",
    title="The assistant exists",
    advice="Correct synthflow.assistant, or the assistant in numbers: the id or the name under "
    "Assistants in Synthflow; or create the assistant there.",
)
AI_CALLER = InputLookup("test_calls.ai_caller", _ai_caller)
SYNTHFLOW = (ASSISTANT, AI_CALLER)
