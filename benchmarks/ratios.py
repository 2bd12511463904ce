"""What a benchmark found: ours against something else, measured in the same run."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """A figure of ours and one to hold it against, both in `unit`; small is good but for rates."""

    what: str
    ours: float
    against: str
    theirs: float
    unit: str

    @property
    def ratio(self) -> float:
        """Ours, as a part of the other."""
        return self.ours / self.theirs


def table(rows: Iterable[Ratio]) -> str:
    """The figures as a table of Markdown."""
    lines = ["| ours | | against | | ratio |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {row.what} | {row.ours:,.3g} {row.unit} | {row.against} | {row.theirs:,.3g} {row.unit}"
        f" | {row.ratio:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)
