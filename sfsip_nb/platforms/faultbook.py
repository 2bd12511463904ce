"""The fault book, ``docs/faults.md``: each known cause, what shows it, and how to practice it.

It is made from the causes' data and the testbed's switches: ``python -m
sfsip_nb.platforms.faultbook`` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sfsip_nb.engine.causes import KnownCause, Sign, read
from sfsip_nb.inputs import platform
from sfsip_nb.inputs.platform import Fault
from sfsip_nb.platforms import synthflow

_HEAD = """# Fault book

What can be wrong between a contact center and Synthflow, as the runbook knows it: the same data
name the causes in section 06. Each entry says what is broken, which checks show it, what rules it
out, where to click, and how to practice it on the testbed:

```
sfsip replay parameters/genesys.testbed.yaml --out run
sfsip replay parameters/genesys.testbed.yaml --out run --mode verify --fault NAME
sfsip diagnose run
```

Words in braces stand for the customer's own values. This file is generated from
`sfsip_nb/platforms/*/causes.yaml`; edit those.
"""

_CONDITIONS = """## Conditions

Nothing is wrong with what is set up, and section 06 names no cause. Practice: `--fault NAME`;
several at once make a line that is bad in several ways.

| Name | What happens | What a run says all the same |
| --- | --- | --- |"""


def book() -> str:
    """The whole book, as Markdown."""
    practice: dict[str, list[Fault]] = {}
    for end in platform.ends():
        for fault in platform.part(end, "FAULTS", "faults"):
            practice.setdefault(fault.cause, []).append(fault)
    chapters = [_chapter(title, causes, practice) for title, causes in _causes()]
    return "\n".join([_HEAD, *chapters, _conditions(practice[""])])


def _causes() -> Iterator[tuple[str, tuple[KnownCause, ...]]]:
    for own in platform.platforms():
        yield own.title, read(own.package)
    yield "Synthflow, its AI agent, and the network", read(synthflow.__name__)


def _chapter(title: str, causes: Iterable[KnownCause], practice: Mapping[str, list[Fault]]) -> str:
    entries = ["\n".join(_entry(cause, practice.get(cause.id, []))) for cause in causes]
    return "\n\n".join([f"## {title}", *entries]) + "\n"


def _conditions(faults: Iterable[Fault]) -> str:
    rows = (f"| `{one.name}` | {one.effect} | {one.leaves or '–'} |" for one in faults)
    return "\n".join([_CONDITIONS, *rows]) + "\n"


def _entry(cause: KnownCause, faults: list[Fault]) -> Iterator[str]:
    yield f"### {cause.id}"
    yield ""
    yield f"{cause.says}"
    yield ""
    yield f"- **Where**: {cause.side} › {cause.object} › {cause.field}"
    yield f"- **Shown by**: {'; or '.join(map(_sign, cause.signs))}"
    if cause.also:
        yield f"- **Together with**: {'; '.join(map(_sign, cause.also))}"
    if cause.unless:
        yield f"- **Ruled out by**: {'; or '.join(map(_sign, cause.unless))}"
    yield f"- **Fix**: {cause.path}" + (f" → {cause.value}" if cause.value else "")
    if cause.mends:
        yield f"- **From the runbook**: run step `{cause.mends}` in apply mode, or follow its card"
    if cause.tell:
        yield f"- **To confirm**: {cause.tell}"
    for fault in faults:
        yield f"- **Practice**: `--fault {fault.name}` ({fault.effect})"


def _sign(sign: Sign) -> str:
    words = {"fail": "fails", "pass": "passes", "inconclusive": "stays open"}
    saying = f" and says `{sign.seen}`" if sign.seen else ""
    return f"`{sign.check}` {words[sign.verdict]}{saying}"


if __name__ == "__main__":
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    page.write_text(book(), encoding="utf-8")
