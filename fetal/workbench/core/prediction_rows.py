"""The row that keeps what a model said of a scan."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from fetal.jobs.batch_prediction import kept_values
from fetal.predict import KeptHeat, Prediction
from fetal.store.bulk import any_of, batches
from fetal.store.tables import PredictionRow

Value = TypeVar("Value")

_AT_ONCE = 5000
"""Scans that one query asks for."""


def keep_prediction(
    session: Session, scan_id: int, model_id: int, prediction: Prediction
) -> PredictionRow:
    """Add what a model said of a scan to the transaction, or its heat maps if only they lack.

    Args:
        session: the transaction.
        scan_id: the scan.
        model_id: the model version.
        prediction: what it said.

    Returns:
        The row.
    """
    row = session.scalar(
        select(PredictionRow).where(
            PredictionRow.scan_id == scan_id, PredictionRow.model_id == model_id
        )
    )
    if row is None:
        row = PredictionRow(**kept_values(scan_id, model_id, prediction))
        session.add(row)
    elif row.heat is None:
        row.heat = KeptHeat.of(prediction).pack()
    return row


def kept_predictions(
    session: Session, model_id: int, scans: Sequence[int], column: InstrumentedAttribute[Value]
) -> dict[int, Value]:
    """Read one thing that a model said of some scans.

    Args:
        session: the transaction.
        model_id: the model version.
        scans: the scans' numbers.
        column: the column of `PredictionRow` that holds it.

    Returns:
        What it said, by the scan's number, for those that it has predicted.
    """
    found: dict[int, Value] = {}
    for some in batches(scans, _AT_ONCE):
        rows = session.execute(
            select(PredictionRow.scan_id, column).where(
                PredictionRow.model_id == model_id, any_of(PredictionRow.scan_id, some)
            )
        )
        found |= dict(rows.all())
    return found
