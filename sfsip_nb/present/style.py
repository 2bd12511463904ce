"""The one look: verdict words, colors and style sheet of notebooks, cards and the record.

Colors are tokens with a light and a dark value; a test holds every text color at WCAG AA
(4.5 : 1) on its background. System fonts, no images, no scripts, nothing fetched.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class VerdictStyle:
    """How a verdict is shown: a glyph and a word, so that color is never the only sign."""

    glyph: str
    word: str
    color: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


# Glyphs that plain fonts have: an hourglass (⧗) is an empty box on a bare Linux and in its PDFs.
VERDICTS: Final = {
    verdict.word: verdict
    for verdict in (
        VerdictStyle("✔", "pass", "good"),
        VerdictStyle("✖", "fail", "bad"),
        VerdictStyle("?", "inconclusive", "doubt"),
        VerdictStyle("◷", "waiting", "wait"),
        VerdictStyle("–", "skipped", "quiet"),
        VerdictStyle("⊘", "blocked", "stop"),
        VerdictStyle("~", "waived", "quiet"),
    )
}


OUTCOMES: Final = {
    outcome.word: outcome
    for outcome in (VerdictStyle("◐", "partial", "doubt"), VerdictStyle("✎", "plan", "wait"))
}
"""What an attempt came to where that is no verdict (`present/outcome.py`)."""


def verdict(word: str) -> VerdictStyle:
    """The look of a verdict or an outcome. An unknown word has no color of its own."""
    return VERDICTS.get(word) or OUTCOMES.get(word) or VerdictStyle("·", word or "not run", "quiet")


LIGHT: Final = {
    "paper": "#ffffff",
    "tint": "#f5f6f8",
    "ink": "#1c1f24",
    "quiet": "#575d66",
    "line": "#d5d9df",
    "accent": "#0b5a9c",
    "good": "#17652f",
    "bad": "#ab231b",
    "doubt": "#754d00",
    "wait": "#5a3fa0",
    "stop": "#8a3a00",
}
DARK: Final = {
    "paper": "#15171a",
    "tint": "#1d2024",
    "ink": "#e6e8eb",
    "quiet": "#a6adb7",
    "line": "#353a42",
    "accent": "#79b8f3",
    "good": "#74d092",
    "bad": "#ff958c",
    "doubt": "#e6b450",
    "wait": "#bfa9ff",
    "stop": "#ffad75",
}


def tokens(colors: dict[str, str]) -> str:
    """The colors as custom properties."""
    return "".join(f"--{name}:{value};" for name, value in colors.items())


# JupyterLab says which theme it has in an attribute of the body; elsewhere the reader's system
# decides; paper is always light. Doubled class names outrank JupyterLab's own table rules.
_THEME = f"""
.sfsip{{{tokens(LIGHT)}color-scheme:light}}
@media screen and (prefers-color-scheme:dark){{.sfsip{{{tokens(DARK)}color-scheme:dark}}}}
[data-jp-theme-light="true"] .sfsip{{{tokens(LIGHT)}color-scheme:light}}
[data-jp-theme-light="false"] .sfsip{{{tokens(DARK)}color-scheme:dark}}
[data-jp-theme-light] .sfsip{{background:none}}
"""


def _sheet(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8").strip()


FIGURES: Final = _sheet("figures.css")
"""For a figure, which takes its colors from what is around it."""

_PARTS: Final = f"{_THEME}\n{_sheet('parts.css')}".strip()
NOTEBOOK: Final = _sheet("notebook.css")
"""For what only a notebook shows."""

CSS: Final = f"{_PARTS}\n{NOTEBOOK}"
"""For an output inside a notebook: every rule is below `.sfsip`."""

PAGE_CSS: Final = f"{_PARTS}\n{_sheet('page.css')}"
"""For a whole page (`<body class="sfsip">`)."""

RECORD_CSS: Final = f"{PAGE_CSS}\n{_sheet('record.css')}\n{FIGURES}"
"""For the record: a page that is also printed, with inline figures."""

CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""Content security policy of every page written: it cannot fetch, send or run anything."""
