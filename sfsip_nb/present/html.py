"""The template environment: autoescaped, every value made visible, plus the few filters."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from sfsip_nb.engine import people
from sfsip_nb.engine.rows import CardFieldRow, CheckRow, DialledRow, StepRow
from sfsip_nb.engine.verdicts import Vantage, Verdict, Weight
from sfsip_nb.inputs.platform import names, platform
from sfsip_nb.present import style, zone
from sfsip_nb.present.alike import alike, alike_changes
from sfsip_nb.present.text import LONG, clock, lasted, links, shown, unmarked, utc, visible
from sfsip_nb.sip.shown import counted

if TYPE_CHECKING:
    from jinja2 import Environment

Row = Mapping[str, Any]

_VANTAGE = {
    Vantage.HERE: "seen here",
    Vantage.PLATFORM: "seen by the contact center",
    Vantage.SYNTHFLOW: "seen by Synthflow",
    Vantage.TESTBED: "seen at both ends",
}
_SUM = re.compile(r"^[0-9a-f]{8,64}-(?=.)")


def deciding(step: StepRow) -> str:
    """One sentence: what made the step's verdict."""
    if step.reason:
        return step.reason
    required = [check for check in step.checks if check.weight is Weight.REQUIRED]
    if step.verdict is not Verdict.PASS:
        return "\n".join(
            f"{check.title}: {shown(check.seen)}"
            for check in alike(required)
            if check.verdict is step.verdict
        )
    passed = f"{counted(len(required), 'check')} passed"
    doubts = [c for c in alike(step.checks) if c.verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE)]
    return passed + (f"; advisory: {', '.join(c.title for c in doubts)}" if doubts else "")


def input_value(row: Row) -> str:
    """An input's value; of a secret only whether it is set."""
    if row.get("secret"):
        return "set" if row.get("value") not in (None, "", "not set", False) else "not set"
    return shown(row.get("value"))


def field_value(field: CardFieldRow) -> str:
    """A card's value; a secret is named, never shown."""
    return "(secret: paste it from where it is kept)" if field.secret else shown(field.value)


def seen_from(check: CheckRow, usual: str = "") -> str:
    """Where a check was seen from, "" where that is the usual; a person's word is only said."""
    seen = "said by a person" if people.is_word(check.id) else _VANTAGE[check.vantage]
    return "" if seen == usual else seen


def usually_seen(steps: Iterable[StepRow]) -> tuple[str, str]:
    """Where most checks of a table were seen from, and how its caption says so once."""
    seen = Counter(seen_from(check) for step in steps for check in step.checks)
    if not seen:
        return "", ""
    usual = seen.most_common(1)[0][0]
    return usual, usual if len(seen) == 1 else f"{usual} unless noted"


def proof_pieces(check: CheckRow) -> Iterator[tuple[str, bool]]:
    """What is said of a check that others prove, in pieces: each a step's name, or other words."""
    steps = {identity.partition("/")[0] for identity in check.proved_by}
    for number, piece in enumerate(re.split(f"({'|'.join(map(re.escape, steps))})", check.reason)):
        if piece:
            yield piece, number % 2 == 1


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


def requests(references: Iterable[str]) -> list[str]:
    """Those of the evidence files that hold what was asked of an API: they stand beside a step."""
    return list(dict.fromkeys(ref for ref in references if kind_of(ref) == "requests"))


def seen_files(references: Iterable[str]) -> list[str]:
    """The other ones, which stand beside a check."""
    return [ref for ref in references if kind_of(ref) != "requests"]


def call_result(call: DialledRow) -> str:
    """What a test call's caller saw, in a line: status, duration, codec, loss, quality."""
    if (seen := call.seen) is None:
        return "not kept"
    told = [f"{seen.code} {seen.phrase}".removeprefix("0 ")]
    told += [f"{seen.seconds:.1f} s"] if seen.seconds is not None else []
    told += [seen.codec] if seen.codec else []
    told += [f"{seen.loss_percent:g} % lost"] if seen.loss_percent is not None else []
    told += [f"MOS {seen.mos:g}"] if seen.mos is not None else []
    return ", ".join(told)


def svg_uri(svg: str) -> str:
    """An SVG as a data URI: inside `<img>` it can run nothing and fetch nothing."""
    return "data:image/svg+xml;charset=utf-8," + quote(svg, safe=" =:/,;()'")


def _finalize(value: object) -> object:
    if value is None:
        return ""
    return value if isinstance(value, Markup) else visible(str(value))


@cache
def environment() -> "Environment":
    """The one jinja2 environment, with the macros of `parts.html` as `parts`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

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
        numbered=zone.numbered,
        clock=clock,
        links=links,
        lasted=lasted,
        unmarked=unmarked,
        visible=visible,
        seen_from=seen_from,
        usually_seen=usually_seen,
        object_name=object_name,
        proof_pieces=proof_pieces,
        counted=counted,
        requests=requests,
        seen_files=seen_files,
        call_result=call_result,
        alike=alike,
        alike_changes=alike_changes,
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
