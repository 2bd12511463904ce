"""A night: every customer of the fleet once, each told as it begins and ends, all kept in a ledger.

A night that was interrupted goes on with those that have not finished.
"""

from __future__ import annotations

import os
import queue
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.fleet import work
from sfsip_nb.fleet.clusters import revive
from sfsip_nb.fleet.customers import Customer
from sfsip_nb.fleet.ledger import Ledger, Night, before
from sfsip_nb.inputs.errors import SfsipError

if TYPE_CHECKING:
    from distributed import Client, Future

GOES_ON = timedelta(hours=12)
"""For how long an interrupted night is gone on with, past midnight too."""

FOLDER = "nights"


@dataclass(frozen=True)
class Began:
    """A worker has taken a customer."""

    customer: Customer
    worker: str


Tell = Callable[[Began | CustomerRow], None]


class LostScheduler(SfsipError):
    """The scheduler cannot be reached any more."""


def name_of(nights: Sequence[Night], given: str, moment: datetime) -> str:
    """The night that a command goes through: as given, the interrupted one, or today's (UTC)."""
    if given or not nights:
        return given or f"{moment:%Y-%m-%d}"
    last = nights[-1]
    age = moment - datetime.fromisoformat(last.began)
    return last.name if not last.is_over and age < GOES_ON else f"{moment:%Y-%m-%d}"


def held_against(
    customers: Sequence[Customer], nights: Sequence[Night], name: str
) -> list[Customer]:
    """The customers, each with the newest earlier night in which it finished, to compare with."""
    found: dict[str, Customer] = {customer.run: customer for customer in customers}
    for night in reversed(list(before(nights, name))):
        rows = night.by_run
        for run in found.keys() & rows.keys():
            row = rows[run]
            if row.is_finished:
                found[run] = replace(
                    found[run],
                    since=night.name,
                    before=row.outcome,
                    record_before=row.record,
                    replies_before=tuple(row.replies_ms),
                )
    return list(found.values())


def as_last(row: CustomerRow, nights: Sequence[Night], name: str) -> CustomerRow:
    """The row; of a customer that did not finish, held against the last night that has its file.

    Whether that one finished or not: the same trouble every night is told once.
    """
    if not row.is_finished:
        for night in before(nights, name):
            if then := night.rows.get(row.file):
                more = {"since": night.name, "before": then.outcome, "reason_before": then.reason}
                return row.model_copy(update=more | {"compared": None})
    return row


def go_through(
    customers: Sequence[Customer],
    client: Client,
    ledger: Ledger,
    night: str,
    folder: Path,
    tell: Tell,
    task: work.Task,
) -> Iterator[CustomerRow]:
    """Each customer's row as it ends, written down. A killed worker's customer goes to another one.

    Raises LostScheduler.
    """
    topic = f"sfsip-{secrets.token_hex(8)}"
    known = {customer.run: customer for customer in customers}
    earlier = ledger.nights()
    happens: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
    client.subscribe_topic(topic, lambda event: happens.put(event[1]))
    futures: dict[str, Future[Any]] = {}
    given, taken = Counter[str](), Counter[str]()

    def give(run: str) -> None:
        given[run] += 1
        key = f"{topic}-{sum(given.values())}"
        future = client.submit(
            work.carry_out, known[run], topic, str(folder), task, key=key, pure=False
        )
        futures[run] = future
        future.add_done_callback(partial(_put_error, happens, run))

    try:
        for run in known:
            give(run)
        while futures:
            try:
                happened = happens.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                revive(client)
                continue
            run, row = happened["run"], _row(happened, known[happened["run"]])
            if run not in futures:
                continue
            if row is None:
                taken[run] += 1
                ledger.begins(night, run, happened["worker"])
                tell(Began(known[run], happened["worker"]))
            elif "error" in happened and max(given[run], taken[run]) < _ENOUGH:
                give(run)  # it may only have stood in the queue of a worker that another one took
            else:
                del futures[run]
                row = as_last(row, earlier, night)
                ledger.ends(night, row)
                tell(row)
                yield row
    finally:
        client.unsubscribe_topic(topic)
        client.cancel(list(futures.values()))


_LOOK_SECONDS = 10.0
"""After so long without any news it is looked whether all workers are there."""

_ENOUGH = 3
"""Workers lost with a customer, or times that Dask gave it up, after which nobody tries again."""


def _put_error(happens: queue.SimpleQueue[Any], run: str, future: Future[Any]) -> None:
    """Only what no worker can tell: a row comes as an event, for a result goes with its worker."""
    if future.status in ("error", "cancelled"):
        happens.put({"run": run, "error": future})


def _row(happened: Mapping[str, Any], customer: Customer) -> CustomerRow | None:
    """The row that a worker told, or one that says that none of them could; None of a beginning."""
    future = happened.get("error")
    if future is None:
        return CustomerRow.model_validate(happened["row"]) if happened["row"] else None
    if future.status == "cancelled":
        raise LostScheduler("The connection to the scheduler is lost. The same command goes on.")
    error = type(future.exception()).__name__
    return customer.row(
        now(),
        exit_code=4,
        reason=f"Every worker that took it was killed, or ended by itself ({error}). Look at the"
        " memory of the workers.",
    )


def folder_of(results: Path, night: str) -> Path:
    """The folder of a night."""
    return results / FOLDER / night


def is_name(night: str) -> bool:
    """Whether a night can have that name: it is a folder's."""
    return os.path.basename(night) == night and night.isprintable() and night[:1] not in ("", ".")


def moment() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
