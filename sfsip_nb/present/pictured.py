"""What a step's calls and requests left: what was heard, the messages, the platforms' answers.

Evidence is given as contents by file name, and shown in its order.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from sfsip_nb.present import answering, exchanges, figures, tables
from sfsip_nb.present.html import bare, kind_of
from sfsip_nb.present.tables import Shown


def heard(evidence: Mapping[str, bytes]) -> Iterator[Shown]:
    """The levels of each call; other evidence has none."""
    for name, content in evidence.items():
        if name.endswith(".json") and kind_of(name) != "requests":
            with suppress(ValueError):  # whatever else it is, it lies with the evidence
                yield tables.figure(figures.heard(content))


def answered(evidence: Mapping[str, bytes]) -> Iterator[Shown]:
    """How the agent answered these calls, where that was measured: one table."""
    rows = []
    for name, content in evidence.items():
        if name.endswith(".json") and kind_of(name) == "heard":
            with suppress(ValueError):
                call, _, found = figures.read_heard(content)
                rows += [answering.row(call, found)] if found else []
    if rows:
        yield tables.plain_table(rows, answering.COLUMNS, "How the agent answered")


def folded(evidence: Mapping[str, bytes], opened: bool) -> Iterator[Shown]:
    """Ladders, unfolded where they are `opened`, and requests; other evidence is neither."""
    for name, content in evidence.items():
        with suppress(ValueError):
            if name.endswith(".svg"):
                label = bare(name).rpartition(".")[0].replace("-", " ").capitalize()
                yield tables.folded(tables.ladder(content, label), f"Messages: {label}", opened)
            elif kind_of(name) == "requests":
                yield tables.folded(*exchanges.table(exchanges.read(content)))
