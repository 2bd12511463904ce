"""Attempts that are kept: where they are, what they say, and keeping one made by hand."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sfsip_nb.engine import export
from sfsip_nb.engine.found import look
from sfsip_nb.engine.journal import AttemptRow, Journal
from sfsip_nb.engine.model import Guide
from sfsip_nb.engine.record import Record, read
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.inputs.draft import Draft
from sfsip_nb.inputs.secrets import Redactor
from sfsip_nb.platforms import guides
from sfsip_nb.present import style, tables
from sfsip_nb.present.chapters import open_points
from sfsip_nb.present.outcome import PLAN, PLANNED, planned_rows, sentences, word
from sfsip_nb.present.tables import Shown
from sfsip_nb.present.text import columns, one_line
from sfsip_nb.runs import holding, index, sums
from sfsip_nb.runs.folder import Attempt
from sfsip_nb.runs.prepared import Redacting


@dataclass(frozen=True)
class KnownSecrets:
    """The secrets of a run, as far as they can still be read where it says that they are kept.

    ``missing`` are the inputs whose secrets cannot: one typed into a form went with its kernel.
    """

    guide: Guide
    redactor: Redactor
    missing: tuple[str, ...]


def known_secrets(folder: Path) -> KnownSecrets | None:
    """What masks and finds the secrets of a run's folder; None where no run was ever opened.

    Raises `InputError` for a journal that cannot be read.
    """
    match look(folder).inputs:
        case {"guide": str(name), "values": dict(values)} if name in guides.ALL:
            draft = Draft(name, values)
            secrets = draft.checked.secrets
            wanted = [key for key in draft.secret_keys if draft.value(key)]
            missing = tuple(key for key in wanted if key not in secrets)
            redactor = Redactor(secret.reveal() for secret in secrets.values())
            return KnownSecrets(guides.ALL[name], redactor, missing)
    return None


def attempts_of(folder: Path) -> list[Path]:
    """The attempts of a run's folder in order; the folder itself where it is an attempt."""
    if (folder / "record.json").is_file() or (folder / sums.NAME).is_file():
        return [folder]
    return sorted(
        path for path in folder.glob("attempts/*") if path.is_dir() and path.name[:1] != "."
    )


def keep_interactive(
    journal: Journal, guide: Guide, run_dir: Path, redactor: Redacting, patience: float = 0.0
) -> Path | None:
    """Close the newest attempt in which a step ran, if a person made it, and write its folder.

    The notebooks themselves stay where the person has them. Raises Leak, and InputError where a
    step is still running after `patience` seconds: its verdict belongs in the record.
    """
    if _unrecorded(journal, run_dir) is None:
        return None
    with holding.between_steps(run_dir, patience):
        if (number := _unrecorded(journal, run_dir)) is None:  # another one made it meanwhile
            return None
        return keep(journal, guide, run_dir, redactor, number)


def _unrecorded(journal: Journal, run_dir: Path) -> int | None:
    """The newest attempt in which a step ran, if a person made it and it has no folder yet."""
    if (number := journal.last_judged()) is None:
        return None
    attempt = journal.attempt(number)
    made = (run_dir / "attempts" / _name(attempt)).exists()
    return None if made or attempt.kind != "interactive" else number


def keep(journal: Journal, guide: Guide, run_dir: Path, redactor: Redacting, number: int) -> Path:
    """Close an attempt that has no notebooks of its own and write its folder. Raises Leak."""
    journal.end(number)
    with index.recording(run_dir, journal, number):
        draft = Attempt(run_dir, _name(journal.attempt(number)))
        record = export.record(journal, number, guide).through(redactor.data)
        draft.fill(record, redactor.data(export.everything(journal)))
        return draft.publish(redactor)


def _name(attempt: AttemptRow) -> str:
    return f"{attempt.id:04}-{attempt.mode}"


def summary(attempt: Path) -> Shown:
    """Where the record is, its verdict and its steps."""
    data = read(attempt / "record.json")
    head = tables.overall(word(data), str(attempt / "record.html"))
    for sentence in sentences(data):
        head += tables.notice(sentence, "doubt" if data.partial else "")
    if data.broke_off:
        head += tables.notice(f"Stopped early in {data.broke_off}")
    for alert in data.alerts:
        head += tables.notice(alert, "bad")
    if not data.steps:
        return head
    return head + tables.verdict_table(data.steps, f"Attempt {attempt.name}")


def outcome(record: Record) -> str:
    """An attempt in a few lines: what it came to, its verdicts counted, alerts, what to look at.

    What is blocked follows from those. A plan reads as one: what it would do, and what has to be
    fixed first.
    """
    counts = Counter(step.verdict for step in record.steps)
    said = [f"{count} {verdict}" for verdict, count in counts.most_common()]
    said += [f"{len(record.not_run)} not run"] if record.not_run else []
    look, led = style.verdict(word(record)), list(sentences(record))
    told = [f"{look}: {', '.join(said)}", *led]
    if word(record) == PLAN and record.plan:
        rows = [list(row.values()) for row in planned_rows(record.plan)]
        told = [columns(f"{look}: {led[0]}", list(PLANNED.values()), rows), *led[1:]]
    open_ = {point["step"] for point in open_points(record) if point["verdict"] != Verdict.BLOCKED}
    if left := [step for step in record.steps if step.id in open_]:
        title = "Fix these first" if led else told.pop()
        told.append(tables.verdict_table(left, title).text)
    told += [f"Fix this at once: {one_line(alert)}" for alert in record.alerts]
    told += [f"Cause: {one_line(cause.sentence)}" for cause in record.causes.named]
    return "\n".join(told)
