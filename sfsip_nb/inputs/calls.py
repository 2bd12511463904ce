"""What of `test_calls` contradicts itself: an account that is not whole, a yes without a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sfsip_nb.inputs.fields import host_of, on_this_machine

if TYPE_CHECKING:
    from sfsip_nb.inputs.schema import Parameters

_TESTBED_NAMES = (".example", ".test")
"""Top-level domains that lead nowhere (RFC 2606 §2): the testbed's own hosts have such names."""


def contradictions(parameters: Parameters) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong, by the place below ``test_calls``; the end of a sentence each."""
    calls, caller, approved = (
        parameters.test_calls,
        parameters.test_calls.caller,
        parameters.test_calls.approved,
    )
    given = {"username": caller.username, "password": caller.password}
    for name, value in given.items():
        if caller.uri and not value:
            yield ("caller", name), "is empty, but caller.uri names an account. Fill it in."
        if value and not caller.uri:
            yield ("caller", "uri"), f"is empty, but caller.{name} is not. Name the account's host."
    if caller.uri and not calls.caller_number:
        yield (
            ("caller", "from"),
            "is empty, and so is test_calls.from. Enter a number that the account owns or has"
            " verified: a carrier refuses calls from any other.",
        )
    if caller.uri and parameters.target == "testbed" and not _on_the_testbed(caller.uri):
        yield (
            ("caller", "uri"),
            f"is {caller.uri}, but a testbed run calls nobody outside this machine. Name a loopback"
            " address or a host of the testbed's.",
        )
    if bool(approved.by) != bool(approved.until):
        lacks, has = ("until", "by") if approved.by else ("by", "until")
        yield ("approved", lacks), f"is empty, but approved.{has} is not. An approval needs both."


def _on_the_testbed(uri: str) -> bool:
    host = host_of(uri).lower()
    return on_this_machine(host) or host.endswith(_TESTBED_NAMES)
