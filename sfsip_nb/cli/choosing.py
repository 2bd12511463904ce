"""A choice from a list in a terminal: by its number, by a part of its name, or by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfsip_nb.inputs.slips import near, plain

_SHOWN = 20


class Choice:
    """What may be chosen. `closed`: nothing else may be typed, as the parameters' check says."""

    def __init__(self, offered: Sequence[str], closed: bool = False) -> None:
        self._offered = [str(name) for name in offered if name]
        self._shown = self._offered
        self._closed = closed
        self._insisted = set[str]()
        self._missed = ""

    def lines(self) -> Iterator[str]:
        """What is shown before the question: the names, each with its number."""
        if self._missed:
            yield f"  ? {self._missed} is not on the list; type it again to keep it."
        wide = len(str(min(len(self._shown), _SHOWN)))
        for place, name in enumerate(self._shown[:_SHOWN], 1):
            yield f"  {place:>{wide}}  {name}"
        if self._offered:
            more = f"… of {len(self._shown)}. " if len(self._shown) > _SHOWN else ""
            other = "" if self._closed else ", or something else"
            yield f"  {more}Type a number, a part of a name{other}:"

    def of(self, given: str, several: bool = False) -> str | None:
        """What was chosen; None where the list is to be shown again, shorter.

        A name that is not offered is taken once it is typed twice, a number with an international
        prefix at once. `several`: separated by commas.
        """
        if not self._offered or not given:
            return given
        found = [self._one(part.strip()) for part in given.split(",")] if several else None
        if found is not None:
            return None if None in found else ", ".join(filter(None, found))
        return self._one(given)

    def _one(self, given: str) -> str | None:
        if given in self._offered:
            return given
        places = {str(place): name for place, name in enumerate(self._shown[:_SHOWN], 1)}
        if given in places:
            return places[given]
        matching = [name for name in self._offered if plain(given) in plain(name)]
        if len(matching) == 1:
            return matching[0]
        if matching:
            self._shown, self._missed = matching, ""
            return None
        if self._closed or given in self._insisted or given.startswith(("+", "00")):
            return given
        self._insisted.add(given)
        self._missed = given
        self._shown = near(given, self._offered) or self._offered
        return None
