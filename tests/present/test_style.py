"""Colors that everyone can read, and one style for light and dark."""

import re
from itertools import product

import pytest

from sfsip_nb.present import style


def luminance(color: str) -> float:
    """Relative luminance after WCAG 2.1."""
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio after WCAG 2.1."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


BACKGROUNDS, DECORATION = ("paper", "tint"), ("line",)
TEXT = sorted(set(style.LIGHT) - set(BACKGROUNDS) - set(DECORATION))


@pytest.mark.parametrize(
    ("theme", "text", "paper"), list(product((style.LIGHT, style.DARK), TEXT, BACKGROUNDS))
)
def test_text_has_aa_contrast(theme: dict[str, str], text: str, paper: str) -> None:
    assert contrast(theme[text], theme[paper]) >= 4.5


def test_both_themes_have_the_same_colors() -> None:
    assert set(style.LIGHT) == set(style.DARK)


def test_every_verdict_has_its_own_glyph_and_a_color_of_the_theme() -> None:
    assert len({verdict.glyph for verdict in style.VERDICTS.values()}) == 7
    assert all(verdict.color in style.LIGHT for verdict in style.VERDICTS.values())


def test_the_notebook_style_touches_nothing_but_our_own_outputs() -> None:
    lines = [line.strip() for line in style.CSS.splitlines()]
    rules = [line for line in lines if "{" in line and not re.fullmatch(r"@container .*\{", line)]
    assert all(".sfsip" in rule for rule in rules)
