"""What a step's calls and requests left, below its table: messages, what was heard, answers."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from sfsip_nb.present import exchanges, figures, tables
from sfsip_nb.present.html import bare, kind_of
from sfsip_nb.present.tables import Shown


def pictured(evidence: Mapping[str, bytes], opened: bool) -> Iterator[Shown]:
    """Ladders, unfolded where they are `opened`, levels and requests; other evidence is none.

    `evidence`: contents by file name, in the order in which they are shown.
    """
    for name, content in evidence.items():
        with suppress(ValueError):  # whatever else it is, it lies with the evidence
            if name.endswith(".svg"):
                label = bare(name).rpartition(".")[0].replace("-", " ").capitalize()
                yield tables.folded(tables.ladder(content, label), f"Messages: {label}", opened)
            elif kind_of(name) == "requests":
                yield tables.folded(*exchanges.table(exchanges.read(content)))
            elif name.endswith(".json"):
                yield tables.figure(figures.heard(content))
