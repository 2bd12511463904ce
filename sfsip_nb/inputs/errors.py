"""What can go wrong, as one family: every error that a user may meet says what to do."""

from __future__ import annotations

from collections.abc import Sequence


class SfsipError(Exception):
    """Anything that the product tells its user: one paragraph of what, where and what to do.

    Attributes:
        shown: whether its user has been shown it already.
    """

    shown = False

    def _render_traceback_(self) -> list[str]:
        """In a notebook the paragraph alone is shown; IPython asks for this."""
        return ["Stopped here: the cells below did not run." if self.shown else str(self)]


class InputError(SfsipError, ValueError):
    """Something that the user gave cannot be used.

    The message is one paragraph: what is wrong, where it stands, what to do. It never holds a
    secret, nor anything that stands where a secret belongs.

    Attributes:
        key: the dotted name of the parameter (``genesys.region``), or the file, that is wrong.
        problems: the single errors where several were found at once, else only this one.
    """

    def __init__(self, key: str, message: str, problems: Sequence[InputError] = ()) -> None:
        super().__init__(message)
        self.key = key
        self.problems: tuple[InputError, ...] = tuple(problems) or (self,)

    @classmethod
    def together(cls, problems: Sequence[InputError], where: str) -> InputError:
        """One error for all `problems`: the first line says how many, then a paragraph for each.

        `where` names what they stand in ("parameters/acme.yaml", "the parameters cell").
        """
        if len(problems) == 1:
            return problems[0]
        head = f"{len(problems)} inputs in {where} need a change:"
        return cls(where, "\n\n".join([head, *map(str, problems)]), problems)


class PlaintextSecret(InputError):
    """A secret, or what may be one, stands where a reference to one belongs."""


class ExposedSecret(PlaintextSecret):
    """A secret stands in a notebook, and with it in each copy that a tool has written."""
