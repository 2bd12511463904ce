"""Where the replays run: on processes of this machine, or on somebody's Dask cluster, by TLS."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sfsip_nb.inputs import extras
from sfsip_nb.inputs.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_SECONDS = 20
_WORKER_SECONDS = 120
_HERE = "127.0.0.1"


@contextmanager
def connected(scheduler: str, workers: int) -> Iterator[Client]:
    """A client of the scheduler at that address; without one, of `workers` processes here.

    Those talk by TLS too, with a certificate of this moment: whoever reaches a scheduler can run
    code as its user, and other users of this machine reach its loopback. Raises InputError.
    """
    extras.need("fleet", "sfsip fleet", "distributed")
    from distributed import Client, LocalCluster, Security

    with ExitStack() as held:
        if scheduler:
            yield held.enter_context(_there(scheduler))
            return
        security = Security.temporary()
        cluster = held.enter_context(
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host=_HERE,
                security=security,
                dashboard_address=f"{_HERE}:0",
                worker_dashboard_address=f"{_HERE}:0",
                silence_logs=logging.CRITICAL,
                memory_limit=0,  # the kernels, which hold most of it, are not counted anyway
                preload="sfsip_nb.fleet.calm",
                local_directory=held.enter_context(
                    tempfile.TemporaryDirectory(prefix="sfsip-fleet-", ignore_cleanup_errors=True)
                ),
            )
        )
        yield held.enter_context(Client(cluster, security=security))


def revive(client: Client) -> None:
    """Start workers of this machine anew that Dask does not: those that died while they started."""
    if client.cluster is not None:
        client.cluster.scale(len(client.cluster.worker_spec))


def _there(scheduler: str) -> Client:
    """A client of a scheduler elsewhere; the certificates are those of Dask's own configuration."""
    from distributed import Client, Security

    if not scheduler.startswith("tls://"):
        raise InputError(
            "--scheduler",
            f"--scheduler is {scheduler!r}, which is no address of TLS. Whoever reaches a scheduler"
            " can run code on its workers, where the secrets are: start it with certificates, and"
            " give tls://HOST:PORT.",
        )
    security = Security(require_encryption=True)
    if not security.get_tls_config_for_role("client")["ca_file"]:
        raise InputError(
            "--scheduler",
            "Dask's configuration names no certificates for this client. Set"
            " DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and"
            " DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY to PEM files.",
        )
    try:
        client = Client(scheduler, security=security, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(
            "--scheduler",
            f"{scheduler} does not answer as a scheduler that takes this client's certificate"
            f" ({type(error).__name__}). Check the address, and that both sides' certificates are"
            " of one authority.",
        ) from None
    try:
        client.wait_for_workers(1, timeout=_WORKER_SECONDS)
    except TimeoutError:
        client.close()
        raise InputError(
            "--scheduler",
            f"{scheduler} has no worker, and none came in {_WORKER_SECONDS} s. Start some: dask"
            f" worker {scheduler} --nthreads 1, with their certificates.",
        ) from None
    return client
