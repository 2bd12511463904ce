"""The one look: verdict words, colours and style sheet of notebooks, cards and the record.

Colours are tokens with a light and a dark value; a test holds every text colour at WCAG AA
(4.5 : 1) on its background. System fonts, no images, no scripts, nothing fetched.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Verdict:
    """How a verdict is shown: a glyph and a word, so that colour is never the only sign."""

    glyph: str
    word: str
    colour: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


VERDICTS: Final = {
    verdict.word: verdict
    for verdict in (
        Verdict("✔", "pass", "good"),
        Verdict("✖", "fail", "bad"),
        Verdict("?", "inconclusive", "doubt"),
        Verdict("⧗", "waiting", "wait"),
        Verdict("–", "skipped", "quiet"),
        Verdict("⊘", "blocked", "stop"),
        Verdict("~", "waived", "quiet"),
    )
}


def verdict(word: str) -> Verdict:
    """The verdict's look. An unknown word is shown as it is, without colour of its own."""
    return VERDICTS.get(word) or Verdict("·", word or "not run", "quiet")


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
BACKGROUNDS: Final = ("paper", "tint")
DECORATION: Final = ("line",)


def _tokens(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


# JupyterLab says which theme it has in an attribute of the body; elsewhere the reader's system
# decides; paper is always light. Doubled class names outrank JupyterLab's own table rules.
_THEME = f"""
.sfsip{{{_tokens(LIGHT)}color-scheme:light}}
@media screen and (prefers-color-scheme:dark){{.sfsip{{{_tokens(DARK)}color-scheme:dark}}}}
[data-jp-theme-light="true"] .sfsip{{{_tokens(LIGHT)}color-scheme:light}}
[data-jp-theme-light="false"] .sfsip{{{_tokens(DARK)}color-scheme:dark}}
[data-jp-theme-light] .sfsip{{background:none}}
"""

_PARTS = """
.sfsip{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
 color:var(--ink);background:var(--paper);font-variant-numeric:tabular-nums}
.sfsip *{box-sizing:border-box}
.sfsip p,.sfsip li{max-width:80ch}
.sfsip a{color:var(--accent)}
.sfsip code,.sfsip pre,.sfsip .mono{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,
 "Liberation Mono",monospace;color:inherit;background:none;padding:0;overflow-wrap:anywhere}
.sfsip pre{white-space:pre-wrap;margin:4px 0;padding:8px 10px;background:var(--tint)}
.sfsip .wide{overflow-x:auto;max-width:100%}
.sfsip table.sf.sf{border-collapse:collapse;width:100%;margin:4px 0 16px;font-size:14px;
 line-height:1.4;border:0;table-layout:auto;color:inherit}
.sfsip table.sf.sf caption{caption-side:top;text-align:left;font-weight:600;padding:4px 0 6px;
 color:var(--ink)}
.sfsip table.sf.sf caption small{font-weight:400;color:var(--quiet);font-size:13px}
.sfsip table.sf.sf tr,.sfsip table.sf.sf tbody tr:nth-child(n){background:none}
.sfsip table.sf.sf th,.sfsip table.sf.sf td{text-align:left;vertical-align:top;padding:5px 14px
 5px 0;border:0;border-top:1px solid var(--line);white-space:normal;overflow-wrap:anywhere;
 min-width:6ch;max-width:none;background:none;color:inherit;font-weight:400}
.sfsip table.sf.sf thead th{border-top:0;border-bottom:1px solid var(--quiet);
 color:var(--quiet);font-size:13px;overflow-wrap:normal}
.sfsip table.sf.sf tr>:last-child{padding-right:0}
.sfsip table.sf.sf tr.step th{font-weight:600;padding-top:10px}
.sfsip table.sf.sf tr.step td{padding-top:10px}
.sfsip table.sf.sf tr.sub>:first-child{padding-left:16px}
.sfsip table.sf.sf tr.sub th,.sfsip table.sf.sf tr.sub td{border-top-style:dotted}
.sfsip table.sf.sf .c-checked{width:27%}.sfsip table.sf.sf .c-expected{width:23%}
.sfsip table.sf.sf .c-seen{width:28%}
.sfsip table.sf.sf .c-key{width:31%}.sfsip table.sf.sf .c-help{width:32%}
.sfsip table.sf.sf .nw{white-space:nowrap;overflow-wrap:normal}
.sfsip .text,.sfsip table.sf.sf .text{white-space:pre-line}
.sfsip table.sf.sf td.text,.sfsip table.sf.sf th[scope=row]{min-width:13ch}
.sfsip .quiet{color:var(--quiet)}
.sfsip small{font-size:13px;font-weight:400}
.sfsip .plain{font-weight:400}
.sfsip .verdict{white-space:nowrap;font-weight:600}
.sfsip .glyph{font-weight:400}
.sfsip .good{color:var(--good)}.sfsip .bad{color:var(--bad)}.sfsip .doubt{color:var(--doubt)}
.sfsip .wait{color:var(--wait)}.sfsip .stop{color:var(--stop)}
.sfsip .notice{border-left:3px solid var(--accent);padding:4px 0 4px 12px;margin:8px 0 16px}
.sfsip .notice.bad{border-color:var(--bad)}.sfsip .notice.doubt{border-color:var(--doubt)}
.sfsip .notice.stop{border-color:var(--stop)}.sfsip .notice.quiet{border-color:var(--quiet)}
.sfsip .notice.wait{border-color:var(--wait)}.sfsip .notice.good{border-color:var(--good)}
.sfsip .notice p{margin:2px 0;color:var(--ink)}
.sfsip .card{border:1px solid var(--line);border-left:3px solid var(--wait);padding:10px 16px;
 margin:8px 0 16px;max-width:100ch}
.sfsip .card h3{font-size:16px;margin:0 0 6px}
.sfsip .card p{margin:6px 0}
.sfsip .card .value{user-select:all}
.sfsip .card .copy{font:inherit;font-size:12px;margin-left:8px;padding:0 8px;cursor:pointer;
 border:1px solid var(--line);border-radius:3px;background:none;color:inherit}
.sfsip .card dl{margin:6px 0}
.sfsip .path{color:var(--ink)}
.sfsip details{margin:4px 0}
.sfsip summary{cursor:pointer;color:var(--accent)}
.sfsip .code summary{font-size:13px;color:var(--quiet)}
.sfsip figure{margin:8px 0 20px}
.sfsip figure img{max-width:100%;height:auto;background:#fff;border:1px solid var(--line)}
.sfsip figcaption{font-size:13px;color:var(--quiet)}
"""

_PAGE = """
.sfsip .card .copy{display:none}
html{background:#fff}
@media screen and (prefers-color-scheme:dark){html{background:#15171a}}
body.sfsip{margin:0}
.sfsip main,.sfsip>header,.sfsip>footer{max-width:1120px;margin:0 auto;padding:0 32px}
.sfsip>header{padding-top:32px}.sfsip>footer{padding-bottom:40px;color:var(--quiet);font-size:13px}
.sfsip h1{font-size:26px;line-height:1.25;margin:0 0 4px;overflow-wrap:anywhere}
.sfsip h2{font-size:19px;margin:36px 0 6px;padding-top:8px;border-top:1px solid var(--line)}
.sfsip h3{font-size:16px;margin:20px 0 4px}
.sfsip .lead{font-size:19px;margin:10px 0 14px;max-width:none}
.sfsip dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 24px;margin:12px 0;
 font-size:14px}
.sfsip dl.facts dt{color:var(--quiet)}.sfsip dl.facts dd{margin:0;overflow-wrap:anywhere}
.sfsip nav ul{list-style:none;margin:14px 0 0;padding:0;font-size:14px;columns:2;column-gap:32px}
.sfsip nav li{break-inside:avoid;padding:1px 0}
@media (max-width:700px){.sfsip main,.sfsip>header,.sfsip>footer{padding-left:16px;
 padding-right:16px}
 .sfsip nav ul{columns:1}.sfsip dl.facts{grid-template-columns:1fr}
 .sfsip dl.facts dd{margin-bottom:6px}}
@media print{@page{margin:16mm 14mm}
 .sfsip{font-size:10.5pt}.sfsip table.sf.sf{font-size:9pt}
 .sfsip main,.sfsip>header,.sfsip>footer{padding:0;max-width:none}
 .sfsip table.sf.sf tr,.sfsip .card,.sfsip figure{break-inside:avoid}
 .sfsip h2,.sfsip h3,.sfsip caption{break-after:avoid}
 .sfsip nav{display:none}.sfsip a{color:inherit;text-decoration:none}}
"""

CSS: Final = (_THEME + _PARTS).strip()
"""For an output inside a notebook: every rule is below `.sfsip`."""

PAGE_CSS: Final = (_THEME + _PARTS + _PAGE).strip()
"""For a whole page (`<body class="sfsip">`)."""

CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""Content security policy of every page written: it cannot fetch, send or run anything."""
