"""What a worker does with a shard: read its files in the sandbox, predict them in batches."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from fetal.cluster.archive_sources.archive_source import ArchiveSource
from fetal.cluster.archive_sources.shown_address import without_password
from fetal.cluster.model_on_worker import ServingModel, serving_model
from fetal.cluster.result_rows import result_row
from fetal.predict import Prediction
from fetal.predict.best_frames import CANDIDATES, best_frames
from fetal.prefetch import ahead
from fetal.scans import Scan, ScanError
from fetal.scans.limits import Limits
from fetal.scans.sandboxed_reading import file_reader
from fetal.scans.sandboxed_reading.file_reader import ReadFile

BATCH = 8
"""Scans computed together."""

_FETCHING = 4
"""Files that are fetched at the same time: most of that is waiting for a disk or a server."""

Row = dict[str, Any]
Fetched = tuple[str, bytes | str]
"""A file's name with its content, or with the sentence that says why it cannot be had."""


@dataclass(frozen=True)
class ShardWork:
    """Some files of an archive to be predicted.

    Attributes:
        source: reads the files.
        items: which, as the source listed them.
        model: the digest of the model.
        frames: how many frames of a film are named at the most.
    """

    source: ArchiveSource
    items: tuple[str, ...]
    model: str
    frames: int


def predict_shard(work: ShardWork) -> list[Row]:
    """Predict files in the process of a worker that has the model (`ModelOnWorker`).

    Args:
        work: the files.

    Returns:
        At least one row a file, by `fetal.cluster.result_rows.SCHEMA`, in their order. A file
        that cannot be read has a row that says why.

    Raises:
        ModelNotLoadedError: this process was not given the model.
    """
    serving = serving_model(work.model)
    fetched = ahead(partial(_fetch, work.source), work.items, _FETCHING)
    rows: list[Row] = []
    pending: Callable[[], list[Row]] = list
    read = serving.readers.read_groups(fetched, _load, BATCH, file_reader.read_unpacked)
    for group in _of_size(read, BATCH):
        # While these are framed and handed over, the batch before is computed.
        finish = _begin(serving, group, work.frames)
        rows += pending()
        pending = finish
    return rows + pending()


def _fetch(source: ArchiveSource, item: str) -> Fetched:
    try:
        return item, source.read(item)
    except ScanError as error:
        return item, str(error)
    except OSError as error:
        why = error.strerror or without_password(str(error))
        return item, f"The file cannot be read ({why})."


def _load(fetched: Fetched) -> tuple[bytes, str] | ReadFile:
    item, content = fetched
    if isinstance(content, str):
        return ReadFile(None, None, content)
    return content, item.rpartition("/")[2]


def _of_size(
    groups: Iterator[list[tuple[Fetched, ReadFile]]], size: int
) -> Iterator[list[tuple[Fetched, ReadFile]]]:
    """Full batches, whatever is ready together: a graph is quickest with the shape that it had."""
    flat = (one for group in groups for one in group)
    while batch := list(islice(flat, size)):
        yield batch


def _begin(
    serving: ServingModel, group: Sequence[tuple[Fetched, ReadFile]], frames: int
) -> Callable[[], list[Row]]:
    scans: list[Scan] = [read.scan for _, read in group if read.scan is not None]
    finish = serving.model.begin(scans)

    def rows() -> list[Row]:
        said = iter(finish())
        made: list[Row] = []
        for (item, content), read in group:
            if read.scan is not None:
                made.append(_row(serving, item, next(said)))
            elif read.frames > 1 and isinstance(content, bytes):
                made += _film(serving, item, content, frames)
            else:
                made.append(_refused(serving, item, read.refusal or ""))
        return made

    return rows


def _film(serving: ServingModel, item: str, data: bytes, most: int) -> list[Row]:
    limits = Limits.from_environment()
    name = item.rpartition("/")[2]
    asked = file_reader.read_film, data, name, None, CANDIDATES, limits
    try:
        found, _ = best_frames(serving.readers.ask(limits, *asked), serving.model, most)
    except ScanError as error:
        return [_refused(serving, item, str(error))]
    return [
        _row(serving, item, one.prediction, one.index)
        for one in found
        if one.prediction is not None
    ]


def _row(serving: ServingModel, item: str, prediction: Prediction, frame: int | None = None) -> Row:
    return result_row(item, serving.model.bundle, prediction, frame=frame)


def _refused(serving: ServingModel, item: str, why: str) -> Row:
    return result_row(item, serving.model.bundle, error=why)
