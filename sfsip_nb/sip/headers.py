"""The header of a message, found by name at once however long a peer makes it."""

from sipmessage import Headers


class IndexedHeaders(Headers):
    """`sipmessage.Headers` with an index: the original walks all fields at each access.

    The order of the fields and the spelling of their names are kept; names are compared without
    regard to case (RFC 3261 §7.3.1).
    """

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, tuple[str, list[str]]] = {}

    def add(self, key: str, value: str) -> None:
        """Add a value behind those that the field has."""
        low = key.lower()
        if known := self._fields.get(low):
            known[1].append(value)
        else:
            self._fields[low] = (key, [value])

    def get(self, key: str, default: str | None = None) -> str | None:
        """First value of a field, `default` if it is absent."""
        known = self._fields.get(key.lower())
        return known[1][0] if known else default

    def getlist(self, key: str) -> list[str]:
        """All values of a field."""
        known = self._fields.get(key.lower())
        return known[1] if known else []

    def keys(self) -> list[str]:
        """The names of all fields, as spelled by the sender."""
        return [name for name, _ in self._fields.values()]

    def remove(self, key: str) -> None:
        """Drop a field with all its values."""
        self._fields.pop(key.lower(), None)

    def set(self, key: str, value: str) -> None:
        """Make `value` the only one of a field."""
        self.setlist(key, [value])

    def setlist(self, key: str, values: list[str]) -> None:
        """Replace all values of a field; none at all removes it."""
        if values:
            self._fields[key.lower()] = (key, values)
        else:
            self.remove(key)

    def __getitem__(self, key: str) -> str:
        return self._fields[key.lower()][1][0]

    def __str__(self) -> str:
        rows = self._fields.values()
        return "".join(f"{name}: {value}\r\n" for name, given in rows for value in given) + "\r\n"
