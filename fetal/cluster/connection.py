"""The way to the processes that do batch work: this computer's own, or those of a scheduler.

Ray was weighed beside Dask: docs/cluster.md.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import dask
from distributed import CancelledError, Client, Future, LocalCluster, Security
from distributed.client import ClosedClientError
from distributed.diagnostics.plugin import WorkerPlugin

from fetal.configuration import declared

CONNECT_SECONDS = 20
"""How long one try to reach the scheduler may take."""

PATIENCE_SECONDS = 600.0
"""How long a scheduler or its last worker may be away before the work is given up."""

LOOPBACK = "127.0.0.1"

_SETTINGS = {
    # Each worker would sample its own stack a hundred times a second.
    "distributed.worker.profile.enabled": False,
    # Both open a port for pages on the loopback address in any case: nothing is to be seen there.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    # One thread for numpy, as Dask has it, would be one for a training that a worker starts too.
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536},
    "distributed.comm.timeouts.connect": f"{CONNECT_SECONDS}s",
}


_GONE = (OSError, CancelledError, ClosedClientError)
"""What Dask raises where a scheduler is away, or goes while it is asked."""

_TALKATIVE = ("distributed", "distributed.client", "tornado.application")
"""They print a traceback for each connection that ends; what matters is raised as well."""


class ClusterError(RuntimeError):
    """The processes that are to do the work cannot be reached; the text says what to do."""


def is_local() -> bool:
    """Return whether batch work runs in processes of this computer (no FETAL_CLUSTER is set)."""
    return declared.CLUSTER.value() is None


class Connection:
    """A connection to processes that do batch work; used as a context manager.

    Without FETAL_CLUSTER, processes of this computer are started, reachable by this program only
    (loopback, and a certificate that is made for them and kept in memory), and ended afterwards.

    Args:
        workers: how many processes to start; of no account where FETAL_CLUSTER names a scheduler.
        plugin: set up in every worker process before it is given work, in those that come later
            as well.
        resources: what each process offers, such as `{"GPU": 1}`; of no account with a scheduler,
            whose workers say so themselves.

    Raises:
        ClusterError: the scheduler cannot be reached.

    Example:
        >>> with Connection(workers=2) as connection:  # doctest: +SKIP
        ...     connection.client.submit(sum, [1, 2]).result()
        3
    """

    def __init__(
        self,
        workers: int = 1,
        plugin: WorkerPlugin | None = None,
        resources: dict[str, float] | None = None,
    ) -> None:
        self._plugin = plugin
        self._cluster: LocalCluster | None = None
        self._client: Client | None = None
        dask.config.set(_SETTINGS)
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if is_local():
            self._cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host=LOOPBACK,
                dashboard_address=None,
                security=Security.temporary(),
                silence_logs=logging.CRITICAL,
                resources=resources,
            )
        try:
            self.renew(CONNECT_SECONDS)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """The connection."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def client(self) -> Client:
        """Dask's client."""
        if self._client is None:
            raise ClusterError("The connection to the cluster is closed. Open it anew.")
        return self._client

    def capacity(self, resource: str | None = None) -> int:
        """Return how many tasks run at the same time; 1 while no worker is there.

        Args:
            resource: if given, how many pieces of it the workers offer together, such as `GPU`.
        """
        workers = self.client.scheduler_info(n_workers=-1)["workers"].values()
        if resource is None:
            return max(1, sum(int(worker["nthreads"]) for worker in workers))
        return max(1, int(sum(worker["resources"].get(resource, 0) for worker in workers)))

    def is_alive(self) -> bool:
        """Return whether the scheduler is there, as far as it is known without asking."""
        return self._client is not None and self._client.status == "running"

    def cancel(self, futures: Sequence[Future[Any]]) -> None:
        """Give up what is out; a scheduler that is gone has forgotten it anyway."""
        if self.is_alive():
            with suppress(*_GONE):
                self.client.cancel(futures, force=True)

    def renew(self, patience: float = PATIENCE_SECONDS) -> None:
        """Connect anew, as after the end of the scheduler, which knows nothing of earlier work.

        Args:
            patience: for how long to try, in seconds.

        Raises:
            ClusterError: nobody answered for so long.
        """
        deadline = time.monotonic() + patience
        while True:
            self._drop_client()
            try:
                self._client = self._connect()
                if self._plugin is not None:
                    self._client.register_plugin(self._plugin)
                return
            except _GONE as error:
                if time.monotonic() > deadline:
                    raise ClusterError(
                        f"The Dask scheduler {declared.CLUSTER.value()} does not answer. Start it "
                        "(`dask scheduler`), check FETAL_CLUSTER and, for tls://, the files that "
                        "FETAL_CLUSTER_CA, _CERTIFICATE and _KEY name."
                    ) from error
                # A refused connection comes back at once: the next try waits a moment.
                time.sleep(0.5)

    def close(self) -> None:
        """Close the connection, and end the processes that were started for it."""
        self._drop_client()
        if self._cluster is not None:
            self._cluster.close(timeout=10)
            self._cluster = None

    def _connect(self) -> Client:
        if self._cluster is not None:
            return Client(self._cluster, set_as_default=False)
        return Client(
            declared.CLUSTER.value(),
            security=_security(),
            timeout=CONNECT_SECONDS,
            set_as_default=False,
        )

    def _drop_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(*_GONE):
                client.close(timeout=2)


def _security() -> Security:
    files: dict[str, Any] = {
        "tls_ca_file": declared.CLUSTER_CA.value(),
        "tls_client_cert": declared.CLUSTER_CERTIFICATE.value(),
        "tls_client_key": declared.CLUSTER_KEY.value(),
    }
    named = {name: str(path) for name, path in files.items() if path is not None}
    address = declared.CLUSTER.value() or ""
    return Security(require_encryption=address.startswith("tls://"), **named)
