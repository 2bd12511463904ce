"""What the platforms said when they were asked about the inputs: a table, and a sentence."""

from collections import Counter
from collections.abc import Mapping

from sfsip_nb.engine.difference import text
from sfsip_nb.engine.model import LookupResult
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.form import label
from sfsip_nb.present.tables import Shown, folded, plain_table
from sfsip_nb.present.text import some
from sfsip_nb.sip.shown import counted


def looked_up(draft: Draft, found: Mapping[str, LookupResult]) -> Shown:
    """What the platforms say of inputs, by the inputs' keys, as a table."""
    words = {True: "fits", False: "does not fit", None: "open"}
    rows = [
        {
            "input": label(key),
            "value": text(draft.value(key)),
            "seen": f"{words[result.ok]}: {result.sentence}",
            "offered": some(result.choices),
        }
        for key, result in found.items()
    ]
    names = {
        "input": "Input",
        "value": "Value",
        "seen": "What the platform says",
        "offered": "Offered",
    }
    table = plain_table(rows, names, "What the platforms say about the inputs")
    counts = Counter(words[result.ok] for result in found.values())
    told = ", ".join(f"{counts[word]} {word}" for word in words.values() if counts[word])
    opened = any(result.ok is False or not result.asked for result in found.values())
    return folded(table, f"{counted(len(found), 'input')} looked up: {told}", opened)


def answered(found: Mapping[str, LookupResult]) -> tuple[str, bool]:
    """What came of asking the platforms, in a sentence, and whether all could be asked."""
    refused = dict.fromkeys(result.sentence for result in found.values() if not result.asked)
    offered = {key: len(result.choices) for key, result in found.items() if result.choices}
    told = ", ".join(f"{label(key)} {count}" for key, count in offered.items())
    parts = [f"{'; '.join(refused)}. Type the names instead."] if refused else []
    parts += [f"You can now choose below: {told}."] if told else []
    return " ".join(parts) or "The platforms offer nothing to choose from.", not refused
