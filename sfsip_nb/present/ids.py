"""The ids of a record's steps, checks and objects, each with its place on the page."""

import re
from collections.abc import Iterable, Iterator

from sfsip_nb.engine.record import Record
from sfsip_nb.engine.rows import ChangeRow
from sfsip_nb.present.alike import alike, alike_changes

_HEAD = re.compile(r"(?<![\w./-])[A-Za-z_][\w-]*\.[\w-]+")
"""How the id of a step, a check or an object begins."""

_MORE = re.compile(r"[\w/]|[.:-]\w")
"""What goes on after an id only where it is the beginning of another one."""


class Ids:
    """Where each id leads to, as anchors of the page."""

    def __init__(self, record: Record, changes: Iterable[ChangeRow], chapter: str) -> None:
        """`changes` are those that the page shows, in `chapter`."""
        self._anchors = {step.id: step.id for step in record.steps}
        self._free: dict[str, str] = {}
        for step in record.steps:
            shown = {check.id for check in alike(step.checks)}
            for check in step.checks:
                if check.id in shown:
                    self._place(check.id, "c")
                else:  # it is told with others of its kind
                    self._anchors.setdefault(check.id, step.id)
        rows = list(changes)
        shown = {change.object for change in alike_changes(rows)}
        for change in rows:
            if change.object in shown:
                self._place(change.object, "o")
            else:
                self._anchors.setdefault(change.object, chapter)
        self._by_head: dict[str, list[str]] = {}
        for identity in sorted(self._anchors, key=len, reverse=True):
            if head := _HEAD.match(identity):
                self._by_head.setdefault(head[0], []).append(identity)

    def _place(self, identity: str, kind: str) -> None:
        if identity not in self._anchors:
            self._anchors[identity] = self._free[identity] = f"{kind}{len(self._free) + 1}"

    def of(self, identity: str) -> str:
        """The anchor that an id leads to; empty where the page does not show what it is of."""
        return self._anchors.get(identity, "")

    def here(self, identity: str) -> str:
        """The anchor for the row that shows a check or an object; empty for a second such row."""
        return self._free.pop(identity, "")

    def pieces(self, text: str) -> Iterator[tuple[str, str]]:
        """A text in pieces, each with the anchor of the id that it is, or an empty one."""
        end = 0
        for match in _HEAD.finditer(text):
            if match.start() < end:
                continue
            for identity in self._by_head.get(match[0], ()):
                after = match.start() + len(identity)
                if text.startswith(identity, match.start()) and not _MORE.match(text, after):
                    yield text[end : match.start()], ""
                    yield identity, self._anchors[identity]
                    end = after
                    break
        yield text[end:], ""
