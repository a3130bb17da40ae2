"""What a model says of stored scans, kept once for every scan and model."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fetal.planes import PLANES
from fetal.predict import KeptHeat, Model, Prediction
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import Box, Scan
from fetal.store import tables
from fetal.store.blobs import BlobError, Blobs
from fetal.store.bulk import any_of, batches
from fetal.store.contents import read_stored_scan
from fetal.store.database import Store

logger = logging.getLogger(__name__)

BATCH = 16
AT_ONCE = 5000
"""Scans in one statement."""

NAMED = 10
"""How many scans that were left out are named; the others are only counted."""


@dataclass(frozen=True)
class StoredScan:
    """Where a scan's pixels are, and what to call it."""

    id: int
    name: str
    digest: str
    blob: str
    sector: tuple[int, int, int, int]

    def read_from(self, blobs: Blobs) -> Scan:
        """Load the scan as it was kept: grey, and blank outside its sector."""
        return read_stored_scan(blobs, self.blob, self.digest, Box(*self.sector))


def score(
    store: Store,
    model: Model,
    model_id: int,
    scan_ids: Sequence[int],
    *,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> list[str]:
    """Predict the scans that a model has not predicted yet, and keep what it says.

    A scan whose picture is gone or damaged stays without a prediction, and so does one that is
    erased meanwhile; the others go on.

    Args:
        store: the database and the files.
        model: the model.
        model_id: its version's number.
        scan_ids: the scans to have predictions for.
        on_progress: called after every scan.
        stop: asked between scans; what is done by then is kept.

    Returns:
        The names of the scans that were left out, because their pictures are gone or damaged.
    """
    missing = missing_predictions(store, model_id, scan_ids)
    done = len(scan_ids) - len(missing)
    left_out: list[str] = []
    for some in batches(missing, BATCH):
        readable = list(_read(store, stored_scans(store, some), left_out))
        done += len(some) - len(readable)
        rows = []
        predictions = model.predict_many(read for _, read in readable)
        for (number, _), said in zip(readable, predictions, strict=True):
            rows.append(kept_values(number, model_id, said))
            done += 1
            on_progress(Progress(done, len(scan_ids)))
            if stop is not None and stop():
                break
        keep_predictions(store, rows)
        if stop is not None and stop():
            break
    return left_out


def left_out_text(names: Collection[str]) -> str:
    """Return which scans a model could not predict, in one sentence.

    Args:
        names: the scans' names; at least one.

    Returns:
        How many, and the names of the first ones.
    """
    told = ", ".join(sorted(names)[:NAMED]) + (", …" if len(names) > NAMED else "")
    were = "1 scan was" if len(names) == 1 else f"{len(names)} scans were"
    return f"{were} left out, because the pictures are missing or damaged: {told}."


def _read(
    store: Store, scans: Sequence[StoredScan], left_out: list[str]
) -> Iterator[tuple[int, Scan]]:
    for scan in scans:
        try:
            yield scan.id, scan.read_from(store.blobs)
        except BlobError as error:
            logger.warning("Scan %s is left out: %s", scan.name, error)
            left_out.append(scan.name)


def keep_predictions(store: Store, rows: Sequence[dict[str, object]]) -> None:
    """Keep what a model said of some scans, in one transaction.

    Args:
        store: the database.
        rows: as of `kept_values`; a scan that was erased meanwhile is passed over, and so is one
            that the model has predicted already.
    """
    with store.session() as session:
        numbers = [row["scan_id"] for row in rows]
        there = set(
            session.scalars(select(tables.ScanRow.id).where(tables.ScanRow.id.in_(numbers)))
        )
        kept = [row for row in rows if row["scan_id"] in there]
        if kept:
            session.execute(_insert_new(session), kept)


def missing_predictions(store: Store, model_id: int, scan_ids: Sequence[int]) -> list[int]:
    """Return those of some scans that are there and that a model has not predicted, in order.

    Args:
        store: the database.
        model_id: its version's number.
        scan_ids: the scans.
    """
    wanted = list(dict.fromkeys(scan_ids))
    said: set[int] = set()
    there: set[int] = set()
    with store.reading() as session:
        for part in batches(wanted, AT_ONCE):
            scans = select(tables.ScanRow.id).where(any_of(tables.ScanRow.id, part))
            there.update(session.scalars(scans))
            predicted = select(tables.PredictionRow.scan_id).where(
                tables.PredictionRow.model_id == model_id,
                any_of(tables.PredictionRow.scan_id, part),
            )
            said.update(session.scalars(predicted))
    return [number for number in wanted if number in there and number not in said]


def stored_scans(store: Store, numbers: Sequence[int]) -> list[StoredScan]:
    """Return where the pixels of some scans are; one that was erased is passed over.

    Args:
        store: the database.
        numbers: the scans' numbers.
    """
    row = tables.ScanRow
    query = select(row.id, row.name, row.digest, row.blob, row.sector)
    with store.reading() as session:
        found = {
            one.id: StoredScan(one.id, one.name, one.digest, one.blob, tuple(one.sector))
            for one in session.execute(query.where(any_of(row.id, numbers)))
        }
    # One may have been erased a moment ago.
    return [found[number] for number in numbers if number in found]


def kept_values(scan_id: int, model_id: int, said: Prediction) -> dict[str, object]:
    """What the database keeps of a prediction, by column of `prediction`."""
    return {
        "scan_id": scan_id,
        "model_id": model_id,
        "plane": said.plane.value,
        "probabilities": [float(said.probabilities[plane]) for plane in PLANES],
        "confidence": float(said.confidence),
        "doubt": said.doubt.value,
        "words": said.words,
        "unfamiliarity": float(said.unfamiliarity),
        "second_opinion": said.second_opinion.to_json() if said.second_opinion else None,
        "heat": KeptHeat.of(said).pack(),
    }


def _insert_new(session: Session) -> Insert:
    """Two processes may score the same scan: the second one's answer is the same and dropped."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(tables.PredictionRow).on_conflict_do_nothing()
    return sqlite.insert(tables.PredictionRow).on_conflict_do_nothing()
