"""A fleet's night: customers on one worker, on two, and on a Dask cluster elsewhere; a projection.

    python -m benchmarks.fleet [--customers 20] [--night 200] [--workers 8] [--scale 60]

Each way applies the Genesys guide for so many testbed customers, whose runs begin anew each time.
Then a night of many more goes through the very same scheduler, on so many workers: each customer
takes as long as one did, divided by the scale. The last line is for docs/fleet.md.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import dask
import trustme
from distributed import LocalCluster, Security

from benchmarks.ratios import Ratio, table
from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.fleet.customers import Customer
from sfsip_nb.fleet.run import Command, night
from sfsip_nb.fleet.work import Task, replayed


def fleet_file(folder: Path, customers: int, mode: str) -> Path:
    """A fleet of testbed customers."""
    folder.mkdir()
    for number in range(customers):
        text = f"target: testbed\ncustomer: Customer {number:03}\ngenesys: {{}}\n"
        (folder / f"customer-{number:03}.yaml").write_text(text, encoding="utf-8")
    path = folder / "fleet.yml"
    path.write_text(
        f"parameters: ['*.yaml']\nresults: fleet\nruns: runs\nmode: {mode}\n", encoding="utf-8"
    )
    return path


def taken(file: Path, workers: int, scheduler: str = "", task: Task = replayed) -> float:
    """Seconds of a night, whose customers all have to come to their end."""
    began = time.perf_counter()
    done = night(Command(file, workers=workers, scheduler=scheduler), lambda _: None, task)
    if done.night.exit_code:
        raise RuntimeError(f"{done.said}: {[row.reason for row in done.night.customers]}")
    return time.perf_counter() - began


def waited(seconds: float, customer: Customer, _night: Path) -> CustomerRow:
    """In place of a replay: it takes so long, and passes."""
    began = now()
    time.sleep(seconds)
    return customer.row(began, outcome="pass", exit_code=0)


@contextmanager
def elsewhere(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler, over TLS with files of certificates, and its workers."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    ca, cert, key = (str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(ca)
    issued.cert_chain_pems[0].write_to_path(cert)
    issued.private_key_pem.write_to_path(key)
    names = {"distributed.comm.tls.ca-file": ca}
    for role in ("client", "scheduler", "worker"):
        names[f"distributed.comm.tls.{role}.cert"] = cert
        names[f"distributed.comm.tls.{role}.key"] = key
    with (
        dask.config.set(names),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="tls://127.0.0.1",
            security=Security(require_encryption=True),
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
        ) as cluster,
    ):
        yield cluster.scheduler_address


def projected(asked: argparse.Namespace, one: float, simulated: float) -> str:
    """What stands in docs/fleet.md."""
    whole = asked.night * one / asked.workers / 60
    return (
        f"Two workers on {os.cpu_count()} cores applied {asked.customers} testbed customers in"
        f" {one:.1f} s of a worker each ({now()[:10]}, load {os.getloadavg()[2]:.1f}). At that cost"
        f" {asked.night} customers take {whole:.0f} minutes on {asked.workers} workers. Simulated"
        f" {asked.scale:g} times as fast, their night took {simulated * asked.scale / 60:.0f} such"
        " minutes: what the scheduler does besides counts as many times too much in that."
    )


def main(arguments: Sequence[str] | None = None) -> list[Ratio]:
    """Measure the three ways, go through the simulated night, print what it projects."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=20)
    parser.add_argument("--night", type=int, default=200)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--scale", type=float, default=60.0)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as where:
        folder = Path(where)
        one, two, there = (
            fleet_file(folder / name, asked.customers, "apply") for name in ("one", "two", "there")
        )
        alone = taken(one, 1)
        print(f"one worker {alone:.1f} s", flush=True)
        both = taken(two, 2)
        print(f"two workers {both:.1f} s", flush=True)
        with elsewhere(folder, 2) as scheduler:
            over = taken(there, 2, scheduler)
        print(f"a scheduler elsewhere, two workers {over:.1f} s", flush=True)
        each = both * 2 / asked.customers
        whole = fleet_file(folder / "night", asked.night, "verify")
        wait = partial(waited, each / asked.scale)
        with elsewhere(folder, asked.workers) as scheduler:
            simulated = taken(whole, asked.workers, scheduler, wait)
    rows = [
        Ratio(f"{asked.customers} customers, two workers", both, "one worker", alone, "s"),
        Ratio(f"{asked.customers} customers, Dask elsewhere", over, "one worker", alone, "s"),
    ]
    print(table(rows))
    print(projected(asked, each, simulated))
    return rows


if __name__ == "__main__":
    main()
