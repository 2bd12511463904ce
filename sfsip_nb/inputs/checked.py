"""What one look at the inputs found: the parameters, their secrets, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfsip_nb.inputs.errors import InputError
from sfsip_nb.inputs.schema import Parameters
from sfsip_nb.inputs.secrets import Secret


@dataclass(frozen=True)
class Checked:
    """The inputs in `source`, checked once.

    `parameters` is None while an input is wrong. `secrets` are those that could be read, by dotted
    key. `public` are the parameters also where nothing is wrong but secrets that are not here,
    `kept` the dotted keys of secrets.
    """

    source: str
    parameters: Parameters | None
    secrets: Mapping[str, Secret]
    problems: tuple[InputError, ...] = ()
    public: Parameters | None = None
    kept: frozenset[str] = frozenset()

    def valid(self) -> Parameters:
        """The parameters. Raises InputError with all that is wrong."""
        if self.parameters is None:
            raise InputError.together(self.problems, self.source)
        return self.parameters

    def without_secrets(self) -> Parameters:
        """The parameters, for what needs no secret. Raises InputError with what else is wrong."""
        if self.public is None:
            wrong = [problem for problem in self.problems if problem.key not in self.kept]
            raise InputError.together(wrong, self.source)
        return self.public
