"""The model in a worker process: loaded once, used by every task, with its readers beside it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from fetal.bundle import Bundle, BundleError, stated_digest
from fetal.predict import Model, load_model
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool


@dataclass(frozen=True)
class ServingModel:
    """What a worker process keeps from task to task.

    Attributes:
        model: the loaded model: one compiled graph, and one of its second reader.
        readers: the sandbox processes that decode and mask files beside it.
    """

    model: Model
    readers: ReaderPool


_SERVING: dict[str, ServingModel] = {}
"""By the digest of the bundle."""


class ModelNotLoadedError(RuntimeError):
    """A task came to a process that was not given its model."""


def serving_model(digest: str) -> ServingModel:
    """Return the model that this process was given.

    Args:
        digest: of the bundle (`Bundle.digest`).

    Raises:
        ModelNotLoadedError: this process has no such model.
    """
    try:
        return _SERVING[digest]
    except KeyError:
        raise ModelNotLoadedError(
            f"Expected a process with the model {digest[:12]}; it was not given one."
        ) from None


class ModelOnWorker(WorkerPlugin):
    """Loads a model in every worker process before it is given a task.

    Args:
        bundle: the model.
        workers: into how many parts the computer's cores are divided; each process keeps to its
            own. If None, a process uses all cores of its computer.
        carry: whether the model's files travel with the plug-in, for computers that may not have
            them. A process writes them into its own folder, unless they lie there already.
    """

    idempotent = True

    def __init__(self, bundle: Bundle, workers: int | None = None, *, carry: bool = False) -> None:
        self.name = f"fetal-model-{bundle.digest}"
        self._digest = bundle.digest
        self._folder = str(bundle.folder.absolute())
        self._workers = workers
        self._files = _files_of(bundle.folder) if carry else {}

    def setup(self, worker: Any) -> None:
        """Load the model; called in the worker process."""
        if self._digest in _SERVING:
            return
        cores = _keep_to_cores(worker.name, self._workers)
        folder = self._place(Path(worker.local_directory))
        _SERVING[self._digest] = ServingModel(load_model(folder), ReaderPool(cores))

    def teardown(self, worker: Any) -> None:
        """End the readers; called at the end of the worker process."""
        kept = _SERVING.pop(self._digest, None)
        if kept is not None:
            kept.readers.close()

    def _place(self, scratch: Path) -> Path:
        folder = Path(self._folder)
        if not self._files or _is_there(folder, self._digest):
            return folder
        own = scratch / f"model-{self._digest[:16]}"
        own.mkdir(parents=True, exist_ok=True)
        for name, content in self._files.items():
            (own / name).write_bytes(content)
        return own


def _files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _is_there(folder: Path, digest: str) -> bool:
    try:
        return stated_digest(folder) == digest
    except (BundleError, OSError):
        return False


def _keep_to_cores(name: object, workers: int | None) -> int:
    """Give one of several processes on this computer cores of its own; returns how many."""
    if not hasattr(os, "sched_getaffinity"):
        return max(1, (os.cpu_count() or 1) // (workers or 1))
    cores = sorted(os.sched_getaffinity(0))
    if workers is None or workers == 1 or workers > len(cores) or not isinstance(name, int):
        return max(1, len(cores) // (workers or 1))
    own = cores[name % workers :: workers]
    # Without this, the threads of each process would take all cores from the others.
    os.sched_setaffinity(0, own)
    return len(own)
