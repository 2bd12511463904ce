"""What stands in for a replay: a row that is known beforehand, and a mark for each time it ran."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from sfsip_nb.engine.clock import now
from sfsip_nb.engine.nights import CustomerRow
from sfsip_nb.fleet.customers import Customer


def customer_file(folder: Path, name: str, guide: str = "genesys", more: str = "") -> Path:
    """A parameters file of the testbed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(f"target: testbed\ncustomer: {name}\n{guide}: {{}}\n{more}", encoding="utf-8")
    return path


def fleet_file(folder: Path, *names: str, more: str = "") -> Path:
    """A fleet of such customers."""
    for name in names:
        customer_file(folder / "customers", name)
    path = folder / "night.yaml"
    path.write_text(
        f"parameters: [customers/*.yaml]\nresults: fleet\nruns: runs\n{more}", encoding="utf-8"
    )
    return path


def times(customer_folder: Path) -> int:
    """How often a customer was begun."""
    mark = customer_folder / "begun"
    return len(mark.read_text().splitlines()) if mark.exists() else 0


def passes(customer: Customer, night: Path) -> CustomerRow:
    """A customer that passes."""
    _begin(customer)
    return customer.row(now(), outcome="pass", exit_code=0)


def by_name(customer: Customer, night: Path) -> CustomerRow:
    """`bad…` fails, `broken…` breaks off, `killed…` takes its worker along the first time.

    `doomed…` does so each time, `raising…` raises, `held…` waits for a file `go` in its folder.
    """
    first = times(Path(customer.folder)) == 0
    _begin(customer)
    kind = customer.run.split("-")[0]
    if kind == "doomed" or (kind == "killed" and first):
        time.sleep(0.3)  # a worker that dies while it starts is missed for longer
        os.kill(os.getpid(), signal.SIGKILL)
    while kind == "held" and not (Path(customer.folder) / "go").exists():
        time.sleep(0.02)
    match kind:
        case "bad":
            return customer.row(now(), outcome="fail", exit_code=1, reason="verify.inbound: no")
        case "broken":
            return customer.row(now(), outcome="partial", exit_code=4, reason="Stopped early.")
        case "raising":
            raise ValueError(f"a secret: {CANARY}")
    return customer.row(now(), outcome="pass", exit_code=0)


CANARY = "canary-of-an-exception-4711"


def _begin(customer: Customer) -> None:
    folder = Path(customer.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "begun").open("a") as mark:
        mark.write(f"{os.getpid()}\n")


def alone(customer: Customer, night: Path) -> CustomerRow:
    """A customer that fails where another one of its fleet is at work meanwhile."""
    _begin(customer)
    working = Path(customer.folder) / "working"
    working.touch()
    until = time.monotonic() + 0.3
    others = False
    while time.monotonic() < until:
        others |= any(path != working for path in Path(customer.folder).parent.glob("*/working"))
        time.sleep(0.01)
    working.unlink()
    return customer.row(now(), outcome="fail" if others else "pass", exit_code=int(others))
