"""How somebody's hand breaks what is set up in Synthflow, object by object.

Each function changes the stand-in's stored objects, the same however often it is called. What is
meant are the run's own numbers: those that are imported beside the customer's support line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sfsip_nb.inputs import facts, samples
from sfsip_nb.inputs.platform import Systems

Json = dict[str, Any]
Break = Callable[[Systems], None]

_ELSEWHERE = "old-trunk.example"


def region(systems: Systems) -> str:
    """The region that the workspace lives in."""
    return str(next(iter(systems["synthflow"]["workspaces"].values()))["region"])


def foreign_host(systems: Systems) -> str:
    """A SIP host of Synthflow's where the workspace is not: the Global one, which the guides name.

    For a workspace of the Global cluster it is another region's.
    """
    hosts = {name: known.sip for name, known in facts.synthflow_regions().items()}
    return hosts["us" if region(systems) == "global" else "global"]


def calls_from(systems: Systems) -> str:
    """The address that Synthflow's calls come from: the first published one that nobody doubts."""
    listed = facts.synthflow_addresses(region(systems))
    return next(entry.address for entry in listed if not entry.doubt)


def older(name: str) -> str:
    """A name as something may have been called before; none stays none."""
    return f"{name.removesuffix('-old')}-old" if name else ""


# Numbers


def _numbers(systems: Systems) -> list[Json]:
    imported = systems["synthflow"]["numbers"].values()
    others = (samples.SUPPORT_DID, samples.AI_CALLER_NUMBER)
    return [number for number in imported if number["phone_number"] not in others]


def number(**fields: Any) -> Break:
    """Sets fields of the numbers."""

    def breaks(systems: Systems) -> None:
        for each in _numbers(systems):
            each.update(fields)

    return breaks


def user_name(systems: Systems) -> None:
    """The trunk's user name is one that it had before."""
    for each in _numbers(systems):
        each["_trunk_username"] = older(each["_trunk_username"])


def number_gone(systems: Systems) -> None:
    """The numbers are deleted, which detaches them."""
    detached(systems)
    for each in _numbers(systems):
        del systems["synthflow"]["numbers"][each["slug"]]


termination_changed = number(sip_term_uri=_ELSEWHERE)
proxy_set = number(sip_outbound_proxy=_ELSEWHERE)
registers = number(uac_enabled=True, uac_register_expires=300)


# Who answers them


def _answering(systems: Systems) -> Iterator[tuple[str, list[Json], list[Json]]]:
    """Each number, with the inbound assistants that have it, and those that have it not."""
    inbound = [a for a in systems["synthflow"]["assistants"].values() if a["type"] == "inbound"]
    for each in _numbers(systems):
        n = each["phone_number"]
        having = [a for a in inbound if n in (a["phone_number"], *a["_phone_numbers"])]
        yield n, having, [a for a in inbound if a not in having]


def _detach(assistant: Json, number: str) -> None:
    if assistant["phone_number"] == number:
        assistant["phone_number"] = ""
    assistant["_phone_numbers"] = [n for n in assistant["_phone_numbers"] if n != number]


def detached(systems: Systems) -> None:
    """No inbound assistant has the numbers."""
    for number, having, _ in _answering(systems):
        for assistant in having:
            _detach(assistant, number)


def two_assistants(systems: Systems) -> None:
    """A second inbound assistant has the numbers too."""
    for number, having, others in _answering(systems):
        if len(having) == 1 and others:
            others[0]["_phone_numbers"].append(number)


def other_assistant(systems: Systems) -> None:
    """The sample customer's second assistant has the numbers of the first."""
    second = systems["synthflow"]["assistants"][samples.SYNTHFLOW_SECOND_ASSISTANT_ID]
    for number, having, others in _answering(systems):
        if second in others and having:
            for assistant in having:
                _detach(assistant, number)
            second["_phone_numbers"].append(number)


# The transfer


def _transfers(systems: Systems) -> dict[str, Json]:
    actions = systems["synthflow"]["actions"]
    return {id_: action for id_, action in actions.items() if action["type"] == "LIVE_TRANSFER"}


def action_target(systems: Systems) -> None:
    """The transfer rings its number at an address where the contact center no longer is."""
    for action in _transfers(systems).values():
        number = str(action["phone"]).removeprefix("sip:").partition("@")[0]
        action["phone"] = f"sip:{number}@{_ELSEWHERE}"


def action_mode(systems: Systems) -> None:
    """The transfer is made in a mode that no guide asks for."""
    for action in _transfers(systems).values():
        action["transfer_mode"] = "warm_transfer_with_context"


def action_detached(systems: Systems) -> None:
    """No assistant may use the transfer."""
    for assistant in systems["synthflow"]["assistants"].values():
        used, transfers = assistant["_actions"], _transfers(systems)
        assistant["_actions"] = [action for action in used if action not in transfers]
