"""The command's way through a night, from the fleet's file to its exit code."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sfsip_nb._version import __version__
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import CustomerRow, NightRow, worst_exit
from sfsip_nb.fleet import night as nights
from sfsip_nb.fleet import results
from sfsip_nb.fleet.budgets import budgeted
from sfsip_nb.fleet.clusters import connected
from sfsip_nb.fleet.customers import roll
from sfsip_nb.fleet.given import read_fleet
from sfsip_nb.fleet.ledger import Ledger, Night, before
from sfsip_nb.fleet.night import Began, Tell
from sfsip_nb.fleet.work import Task, kept_at, replayed
from sfsip_nb.inputs import extras
from sfsip_nb.inputs.errors import InputError
from sfsip_nb.present import style
from sfsip_nb.present.nights import changed
from sfsip_nb.present.text import clock, lasted, one_line
from sfsip_nb.runs.holding import alone


@dataclass(frozen=True)
class Command:
    """What was asked for."""

    file: Path
    mode: str = ""
    workers: int = 0
    scheduler: str = ""
    night: str = ""
    fresh: bool = False


@dataclass(frozen=True)
class Done:
    """A night that is over. `missing` says which files it lacks, and why."""

    night: NightRow
    page: Path
    missing: list[str]

    @property
    def said(self) -> str:
        """What it came to, in a line."""
        counts = Counter(row.outcome for row in self.night.customers)
        told = ", ".join(f"{count} {style.verdict(word)}" for word, count in counts.most_common())
        return f"Night {self.night.night}: {told}; {self.turned} changed"

    @property
    def turned(self) -> int:
        """How many customers differ from the night before, or are gone."""
        return sum(bool(changed(row)) for row in self.night.customers) + len(self.night.gone)


def night(asked: Command, tell: Tell, task: Task = replayed) -> Done:
    """Go through a night, or go on with it. Raises InputError; nothing was replayed then."""
    extras.need("fleet", "sfsip fleet", "distributed")
    fleet = read_fleet(asked.file, asked.mode, asked.workers)
    whole = roll(fleet)
    if asked.night and not nights.is_name(asked.night):
        raise InputError("--night", f"--night is {asked.night!r}, which is no folder's name.")
    with alone(fleet.results):
        ledger = Ledger(fleet.results)
        known = ledger.nights()
        name = nights.name_of(known, asked.night, nights.moment())
        folder = nights.folder_of(fleet.results, name)
        customers = nights.held_against(whole.customers, known, name)
        present = next((one for one in known if one.name == name), None)
        refused = [nights.as_last(row, known, name) for row in whole.refused]
        rows: dict[str, CustomerRow] = {}
        if present and not asked.fresh:
            kept = (present.finished(customer.run, customer.inputs) for customer in customers)
            rows |= {row.run: row for row in kept if row}
        if asked.fresh:
            for customer in customers:
                kept_at(folder, customer.run).unlink(missing_ok=True)
        began = present.began if present else now()
        ledger.night_begins(name, len(customers) + len(refused))
        for row in refused:
            ledger.ends(name, row)
            tell(row)
        if left := [customer for customer in customers if customer.run not in rows]:
            workers = min(fleet.workers, len(left))
            with connected(asked.scheduler, workers) as client:
                left = budgeted(left, whole.parameters, sum(client.nthreads().values()))
                for row in nights.go_through(left, client, ledger, name, folder, tell, task):
                    rows[row.run] = row
        ended = [*refused, *(rows[customer.run] for customer in customers)]
        last = next(before(known, name), None)
        done = NightRow(
            fleet=fleet.name,
            night=name,
            mode=fleet.mode,
            started=began,
            ended=now(),
            exit_code=worst_exit(row.exit_code for row in ended),
            versions={"sfsip": __version__, "python": platform.python_version()}
            | {"distributed": version("distributed")},
            customers=ended,
            gone=_gone(last, ended, fleet.files) if last else [],
        )
        missing = results.write(done, folder)
        ledger.night_ends(name, done.exit_code)
    # with no link in it, as what the page links to
    return Done(done, folder.resolve() / "fleet.html", missing)


def _gone(last: Night, rows: Sequence[CustomerRow], files: Sequence[Path]) -> list[str]:
    """The runs of the last night of which neither the run nor its file is named any more."""
    runs, named = {row.run for row in rows}, set(map(str, files))
    return sorted(
        row.run for row in last.rows.values() if row.run not in runs and row.file not in named
    )


def in_lines(say: Callable[[str], None]) -> Tell:
    """A line as each customer begins and ends."""

    def tell(happened: Began | CustomerRow) -> None:
        if isinstance(happened, Began):
            who = one_line(happened.customer.customer)
            say(f"   {who} ({happened.customer.run}): begins at {clock(now())} UTC")
            return
        say(_line(happened))

    return tell


def of_what_changed(say: Callable[[str], None]) -> Tell:
    """Only customers that are otherwise than in the night before."""

    def tell(happened: Began | CustomerRow) -> None:
        if isinstance(happened, CustomerRow) and changed(happened):
            say(_line(happened))

    return tell


def _line(row: CustomerRow) -> str:
    head = f"{style.verdict(row.outcome)} {one_line(row.customer)} ({row.run}){lasted(row)}"
    why = [f"   {one_line(row.reason)}"] if row.reason else []
    return "\n".join([head, *why, *(f"   ≠ {one_line(told)}" for told in changed(row))])
