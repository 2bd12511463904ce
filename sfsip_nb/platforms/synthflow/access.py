"""Step ``access.synthflow``, the same for every guide: plan, key, workspace and assistant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sfsip_nb.engine import fitting
from sfsip_nb.engine.context import Context
from sfsip_nb.engine.model import Card, Refused, Step
from sfsip_nb.engine.verdicts import Check, Vantage
from sfsip_nb.inputs import facts
from sfsip_nb.platforms.shared import lookup
from sfsip_nb.platforms.shared.checks import check, part, remark, synthflow
from sfsip_nb.platforms.synthflow.resources import answers, find_assistant, holders
from sfsip_nb.sip.shown import counted


def _synthflow(ctx: Context) -> list[Check]:
    client = synthflow(ctx)
    region = facts.synthflow_regions()[ctx.parameters.synthflow.region]
    workspace = ctx.parameters.synthflow.workspace_id
    found = [
        check(
            "access.synthflow/key",
            "The API key works in the stated region",
            f"an answer from {region.name}",
            f"answered by {ctx.surroundings.origins['synthflow']}",
            True,
            Vantage.SYNTHFLOW,
        ),
        check(
            "access.synthflow/workspace",
            "The workspace's numbers can be read",
            "a list of numbers",
            f"{counted(len(client.numbers()), 'number')} in workspace {workspace}",
            True,
            Vantage.SYNTHFLOW,
        ),
    ]
    assistants = ctx.typed.assistants
    judged: dict[str, Check] = {}
    there: dict[str, dict[str, Any]] = {}
    for wanted in assistants:
        judged[wanted] = replace(fitting.check(ctx, lookup.assistant(wanted)), expected=wanted)
        usual = wanted == ctx.typed.synthflow.assistant
        name = ctx.parameters.synthflow.assistant if usual else wanted
        with suppress(Refused):  # namesakes, of which the look-up has told
            if assistant := find_assistant(client, name):
                there[wanted] = assistant
    held = holders(client, there.values())
    for wanted, numbers in assistants.items():
        made_of = [judged[wanted]]
        if wanted in there:
            made_of += _assistant(there[wanted], numbers)
            made_of.append(_free(wanted, str(there[wanted]["model_id"]), numbers, held))
        for made in made_of:
            if part(wanted, assistants):
                made = replace(made, id=f"{made.id}/{wanted}", title=f"{made.title} ({wanted})")
            found.append(made)
    if region.retiring:
        found.append(
            remark(
                "access.synthflow/global",
                "The workspace's cluster",
                f"{region.name} ({region.sip})",
                region.retiring,
                Vantage.SYNTHFLOW,
            )
        )
    return found


def _assistant(assistant: dict[str, Any], numbers: Sequence[str]) -> list[Check]:
    version = next(
        (
            str(assistant[k])
            for k in ("voice_engine_version", "assistant_version")
            if assistant.get(k)
        ),
        "",
    )
    found = [
        check(
            "access.synthflow/version",
            "The assistant is v2.0 or later",
            "2.0 or later",
            version or "the API does not say",
            _at_least_two(version),
            Vantage.SYNTHFLOW,
            advisory=not version,
            reason="Open the assistant in Synthflow and look at its version.",
        ),
        check(
            "access.synthflow/type",
            "The assistant takes calls",
            "inbound",
            assistant.get("type"),
            assistant.get("type") == "inbound",
            Vantage.SYNTHFLOW,
            reason="Choose an inbound assistant: an outbound one never answers.",
        ),
    ]
    if len(numbers) > 1:
        answered = set(answers(assistant))
        attached = [number for number in numbers if number in answered]
        found.append(
            check(
                "access.synthflow/several",
                f"The assistant takes {len(numbers)} numbers",
                f"{len(numbers)} numbers",
                f"{len(attached)} attached",
                len(attached) == len(numbers) or None,
                Vantage.SYNTHFLOW,
                advisory=True,
                reason="Synthflow's pages differ on several numbers for one inbound assistant:"
                " docs.synthflow.ai/number-pooling has them, outbound-number-pooling has not."
                " If assistant.attach is refused, give each number its own assistant: numbers as"
                " {number, assistant}.",
            )
        )
    return found


def _free(
    wanted: str, model_id: str, numbers: Sequence[str], holders: Mapping[str, Mapping[str, str]]
) -> Check:
    """A number has one inbound assistant at most (docs.synthflow.ai/phone-numbers)."""
    taken = [
        f"{number} is on {', '.join(sorted(others))}"
        for number in numbers
        if (others := [n for id, n in holders.get(number, {}).items() if id != model_id])
    ]
    return check(
        "access.synthflow/held",
        f"“{wanted}” can answer its {counted(len(numbers), 'number')}",
        "on no other inbound assistant",
        taken or "on no other inbound assistant",
        not taken,
        Vantage.SYNTHFLOW,
        reason="A number has one inbound assistant at most. Detach it in that assistant's settings,"
        " or let that assistant answer it: numbers as {number, assistant}.",
    )


def _at_least_two(version: str) -> bool | None:
    major = version.lower().lstrip("v").split(".")[0]
    return int(major) >= 2 if major.isdigit() else None


def enterprise_card(ctx: Context) -> Card:
    """SIP trunking is Enterprise-only, and no API shows the plan."""
    return Card(
        step="access.synthflow",
        system="synthflow",
        title="The workspace is on the Enterprise plan",
        path=("Synthflow", "Admin", "Workspace settings", "Billing"),
        why="SIP trunking is only available on the Synthflow Enterprise plan, and the API does "
        "not show the plan.",
        look_for="The plan's name is Enterprise, or the contract says so.",
    )


def step(section: str) -> Step:
    """The step, in whichever section the guide has it."""
    return Step(
        "access.synthflow",
        section,
        "Synthflow: plan, key and assistant",
        card=enterprise_card,
        check=_synthflow,
        checks_anyway=True,
    )
