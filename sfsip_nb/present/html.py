"""The template environment: autoescaped, every value made visible, plus the few filters."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sfsip_nb.engine import people
from sfsip_nb.inputs.platform import names, platform
from sfsip_nb.present import style
from sfsip_nb.present.text import LONG, clock, lasted, links, shown, unmarked, utc, visible

Row = Mapping[str, Any]

_VANTAGE = {
    "here": "seen here",
    "platform": "seen by the contact center",
    "synthflow": "seen by Synthflow",
    "testbed": "seen at both ends",
}
_SUM = re.compile(r"^[0-9a-f]{8,64}-(?=.)")


class _Lenient(dict[str, Any]):
    """A mapping whose missing keys read as None, so that a record may leave out what is empty."""

    def __missing__(self, key: str) -> None:
        return None


def lenient(value: Any) -> Any:
    """Record-shaped data for templates: missing keys are empty, at any depth."""
    if isinstance(value, Mapping):
        return _Lenient({key: lenient(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return [lenient(item) for item in value]
    return value


def deciding(step: Row) -> str:
    """One sentence: what made the step's verdict."""
    if step.get("note"):
        return str(step["note"])
    checks = step.get("checks") or []
    required = [check for check in checks if check.get("weight") != "advisory"]
    verdict = step.get("verdict")
    if verdict != "pass":
        return "\n".join(
            f"{check['title']}: {shown(check.get('seen'))}"
            for check in required
            if check.get("verdict") == verdict
        )
    passed = f"{len(required)} check{'' if len(required) == 1 else 's'} passed"
    doubts = [check for check in checks if check.get("verdict") in ("fail", "inconclusive")]
    return passed + (f"; advisory: {', '.join(c['title'] for c in doubts)}" if doubts else "")


def input_value(row: Row) -> str:
    """An input's value; of a secret only whether it is set."""
    if row.get("secret"):
        return "set" if row.get("value") not in (None, "", "not set", False) else "not set"
    return shown(row.get("value"))


def field_value(field: Row) -> str:
    """A card's value; a secret is named, never shown."""
    return (
        "(secret: paste it from where it is kept)"
        if field.get("secret")
        else shown(field.get("value"))
    )


def seen_from(check: Row, usual: str = "") -> str:
    """Where a check was seen from, "" where that is the usual; a person's word is only said."""
    if people.is_word(str(check.get("id"))):
        seen = "said by a person"
    else:
        seen = _VANTAGE.get(str(check.get("vantage")), str(check.get("vantage")))
    return "" if seen == usual else seen


def usually_seen(steps: Iterable[Row]) -> tuple[str, str]:
    """Where most checks of a table were seen from, and how its caption says so once."""
    seen = Counter(seen_from(check) for step in steps for check in step.get("checks") or [])
    if not seen:
        return "", ""
    usual = seen.most_common(1)[0][0]
    return usual, usual if len(seen) == 1 else f"{usual} unless noted"


def object_name(address: str) -> str:
    """An object in words: `genesys.did_pool:+1555` is the DID pool “+1555” in Genesys Cloud."""
    kind, _, key = address.partition(":")
    system, _, what = kind.partition(".")
    if not (key and what and system in ("synthflow", *names())):
        return address
    title = "Synthflow" if system == "synthflow" else platform(system).title
    what = what.replace("did", "DID").replace("_", " ")
    return f"{what} “{key}” in {title}"


def bare(reference: str) -> str:
    """An evidence file's name without its sum."""
    return _SUM.sub("", reference.rsplit("/", 1)[-1])


def kind_of(reference: str) -> str:
    """What an evidence file is, by the first word of its name: ladder, capture, heard."""
    return re.split(r"[-.]", bare(reference))[0]


def svg_uri(svg: str) -> str:
    """An SVG as a data URI: inside `<img>` it can run nothing and fetch nothing."""
    return "data:image/svg+xml;charset=utf-8," + quote(svg, safe=" =:/,;()'")


def _finalize(value: object) -> object:
    if value is None:
        return ""
    return value if isinstance(value, Markup) else visible(str(value))


@cache
def environment() -> Environment:
    """The one jinja2 environment, with the macros of `parts.html` as `parts`."""
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
    )
    env.filters.update(
        shown=shown,
        kind_of=kind_of,
        input_value=input_value,
        field_value=field_value,
        utc=utc,
        clock=clock,
        links=links,
        lasted=lasted,
        unmarked=unmarked,
        visible=visible,
        seen_from=seen_from,
        usually_seen=usually_seen,
        object_name=object_name,
    )
    env.globals.update(
        look=style.verdict,
        verdicts=list(style.VERDICTS.values()),
        deciding=deciding,
        css=style.PAGE_CSS,
        csp=style.CSP,
        longest=LONG,
    )
    return env


def part(name: str, *args: Any) -> str:
    """The HTML of one macro of `parts.html`."""
    macro = getattr(environment().get_template("parts.html").module, name)
    return str(macro(*args))
