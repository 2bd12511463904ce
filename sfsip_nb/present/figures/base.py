"""What every figure shares: self-contained SVG in the page's theme, with a title and a description.

Inside a page a figure takes the page's colors; alone, or as an `<img>`, it has its own, light or
dark as the reader's system or the page around it says. Texts are a stranger's: they are cut,
escaped, and never more than text.
"""

import html
import textwrap
from dataclasses import dataclass
from typing import Final

from sfsip_nb.present import style
from sfsip_nb.present.text import visible

_OWN: Final = (
    f"svg:root{{{style.tokens(style.LIGHT)}background:var(--paper)}}"
    f"@media (prefers-color-scheme:dark){{svg:root{{{style.tokens(style.DARK)}}}}}{style.FIGURES}"
)


@dataclass(frozen=True)
class Figure:
    """A drawing. `title` names it, `about` says in words what it shows."""

    title: str
    about: str
    width: int
    height: int
    body: str

    @property
    def inline(self) -> str:
        """For a page that has the figures' style already."""
        return self._svg("")

    @property
    def file(self) -> str:
        """To stand alone."""
        return self._svg(f"<style>{_OWN}</style>")

    def _svg(self, own: str) -> str:
        return (
            f'<svg class="sf-fig" xmlns="http://www.w3.org/2000/svg" role="img" '
            f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}"><title>{escaped(self.title)}</title>'
            f"<desc>{escaped(self.about)}</desc>{own}{self.body}</svg>"
        )


def escaped(text: str) -> str:
    """Text for SVG, what is not seen made visible."""
    return html.escape(visible(text))


def label(x: float, y: float, text: str, look: str = "", anchor: str = "") -> str:
    """A line of text; `look` are class names of the figures' style."""
    names = f' class="{look}"' if look else ""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}"{names}{place}>{escaped(text)}</text>'


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Text in at most so many lines of so many characters, cut with an ellipsis."""
    return textwrap.wrap(
        " ".join(text.split()), width, max_lines=lines, placeholder="…", break_on_hyphens=False
    )
