"""What a worker does: one customer's replay, of which a row comes whatever happens.

The row is on disk before it is told, so that a customer who has finished is not replayed again
where the worker is lost right then.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sfsip_nb.engine import comparison
from sfsip_nb.engine import record as records
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import NIGHTS, CustomerRow
from sfsip_nb.engine.record import Record
from sfsip_nb.fleet.customers import Customer, inputs_sum
from sfsip_nb.inputs import private, shipped
from sfsip_nb.inputs.errors import InputError, SfsipError
from sfsip_nb.present.nights import why
from sfsip_nb.present.outcome import word
from sfsip_nb.replay.events import Event, Finished
from sfsip_nb.runs.errors import internal

Task = Callable[[Customer, Path], CustomerRow]
"""The replay of a customer; paths in the row count from the night's folder."""

_AGAIN = "The same command goes on with it."


def carry_out(customer: Customer, topic: str, night: str, task: Task) -> None:
    """Do a customer's task here, and tell the topic that it begins, and its row.

    It raises nothing: an exception would be sent, with what it and its trace hold.
    """
    kept = kept_at(Path(night), customer.run)
    with _leave(customer):
        _tell(topic, customer, {})
        row = _kept(kept, customer) or _done(customer, Path(night), task)
    _tell(topic, customer, row.as_json())


def kept_at(night: Path, run: str) -> Path:
    """Where the row of a run is kept on the way."""
    return night / "rows" / f"{run}.json"


def _leave(customer: Customer) -> AbstractContextManager[Any]:
    """Leave to draw on the customer's budget, given by the scheduler to so many at once."""
    from distributed import Semaphore

    if not customer.budget:
        return nullcontext()
    leave: AbstractContextManager[Any] = Semaphore(customer.leases, name=customer.budget)
    return leave


def _tell(topic: str, customer: Customer, row: dict[str, Any]) -> None:
    from distributed import get_worker

    worker = get_worker()
    worker.log_event(topic, {"run": customer.run, "worker": str(worker.name), "row": row})


def _kept(path: Path, customer: Customer) -> CustomerRow | None:
    """The row of this very night and these inputs, if the replay came to its end."""
    with suppress(OSError, ValueError):
        row = CustomerRow.model_validate(json.loads(path.read_bytes()))
        return row if row.is_finished and row.inputs == customer.inputs else None
    return None


def _done(customer: Customer, night: Path, task: Task) -> CustomerRow:
    """The row of a customer whose task is done here; it is not where no row can be kept."""
    kept = kept_at(night, customer.run)
    try:
        _keep(customer.row(now(), exit_code=4, reason=f"Its worker was lost. {_AGAIN}"), kept)
    except OSError as error:
        return customer.row(
            now(),
            exit_code=4,
            reason=f"It was not begun: {kept} cannot be written ({error.strerror}). Make room on"
            f" the disk, or correct the folder. {_AGAIN}",
        )
    row = _row(customer, night, task)
    with suppress(OSError):  # the disk is full by now: what came of it is told all the same
        _keep(row, kept)
    return row


def _keep(row: CustomerRow, path: Path) -> None:
    private.folder(path.parent)
    half = path.with_suffix(f".{os.getpid()}")
    try:
        private.write(half, json.dumps(row.as_json()))
        os.replace(half, path)
    except OSError:
        with suppress(OSError):
            half.unlink()
        raise


def _row(customer: Customer, night: Path, task: Task) -> CustomerRow:
    began = now()
    try:
        return task(customer, night)
    except InputError as error:
        return customer.row(began, exit_code=2, reason=str(error))
    except SfsipError as error:
        return customer.row(began, exit_code=4, reason=f"{error} {_AGAIN}")
    except Exception as error:
        return customer.row(began, exit_code=4, reason=f"It stopped on {internal(error)}. {_AGAIN}")


def replayed(customer: Customer, night: Path) -> CustomerRow:
    """Replay a customer, as `sfsip replay` does. Raises as that does."""
    from sfsip_nb.replay.series import replay
    from sfsip_nb.runs import session

    began, file = now(), Path(customer.file)
    if inputs_sum(file, customer.mode, customer.guide) != customer.inputs:
        raise InputError(
            customer.file,
            f"{customer.file} is another file on this worker than where the fleet was begun, or the"
            " versions of sfsip differ. Give all workers the same files and the same version.",
        )
    ended: list[Finished] = []

    def tell(event: Event) -> None:
        if isinstance(event, Finished):
            ended.append(event)

    prepared = session.prepare(
        file, mode=customer.mode, out=Path(customer.folder), per_minute=customer.per_minute
    )
    code = replay(prepared, shipped.NOTEBOOKS, tell, limit=customer.limit)
    record, page = ended[0].record, ended[0].page
    row = customer.row(
        began,
        exit_code=code,
        attempt=record.attempt,
        outcome=str(word(record)),
        reason=why(record),
        record=relative(page, night),
        compared=_compared(record, customer, night),
        replies_ms=[*customer.replies_before, *replies(record)][-NIGHTS:],
    )
    return CustomerRow.model_validate(prepared.redactor.data(row.as_json()))


def relative(page: Path, night: Path) -> str:
    """The path of a page from the night's folder as it is on disk: no `..` crosses a link."""
    return os.path.relpath(page, night.resolve())


def replies(record: Record) -> list[int]:
    """How soon the agent replied in a record's test calls: the median, in ms, where measured."""
    spoken = [call.seen.answering for call in record.dialled if call.seen and call.seen.answering]
    gaps = [turn.gap.ms for found in spoken for turn in found.turns if turn.gap]
    return [round(statistics.median(gaps))] if gaps else []


def _compared(record: Record, customer: Customer, night: Path) -> comparison.ComparisonRow | None:
    """What differs from the record of the night before; None without one that can be read."""
    if not customer.record_before:
        return None
    with suppress(InputError, OSError):
        # not for the system to follow: the night's folder may be to come
        page = os.path.normpath(night.resolve() / customer.record_before)
        then = records.read(Path(page).with_name("record.json"))
        return comparison.compared(record, then)
    return None
