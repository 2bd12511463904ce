"""The hosts that a run needs, and how each was reached: the same rows in a notebook and a log."""

from collections.abc import Iterable

from sfsip_nb.api.reach import Reached
from sfsip_nb.engine.verdicts import Verdict
from sfsip_nb.present import style
from sfsip_nb.present.tables import Shown, plain_table

_COLUMNS = {
    "host": "Host",
    "addresses": "Address",
    "port": "Port",
    "result": "Result",
    "advice": "What to try",
}


def table(hosts: Iterable[Reached]) -> Shown:
    """One row a host."""
    rows = [vars(host) | {"result": _result(host)} for host in hosts]
    return plain_table(rows, _COLUMNS, "The hosts that this run needs")


def _result(host: Reached) -> str:
    return f"{style.verdict(Verdict.PASS if host.ok else Verdict.INCONCLUSIVE)}: {host.said}"
