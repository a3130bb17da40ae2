"""What the model that predicts says of every stored scan, into the workspace and into a table."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from fetal.bundle import Bundle
from fetal.cluster.result_rows import SCHEMA
from fetal.jobs.batch_prediction import AT_ONCE
from fetal.jobs.on_cluster.cluster_scoring import score_many
from fetal.planes import PLANES
from fetal.predict.second_opinion import SecondOpinion
from fetal.progress import OnProgress, no_progress
from fetal.store.access.audit_chain import EventKind
from fetal.store.bulk import any_of, batches
from fetal.store.tables import PredictionRow, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Champion, Workbench

DAMAGED = "The scan’s picture is missing or damaged."


def predict_library(
    workbench: Workbench,
    out: Path,
    who: str,
    *,
    workers: int = 1,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> tuple[int, list[str]] | None:
    """Let the model that predicts predict all stored scans, and write a table of what it says.

    What it has predicted before stays. Stopped or killed, it goes on where it was when it is
    called again.

    Args:
        workbench: the open workbench.
        out: the table, a file in Parquet (`fetal.cluster.result_rows.SCHEMA`); there whole or not
            at all. Scans are named as the pages name them.
        who: the person's name, for the audit.
        workers: processes of this computer; of no account with FETAL_CLUSTER.
        on_progress: called as work goes on.
        stop: asked now and then; what is done by then is kept.

    Returns:
        How many scans the table has, and the names of those that were left out, because their
        pictures are gone or damaged. None where it was stopped.

    Raises:
        NotPermittedError: the actor may not export.
        NoModelError: no model predicts in the workspace.
    """
    who = workbench.permit(Permission.EXPORT, who)
    champion = workbench.champion()
    with workbench.store.reading() as session:
        numbers = list(session.scalars(select(ScanRow.id).order_by(ScanRow.id)))
    left_out = score_many(
        workbench.store,
        champion.model,
        champion.version.id,
        numbers,
        workers=workers,
        on_progress=on_progress,
        stop=stop,
    )
    if stop is not None and stop():
        return None
    draft = out.with_name(f".{out.name}-{os.getpid()}")
    try:
        with pq.ParquetWriter(draft, SCHEMA) as writer:
            for some in batches(numbers, AT_ONCE):
                rows = list(_rows(workbench, champion, some))
                writer.write_table(pa.Table.from_pylist(rows, SCHEMA))
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
    with workbench.store.session() as session:
        count = len(numbers)
        workbench.tell(session, EventKind.EXPORTED, who, what="predictions", scans=count)
    return count, left_out


def _rows(
    workbench: Workbench, champion: Champion, numbers: Sequence[int]
) -> Iterator[dict[str, Any]]:
    bundle = champion.model.bundle
    said = (PredictionRow.scan_id == ScanRow.id) & (PredictionRow.model_id == champion.version.id)
    query = select(ScanRow.name, ScanRow.digest, PredictionRow).outerjoin(PredictionRow, said)
    with workbench.store.reading() as session:
        for name, digest, row in session.execute(
            query.where(any_of(ScanRow.id, numbers)).order_by(ScanRow.id)
        ):
            told = {"error": DAMAGED} if row is None else _told(bundle, row)
            yield dict.fromkeys(SCHEMA.names) | {
                "source": name,
                "digest": digest,
                "model": champion.version.name,
                "model_digest": bundle.digest,
                **told,
            }


def _told(bundle: Bundle, row: PredictionRow) -> dict[str, Any]:
    probabilities = dict(zip(PLANES, row.probabilities, strict=True))
    second = SecondOpinion.from_json(row.second_opinion)
    thresholds = bundle.card.calibration.plane_sets
    return {
        "plane": row.plane,
        "confidence": row.confidence,
        **{plane.value: chance for plane, chance in probabilities.items()},
        "doubt": row.doubt,
        "doubt_words": row.words,
        "unfamiliarity": row.unfamiliarity,
        "plane_set": None if thresholds is None else thresholds.set_of(probabilities).words,
        "second_reader": None if second is None else second.name,
        "second_reader_confidence": None if second is None else second.confidence,
        "readers_agree": None if second is None else second.agrees,
    }
