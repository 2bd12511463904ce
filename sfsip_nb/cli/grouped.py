"""Options that several commands have, written once: as the fields of a dataclass."""

import dataclasses
import functools
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, get_args

from sfsip_nb.cli.common import paragraphs


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command for Typer, in whose place of each group stand the options of the group.

    A parameter annotated `Annotated[GROUP, "field", …]`, with a dataclass, stands for those of its
    fields, in this order. What is wrong with them is told as with the rest of the command.
    """
    groups: dict[str, tuple[type, list[str]]] = {}
    options: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        kind, *names = get_args(parameter.annotation) or (None,)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            groups[parameter.name] = kind, names
            fields = signature(kind).parameters
            options += [fields[name].replace(kind=Parameter.KEYWORD_ONLY) for name in names]
        else:
            options.append(parameter.replace(kind=Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        with paragraphs():
            for group, (kind, names) in groups.items():
                given[group] = kind(**{name: given.pop(name) for name in names})
            command(**given)

    vars(run)["__signature__"] = Signature(options)
    return run
