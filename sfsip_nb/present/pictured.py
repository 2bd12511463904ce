"""What a step's calls left, as pictures below its table: their messages, and what was heard."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from sfsip_nb.present import figures, tables
from sfsip_nb.present.html import bare
from sfsip_nb.present.tables import Shown


def pictured(evidence: Mapping[str, bytes], opened: bool) -> Iterator[Shown]:
    """Ladders, unfolded where they are `opened`, and levels; other evidence is no picture.

    `evidence`: contents by file name, in the order in which they are shown.
    """
    for name, content in evidence.items():
        with suppress(ValueError):  # whatever else it is, it lies with the evidence
            if name.endswith(".svg"):
                label = bare(name).rpartition(".")[0].replace("-", " ").capitalize()
                yield tables.folded(tables.ladder(content, label), f"Messages: {label}", opened)
            elif name.endswith(".json"):
                yield tables.figure(figures.heard(content))
