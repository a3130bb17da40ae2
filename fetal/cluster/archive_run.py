"""Predicts an archive: lists it, hands its shards to a cluster, keeps what comes back."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fetal.bundle import Bundle
from fetal.cluster.archive_sources.archive_source import ArchiveSource
from fetal.cluster.bounded_tasks import run_bounded
from fetal.cluster.connection import ClusterError, Connection, is_local
from fetal.cluster.model_on_worker import ModelNotLoadedError, ModelOnWorker
from fetal.cluster.result_rows import result_row
from fetal.cluster.shard_ledger import Shard, ShardLedger, Standing
from fetal.cluster.shard_pieces import ShardPiece, ShardPieces
from fetal.cluster.shard_prediction import Row, ShardWork, predict_shard
from fetal.predict.best_frames import FRAMES

logger = logging.getLogger(__name__)

SHARD = 64
"""Files in a shard: a few seconds of work, which is what a kill costs."""

_DESERIALISING = "Error during deserialization"
"""So Dask begins where a scheduler or worker lacks what a task is made of."""

SET_ASIDE = (
    "Reading or predicting this file ended its process several times, so it was set aside: "
    "look at it alone with fetal predict."
)


class ResultThereError(RuntimeError):
    """The file of results is there already."""


@dataclass(frozen=True)
class Estimate:
    """What the rest of the work takes, as measured on the first files.

    Attributes:
        files: how many are left.
        measured: how many files were measured.
        seconds: how long the rest takes.
        workers: processes that share it.
    """

    files: int
    measured: int
    seconds: float
    workers: int

    def price(self, hour: float) -> float:
        """Return what it costs, where a process costs so much an hour.

        Example:
            >>> Estimate(files=7200, measured=64, seconds=3600.0, workers=2).price(0.5)
            1.0
        """
        return self.seconds / 3600 * self.workers * hour


@dataclass
class ArchiveRun:
    """The prediction of an archive into a file; killed at any moment, it goes on where it was.

    Args:
        source: the archive.
        bundle: the model.
        out: the file of results, in Parquet. Beside it stands a folder with what is done, until
            all is done.
        workers: how many processes of this computer work; of no account with FETAL_CLUSTER.
        frames: how many frames of a film are named at the most.
        shard: how many files a shard has.
        on_standing: called after every shard with how far the work is.
        on_estimate: called once, after a shard or two for each process, with what the rest takes;
            what it answers says whether to go on. Not called for an archive of fewer files.
        on_refused: called with each file that could not be read or predicted: which one of the
            archive, counted from 1, and why.
        stop: asked twice a second; what is done stays.

    Example:
        >>> source = choose_source("/data/archive")  # doctest: +SKIP
        >>> ArchiveRun(source, load_model().bundle, Path("results.parquet")).run()  # doctest: +SKIP
    """

    source: ArchiveSource
    bundle: Bundle
    out: Path
    workers: int = 1
    frames: int = FRAMES
    shard: int = SHARD
    on_standing: Callable[[Standing], None] = lambda _: None
    on_estimate: Callable[[Estimate], bool] = lambda _: True
    on_refused: Callable[[int, str], None] = lambda place, why: None
    stop: Callable[[], bool] = lambda: False

    @property
    def parts(self) -> Path:
        """The folder with what is done so far."""
        return self.out.with_name(f"{self.out.name}.parts")

    def run(self, refusals: int = 0) -> tuple[Standing, list[tuple[str, str]]]:
        """Predict what is not done yet.

        Args:
            refusals: how many of the files that could not be read are named at the most.

        Returns:
            How far the work is; the file of results is there where all is done. And files that
            could not be read, with why.

        Raises:
            ResultThereError: the file of results is there already.
            OtherWorkError: what was begun there was other work.
            SourceError: the archive cannot be listed.
            ClusterError: the scheduler cannot be reached, or its workers lack this program.
        """
        if self.out.exists():
            raise ResultThereError(
                f"“{self.out}” is there already. Name another --out, or remove it."
            )
        ledger = ShardLedger(self.parts, self._work())
        try:
            ledger.fill(self.source.listing(), self.shard)
            before = ledger.standing()
            if before.done < before.files:
                self._predict(ledger)
            standing = ledger.standing()
            named = ledger.refusals(refusals)
            if standing.done == standing.files:
                ledger.merge(self.out)
                ledger.remove()
            return standing, named
        finally:
            ledger.close()

    def _work(self) -> dict[str, Any]:
        return {
            "source": self.source.label,
            "model": self.bundle.digest,
            "frames": self.frames,
        }

    def _predict(self, ledger: ShardLedger) -> None:
        plugin = ModelOnWorker(
            self.bundle, self.workers if is_local() else None, carry=not is_local()
        )
        with Connection(self.workers, plugin) as connection:
            meter = _Meter(connection.capacity())
            for shard, rows in self._shards(connection, ledger):
                ledger.keep(shard, rows)
                self._tell_refused(shard, rows)
                standing = ledger.standing()
                self.on_standing(standing)
                estimate = meter.after(len(shard.items), standing)
                if estimate is not None and not self.on_estimate(estimate):
                    return

    def _tell_refused(self, shard: Shard, rows: list[Row]) -> None:
        places = {item: place for place, item in enumerate(shard.items)}
        for row in rows:
            if row["error"]:
                self.on_refused(shard.number * self.shard + places[row["source"]] + 1, row["error"])

    def _shards(
        self, connection: Connection, ledger: ShardLedger
    ) -> Iterator[tuple[Shard, list[Row]]]:
        pieces = ShardPieces(ledger.waiting())
        predict = partial(_predict_piece, self.source, self.bundle.digest, self.frames)
        for done in run_bounded(connection, predict, pieces, stop=self.stop):
            piece, rows = done.task, done.result
            if rows is None:
                _check_environment(done.error)
                logger.warning("A shard failed: %r", done.error)
                if len(piece.items) > 1:
                    pieces.halve(piece)
                    continue
                rows = [result_row(piece.items[0], self.bundle, error=SET_ASIDE)]
            whole = pieces.join(piece, rows)
            if whole is not None:
                yield piece.shard, whole


def _check_environment(error: BaseException | None) -> None:
    """Tell a worker that cannot work at all from a file that ends its worker."""
    if isinstance(error, ModelNotLoadedError | ImportError) or _DESERIALISING in str(error):
        raise ClusterError(
            "The workers cannot do what they are asked for: expected the same version of this "
            "program and of its libraries on all machines, received an error that says otherwise "
            f"({str(error).splitlines()[0]}). Install it anew where it differs."
        ) from error


class _Meter:
    """Measures the first shards: one for each process starts it, the next ones count."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._shards = self._files = 0
        self._began = time.monotonic()

    def after(self, files: int, standing: Standing) -> Estimate | None:
        self._shards += 1
        if self._shards <= self._workers:
            self._began = time.monotonic()
            return None
        self._files += files
        if self._shards != 2 * self._workers:
            return None
        a_file = (time.monotonic() - self._began) / self._files
        left = standing.files - standing.done
        return Estimate(left, self._files, a_file * left, self._workers)


def _predict_piece(source: ArchiveSource, model: str, frames: int, piece: ShardPiece) -> list[Row]:
    return predict_shard(ShardWork(source, piece.items, model, frames))
